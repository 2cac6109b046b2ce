/* Who is let in, who is refused, and when nobody is, on both engines. */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/address.h"

#define WAITING 5

RIG_TEST(peer_address_is_the_clients_own)
{
	int fd;
	struct peer *peer = rig_connect_peer(rig, &fd);

	rig_comes_from(peer, fd);
	cr_assert(address_is_local(&peer->conn.peer));
	close(fd);
}

RIG_TEST(clients_over_the_limit_are_refused_with_a_word,
    .limits = {.clients_max = 2, .refusal = "full\n"})
{
	int first = rig_connect(rig);
	int second = rig_connect(rig);
	int third = rig_connect_with(rig, 0);

	rig_expect(third, "full\n");
	rig_expect_end(third);
	close(third);
	rig_round_trip(first);
	rig_round_trip(second);
	cr_assert_eq(rig_counter(rig, refused), 1);
	cr_assert_eq(rig_counter(rig, accepted), 2);
	close(first);
	rig_until_open(rig, 1);
	first = rig_connect(rig);
	rig_round_trip(first);
	close(first);
	close(second);
}

#define REFUSED 40

/* More than a table has places for refusals, all at once. */
RIG_TEST(dozens_are_refused_and_the_served_stay, .reactors = 1,
    .limits = {.conns_max = 1, .refusal = "full\n"})
{
	int served = rig_connect(rig);
	int refused[REFUSED];

	rig_hold(rig, 0);
	for (int i = 0; i < REFUSED; i++)
		refused[i] = rig_connect_with(rig, 0);
	rig_release(rig);
	for (int i = 0; i < REFUSED; i++) {
		rig_expect(refused[i], "full\n");
		rig_expect_end(refused[i]);
		close(refused[i]);
	}
	rig_round_trip(served);
	close(served);
}

static void
stop_listening_and_connect(struct rig *rig, void *argument)
{
	const struct endpoint *to = &rig->endpoint;
	int fd = socket(to->address.ss_family, SOCK_STREAM, 0);
	int *problem = argument;

	reactor_stop_listening(rig->reactors[0]);
	if (connect(fd, (const void *)&to->address, to->length) < 0)
		*problem = errno;
	close(fd);
}

/* At once: who is let in and then reset would hear no goodbye. */
RIG_TEST(nobody_gets_in_once_it_does_not_listen, .reactors = 1)
{
	int problem = 0;

	rig_call(rig, 0, stop_listening_and_connect, &problem);
	cr_assert_eq(problem, ECONNREFUSED, "%d", problem);
}

/* --- out of descriptors --- */

#define DESCRIPTORS 64

static int fillers[DESCRIPTORS];
static int filler_count;

static void
use_up_descriptors(void)
{
	for (int fd; (fd = dup(STDIN_FILENO)) >= 0;)
		fillers[filler_count++] = fd;
	cr_assert_eq(errno, EMFILE);
}

/* The listener stays readable all the time; looking at it without end would
 * take many thousand turns. */
static void
waits_without_spinning(struct rig *rig)
{
	cr_assert_lt(rig_turns_in_half_a_second(rig, 0), 200);
}

RIG_TEST(out_of_descriptors_the_served_are_served_and_the_others_later,
    .descriptors_max = DESCRIPTORS)
{
	int served = rig_connect(rig);
	int waiting[WAITING];

	for (int i = 0; i < WAITING; i++)
		waiting[i] = socket(AF_INET, SOCK_STREAM, 0);
	use_up_descriptors();
	for (int i = 0; i < WAITING; i++)
		cr_assert_eq(
		    connect(waiting[i], (const void *)&rig->endpoint.address,
			rig->endpoint.length),
		    0);
	for (int i = 0; i < 100; i++)
		rig_round_trip(served);
	/* In a ring's table they need none. */
	if (rig->engine->conns_max(1) == UINT32_MAX) {
		waits_without_spinning(rig);
		cr_assert_eq(rig_counter(rig, accepted), 1);
		rig_round_trip(served);
		while (filler_count > 0)
			close(fillers[--filler_count]);
	}
	for (int i = 0; i < WAITING; i++)
		rig_round_trip(waiting[i]);
	cr_assert_eq(rig_counter(rig, accepted), 1 + WAITING);
	while (filler_count > 0)
		close(fillers[--filler_count]);
	close(served);
	for (int i = 0; i < WAITING; i++)
		close(waiting[i]);
}
