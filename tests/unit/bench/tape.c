/*
 * A tape and its members, as they would hear a server whose frames are
 * "<NAME> TEXT\n".
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/expect/tape.h"

#define TEXT_BYTES 50
#define PUBLISHERS 3
#define RING_BYTES (64 * 1024)
#define HEAD_BYTES 5 /* "<ann>", "<bob>" */
#define LINE_BYTES (HEAD_BYTES + 1 + TEXT_BYTES + 1)

static const char *const names[PUBLISHERS] = {"<ann>", "<bob>", "<cal>"};

static struct tape tape;
static struct span expected;

static void
setup(void)
{
	const struct tape_size size = {
	    PUBLISHERS, TEXT_BYTES, RING_BYTES, false};

	tape_init(&tape, &size);
}

static void
teardown(void)
{
	tape_fini(&tape);
}

TestSuite(bench_tape, .init = setup, .fini = teardown);

/* The frame of a publisher's message; its due time follows from its number. */
static struct tape_frame
frame_of(char line[LINE_BYTES], uint16_t publisher, uint32_t number)
{
	const struct payload payload = {number * 1000u, number, publisher};

	memcpy(line, names[publisher], HEAD_BYTES);
	line[HEAD_BYTES] = ' ';
	payload_render(&payload, line + HEAD_BYTES + 1, TEXT_BYTES);
	line[LINE_BYTES - 1] = '\n';
	return (struct tape_frame){
	    {line, LINE_BYTES},
	    {line + HEAD_BYTES + 1, TEXT_BYTES},
	};
}

static bool
accept(uint64_t heard, uint16_t publisher, uint32_t number)
{
	char line[LINE_BYTES];
	const struct tape_frame frame = frame_of(line, publisher, number);

	return tape_accept(&tape, heard, &frame, &expected);
}

/* One member hears ann 1, bob 1, ann 2, cal 1. */
static size_t
first_hears_four(char all[4 * LINE_BYTES])
{
	static const struct {
		uint16_t publisher;
		uint32_t number;
	} said[4] = {{0, 1}, {1, 1}, {0, 2}, {2, 1}};

	for (size_t i = 0; i < 4; i++) {
		frame_of(
		    all + i * LINE_BYTES, said[i].publisher, said[i].number);
		cr_assert(accept(i, said[i].publisher, said[i].number));
	}
	return (size_t)4 * LINE_BYTES;
}

Test(bench_tape, others_match_it_all_at_once)
{
	char all[4 * LINE_BYTES];
	size_t len = first_hears_four(all);
	uint64_t heard = 0;

	cr_expect_eq(tape_match(&tape, &heard, (struct span){all, len}), len);
	cr_expect_eq(heard, 4);
	cr_expect_eq(tape_match(&tape, &heard, (struct span){all, len}), 0);
	cr_expect_eq(heard, 4);
	cr_expect_eq(tape.entries[2].due_ns, 2000);
	cr_expect_eq(tape.entries[3].publisher, 2);
}

Test(bench_tape, split_anywhere_only_whole_messages_match)
{
	char all[4 * LINE_BYTES];
	size_t len = first_hears_four(all);

	for (size_t cut = 0; cut <= len; cut++) {
		uint64_t heard = 0;
		size_t used =
		    tape_match(&tape, &heard, (struct span){all, cut});

		cr_assert_eq(heard, cut / LINE_BYTES);
		cr_assert_eq(used, heard * LINE_BYTES);
		used += tape_match(
		    &tape, &heard, (struct span){all + used, len - used});
		cr_assert_eq(heard, 4);
		cr_assert_eq(used, len);
	}
}

Test(bench_tape, any_other_byte_ends_the_match_before_its_message)
{
	char all[4 * LINE_BYTES];
	size_t len = first_hears_four(all);

	for (size_t at = 0; at < len; at++) {
		uint64_t heard = 0;

		all[at] ^= 1;
		tape_match(&tape, &heard, (struct span){all, len});
		cr_assert_eq(heard, at / LINE_BYTES);
		all[at] ^= 1;
	}
}

Test(bench_tape, other_words_between_messages_end_the_match)
{
	char all[4 * LINE_BYTES];
	char heard_bytes[5 * LINE_BYTES];
	uint64_t heard = 0;

	first_hears_four(all);
	memcpy(heard_bytes, all, 2 * LINE_BYTES);
	strcpy(heard_bytes + 2 * LINE_BYTES, "+OK\n");
	cr_expect_eq(tape_match(&tape, &heard,
			 (struct span){heard_bytes, 2 * LINE_BYTES + 4}),
	    2 * LINE_BYTES);
	cr_expect_eq(heard, 2);
}

Test(bench_tape, lost_doubled_and_reordered_are_told)
{
	char all[4 * LINE_BYTES];

	first_hears_four(all);
	cr_expect(accept(1, 1, 1));
	cr_expect_not(accept(1, 0, 2), "bob 1 was left out");
	cr_expect_eq(expected.len, LINE_BYTES);
	cr_expect_eq(memcmp(expected.at, all + LINE_BYTES, LINE_BYTES), 0);
	cr_expect_not(accept(2, 1, 1), "bob 1 came twice");
	cr_expect_not(accept(4, 1, 1), "bob 1 came late");
	cr_expect_not(accept(4, 1, 3), "bob 2 was left out");
	cr_expect(accept(4, 1, 2));
}

Test(bench_tape, corrupted_and_foreign_are_told)
{
	char line[LINE_BYTES];
	struct tape_frame frame = frame_of(line, 0, 1);

	line[LINE_BYTES - 2] ^= 1;
	cr_expect_not(tape_accept(&tape, 0, &frame, &expected));
	frame.bytes = span_of("<dan> hello\n");
	frame.text = (struct span){frame.bytes.at + 6, 5};
	cr_expect_not(tape_accept(&tape, 0, &frame, &expected));
	cr_expect_eq(tape.count, 0);
}

Test(bench_tape, another_name_on_a_publishers_text_is_told)
{
	char line[LINE_BYTES];
	struct tape_frame frame;

	cr_assert(accept(0, 0, 1));
	frame = frame_of(line, 0, 2);
	memcpy(line, names[1], HEAD_BYTES);
	cr_expect_not(tape_accept(&tape, 1, &frame, &expected));
	cr_expect_eq(memcmp(expected.at, names[0], HEAD_BYTES), 0);
}

/* As many messages as make the ring go round several times. */
static uint32_t
fill_ring(void)
{
	uint32_t count = 4 * RING_BYTES / LINE_BYTES;

	for (uint32_t i = 0; i < count; i++)
		cr_assert(accept(i, 0, i + 1));
	return count;
}

Test(bench_tape, member_out_of_the_rings_reach_is_still_checked)
{
	char line[LINE_BYTES];
	uint32_t count = fill_ring();
	const struct tape_frame frame = frame_of(line, 0, 1);
	uint64_t heard = 0;

	cr_expect_eq(tape_match(&tape, &heard, frame.bytes), 0);
	cr_expect_not(accept(0, 0, 2));
	for (heard = 0; heard < count; heard++)
		cr_assert(accept(heard, 0, (uint32_t)heard + 1));
}

Test(bench_tape, ring_matches_across_its_end)
{
	char *bytes = malloc(RING_BYTES);
	uint32_t count = fill_ring();
	uint32_t kept = RING_BYTES / LINE_BYTES;
	uint64_t heard = count - kept;

	cr_assert_not_null(bytes);
	for (uint32_t i = 0; i < kept; i++)
		frame_of(
		    bytes + (size_t)i * LINE_BYTES, 0, count - kept + i + 1);
	cr_expect_eq(tape_match(&tape, &heard,
			 (struct span){bytes, (size_t)kept * LINE_BYTES}),
	    (size_t)kept * LINE_BYTES);
	cr_expect_eq(heard, count);
	free(bytes);
}

Test(bench_tape, what_a_member_has_skipped_another_fills_in)
{
	const uint32_t sent[PUBLISHERS] = {3, 1, 1};
	char line[LINE_BYTES];
	uint64_t heard = 4;

	cr_assert(accept(0, 0, 1));
	/* A gap of three: bob 1, cal 1 and ann 2 are not heard by it. */
	cr_assert(accept(4, 0, 3));
	cr_expect_eq(tape.unknown, 3);
	cr_expect_eq(
	    tape_match(&tape, &heard, frame_of(line, 0, 3).bytes), LINE_BYTES);
	cr_expect_null(tape_audit(&tape, sent));
	cr_expect(accept(1, 1, 1));
	cr_expect(accept(2, 2, 1));
	cr_expect(accept(3, 0, 2));
	cr_expect_eq(tape.unknown, 0);
	cr_expect_not(accept(3, 1, 2));
	cr_expect_null(tape_audit(&tape, sent));
	cr_expect(accept(5, 2, 2), "cal's next is known from what was filled");
}

/* Nor has it memory taken. */
Test(bench_tape, gap_that_cannot_be_is_told)
{
	cr_assert(accept(0, 0, 1));
	cr_expect_not(accept(UINT64_MAX, 0, 3));
	cr_expect_not(accept(TAPE_SKIPPED_MAX + 2, 0, 3));
	cr_expect_eq(tape.count, 1);
	cr_expect(accept(100, 0, 3));
	cr_expect_eq(tape.count, 101);
}

Test(bench_tape, audit_finds_what_order_alone_cannot)
{
	static const uint32_t exact[PUBLISHERS] = {2, 1, 1};
	static const uint32_t fewer[PUBLISHERS] = {2, 1, 0};
	static const uint32_t other[PUBLISHERS] = {1, 2, 1};
	char all[4 * LINE_BYTES];

	first_hears_four(all);
	cr_expect_null(tape_audit(&tape, exact));
	cr_expect_not_null(tape_audit(&tape, fewer));
	cr_expect_not_null(tape_audit(&tape, other));
}

Test(bench_tape, audit_finds_a_reorder_that_a_gap_has_hidden)
{
	static const uint32_t sent[PUBLISHERS] = {3, 0, 0};

	cr_assert(accept(1, 0, 2));
	cr_assert(accept(2, 0, 3));
	cr_assert(accept(0, 0, 3), "nothing can be said of it yet");
	cr_expect_not_null(tape_audit(&tape, sent));
}

Test(bench_tape, tapes_of_two_threads_are_compared)
{
	const struct tape_size size = {
	    PUBLISHERS, TEXT_BYTES, RING_BYTES, false};
	char all[4 * LINE_BYTES], line[LINE_BYTES];
	struct tape other;
	struct tape_frame frame;

	first_hears_four(all);
	tape_init(&other, &size);
	cr_expect_not(tape_same_order(&tape, &other));
	for (uint16_t i = 0; i < 3; i++) {
		frame = frame_of(line, (uint16_t)(i == 1), i == 2 ? 2 : 1);
		cr_assert(tape_accept(&other, i, &frame, &expected));
	}
	frame = frame_of(line, 1, 2);
	cr_assert(tape_accept(&other, 3, &frame, &expected));
	cr_expect_not(tape_same_order(&tape, &other));
	tape_fini(&other);
	tape_init(&other, &size);
	/* It has skipped three, and so agrees with what it knows. */
	frame = frame_of(line, 2, 1);
	cr_assert(tape_accept(&other, 3, &frame, &expected));
	cr_expect(tape_same_order(&tape, &other));
	tape_fini(&other);
}

/* What is around a text may tell a message's number; then it is the same for
 * all who hear it. */
Test(bench_tape, frames_that_vary_are_the_same_for_all)
{
	const struct tape_size size = {
	    PUBLISHERS, TEXT_BYTES, RING_BYTES, true};
	char first[LINE_BYTES], second[LINE_BYTES], other[LINE_BYTES];
	struct tape_frame frame = frame_of(first, 0, 1);
	struct tape varied;
	uint64_t heard = 0;

	tape_init(&varied, &size);
	cr_expect(tape_accept(&varied, 0, &frame, &expected));
	frame = frame_of(second, 0, 2);
	memcpy(second, "<an2>", HEAD_BYTES);
	cr_expect(tape_accept(&varied, 1, &frame, &expected));
	cr_expect_eq(tape_match(&varied, &heard, frame_of(first, 0, 1).bytes),
	    LINE_BYTES);
	cr_expect_eq(tape_match(&varied, &heard, frame.bytes), LINE_BYTES);
	frame = frame_of(other, 0, 2);
	cr_expect_not(tape_accept(&varied, 1, &frame, &expected));
	cr_expect(span_equals(expected, (struct span){second, LINE_BYTES}));
	tape_fini(&varied);
}
