#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/throttle.h"

#define SECOND 1000u
#define MINUTE (60 * SECOND)
#define DAY    (24 * 60 * MINUTE)

static struct throttle *throttle;
static uint64_t now; /* the clock, in milliseconds */

static void
setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	throttle = throttle_new();
	cr_assert_not_null(throttle);
	now = 12345;
}

static void
teardown(void)
{
	throttle_free(&throttle);
	cr_assert_null(throttle);
}

TestSuite(auth_throttle, .init = setup, .fini = teardown);

static uint64_t
wait_for(const char *name, const char *address)
{
	return throttle_wait(throttle, span_of(name), span_of(address), now);
}

static void
fail(const char *name, const char *address)
{
	throttle_note(throttle, span_of(name), span_of(address), now, false);
}

static void
succeed(const char *name, const char *address)
{
	throttle_note(throttle, span_of(name), span_of(address), now, true);
}

/* Tries as often as it is let for `ms`; how often that was. */
static unsigned
guess_for(const char *name, const char *address, uint64_t ms)
{
	uint64_t end = now + ms;
	unsigned guesses = 0;

	while (now < end) {
		uint64_t wait = wait_for(name, address);

		if (wait == 0) {
			fail(name, address);
			guesses++;
		}
		now += wait ? wait : 1;
	}
	return guesses;
}

Test(auth_throttle, stranger_does_not_wait)
{
	cr_assert_eq(wait_for("anna", "home"), 0);
}

Test(auth_throttle, three_failures_wait_and_the_wait_grows)
{
	fail("anna", "a");
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 0);
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 20 * SECOND);
	now += 19 * SECOND;
	cr_assert_eq(wait_for("anna", "a"), 1 * SECOND);
	now += 1 * SECOND;
	cr_assert_eq(wait_for("anna", "a"), 0);
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 40 * SECOND);
	now += 40 * SECOND;
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 80 * SECOND);
}

Test(auth_throttle, wait_is_bounded)
{
	unsigned i;

	for (i = 0; i < 5000; i++)
		fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 10 * MINUTE);
	now += 10 * MINUTE;
	cr_assert_eq(wait_for("anna", "a"), 0);
}

/* Also for who waits just as long as he must. */
Test(auth_throttle, guesser_gets_few_guesses)
{
	cr_assert_leq(guess_for("anna", "a", MINUTE), 5);
	cr_assert_leq(guess_for("anna", "a", DAY), 200);
}

Test(auth_throttle, failures_are_forgotten)
{
	fail("anna", "a");
	fail("anna", "a");
	fail("anna", "a");
	now += 30 * MINUTE;
	fail("anna", "a");
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 0);
}

Test(auth_throttle, success_forgives)
{
	fail("anna", "a");
	fail("anna", "a");
	succeed("anna", "a");
	fail("anna", "a");
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 0);
}

Test(auth_throttle, any_case_is_the_same_account)
{
	fail("anna", "a");
	fail("Anna", "a");
	fail("ANNA", "a");
	cr_assert_gt(wait_for("aNNa", "a"), 0);
}

Test(auth_throttle, owner_elsewhere_does_not_wait_for_a_stranger)
{
	guess_for("anna", "stranger", DAY);
	fail("anna", "stranger");
	cr_assert_gt(wait_for("anna", "stranger"), 0);
	cr_assert_eq(wait_for("anna", "new home"), 0);
}

Test(auth_throttle, owner_at_home_does_not_wait_for_a_thousand_strangers)
{
	char address[16];
	unsigned i, k;

	succeed("anna", "home");
	for (i = 0; i < 1000; i++)
		for (k = 0; k < 20; k++) {
			snprintf(address, sizeof(address), "bot%u", i);
			fail("anna", address);
		}
	cr_assert_eq(wait_for("anna", "home"), 0);
	/* Nor does one mistake at home cost more than ever. */
	fail("anna", "home");
	cr_assert_eq(wait_for("anna", "home"), 0);
	/* From an address nobody knows: one free try, then with the others. */
	cr_assert_eq(wait_for("anna", "hotel"), 0);
	fail("anna", "hotel");
	cr_assert_gt(wait_for("anna", "hotel"), 0);
}

Test(auth_throttle, known_user_does_not_wait_for_others_at_the_address)
{
	unsigned i;

	succeed("anna", "office");
	for (i = 0; i < 100; i++)
		fail("bert", "office");
	cr_assert_eq(wait_for("anna", "office"), 0);
	cr_assert_gt(wait_for("carl", "office"), 0);
	cr_assert_eq(wait_for("carl", "home"), 0);
}

/* One password tried on account after account. */
Test(auth_throttle, sprayer_waits)
{
	char name[16];
	unsigned i;

	for (i = 0; i < THROTTLE_ADDRESS_FREE; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		cr_assert_eq(wait_for(name, "a"), 0);
		fail(name, "a");
	}
	cr_assert_eq(wait_for("another", "a"), 20 * SECOND);
	cr_assert_eq(wait_for("another", "b"), 0);
}

/* A login to an account of one's own does not wash an address clean. */
Test(auth_throttle, own_account_does_not_forgive_the_address)
{
	unsigned i;
	char name[16];

	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		fail(name, "a");
		succeed("mallory", "a");
	}
	cr_assert_gt(wait_for("anna", "a"), 0);
	cr_assert_eq(wait_for("mallory", "a"), 0);
}

Test(auth_throttle, impossible_names_and_addresses_are_counted)
{
	static const char longest[] = "a name longer than any can be, and more";
	char address[200];
	unsigned i;

	memset(address, 'x', sizeof(address));
	address[sizeof(address) - 1] = '\0';
	for (i = 0; i < 3; i++) {
		fail(longest, address);
		fail("", "");
	}
	cr_assert_gt(wait_for(longest, address), 0);
	cr_assert_gt(wait_for("", ""), 0);
	cr_assert_eq(wait_for("anna", "home"), 0);
}

/* A flood of others pushes out the least guilty, not the guesser. */
Test(auth_throttle, flood_does_not_free_the_guesser)
{
	char name[16], address[16];
	unsigned i;

	for (i = 0; i < 8; i++)
		fail("anna", "guesser");
	for (i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		snprintf(address, sizeof(address), "a%u", i);
		fail(name, address);
	}
	cr_assert_gt(wait_for("anna", "guesser"), 0);
}

Test(auth_throttle, clock_that_goes_back_is_survived)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		fail("anna", "a");
	now = 0;
	cr_assert_eq(wait_for("anna", "a"), 20 * SECOND);
	fail("anna", "a");
	cr_assert_eq(wait_for("anna", "a"), 40 * SECOND);
}

#define PERIOD (6 * MINUTE)
#define BURST  20

static uint64_t
change(const char *address)
{
	return throttle_change(throttle, span_of(address), now, PERIOD, BURST);
}

Test(auth_throttle, changes_are_a_burst_and_then_one_a_period)
{
	unsigned i;

	for (i = 0; i < BURST; i++)
		cr_assert_eq(change("a"), 0);
	cr_assert_eq(change("a"), PERIOD);
	now += PERIOD - 1;
	cr_assert_eq(change("a"), 1);
	/* To the millisecond, however often. */
	for (i = 0; i < 100; i++) {
		now += i == 0 ? 1 : PERIOD;
		cr_assert_eq(change("a"), 0);
		cr_assert_eq(change("a"), PERIOD);
	}
	now += 5 * PERIOD + PERIOD / 2;
	for (i = 0; i < 5; i++)
		cr_assert_eq(change("a"), 0);
	cr_assert_eq(change("a"), PERIOD / 2);
	now += 7 * DAY;
	for (i = 0; i < BURST; i++)
		cr_assert_eq(change("a"), 0);
	cr_assert_eq(change("a"), PERIOD);
}

Test(auth_throttle, changes_of_one_address_concern_no_other_and_no_login)
{
	for (unsigned i = 0; i < BURST; i++)
		change("a");
	cr_assert_gt(change("a"), 0);
	cr_assert_eq(change("b"), 0);
	cr_assert_eq(wait_for("anna", "a"), 0);
	for (unsigned i = 0; i < 100; i++)
		fail("anna", "c");
	cr_assert_eq(change("c"), 0);
}

/* Memory is bounded: many who did little push out each other, not him. */
Test(auth_throttle, flood_does_not_free_who_has_changed_too_much)
{
	char address[16];

	for (unsigned i = 0; i < BURST; i++)
		change("a");
	for (unsigned i = 0; i < 50000; i++) {
		snprintf(address, sizeof(address), "b%u", i);
		change(address);
	}
	cr_assert_gt(change("a"), 0);
}

/* Who has a /48 makes changes from 65,536 addresses, and no hash has to be made
 * for it: what is remembered of wrong passwords is not pushed out. */
Test(auth_throttle, flood_of_changes_forgets_no_failure)
{
	char address[16];

	for (unsigned i = 0; i < 3; i++)
		fail("anna", "a");
	for (unsigned i = 0; i < 50000; i++) {
		snprintf(address, sizeof(address), "b%u", i);
		for (unsigned j = 0; j < 5; j++)
			change(address);
	}
	cr_assert_eq(wait_for("anna", "a"), 20 * SECOND);
}

/* A shorter burst may have been set meanwhile. */
Test(auth_throttle, changes_before_a_burst_was_shortened_are_forgotten)
{
	for (unsigned i = 0; i < BURST; i++)
		change("a");
	for (unsigned i = 0; i < BURST; i++) {
		cr_assert_eq(
		    throttle_change(throttle, span_of("a"), now, PERIOD, 1),
		    PERIOD);
		now += PERIOD;
	}
	cr_assert_eq(
	    throttle_change(throttle, span_of("a"), now, PERIOD, 1), 0);
	now = 0; /* a clock that goes back */
	cr_assert_eq(
	    throttle_change(throttle, span_of("a"), now, PERIOD, 1), PERIOD);
}
