/* What the tests of both formats need. */
#ifndef TESTS_UNIT_WIRE_KIT_H
#define TESTS_UNIT_WIRE_KIT_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/wire/render.h"

/* Renders into exactly the bytes that the bound promises; free() the line. */
static inline char *
render_exactly(enum format format, const struct event *event, size_t *len)
{
	size_t bound = render_bound(format, event);
	char *out = malloc(bound);

	*len = render(format, event, out);
	cr_assert_leq(*len, bound);
	return out;
}

#endif
