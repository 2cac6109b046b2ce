/*
 * What travels between threads and is for a connection that has gone by the
 * time it arrives: another one has its slot, and must hear nothing of it. On
 * the three kinds of engine together, a hundred thousand connections come and
 * go.
 */
#include "tests/unit/reactor/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/mailbox.h"

#define RECONNECTS 34000
#define HOPS       6 /* of an errand, before it is back */
#define MARK       8 /* bytes */

/* What a client sends, and is to have back: its own. */
struct errand {
	struct envelope envelope;
	struct rig *rig;
	struct conn_handle client;
	unsigned hops;
	char mark[MARK];
};

static _Atomic unsigned too_late; /* errands whose client was gone */
static _Atomic unsigned under_way;

static void
errand_goes_on(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct rig_owner *here = owner;
	struct reactor *reactor = errand->rig->reactors[here->index];
	struct conn *conn;

	if (++errand->hops < HOPS) {
		reactor_post(reactor, 1 - here->index, envelope);
		return;
	}
	conn = conn_find(reactor, errand->client);
	if (conn) {
		memcpy(conn_reserve(conn, MARK), errand->mark, MARK);
		conn_commit(conn, MARK);
	}
	too_late += !conn;
	under_way--;
	free(errand);
}

static void
send_errand(struct peer *peer, char *bytes, size_t len)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	cr_assert_eq(len, MARK);
	*errand = (struct errand){
	    .envelope.handle = errand_goes_on,
	    .rig = peer->rig,
	    .client = conn_handle(&peer->conn),
	};
	memcpy(errand->mark, bytes, MARK);
	under_way++;
	reactor_post(
	    peer->conn.reactor, 1 - errand->client.reactor, &errand->envelope);
}

/* Most do not wait for what they have sent for; whoever does gets its own, and
 * nothing else. */
RIG_TEST(threads_no_word_for_the_dead_reaches_the_living, .reactors = 2,
    .on_unix = true, .handlers.on_bytes = send_errand)
{
	for (unsigned i = 0; i < RECONNECTS; i++) {
		int fd = rig_connect_with(rig, 0);
		char mark[MARK + 1];

		snprintf(mark, sizeof(mark), "%08u", i);
		cr_assert_eq(send(fd, mark, MARK, MSG_NOSIGNAL), MARK);
		if (i % 8 == 7)
			rig_expect(fd, mark);
		close(fd);
	}
	rig_until_open(rig, 0);
	while (under_way > 0)
		rig_turn(rig, 0);
	cr_assert_gt(too_late, RECONNECTS / 10);
	cr_assert_eq(rig_counter(rig, accepted), RECONNECTS);
}
