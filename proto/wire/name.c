/*
 * Names of accounts and rooms. The characters are ASCII by their codes, so that
 * no locale changes what a name is.
 */
#include "proto/wire/name.h"

#include <string.h>

#include "reactor/check.h"

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool
name_is_character(char c)
{
	return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

bool
name_is_valid(struct span name)
{
	if (name.len == 0 || name.len > NAME_BYTES_MAX)
		return false;
	if (!is_alphanumeric(name.at[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		if (!name_is_character(name.at[i]))
			return false;
	}
	return true;
}

const char *
name_fold(struct span name, char out[NAME_BYTES_MAX + 1])
{
	check(name.len <= NAME_BYTES_MAX);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out[name.len] = '\0';
	return out;
}

bool
name_equals(struct span a, struct span b)
{
	char one[NAME_BYTES_MAX + 1], other[NAME_BYTES_MAX + 1];

	return !strcmp(name_fold(a, one), name_fold(b, other));
}

struct span
name_of_room(struct span typed)
{
	if (typed.len > 0 && typed.at[0] == '#')
		return (struct span){typed.at + 1, typed.len - 1};
	return typed;
}
