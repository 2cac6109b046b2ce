/*
 * Who is let in, on both engines. Who is handed over is in
 * unit/reactor/handover.c, and how many of a network in unit/reactor/tally.c.
 */
#include "tests/unit/reactor/rig.h"

#include <unistd.h>

#include "tests/kit/tls_rig.h"

#define FULL                                                                   \
	{                                                                      \
		.conns_max = 1, .refusal = "full\n"                            \
	}

RIG_TEST(client_over_the_limit_is_told_and_counted, .limits = FULL)
{
	int first = rig_connect(rig), second = rig_connect_with(rig, 0);

	rig_expect(second, "full\n");
	rig_expect_end(second);
	close(second);
	rig_round_trip(first);
	cr_assert_eq(rig_counter(rig, accepted), 1);
	cr_assert_eq(rig_counter(rig, refused), 1);
	cr_assert_eq(rig_counter(rig, closed), 0);
	close(first);
}

/* In words it would be no TLS. */
RIG_TEST(client_over_the_limit_of_tls_is_told_nothing, .tls = tls_rig_server(),
    .speaks = SPEAKS_TLS, .limits = FULL)
{
	int first = rig_connect_with(rig, 0), second;

	rig_await(&rig->opened);
	second = rig_connect_with(rig, 0);
	rig_expect_end(second);
	close(second);
	close(first);
	cr_assert_eq(rig_counter(rig, refused), 1);
	tls_rig_end(rig);
}
