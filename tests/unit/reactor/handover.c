/* Clients that a full reactor hands over, on both engines. */
#include "tests/unit/reactor/rig.h"

#include <unistd.h>

/* The kernel deals them out by chance; all that fit get in all the same. */
RIG_TEST(full_reactor_hands_over_to_one_with_room, .reactors = 2,
    .limits = {.conns_max = 4, .refusal = "full\n"})
{
	int clients[8], more;

	for (int i = 0; i < 8; i++) {
		clients[i] = rig_connect(rig);
		rig_round_trip(clients[i]);
	}
	more = rig_connect_with(rig, 0);
	rig_expect(more, "full\n");
	rig_expect_end(more);
	close(more);
	cr_assert_eq(rig_counter(rig, accepted), 8);
	cr_assert_eq(rig_counter(rig, refused), 1);
	for (int i = 0; i < 8; i++) {
		rig_round_trip(clients[i]);
		close(clients[i]);
	}
}

/* What a full one knows of the others is a moment old: whoever is full by the
 * time that a client is handed over finds him another. */
RIG_TEST(all_that_fit_get_in_when_they_come_at_once, .reactors = 4,
    .limits = {.conns_max = 16, .refusal = "full\n"})
{
	int clients[64];

	for (int round = 0; round < 8; round++) {
		for (unsigned i = 0; i < 4; i++)
			rig_hold(rig, i);
		for (int i = 0; i < 64; i++)
			clients[i] = rig_connect_with(rig, 0);
		for (unsigned i = 0; i < 4; i++)
			rig_release(rig);
		for (int i = 0; i < 64; i++)
			rig_round_trip(clients[i]);
		for (int i = 0; i < 64; i++)
			close(clients[i]);
		rig_until_open(rig, 0);
	}
}

/* Who it is comes with it. */
RIG_TEST(handed_over_client_keeps_its_address, .reactors = 2,
    .limits = {.conns_max = 1})
{
	struct peer *peer;
	int clients[2];

	for (int i = 0; i < 2; i++) {
		peer = rig_connect_peer(rig, &clients[i]);
		rig_comes_from(peer, clients[i]);
	}
	close(clients[0]);
	close(clients[1]);
}
