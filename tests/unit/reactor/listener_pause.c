/*
 * A listener that cannot accept, on both engines: whatever has run out, it
 * leaves its queue alone for a moment and tries again; an error of the one
 * connection is none of its own.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <unistd.h>

#include "reactor/reactor_priv.h"

/* What an accept completed with, and what the listener is like then. */
struct attempt {
	int error;
	bool accepts; /* in the kernel, or looked at */
	bool retries; /* in a while */
};

static void
fail(struct rig *rig, void *argument)
{
	struct attempt *attempt = argument;
	struct listener *listener = &rig->reactors[0]->listeners[0];

	listener_on_accepted(listener, -attempt->error, NULL);
	attempt->accepts = listener->armed;
	attempt->retries = timer_is_set(&listener->retry);
}

/* Each twice: those that a ring has begun all fail. */
RIG_TEST(load_out_of_anything_pauses_the_listener_and_goes_on)
{
	static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
	int served = rig_connect(rig);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct attempt attempt = {.error = errors[i]};
		int fd;

		for (int times = 0; times < 2; times++) {
			rig_call(rig, 0, fail, &attempt);
			cr_assert(!attempt.accepts, "%d", errors[i]);
			cr_assert(attempt.retries, "%d", errors[i]);
		}
		fd = rig_connect_with(rig, 0);
		rig_round_trip(served);
		rig_round_trip(fd);
		close(fd);
	}
	close(served);
}

RIG_TEST(load_error_of_one_connection_pauses_nothing)
{
	static const int errors[] = {ECONNABORTED, ECONNRESET, EPROTO, EPERM,
	    EINTR, ENETDOWN, EHOSTUNREACH};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct attempt attempt = {.error = errors[i]};

		rig_call(rig, 0, fail, &attempt);
		cr_assert(attempt.accepts, "%d", errors[i]);
		cr_assert(!attempt.retries, "%d", errors[i]);
	}
}

static void
fail_and_stop(struct rig *rig, void *argument)
{
	struct attempt *attempt = argument;

	fail(rig, attempt);
	reactor_stop_listening(rig->reactors[0]);
	attempt->retries = timer_is_set(&rig->reactors[0]->listeners[0].retry);
}

/* Who waits meanwhile is let in at the stop, and hears the goodbye. */
RIG_TEST(load_paused_listener_that_stops_lets_the_waiting_in)
{
	struct attempt attempt = {.error = ENFILE};
	int fd;

	rig_call(rig, 0, fail, &attempt);
	fd = rig_connect_with(rig, 0);
	rig_call(rig, 0, fail_and_stop, &attempt);
	cr_assert(!attempt.retries);
	rig_round_trip(fd);
	close(fd);
}
