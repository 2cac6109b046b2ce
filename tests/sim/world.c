#include "tests/sim/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/account_service.h"
#include "proto/errand.h"
#include "proto/session.h"
#include "reactor/check.h"
#include "reactor/reactor_priv.h"
#include "reactor/tally.h"
#include "tests/sim/clock.h"
#include "tests/sim/net.h"
#include "tests/sim/workers.h"

#define LINGER_MS 2000
#define STOP_MS   8000
#define LATE_MS   1500 /* what timers and waiting for one's turn may take */

/* Beyond its limit a session gets answers to its own commands alone, one
 * command's, and what is under way in a turn: about as much as one who talks
 * may have there. */
#define OVER_BYTES (64 * 1024)

static bool tracing;

void
world_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "at %llu us: ", (unsigned long long)sim_now_us());
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void
world_trace(const char *format, ...)
{
	va_list args;

	if (!tracing)
		return;
	printf("%10llu ", (unsigned long long)(sim_now_us() - 1000000000));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void
world_set_tracing(bool on)
{
	tracing = on;
}

/* Is there anything but time that this reactor would wake for? */
static bool
reactor_is_ready(const struct world *world, unsigned i)
{
	const struct reactor *reactor = world->reactors[i];

	if (world->ended[i])
		return false;
	return reactor_sleep_ms(reactor) == 0 || engine_is_ready(reactor);
}

/* When its sleep is over; UINT64_MAX: not by itself. */
static uint64_t
reactor_due_us(const struct world *world, unsigned i)
{
	int sleep_ms = reactor_sleep_ms(world->reactors[i]);

	if (world->ended[i] || sleep_ms < 0)
		return UINT64_MAX;
	return (world->reactors[i]->ended_ms + (uint64_t)sleep_ms) * 1000;
}

static bool
reactor_wakes(const struct world *world, unsigned i)
{
	return reactor_is_ready(world, i) ||
	       reactor_due_us(world, i) <= sim_now_us();
}

static void
check_conn(const struct world *world, const struct conn *conn)
{
	const struct session *session = (const struct session *)conn;
	const struct hub_options *options = &world->setup.hub;
	uint64_t now_ms = sim_now_us() / 1000;
	bool user = session->state == SESSION_USER;
	uint32_t limit = user ? options->out_limit : GUEST_OUT_BYTES_MAX;

	if (conn_out_bytes(conn) > limit + OVER_BYTES && world->setup.curt)
		world_fail("client %llu has %u bytes waiting, of %u",
		    (unsigned long long)conn->id, conn_out_bytes(conn), limit);
	if (conn->out.bytes > 0 && conn->sending &&
	    (uint32_t)((uint32_t)now_ms - conn->progress_ms) >
		world->setup.stall_ms + LATE_MS)
		world_fail("client %llu has not read for too long",
		    (unsigned long long)conn->id);
}

static void
check_conns(const struct world *world)
{
	for (unsigned i = 0; i < world->setup.reactors; i++) {
		struct list *link;

		if (world->ended[i])
			continue;
		list_for_each (link, &world->reactors[i]->open) {
			const struct conn *conn =
			    list_entry(link, struct conn, all);

			if (conn->state < CONN_LINGERING)
				check_conn(world, conn);
		}
	}
}

static void
turn(struct world *world, unsigned i)
{
	sim_note(i + 1);
	if (!reactor_turn(world->reactors[i])) {
		world->ended[i] = true;
		reactor_end(world->reactors[i]);
	}
	sim_set_now_us(sim_now_us() + 1 + sim_below(300));
}

/* A reactor that wakes takes its turn. */
static bool
turn_any(struct world *world)
{
	unsigned count = world->setup.reactors;
	unsigned first = (unsigned)sim_below(count);

	for (unsigned i = 0; i < count; i++) {
		unsigned at = (first + i) % count;

		if (!reactor_wakes(world, at))
			continue;
		turn(world, at);
		return true;
	}
	if (world->restless && !world->ended[first] && sim_chance(1)) {
		turn(world, first);
		return true;
	}
	return false;
}

/* The journal waits for the disk: the reactors go on. */
static void
on_disk_change(struct simdisk *disk)
{
	struct world *world = disk->test;

	if (world->power_fails_in && --world->power_fails_in == 0) {
		uint64_t seed = sim_below(UINT64_MAX);

		world->after_power = simdisk_crash(disk, &seed);
	}
	if (!world->running || world->syncing)
		return;
	world->syncing = true;
	for (uint64_t i = sim_below(4); i > 0; i--)
		turn_any(world);
	world->syncing = false;
}

static void
on_client(void *context, const struct client_event *event)
{
	(void)context;
	world_trace("client %llu %s%s", (unsigned long long)event->conn->id,
	    event->gone ? "leaves: " : "comes",
	    event->gone ? close_reason_text(event->conn->reason) : "");
}

void
world_init(struct world *world)
{
	*world = (struct world){.disk = simdisk_new()};
	net_clear();
}

void
world_fini(struct world *world)
{
	check(!world->running);
	simdisk_free(&world->disk);
	net_clear();
}

static void
open_accounts(struct world *world)
{
	struct account_service_config config = {.hashers = 1};
	struct auth_options options = {
	    .path = WORLD_ACCOUNTS,
	    .cost = {.passes = 1, .memory_kib = 8},
	    .io = &world->disk->io,
	};
	char error[AUTH_ERROR_BYTES] = "";

	world->disk->before = on_disk_change;
	world->disk->test = world;
	if (auth_open(&world->auth, &options, error) < 0)
		world_fail("the account file is refused: %s", error);
	config.auth = world->auth;
	world->accounts = account_service_new(&config);
	check(world->accounts);
}

static void
make_reactors(struct world *world)
{
	struct reactor_config config = {
	    .count = world->setup.reactors,
	    .engine = &engine_sim,
	    .ops = &hub_reactor_ops,
	    .conn_bytes = sizeof(struct session),
	    .limits =
		{
		    .clients_max = world->setup.clients_max,
		    .conns_max = world->setup.conns_max,
		    .stall_ms = world->setup.stall_ms,
		    .linger_ms = LINGER_MS,
		    .stop_ms = STOP_MS,
		    .refusal = "ERR busy the server is full, try again later\n",
		    .network_refusal = WORLD_NETWORK_REFUSAL,
		},
	    .census = &world->census,
	    .tally = world->tally,
	};

	for (unsigned i = 0; i < config.count; i++) {
		world->hubs[i] = hub_new(&world->hub_config);
		config.index = i;
		config.owner = world->hubs[i];
		world->reactors[i] = reactor_new(&config);
		check(world->reactors[i]);
		hub_set_reactor(world->hubs[i], world->reactors[i]);
		reactor_set_peers(world->reactors[i], world->reactors);
		world->listeners[i] = net_listen();
		reactor_add_listener(
		    world->reactors[i], world->listeners[i], true, SPEAKS_ANY);
		world->ended[i] = false;
	}
}

void
world_start(struct world *world, const struct world_setup *setup)
{
	check(!world->running);
	world->setup = *setup;
	world->census = (struct census){0};
	engine_set_habits(&setup->habits);
	open_accounts(world);
	world->hub_config = (struct hub_config){
	    .options = setup->hub,
	    .accounts = world->accounts,
	    .on_client = on_client,
	};
	for (size_t i = 0; i < sizeof(world->hub_config.key); i++)
		((char *)&world->hub_config.key)[i] = (char)sim_below(256);
	world->tally = tally_new(&world->hub_config.key);
	tally_set_max(world->tally, setup->network_max);
	check_zero(mailbox_init(&world->console));
	make_reactors(world);
	for (unsigned i = 0; i < setup->reactors; i++)
		check_zero(reactor_begin(world->reactors[i]));
	world->running = true;
	world->stopping = false;
}

bool
world_step(struct world *world)
{
	bool worked = false;

	if (workers_are_ready() && sim_chance(30)) {
		workers_run();
		worked = true;
	}
	if (!worked)
		worked = turn_any(world);
	if (!worked && workers_are_ready()) {
		workers_run();
		worked = true;
	}
	if (mailbox_drain(&world->console, NULL) > 0)
		worked = true;
	check_conns(world);
	return worked;
}

void
world_settle(struct world *world)
{
	bool restless = world->restless;

	world->restless = false;
	for (unsigned i = 0; world_step(world); i++)
		if (i > 200000)
			world_fail("the server never comes to rest");
	for (unsigned i = 0; i < world->setup.reactors; i++)
		if (world->reactors[i]->has_mail ||
		    reactor_mail_waiting(world->reactors[i]) > 0)
			world_fail("reactor %u sleeps on mail", i);
	world->restless = restless;
}

void
world_pass(struct world *world, uint64_t us)
{
	uint64_t until = sim_now_us() + us;

	for (;;) {
		uint64_t due = UINT64_MAX;

		world_settle(world);
		for (unsigned i = 0; i < world->setup.reactors; i++)
			if (reactor_due_us(world, i) < due)
				due = reactor_due_us(world, i);
		if (due >= until)
			break;
		if (due > sim_now_us())
			sim_set_now_us(due);
	}
	if (until > sim_now_us())
		sim_set_now_us(until);
	world_settle(world);
}

void
world_stop(struct world *world)
{
	world->stopping = true;
	account_service_stop(world->accounts);
	for (unsigned i = 0; i < world->setup.reactors; i++)
		reactor_stop(world->reactors[i]);
}

bool
world_is_empty(const struct world *world)
{
	for (unsigned i = 0; i < world->setup.reactors; i++)
		if (!world->reactors[i]->empty_told)
			return false;
	return true;
}

static bool
all_ended(const struct world *world)
{
	for (unsigned i = 0; i < world->setup.reactors; i++)
		if (!world->ended[i])
			return false;
	return true;
}

static void
drain_mail(struct world *world)
{
	unsigned moved;

	do {
		moved = mailbox_drain(&world->console, NULL);
		for (unsigned i = 0; i < world->setup.reactors; i++)
			moved += reactor_drain_mail(world->reactors[i]);
	} while (moved > 0);
}

void
world_join(struct world *world)
{
	check(world_is_empty(world));
	for (unsigned i = 0; i < world->setup.reactors; i++)
		mailbox_push(&world->reactors[i]->mailbox,
		    &world->reactors[i]->quit_order);
	world_settle(world);
	if (!all_ended(world))
		world_fail("a reactor does not end");
	world->running = false;
	account_service_join(world->accounts);
	drain_mail(world);
	account_service_free(&world->accounts);
	for (unsigned i = 0; i < world->setup.reactors; i++) {
		reactor_free(&world->reactors[i]);
		hub_free(&world->hubs[i]);
	}
	mailbox_fini(&world->console);
	auth_close(&world->auth);
	tally_free(&world->tally);
	world->disk->before = NULL;
	net_clear();
}

/* Whatever the server still does then, nobody hears of it, and no disk. */
void
world_crash(struct world *world, bool power)
{
	if (power && !world->after_power) {
		uint64_t seed = sim_below(UINT64_MAX);

		world->after_power = simdisk_crash(world->disk, &seed);
	}
	world->power_fails_in = 0;
	world->disk->killed = true;
	for (unsigned i = 0; i < net_link_count(); i++)
		net_client_reset(net_link_at(i));
	world_stop(world);
	while (!world_is_empty(world))
		world_pass(world, 100000);
	world_join(world);
	if (!power) {
		simdisk_revive(world->disk);
		return;
	}
	simdisk_free(&world->disk);
	world->disk = world->after_power;
	world->after_power = NULL;
}
