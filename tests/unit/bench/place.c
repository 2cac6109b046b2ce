#include <criterion/criterion.h>

#include "bench/expect/place.h"

/* In a room whose last number was 7 when it joined. */
static struct place
place_at_7(void)
{
	struct place place = {0};

	place_join(&place);
	cr_assert_null(place_joined(&place, 7));
	return place;
}

/* Away since number 7, and asking for what has come since. */
static struct place
place_back_since_7(void)
{
	struct place place = place_at_7();

	place_leave(&place);
	place_resume(&place, place.next - 1);
	return place;
}

Test(bench_place, joined_hears_what_follows)
{
	struct place place = place_at_7();

	cr_expect_null(place_hear(&place, 8));
	cr_expect_null(place_hear(&place, 9));
}

Test(bench_place, lost_message_is_found)
{
	struct place place = place_at_7();

	cr_expect_null(place_hear(&place, 8));
	cr_expect_not_null(place_hear(&place, 10));
}

Test(bench_place, doubled_or_reordered_message_is_found)
{
	struct place place = place_at_7();

	cr_expect_null(place_hear(&place, 8));
	cr_expect_null(place_hear(&place, 9));
	cr_expect_not_null(place_hear(&place, 9));
	cr_expect_not_null(place_hear(&place, 8));
}

Test(bench_place, message_before_the_join_or_after_the_leave_is_found)
{
	struct place place = {0};

	cr_expect_not_null(place_hear(&place, 1));
	place_join(&place);
	cr_expect_not_null(place_hear(&place, 1));
	cr_expect_null(place_joined(&place, 1));
	place_leave(&place);
	cr_expect_not_null(place_hear(&place, 2));
	cr_expect_not_null(place_skip(&place, 1, 1));
}

Test(bench_place, gap_is_as_long_as_it_says)
{
	struct place place = place_at_7();

	cr_expect_null(place_skip(&place, 7, 3));
	cr_expect_null(place_hear(&place, 11));
	cr_expect_null(place_skip(&place, 11, 1));
	cr_expect_not_null(place_hear(&place, 14));
}

Test(bench_place, gap_elsewhere_or_of_nothing_is_found)
{
	struct place place = place_at_7();

	cr_expect_not_null(place_skip(&place, 6, 3));
	cr_expect_not_null(place_skip(&place, 8, 3));
	cr_expect_not_null(place_skip(&place, 7, 0));
}

Test(bench_place, resumed_hears_exactly_what_it_missed)
{
	struct place place = place_back_since_7();

	cr_expect_null(place_hear(&place, 8));
	cr_expect_null(place_hear(&place, 9));
	cr_expect_null(place_joined(&place, 9));
	cr_expect_null(place_hear(&place, 10));
	place = place_back_since_7();
	cr_expect_null(place_joined(&place, 7));
}

Test(bench_place, resumed_without_a_message_is_found)
{
	struct place place = place_back_since_7();

	cr_expect_not_null(place_hear(&place, 9));
	place = place_back_since_7();
	cr_expect_null(place_hear(&place, 8));
	cr_expect_not_null(place_joined(&place, 9));
	place = place_back_since_7();
	cr_expect_not_null(place_joined(&place, 8));
}

Test(bench_place, resumed_is_told_how_many_are_no_longer_kept)
{
	struct place place = place_back_since_7();

	cr_expect_null(place_forgotten(&place, 5));
	cr_expect_null(place_hear(&place, 13));
	cr_expect_null(place_joined(&place, 13));
	place = place_back_since_7();
	cr_expect_null(place_forgotten(&place, 5));
	cr_expect_not_null(place_hear(&place, 12));
	place = place_back_since_7();
	cr_expect_null(place_hear(&place, 8));
	cr_expect_not_null(place_forgotten(&place, 5), "too late");
	place = place_at_7();
	cr_expect_not_null(place_forgotten(&place, 5), "nothing was asked");
}

Test(bench_place, room_that_starts_over_says_so)
{
	struct place place = place_back_since_7();

	cr_expect_null(place_starts_over(&place));
	cr_expect_null(place_hear(&place, 2));
	cr_expect_null(place_hear(&place, 3));
	cr_expect_null(place_joined(&place, 3));
	cr_expect_null(place_hear(&place, 4));
	place = place_back_since_7();
	cr_expect_null(place_starts_over(&place));
	cr_expect_null(place_joined(&place, 0));
	cr_expect_null(place_hear(&place, 1));
}

Test(bench_place, starting_over_wrongly_or_silently_is_found)
{
	struct place place = place_back_since_7();

	cr_expect_not_null(place_joined(&place, 3), "silently");
	place = place_back_since_7();
	cr_expect_null(place_starts_over(&place));
	cr_expect_null(place_hear(&place, 8));
	cr_expect_not_null(place_joined(&place, 8), "it goes on");
	place = place_back_since_7();
	cr_expect_null(place_starts_over(&place));
	cr_expect_null(place_hear(&place, 2));
	cr_expect_not_null(place_joined(&place, 3), "one is missing");
	place = place_at_7();
	cr_expect_not_null(place_starts_over(&place), "nothing was asked");
}

Test(bench_place, cut_in_mid_answer_asks_for_the_rest)
{
	struct place place = place_back_since_7();

	cr_expect_null(place_hear(&place, 8));
	place_leave(&place);
	cr_expect_eq(place.next, 9);
	place_resume(&place, place.next - 1);
	cr_expect_null(place_hear(&place, 9));
	cr_expect_null(place_joined(&place, 9));
}
