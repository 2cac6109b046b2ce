/* A thread's clients on their way through the stages. */
#include <criterion/criterion.h>

#include <stdint.h>
#include <unistd.h>

#include "bench/crowd/gate.h"
#include "bench/crowd/march.h"
#include "bench/load/load.h"

#define CLIENTS 1000

static struct gate gate;
static struct load load;
static struct march march;
static size_t begun[2]; /* clients, of each stage */
static unsigned stages; /* that have begun */
static bool enter;      /* who begins is on its way in */

static void
begin(struct march *of, size_t nth)
{
	cr_assert_eq(nth, begun[of->stage], "one after the other");
	begun[of->stage]++;
	if (enter)
		march_enter(of);
}

static void
on_stage(struct march *of)
{
	cr_assert_eq(of->stage, ++stages);
}

static const struct march_ops ops = {.begin = begin, .on_stage = on_stage};

static void
set_up(void)
{
	const struct load_options options = {0};

	load_init(&load, &options);
	gate_init(&gate, 2, NULL, 0);
	gate_await(&gate, 0);
	gate_await(&gate, 1);
	march = (struct march){
	    .ops = &ops,
	    .gate = &gate,
	    .load = &load,
	    .count = CLIENTS,
	    .entering_max = SIZE_MAX,
	};
}

static void
tear_down(void)
{
	gate_fini(&gate);
	load_fini(&load);
}

TestSuite(bench_march, .init = set_up, .fini = tear_down);

/* Has the load been woken since? */
static bool
is_woken(void)
{
	uint64_t wakes;

	return read(load.wake_fd, &wakes, sizeof wakes) == sizeof wakes;
}

/* Goes on as the load would; how often. */
static unsigned
go_on(void)
{
	unsigned turns = 0;

	do {
		march_go_on(&march);
		turns++;
	} while (is_woken());
	return turns;
}

Test(bench_march, clients_begin_a_few_in_a_turn)
{
	cr_expect_gt(go_on(), 3);
	cr_expect_eq(begun[0], CLIENTS);
	cr_expect_eq(stages, 0, "the gate is closed");
}

Test(bench_march, next_stage_follows_when_all_are_in_the_one_before)
{
	gate_arrive(&gate, 0);
	go_on();
	cr_expect_eq(begun[0], CLIENTS);
	cr_expect_eq(begun[1], CLIENTS);
	cr_expect_eq(stages, 1);
}

Test(bench_march, nobody_begins_when_all_is_over)
{
	gate_arrive(&gate, 0);
	gate_arrive(&gate, 1);
	go_on();
	cr_expect_eq(begun[1], CLIENTS);
	cr_expect_eq(stages, 2);
}

Test(bench_march, next_one_waits_for_one_of_those_on_their_way)
{
	enter = true;
	march.entering_max = 3;
	go_on();
	cr_expect_eq(begun[0], 3);
	march_arrive(&march);
	cr_expect(is_woken());
	march_arrive(&march);
	cr_expect_not(is_woken(), "it knows already");
	go_on();
	cr_expect_eq(begun[0], 5);
}

Test(bench_march, threads_share_what_may_be_at_once)
{
	cr_expect_eq(march_share(10, 1), 10);
	cr_expect_eq(march_share(10, 3), 4);
	cr_expect_eq(march_share(1, 16), 1);
}
