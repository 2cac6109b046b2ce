#include <criterion/criterion.h>

#include "bench/expect/pair.h"

#define LIFE 3

/* The target is there, and has heard the first. */
static struct pair
pair_of_one(void)
{
	struct pair pair = {0};

	pair_open(&pair, LIFE);
	cr_assert_eq(pair_send(&pair), 1);
	pair_answered(&pair, pair_session(&pair, LIFE));
	cr_assert_null(pair_hear(&pair, 1));
	return pair;
}

Test(bench_pair, each_is_heard_once_and_in_order)
{
	struct pair pair = pair_of_one();

	cr_expect_eq(pair_send(&pair), 2);
	cr_expect_null(pair_hear(&pair, 2));
	cr_expect(pair_has_all(&pair));
	cr_expect_not_null(pair_hear(&pair, 2), "twice");
	cr_expect_not_null(pair_hear(&pair, 1), "out of order");
	cr_expect_not_null(pair_hear(&pair, 3), "nobody sent it");
}

Test(bench_pair, lost_one_is_found_with_the_next)
{
	struct pair pair = pair_of_one();

	pair_send(&pair);
	pair_answered(&pair, pair_session(&pair, LIFE));
	cr_expect_not(pair_has_all(&pair));
	pair_send(&pair);
	/* The sender may have its answer before the target has heard it. */
	pair_answered(&pair, pair_session(&pair, LIFE));
	cr_expect_not_null(pair_hear(&pair, 3));
}

Test(bench_pair, one_that_was_not_answered_may_be_lost)
{
	struct pair pair = pair_of_one();

	pair_send(&pair);
	pair_send(&pair);
	cr_expect_null(pair_hear(&pair, 3));
}

Test(bench_pair, target_that_went_need_not_hear)
{
	struct pair pair = pair_of_one();
	uint32_t session = pair_session(&pair, LIFE);

	pair_send(&pair);
	pair_answered(&pair, session);
	pair_close(&pair);
	cr_expect_eq(pair_session(&pair, LIFE), 0);
	pair_send(&pair);
	pair_open(&pair, LIFE);
	pair_answered(&pair, session);
	cr_expect(pair_has_all(&pair), "that was another session");
	pair_send(&pair);
	cr_expect_null(pair_hear(&pair, 4));
}

Test(bench_pair, target_in_another_life_is_not_there)
{
	struct pair pair = pair_of_one();

	cr_expect_neq(pair_session(&pair, LIFE), 0);
	cr_expect_eq(pair_session(&pair, LIFE + 1), 0);
}
