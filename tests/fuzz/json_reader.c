/* A strict reader of JSON. */
#include "tests/fuzz/json_reader.h"

#include <stdint.h>
#include <stdlib.h>

#include "proto/wire/utf8.h"
#include "reactor/check.h"

/* One key and its value, as they stand in the text. */
struct member {
	struct span key; /* without quotes */
	struct span value;
};

static void
take(struct span *rest, const char *text)
{
	size_t len = strlen(text);

	check(rest->len >= len);
	check_zero(memcmp(rest->at, text, len));
	rest->at += len;
	rest->len -= len;
}

static bool
is_next(struct span rest, char c)
{
	return rest.len > 0 && *rest.at == c;
}

static unsigned
hex_value(char c)
{
	const char *digits = "0123456789abcdef";

	check(c != '\0');
	check(strchr(digits, c) != NULL);
	return (unsigned)(strchr(digits, c) - digits);
}

/* One character of a string, or an escape for one; the byte that it stands for.
 * Ours are never beyond ASCII, and only where they have to be. */
static char
take_byte(struct span *rest)
{
	char c = *rest->at;
	size_t len = 1;

	if (c == '\\') {
		check(rest->len >= 2);
		c = rest->at[1];
		len = 2;
		if (c == 't') {
			c = '\t';
		} else if (c == 'u') {
			check(rest->len >= 6);
			check_zero(memcmp(rest->at + 2, "00", 2));
			c = (char)(hex_value(rest->at[4]) << 4 |
				   hex_value(rest->at[5]));
			check((unsigned char)c < 0x20 || c == 0x7f);
			len = 6;
		} else {
			check(c == '"' || c == '\\');
		}
	} else {
		check((unsigned char)c >= 0x20);
	}
	rest->at += len;
	rest->len -= len;
	return c;
}

static struct span
take_string(struct span *rest)
{
	struct span string;

	take(rest, "\"");
	string.at = rest->at;
	while (rest->len > 0 && !is_next(*rest, '"'))
		take_byte(rest);
	string.len = (size_t)(rest->at - string.at);
	check(utf8_is_text(string.at, string.len));
	take(rest, "\"");
	return string;
}

static void
take_number(struct span *rest)
{
	size_t len = 0;

	while (len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9')
		len++;
	check(len > 0);
	check(len == 1 || *rest->at != '0');
	rest->at += len;
	rest->len -= len;
}

static struct span
take_value(struct span *rest)
{
	struct span value = {rest->at, 0};

	if (is_next(*rest, '"'))
		take_string(rest);
	else if (is_next(*rest, 't'))
		take(rest, "true");
	else if (is_next(*rest, 'f'))
		take(rest, "false");
	else if (is_next(*rest, 'n'))
		take(rest, "null");
	else
		take_number(rest);
	value.len = (size_t)(rest->at - value.at);
	return value;
}

/* Takes `{` or the `,` before a member, and that. */
static struct member
take_member(struct span *rest, const char *before)
{
	struct member member;

	take(rest, before);
	member.key = take_string(rest);
	take(rest, ":");
	member.value = take_value(rest);
	return member;
}

static bool
find(struct span text, struct span key, struct member *out)
{
	const char *before = "{";

	while (!is_next(text, '}')) {
		*out = take_member(&text, before);
		if (span_equals(out->key, key))
			return true;
		before = ",";
	}
	return false;
}

void
json_check(struct span text)
{
	struct span rest = text;
	const char *before = "{";
	struct member member, first;

	while (!is_next(rest, '}')) {
		member = take_member(&rest, before);
		check(find(text, member.key, &first));
		check(first.key.at == member.key.at);
		before = ",";
	}
	take(&rest, "}");
	check(rest.len == 0);
}

char *
json_value(struct span text, const char *key)
{
	struct member member;
	char *value, *at;

	if (!find(text, span_of(key), &member))
		return NULL;
	value = at = malloc(member.value.len + 1);
	check(value != NULL);
	if (!is_next(member.value, '"')) {
		memcpy(value, member.value.at, member.value.len);
		value[member.value.len] = '\0';
		return value;
	}
	take(&member.value, "\"");
	while (member.value.len > 1)
		*at++ = take_byte(&member.value);
	*at = '\0';
	return value;
}
