#include <criterion/criterion.h>

#include "bench/crowd/gate.h"

static struct gate gate;

static void
setup(void)
{
	gate_init(&gate, 3, NULL, 0);
}

static void
teardown(void)
{
	gate_fini(&gate);
}

TestSuite(bench_gate, .init = setup, .fini = teardown);

Test(bench_gate, opens_when_the_last_has_arrived)
{
	gate_await(&gate, 0);
	gate_await(&gate, 0);
	gate_await(&gate, 1);
	gate_await(&gate, 2);
	gate_arrive(&gate, 0);
	cr_expect_eq(gate_stage(&gate), 0);
	gate_arrive(&gate, 0);
	cr_expect_eq(gate_stage(&gate), 1);
}

Test(bench_gate, arrivals_ahead_of_time_count)
{
	gate_await(&gate, 0);
	gate_await(&gate, 1);
	gate_await(&gate, 2);
	gate_arrive(&gate, 1);
	cr_expect_eq(gate_stage(&gate), 0);
	gate_arrive(&gate, 0);
	cr_expect_eq(gate_stage(&gate), 2);
	gate_arrive(&gate, 2);
	cr_expect_eq(gate_stage(&gate), 3);
	cr_expect_gt(gate.opened_ns[0], 0);
	cr_expect_leq(gate.opened_ns[0], gate.opened_ns[2]);
}

Test(bench_gate, stage_without_anyone_is_passed_over)
{
	gate_await(&gate, 0);
	gate_arrive(&gate, 0);
	cr_expect_eq(gate_stage(&gate), 3);
}
