/*
 * What is said to a connection, on both engines. Its order and its pieces are
 * in unit/reactor/engine.c, and what a close makes of it in
 * unit/reactor/conn_close.c.
 */
#include "tests/unit/reactor/rig.h"

#include <unistd.h>

#define MUCH (4 * 1024 * 1024) /* more than sockets take */

static uint32_t bytes_at_run;

static void
note_bytes(struct peer *peer)
{
	bytes_at_run = conn_out_bytes(&peer->conn);
}

static void
queue_and_wait(struct rig *rig, void *argument)
{
	(void)argument;
	rig_queue_pattern(&atomic_load(&rig->newest)->conn, 0, MUCH);
	conn_wait_drained(&atomic_load(&rig->newest)->conn, MUCH / 2);
}

RIG_TEST(wait_drained_runs_once_when_output_has_fallen, .send_buffer = 4096,
    .handlers.on_run = note_bytes)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_and_wait, NULL);
	rig_turn(rig, 0);
	cr_assert_eq(sem_trywait(&rig->ran), -1, "nothing was read yet");
	rig_read_pattern(fd, 0, MUCH);
	rig_await(&rig->ran);
	cr_assert_leq(bytes_at_run, MUCH / 2);
	rig_turn(rig, 0);
	cr_assert_eq(sem_trywait(&rig->ran), -1, "once");
	close(fd);
}

RIG_TEST(bytes_are_counted_both_ways)
{
	int fd = rig_connect(rig);

	rig_write_pattern(fd, 0, 5000);
	rig_read_pattern(fd, 0, 5000);
	close(fd);
	rig_await(&rig->closed);
	cr_assert_eq(rig->last.conn.bytes_in, 5000);
	cr_assert_eq(rig->last.conn.bytes_out, 5000);
	cr_assert_eq(rig_counter(rig, bytes_in), 5000);
	cr_assert_eq(rig_counter(rig, bytes_out), 5000);
}
