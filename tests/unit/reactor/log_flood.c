/* Who floods the log; the clock is the test's. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "reactor/log_flood.h"

static struct log_flood flood;

static unsigned
note(const char *event, unsigned times, uint64_t now_ms)
{
	unsigned passed = 0;

	while (times-- > 0)
		passed += log_flood_note(&flood, LOG_LEVEL_INFO, event,
			      now_ms) == LOG_FLOOD_PASSES;
	return passed;
}

Test(reactor_log_flood, fifty_lines_of_an_event_pass_in_a_second)
{
	struct log_second second;

	cr_expect_eq(note("login", 40, 5000), 40);
	cr_expect_eq(note("login", 40, 5900), 10);
	cr_expect_eq(note("other", 5, 5900), 5, "another event");
	cr_expect_eq(log_flood_due_ms(&flood), 6000);
	cr_expect_not(log_flood_take(&flood, 5999, &second));
	cr_assert(log_flood_take(&flood, 6000, &second));
	cr_expect_str_eq(second.event, "login");
	cr_expect_eq(second.suppressed, 30);
	cr_expect_not(log_flood_take(&flood, UINT64_MAX, &second));
	cr_expect_eq(log_flood_due_ms(&flood), UINT64_MAX);
	cr_expect_eq(note("login", 60, 6000), 50, "the next second");
}

Test(reactor_log_flood, first_that_is_kept_back_is_told_apart)
{
	note("login", LOG_FLOOD_LINES, 0);
	cr_expect_eq(log_flood_note(&flood, LOG_LEVEL_WARN, "login", 1),
	    LOG_FLOOD_STARTS);
	cr_expect_eq(log_flood_note(&flood, LOG_LEVEL_WARN, "login", 2),
	    LOG_FLOOD_GOES_ON);
}

Test(reactor_log_flood, what_nobody_took_is_kept_for_later)
{
	struct log_second second;

	note("login", 60, 0);
	cr_expect_eq(note("login", 60, 1000), 50);
	cr_assert(log_flood_take(&flood, 1000, &second));
	cr_expect_eq(second.suppressed, 20);
}

Test(reactor_log_flood, event_is_known_by_its_text_not_its_place)
{
	char copy[] = "login";

	note("login", LOG_FLOOD_LINES, 0);
	cr_expect_eq(note(copy, 1, 0), 0);
}

/* More names than places: none is lost, none is told wrong. */
Test(reactor_log_flood, places_are_used_again_when_their_second_is_over)
{
	static char names[LOG_FLOOD_EVENTS + 10][8];
	struct log_second second;

	for (unsigned i = 0; i < LOG_FLOOD_EVENTS + 10; i++)
		snprintf(names[i], sizeof(names[i]), "e%u", i);
	for (unsigned i = 0; i < LOG_FLOOD_EVENTS; i++)
		cr_expect_eq(note(names[i], 51, 0), 50);
	cr_expect_eq(note(names[LOG_FLOOD_EVENTS], 51, 0), 51, "no place");
	while (log_flood_take(&flood, 1000, &second))
		cr_expect_eq(second.suppressed, 1);
	for (unsigned i = 10; i < LOG_FLOOD_EVENTS + 10; i++)
		cr_expect_eq(note(names[i], 51, 1000), 50);
}
