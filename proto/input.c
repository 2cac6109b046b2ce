/* Input that is not handled yet. */
#include "proto/input.h"

#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"

#define CAP_MIN 128 /* most lines that people type */

/* realloc() would leave a copy of what may be a password. */
static void
input_grow(struct input *input, uint32_t need)
{
	uint32_t cap = need < CAP_MIN ? CAP_MIN : need + need / 2;
	char *grown = memory_new_raw(cap);

	if (input->bytes) {
		memcpy(grown, input->bytes, input->len);
		explicit_bzero(input->bytes, input->cap);
		free(input->bytes);
	}
	input->bytes = grown;
	input->cap = cap;
}

void
input_append(struct input *input, char *bytes, size_t len)
{
	check(len < UINT32_MAX / 2 - input->len);
	if (len == 0)
		return;
	if (input->len + len > input->cap)
		input_grow(input, input->len + (uint32_t)len);
	memcpy(input->bytes + input->len, bytes, len);
	input->len += (uint32_t)len;
	explicit_bzero(bytes, len);
}

void
input_consume(struct input *input, size_t len)
{
	check(len <= input->len);
	if (len == 0)
		return;
	if (len == input->len) {
		input_fini(input);
		return;
	}
	input->len -= (uint32_t)len;
	memmove(input->bytes, input->bytes + len, input->len);
	explicit_bzero(input->bytes + input->len, len);
}

void
input_fini(struct input *input)
{
	if (input->bytes)
		explicit_bzero(input->bytes, input->cap);
	free(input->bytes);
	*input = (struct input){0};
}
