/*
 * A run of bytes that somebody else owns; not terminated. Valid as long as the
 * buffer it points into, which for the parsers is the caller's.
 */
#ifndef PROTO_WIRE_SPAN_H
#define PROTO_WIRE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

/* The span of a string literal or of any terminated string. */
static inline struct span
span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

/* The same bytes? */
static inline bool
span_equals(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.at, b.at, a.len));
}

#endif
