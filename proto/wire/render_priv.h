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

/* As text: how many bytes it takes at most, and those. */
size_t render_text_bound(const struct event *event);
char *render_text(const struct event *event, char *out);

/* The same as JSON. */
size_t render_json_bound(const struct event *event);
char *render_json(const struct event *event, char *out);

/* Writes a literal without its NUL; the size is known to the compiler. */
#define put_words(at, words)                                                   \
	((char *)memcpy((at), (words), sizeof(words) - 1) + sizeof(words) - 1)

/* Writes these bytes. */
static inline char *
put_span(char *at, struct span span)
{
	if (span.len > 0)
		memcpy(at, span.at, span.len);
	return at + span.len;
}

/* Writes a number without leading zeros: up to DECIMAL_BYTES_MAX bytes. */
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
