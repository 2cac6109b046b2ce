#include <criterion/criterion.h>

#include "bench/expect/ledger.h"

enum {
	SIZE = 8,
	VOICES = 3,
};

static struct ledger ledger;
static struct ledger_voice voices[VOICES];

/* All are in the room by a first connection. */
static void
set_up(void)
{
	ledger_init(&ledger, 0, SIZE, voices);
	for (uint32_t i = 0; i < VOICES; i++)
		ledger_connect(&ledger, i, 1);
}

static void
tear_down(void)
{
	ledger_fini(&ledger);
}

TestSuite(bench_ledger, .init = set_up, .fini = tear_down);

static void
say(uint32_t voice, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number <= to; number++)
		ledger_say(&ledger, voice, number);
}

static struct ledger_message
message_of(uint32_t voice, uint32_t number)
{
	return (struct ledger_message){voice, number, voice * 1000u + number};
}

/* Number `number` of that sender, heard as `seq` of the room. */
static const char *
hear(uint64_t seq, uint32_t voice, uint32_t number)
{
	struct ledger_message message = message_of(voice, number);

	return ledger_hear(&ledger, seq, &message);
}

Test(bench_ledger, all_hear_the_same)
{
	say(0, 1, 2);
	say(1, 1, 1);
	for (int member = 0; member < 3; member++) {
		cr_expect_null(hear(1, 0, 1));
		cr_expect_null(hear(2, 1, 1));
		cr_expect_null(hear(3, 0, 2));
	}
	cr_expect_eq(ledger.top, 3);
	cr_expect_eq(ledger.unchecked, 0);
}

Test(bench_ledger, another_order_for_one_member_is_found)
{
	say(0, 1, 1);
	say(1, 1, 1);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(2, 1, 1));
	cr_expect_not_null(hear(1, 1, 1));
	cr_expect_not_null(hear(2, 0, 1));
}

Test(bench_ledger, altered_message_is_found)
{
	struct ledger_message altered = message_of(0, 1);

	say(0, 1, 1);
	cr_expect_null(hear(1, 0, 1));
	altered.mark++;
	cr_expect_not_null(ledger_hear(&ledger, 1, &altered));
}

Test(bench_ledger, message_that_nobody_said_is_found)
{
	cr_expect_not_null(hear(1, 0, 1));
	say(1, 1, 1);
	cr_expect_null(hear(1, 1, 1));
	cr_expect_not_null(hear(2, 1, 2));
}

Test(bench_ledger, message_under_two_numbers_is_found)
{
	say(0, 1, 2);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(2, 0, 2));
	cr_expect_not_null(hear(3, 0, 2));
}

Test(bench_ledger, sender_out_of_its_order_is_found)
{
	say(0, 1, 3);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_not_null(hear(2, 0, 3), "number 2 is lost, or comes later");
	cr_expect_null(hear(2, 0, 2));
	cr_expect_null(hear(3, 0, 3));
	cr_expect_not_null(hear(4, 0, 1));
}

Test(bench_ledger, others_may_hear_better)
{
	say(0, 1, 2);
	say(1, 1, 1);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_not_null(hear(2, 0, 1), "twice");
	cr_expect_eq(ledger.top, 1);
	cr_expect_null(hear(2, 1, 1));
	cr_expect_not_null(hear(3, 0, 1), "twice");
	cr_expect_null(hear(3, 0, 2));
	cr_expect_eq(ledger.audited, 3);
}

Test(bench_ledger, sender_is_checked_once_all_before_is_known)
{
	say(0, 1, 3);
	cr_expect_null(hear(3, 0, 3));
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(2, 0, 2));
	cr_expect_eq(ledger.audited, 3);
	say(1, 1, 2);
	cr_expect_null(hear(5, 1, 1));
	cr_expect_not_null(hear(4, 1, 2));
}

Test(bench_ledger, end_of_a_lost_connection_may_be_lost)
{
	say(0, 1, 4);
	ledger_connect(&ledger, 0, 5);
	say(0, 5, 6);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(2, 0, 2));
	cr_expect_null(hear(3, 0, 5), "3 and 4 were lost with it");
	cr_expect_null(hear(4, 0, 3), "or came late");
	cr_expect_null(hear(5, 0, 6));
	cr_expect_not_null(hear(6, 0, 3), "but once");
}

Test(bench_ledger, hole_in_a_lost_connection_is_found)
{
	say(0, 1, 4);
	ledger_connect(&ledger, 0, 5);
	say(0, 5, 5);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(2, 0, 5));
	cr_expect_not_null(hear(3, 0, 4), "2 and 3 came before it");
}

Test(bench_ledger, connections_without_a_word_push_none_out)
{
	say(0, 1, 2);
	for (int i = 0; i < 2 * LEDGER_CONNECTIONS; i++)
		ledger_connect(&ledger, 0, 3);
	cr_expect_null(hear(1, 0, 1));
}

Test(bench_ledger, life_before_is_over)
{
	say(0, 1, 2);
	cr_expect_null(hear(1, 0, 1));
	ledger_init(&ledger, 2, SIZE, voices);
	ledger_connect(&ledger, 0, 3);
	say(0, 3, 3);
	cr_expect_null(hear(1, 0, 3));
	cr_expect_not_null(hear(2, 0, 2), "that was said to another server");
}

Test(bench_ledger, far_behind_is_counted)
{
	say(0, 1, SIZE + 1);
	for (uint32_t number = 1; number <= SIZE + 1; number++)
		cr_expect_null(hear(number, 0, number));
	cr_expect_eq(ledger.unchecked, 0);
	cr_expect_null(hear(1, 1, 77));
	cr_expect_eq(ledger.unchecked, 1);
	cr_expect_not_null(hear(2, 1, 77), "one that is kept");
}

Test(bench_ledger, hole_that_nobody_hears_is_counted)
{
	say(0, 1, 2 * SIZE);
	for (uint32_t number = 1; number <= 2 * SIZE; number++)
		if (number != 3)
			cr_expect_null(hear(number, 0, number));
	cr_expect_eq(ledger.unchecked, 1);
	ledger_close(&ledger);
	cr_expect_eq(ledger.audited, 2 * SIZE);
	cr_expect_null(hear(2 * SIZE, 0, 2 * SIZE));
}

Test(bench_ledger, unknown_at_the_end_is_counted)
{
	say(0, 1, 3);
	cr_expect_null(hear(1, 0, 1));
	cr_expect_null(hear(3, 0, 3));
	ledger_close(&ledger);
	cr_expect_eq(ledger.unchecked, 2);
}

Test(bench_ledger, numbers_begin_with_one)
{
	say(0, 1, 1);
	cr_expect_not_null(hear(0, 0, 1));
}
