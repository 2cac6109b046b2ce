/*
 * Input that is not handled yet: the beginning of a line whose end has not
 * come, or lines that have to wait. No memory while there is none. It may hold
 * passwords, so what leaves it is wiped. The reactor's thread only.
 */
#ifndef PROTO_INPUT_H
#define PROTO_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
	char *bytes; /* owned, NULL when there are none */
	uint32_t len;
	uint32_t cap;
};

/* Moves the bytes to the end: where they came from is wiped. */
void input_append(struct input *input, char *bytes, size_t len);

/* Takes `len` bytes off the front. */
void input_consume(struct input *input, size_t len);

/* Drops everything. */
void input_fini(struct input *input);

#endif
