#include <criterion/criterion.h>

#include <string.h>

#include "bench/expect/payload.h"

static const struct payload sample = {0x123456789abcdefu, 42, 7};

Test(bench_payload, what_is_rendered_is_read_back)
{
	static const size_t sizes[] = {
	    PAYLOAD_BYTES_MIN, 41, 64, 100, 1000, PAYLOAD_BYTES_MAX};
	char text[PAYLOAD_BYTES_MAX];
	struct payload read;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		payload_render(&sample, text, sizes[i]);
		cr_assert(payload_parse((struct span){text, sizes[i]}, &read),
		    "%zu bytes", sizes[i]);
		cr_expect_eq(read.due_ns, sample.due_ns);
		cr_expect_eq(read.number, sample.number);
		cr_expect_eq(read.publisher, sample.publisher);
	}
}

Test(bench_payload, head_says_what_it_is)
{
	static const char head[] = "p0007 n0000002a t0123456789abcdef ";
	char text[100];

	payload_render(&sample, text, sizeof text);
	cr_expect_eq(memcmp(text, head, strlen(head)), 0);
}

Test(bench_payload, every_changed_byte_shows)
{
	char text[100];
	struct payload read;

	payload_render(&sample, text, sizeof text);
	for (size_t i = 0; i < sizeof text; i++) {
		text[i] ^= 1;
		cr_expect_not(
		    payload_parse((struct span){text, sizeof text}, &read),
		    "byte %zu", i);
		text[i] ^= 1;
	}
}

Test(bench_payload, text_of_another_length_is_wrong)
{
	char text[101];
	struct payload read;

	payload_render(&sample, text, 100);
	text[100] = 'x';
	cr_expect_not(payload_parse((struct span){text, 101}, &read));
	cr_expect_not(payload_parse((struct span){text, 0}, &read));
	/* A cut filler is one that a shorter text has. */
	cr_expect(payload_parse((struct span){text, 99}, &read));
}

Test(bench_payload, texts_are_printable_and_differ)
{
	struct payload other = sample;
	char a[100], b[100];

	payload_render(&sample, a, sizeof a);
	for (size_t i = 0; i < sizeof a; i++)
		cr_expect(a[i] >= ' ' && a[i] <= '~', "byte %zu", i);
	other.number++;
	payload_render(&other, b, sizeof b);
	cr_expect_neq(memcmp(a + PAYLOAD_BYTES_MIN, b + PAYLOAD_BYTES_MIN,
			  sizeof a - PAYLOAD_BYTES_MIN),
	    0);
}

Test(bench_payload, publisher_is_seen_at_a_glance)
{
	uint16_t publisher = 0;
	char text[100];

	payload_render(&sample, text, sizeof text);
	cr_expect(payload_peek((struct span){text, sizeof text}, &publisher));
	cr_expect_eq(publisher, 7);
	cr_expect_not(payload_peek(span_of("p0007 "), &publisher));
	text[0] = 'q';
	cr_expect_not(
	    payload_peek((struct span){text, sizeof text}, &publisher));
}
