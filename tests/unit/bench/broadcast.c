#include <criterion/criterion.h>

#include "bench/expect/broadcast.h"

static struct broadcasts broadcasts;
static struct broadcast_place place;
static struct span expected;

static void
setup(void)
{
	broadcast_init(&broadcasts, "run-");
	for (unsigned i = 0; i < 3; i++) {
		char who[] = "run-0#7";

		who[4] = (char)('0' + i);
		broadcast_announce(&broadcasts, i, span_of(who), "hi");
		broadcast_send(&broadcasts, i, 100 + i);
	}
}

static void
teardown(void)
{
	broadcast_fini(&broadcasts);
}

static enum broadcast_heard
hear(unsigned before, const char *line)
{
	return broadcast_hear(
	    &broadcasts, before, span_of(line), &place, &expected);
}

TestSuite(bench_broadcast, .init = setup, .fini = teardown);

Test(bench_broadcast, first_to_hear_decides_the_order)
{
	cr_expect_eq(hear(0, "[run-2#7] hi"), BROADCAST_HEARD);
	cr_expect_eq(place.which, 2);
	cr_expect_eq(place.sent_ns, 102);
	cr_expect_eq(hear(1, "[run-0#7] hi"), BROADCAST_HEARD);
	cr_expect_eq(hear(0, "[run-2#7] hi"), BROADCAST_HEARD);
	cr_expect_eq(hear(1, "[run-1#7] hi"), BROADCAST_WRONG);
	cr_expect(span_equals(expected, span_of("[run-0#7] hi")));
}

Test(bench_broadcast, repeated_is_wrong)
{
	cr_expect_eq(hear(0, "[run-2#7] hi"), BROADCAST_HEARD);
	cr_expect_eq(hear(1, "[run-2#7] hi"), BROADCAST_WRONG);
}

Test(bench_broadcast, altered_is_wrong)
{
	cr_expect_eq(hear(0, "[run-2#8] hi"), BROADCAST_WRONG);
	cr_expect_eq(hear(0, "[run-2#7] ho"), BROADCAST_WRONG);
	cr_expect_eq(hear(0, "[run-2#7] hi "), BROADCAST_WRONG);
	cr_expect_eq(hear(0, "[run-3#7] hi"), BROADCAST_WRONG);
}

Test(bench_broadcast, others_may_talk_in_the_right_form)
{
	static const char *const malformed[] = {"", "[", "[a", "[a#", "[a#1",
	    "[a#1]", "[a#1]x", "[#1] hi", "[a#] hi", "[a b#1] hi", "[a#x] hi",
	    "a#1] hi", "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#1] hi"};

	cr_expect_eq(hear(0, "[a#1] hi"), BROADCAST_FOREIGN);
	cr_expect_eq(hear(0, "[run#1] "), BROADCAST_FOREIGN);
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		cr_expect_eq(
		    hear(0, malformed[i]), BROADCAST_WRONG, "%s", malformed[i]);
}

Test(bench_broadcast, not_yet_sent_is_wrong)
{
	broadcast_announce(&broadcasts, 3, span_of("run-3#7"), "hi");
	cr_expect_eq(hear(0, "[run-3#7] hi"), BROADCAST_WRONG);
}

Test(bench_broadcast, taken_back_is_due_no_more_unless_sent)
{
	broadcast_announce(&broadcasts, 3, span_of("run-3#7"), "hi");
	cr_expect_eq(broadcast_due(&broadcasts), 4);
	broadcast_take_back(&broadcasts, 3);
	broadcast_take_back(&broadcasts, 3);
	broadcast_take_back(&broadcasts, 4);
	cr_expect_eq(broadcast_due(&broadcasts), 3);
	broadcast_take_back(&broadcasts, 0);
	cr_expect_eq(broadcast_due(&broadcasts), 3);
}
