/* Strings of JSON. */
#include "proto/wire/json.h"

/* What a byte becomes in a string: itself, \" \\ \t or \u00XX. */
static inline size_t
escaped_bytes(char byte)
{
	unsigned char c = (unsigned char)byte;

	if (c == '"' || c == '\\' || c == '\t')
		return 2;
	return c < 0x20 || c == 0x7f ? 6 : 1;
}

static char *
put_escaped_byte(char *at, char c)
{
	static const char hex[] = "0123456789abcdef";

	*at++ = '\\';
	if (escaped_bytes(c) == 2) {
		*at++ = c == '\t' ? 't' : c;
		return at;
	}
	memcpy(at, "u00", 3);
	at[3] = hex[(unsigned char)c >> 4];
	at[4] = hex[(unsigned char)c & 15];
	return at + 5;
}

static char *
put_bytes(char *at, const char *from, size_t len)
{
	if (len > 0)
		memcpy(at, from, len);
	return at + len;
}

size_t
json_escaped_bytes(struct span text)
{
	size_t bytes = 0;

	for (size_t i = 0; i < text.len; i++)
		bytes += escaped_bytes(text.at[i]);
	return bytes;
}

/* Mostly nothing is to be escaped, and what is between goes in one piece. */
char *
json_put_string(char *at, struct span text)
{
	size_t run = 0;

	*at++ = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (escaped_bytes(text.at[i]) == 1)
			continue;
		at = put_bytes(at, text.at + run, i - run);
		at = put_escaped_byte(at, text.at[i]);
		run = i + 1;
	}
	at = put_bytes(at, text.at + run, text.len - run);
	*at++ = '"';
	return at;
}
