/* The rig; what it promises is in unit/reactor/rig.h. Its clients are in
 * unit/reactor/rig_client.c. */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/listen.h"
#include "reactor/mailbox.h"

static struct peer *
peer_of(struct conn *conn)
{
	return (struct peer *)conn;
}

static struct rig *
rig_of(struct conn *conn)
{
	struct rig_owner *owner = reactor_owner(conn->reactor);

	return owner->rig;
}

static void
say_bye(struct conn *conn, void *context)
{
	(void)context;
	memcpy(conn_reserve(conn, 4), "bye\n", 4);
	conn_commit(conn, 4);
	conn_close(conn, CLOSE_GOING_DOWN);
}

static void
on_open(struct conn *conn)
{
	struct rig *rig = rig_of(conn);

	peer_of(conn)->rig = rig;
	if (rig->handlers.on_open)
		rig->handlers.on_open(peer_of(conn));
	else if (reactor_is_stopping(conn->reactor))
		say_bye(conn, NULL);
	atomic_store(&rig->newest, peer_of(conn));
	sem_post(&rig->opened);
}

static void
on_bytes(struct conn *conn, char *bytes, size_t len)
{
	struct rig *rig = rig_of(conn);

	peer_of(conn)->got += len;
	conn_unmute(conn); /* whatever comes is what its listener takes */
	if (rig->handlers.on_bytes) {
		rig->handlers.on_bytes(peer_of(conn), bytes, len);
		return;
	}
	memcpy(conn_reserve(conn, len), bytes, len);
	conn_commit(conn, len);
}

static void
on_end(struct conn *conn)
{
	struct rig *rig = rig_of(conn);

	peer_of(conn)->ends++;
	if (rig->handlers.on_end)
		rig->handlers.on_end(peer_of(conn));
	else
		conn_close(conn, CLOSE_PEER);
	sem_post(&rig->ended);
}

static void
on_run(struct conn *conn)
{
	struct rig *rig = rig_of(conn);

	peer_of(conn)->runs++;
	if (rig->handlers.on_run)
		rig->handlers.on_run(peer_of(conn));
	sem_post(&rig->ran);
}

static void
on_closed(struct conn *conn)
{
	struct rig *rig = rig_of(conn);

	peer_of(conn)->closes++;
	if (rig->handlers.on_closed)
		rig->handlers.on_closed(peer_of(conn));
	if (rig->count == 1)
		rig->last = *peer_of(conn);
	sem_post(&rig->closed);
}

static void
on_turn_end(void *context)
{
	struct rig_owner *owner = context;
	bool behind = reactor_is_behind(owner->rig->reactors[owner->index]);

	owner->turn_ends++;
	owner->behind += behind;
	if (owner->was_behind && !behind)
		sem_post(&owner->rig->caught_up);
	owner->was_behind = behind;
}

static void
on_stop(void *context)
{
	struct rig_owner *owner = context;
	struct rig *rig = owner->rig;

	if (rig->handlers.on_stop)
		rig->handlers.on_stop(rig, owner->index);
	else
		reactor_each_conn(rig->reactors[owner->index], say_bye, NULL);
}

static const struct reactor_ops ops = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_run = on_run,
    .on_closed = on_closed,
    .on_turn_end = on_turn_end,
    .on_stop = on_stop,
};

static const struct reactor_limits generous = {
    .clients_max = 100000,
    .conns_max = 10000,
    .stall_ms = RIG_DEADLINE_S * 1000,
    .linger_ms = RIG_DEADLINE_S * 1000,
    .handshake_ms = RIG_DEADLINE_S * 1000,
    .handshakes_us = 2000,
    .stop_ms = 100, /* for tests that leave clients behind */
};

static struct reactor_limits
limits_of(const struct rig_setup *setup)
{
	struct reactor_limits limits = setup->limits;

	if (!limits.conns_max)
		limits.conns_max = generous.conns_max;
	if (!limits.clients_max)
		limits.clients_max = generous.clients_max;
	if (!limits.stall_ms)
		limits.stall_ms = generous.stall_ms;
	if (!limits.linger_ms)
		limits.linger_ms = generous.linger_ms;
	if (!limits.handshake_ms)
		limits.handshake_ms = generous.handshake_ms;
	if (!limits.handshakes_us)
		limits.handshakes_us = generous.handshakes_us;
	if (!limits.stop_ms)
		limits.stop_ms = generous.stop_ms;
	return limits;
}

static void
rig_make_reactors(struct rig *rig, const struct engine_ops *engine,
    const struct rig_setup *setup, const int listeners[])
{
	for (unsigned i = 0; i < rig->count; i++) {
		const struct reactor_config config = {
		    .index = i,
		    .count = rig->count,
		    .engine = engine,
		    .ops = &ops,
		    .owner = &rig->owners[i],
		    .conn_bytes = sizeof(struct peer),
		    .limits = limits_of(setup),
		    .census = &rig->census,
		    .tls = setup->tls,
		};

		rig->owners[i] = (struct rig_owner){.rig = rig, .index = i};
		rig->reactors[i] = reactor_new(&config);
		cr_assert_not_null(rig->reactors[i]);
		reactor_set_peers(rig->reactors[i], rig->reactors);
		reactor_add_listener(rig->reactors[i], listeners[i],
		    setup->passed, setup->speaks);
	}
}

/* Before the engine begins to accept: io_uring keeps the limit of then. */
static void
rig_limit_descriptors(unsigned max)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
rig_listen(struct rig *rig, const struct rig_setup *setup, int listeners[])
{
	char error[LISTEN_ERROR_BYTES];
	char url[32] = "tcp://127.0.0.1:0";

	/* One for each process: tests run side by side. */
	if (setup->on_unix)
		snprintf(
		    url, sizeof(url), "unix:/tmp/throng-rig.%d", (int)getpid());
	cr_assert_null(endpoint_parse(url, &rig->endpoint));
	cr_assert_eq(listen_open(&rig->endpoint, rig->count, listeners, error),
	    0, "%s", error);
	for (unsigned i = 0; i < rig->count && setup->send_buffer; i++)
		cr_assert_eq(setsockopt(listeners[i], SOL_SOCKET, SO_SNDBUF,
				 &setup->send_buffer, sizeof(int)),
		    0);
}

void
rig_start(struct rig *rig, const struct engine_ops *engine,
    const struct rig_setup *setup)
{
	int listeners[RIG_REACTORS];

	memset(rig, 0, sizeof(*rig));
	rig->handlers = setup->handlers;
	rig->engine = engine;
	rig->count = setup->reactors ? setup->reactors : 1;
	sem_init(&rig->opened, 0, 0);
	sem_init(&rig->ended, 0, 0);
	sem_init(&rig->ran, 0, 0);
	sem_init(&rig->closed, 0, 0);
	sem_init(&rig->caught_up, 0, 0);
	sem_init(&rig->held, 0, 0);
	sem_init(&rig->released, 0, 0);
	if (setup->descriptors_max)
		rig_limit_descriptors(setup->descriptors_max);
	rig_listen(rig, setup, listeners);
	rig_make_reactors(rig, engine, setup, listeners);
	for (unsigned i = 0; i < rig->count; i++)
		cr_assert_eq(reactor_start(rig->reactors[i]), 0);
}

void
rig_ask_to_stop(struct rig *rig)
{
	rig->stopped = true;
	for (unsigned i = 0; i < rig->count; i++)
		reactor_stop(rig->reactors[i]);
}

void
rig_wait_empty(struct rig *rig)
{
	rig->emptied = true;
	for (unsigned i = 0; i < rig->count; i++)
		reactor_wait_empty(rig->reactors[i]);
}

void
rig_join(struct rig *rig)
{
	if (!rig->emptied)
		rig_wait_empty(rig);
	rig->joined = true;
	for (unsigned i = 0; i < rig->count; i++)
		reactor_join(rig->reactors[i]);
}

void
rig_stop(struct rig *rig)
{
	unsigned left;

	if (!rig->reactors[0])
		return;
	if (!rig->stopped)
		rig_ask_to_stop(rig);
	if (!rig->joined)
		rig_join(rig);
	do {
		left = 0;
		for (unsigned i = 0; i < rig->count; i++)
			left += reactor_drain_mail(rig->reactors[i]);
	} while (left > 0);
	cr_expect_eq(rig_counter(rig, accepted), rig_counter(rig, closed));
	cr_expect_eq(counter_read(&rig->census.open), 0);
	for (unsigned i = 0; i < rig->count; i++)
		reactor_free(&rig->reactors[i]);
	listen_remove(&rig->endpoint);
}

void
rig_await(sem_t *sem)
{
	struct timespec until;
	int result;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RIG_DEADLINE_S;
	do
		result = sem_timedwait(sem, &until);
	while (result < 0 && errno == EINTR);
	cr_assert_eq(result, 0, "nothing happened");
}

struct call {
	struct envelope envelope;
	struct rig *rig;
	void (*fn)(struct rig *rig, void *argument);
	void *argument;
	sem_t done;
};

static void
on_call(struct envelope *envelope, void *owner)
{
	struct call *call = (struct call *)envelope;

	(void)owner;
	call->fn(call->rig, call->argument);
	sem_post(&call->done);
}

void
rig_call(struct rig *rig, unsigned index,
    void (*fn)(struct rig *rig, void *argument), void *argument)
{
	/* Static: a reactor that never gets to it must not find it gone. */
	static struct call call;

	call = (struct call){
	    .envelope = {.handle = on_call},
	    .rig = rig,
	    .fn = fn,
	    .argument = argument,
	};
	sem_init(&call.done, 0, 0);
	reactor_send(rig->reactors[index], &call.envelope);
	rig_await(&call.done);
}

uint64_t
rig_sum(const struct rig *rig, size_t offset)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < rig->count; i++) {
		const char *counters =
		    (const char *)reactor_read_counters(rig->reactors[i]);

		sum += counter_read((const counter *)(counters + offset));
	}
	return sum;
}

void
rig_until_open(struct rig *rig, uint64_t count)
{
	time_t until = time(NULL) + RIG_DEADLINE_S;

	while (counter_read(&rig->census.open) != count) {
		cr_assert_lt(time(NULL), until, "%ju are open",
		    (uintmax_t)counter_read(&rig->census.open));
		rig_turn(rig, 0);
	}
}

static void
on_hold(struct envelope *envelope, void *owner)
{
	struct rig *rig = ((struct rig_owner *)owner)->rig;

	(void)envelope;
	sem_post(&rig->held);
	rig_await(&rig->released);
}

void
rig_hold(struct rig *rig, unsigned index)
{
	rig_hold_next(rig, index);
	rig_await(&rig->held);
}

void
rig_hold_next(struct rig *rig, unsigned index)
{
	static struct envelope envelopes[8];
	static unsigned used;
	struct envelope *envelope = &envelopes[used++ % 8];

	*envelope = (struct envelope){.handle = on_hold};
	reactor_send(rig->reactors[index], envelope);
}

void
rig_release(struct rig *rig)
{
	sem_post(&rig->released);
}

static void
nothing(struct rig *rig, void *argument)
{
	(void)rig;
	(void)argument;
}

void
rig_turn(struct rig *rig, unsigned index)
{
	rig_call(rig, index, nothing, NULL);
	rig_call(rig, index, nothing, NULL);
}

static struct timer half_second;
static sem_t half_second_over;

static void
on_half_second(struct timer *timer)
{
	(void)timer;
	sem_post(&half_second_over);
}

static void
set_half_second(struct rig *rig, void *argument)
{
	const unsigned *index = argument;

	timer_init(&half_second, on_half_second);
	reactor_set_timer(rig->reactors[*index], &half_second, 500);
}

uint64_t
rig_turns_in_half_a_second(struct rig *rig, unsigned index)
{
	uint64_t before = rig_counter(rig, turns);

	sem_init(&half_second_over, 0, 0);
	rig_call(rig, index, set_half_second, &index);
	rig_await(&half_second_over);
	return rig_counter(rig, turns) - before;
}
