/*
 * The two formats, each in a file of its own, and how both write bytes. A
 * writer returns the end of what it wrote, without the LF, for which the bound
 * has room. Only for proto/wire/render*.c.
 */
#ifndef PROTO_WIRE_RENDER_PRIV_H
#define PROTO_WIRE_RENDER_PRIV_H

#include <string.h>

#include "proto/wire/render.h"

/* Digits of the greatest uint64_t. */
#define DECIMAL_BYTES_MAX 20

size_t render_text_bound(const struct event *event);
char *render_text(const struct event *event, char *out);

size_t render_json_bound(const struct event *event);
char *render_json(const struct event *event, char *out);

/* Writes a literal without its NUL; the size is known to the compiler. */
#define put_words(at, words)                                                   \
	((char *)memcpy((at), (words), sizeof(words) - 1) + sizeof(words) - 1)

static inline char *
put_span(char *at, struct span span)
{
	if (span.len > 0)
		memcpy(at, span.at, span.len);
	return at + span.len;
}

static inline char *
put_decimal(char *at, uint64_t number)
{
	char digits[DECIMAL_BYTES_MAX];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(at, digits + first, sizeof(digits) - first);
	return at + sizeof(digits) - first;
}

#endif
