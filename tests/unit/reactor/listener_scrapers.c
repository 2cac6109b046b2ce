/* Scrapers: how many there may be, and that they are no clients. */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/listener.h"

#define SCRAPERS LISTENER_SCRAPERS_MAX
#define LATE     3

static void
count_conn(struct conn *conn, void *count)
{
	(void)conn;
	++*(unsigned *)count;
}

static void
count_all(struct rig *rig, void *count)
{
	reactor_each_conn(rig->reactors[0], count_conn, count);
}

RIG_TEST(scrapers_are_served_without_a_clients_place, .speaks = SPEAKS_METRICS,
    .limits = {.clients_max = 1, .conns_max = 1})
{
	int fds[SCRAPERS];
	unsigned clients = 0;

	for (int i = 0; i < SCRAPERS; i++)
		fds[i] = rig_connect(rig);
	for (int i = 0; i < SCRAPERS; i++)
		rig_round_trip(fds[i]);
	rig_call(rig, 0, count_all, &clients);
	cr_expect_eq(clients, 0);
	for (int i = 0; i < SCRAPERS; i++) {
		close(fds[i]);
		rig_await(&rig->closed);
	}
	cr_expect_eq(rig_counter(rig, accepted), 0);
	cr_expect_eq(rig_counter(rig, closed), 0);
	cr_expect_eq(rig_counter(rig, refused), 0);
	cr_expect_eq(counter_read(&rig->census.open), 0);
}

/* The last ones come when there is room for none of them. */
RIG_TEST(
    scrapers_too_many_wait_until_others_have_gone, .speaks = SPEAKS_METRICS)
{
	int fds[SCRAPERS + LATE];

	for (int i = 0; i < SCRAPERS; i++)
		fds[i] = rig_connect(rig);
	for (int i = SCRAPERS; i < SCRAPERS + LATE; i++)
		fds[i] = rig_connect_with(rig, 0);
	rig_turn(rig, 0);
	cr_expect_eq(sem_trywait(&rig->opened), -1);
	for (int i = 0; i < LATE; i++) {
		close(fds[i]);
		rig_await(&rig->opened);
		rig_round_trip(fds[SCRAPERS + i]);
		rig_turn(rig, 0);
		cr_expect_eq(sem_trywait(&rig->opened), -1);
	}
	for (int i = LATE; i < SCRAPERS + LATE; i++)
		close(fds[i]);
}

RIG_TEST(scrapers_are_dropped_when_it_stops, .speaks = SPEAKS_METRICS)
{
	int fds[SCRAPERS + LATE];
	char byte;

	for (int i = 0; i < SCRAPERS; i++)
		fds[i] = rig_connect(rig);
	for (int i = SCRAPERS; i < SCRAPERS + LATE; i++)
		fds[i] = rig_connect_with(rig, 0);
	rig_ask_to_stop(rig);
	rig_wait_empty(rig);
	for (int i = 0; i < SCRAPERS + LATE; i++) {
		ssize_t got = rig_recv(fds[i], &byte, 1);

		cr_expect(got == 0 || (got < 0 && errno == ECONNRESET));
		close(fds[i]);
	}
}
