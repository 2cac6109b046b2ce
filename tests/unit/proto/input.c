/* Kept input: a queue of bytes that leaves nothing behind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/input.h"

static void
append(struct input *input, const char *text)
{
	char bytes[64];

	strcpy(bytes, text);
	input_append(input, bytes, strlen(text));
	for (size_t i = 0; i < strlen(text); i++)
		cr_assert_eq(bytes[i], 0, "the source keeps a copy");
}

Test(input, empty_has_no_memory)
{
	struct input input = {0};

	append(&input, "");
	cr_assert_null(input.bytes);
	append(&input, "abc");
	input_consume(&input, 3);
	cr_assert_null(input.bytes);
	cr_assert_eq(input.cap, 0);
}

Test(input, bytes_come_out_as_they_went_in)
{
	struct input input = {0};

	append(&input, "hello ");
	append(&input, "world");
	cr_assert_eq(input.len, 11);
	cr_assert(!memcmp(input.bytes, "hello world", 11));
	input_consume(&input, 6);
	cr_assert_eq(input.len, 5);
	cr_assert(!memcmp(input.bytes, "world", 5));
	for (size_t i = 5; i < 11; i++)
		cr_assert_eq(input.bytes[i], 0, "consumed bytes stay behind");
	input_fini(&input);
	cr_assert_null(input.bytes);
}

Test(input, random_use_agrees_with_a_plain_queue)
{
	static char model[1 << 20];
	struct input input = {0};
	size_t first = 0, end = 0;

	srand(7);
	while (end + 600 < sizeof(model)) {
		char bytes[600];
		size_t len = (size_t)rand() % sizeof(bytes);
		size_t used;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)rand();
		memcpy(model + end, bytes, len);
		end += len;
		input_append(&input, bytes, len);
		cr_assert_eq(input.len, end - first);
		cr_assert(input.len == 0 ||
			  !memcmp(input.bytes, model + first, input.len));
		used = input.len ? (size_t)rand() % (input.len + 1) : 0;
		input_consume(&input, used);
		first += used;
	}
	input_fini(&input);
}
