/*
 * The threads of a run: they send their clients into each stage, and while all
 * talk have one after the other do what is due, at drawn places and at times
 * that do not depend on how fast the server is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/load/load.h"
#include "bench/mixed/mixed.h"
#include "reactor/check.h"

#define ACTS_PER_TURN 64
#define TRIES         32 /* to find one who can */

static struct mixed_thread *
thread_of(struct load *load)
{
	return list_entry(load, struct mixed_thread, load);
}

/* How many numbers from `first` on, of `count`, are the thread's clients', and
 * which is the first. */
static unsigned
thread_share(const struct mixed_thread *thread, unsigned *first, unsigned count)
{
	unsigned threads = thread->mixed->options->common.threads;
	unsigned skip = (thread->index + threads - *first % threads) % threads;

	*first += skip;
	return count > skip ? (count - skip - 1) / threads + 1 : 0;
}

static struct mixed_client *
thread_client(const struct mixed_thread *thread, size_t nth)
{
	const struct mixed *mixed = thread->mixed;

	return &mixed->clients[thread->index +
			       nth * mixed->options->common.threads];
}

/* One of the `count` clients from `first` on, drawn; NULL for none. */
static struct mixed_client *
thread_draw(struct mixed_thread *thread, unsigned first, unsigned count)
{
	unsigned threads = thread->mixed->options->common.threads;
	unsigned share = thread_share(thread, &first, count);

	if (share == 0)
		return NULL;
	return &thread->mixed
		    ->clients[first + mixed_random(thread, share) * threads];
}

/* One that comes and goes loses its connection. */
static bool
act_cut(struct mixed_client *client)
{
	if (client->state != MIXED_IN || mixed_is_resident(client))
		return false;
	mixed_client_cut(client);
	return true;
}

/* A client for the act is drawn, and does it if it can. */
static bool
thread_try(struct mixed_thread *thread, enum mixed_act act)
{
	const struct mixed *mixed = thread->mixed;
	unsigned members = mixed->members;
	struct mixed_client *client;

	if (act == ACT_REGISTER)
		client = thread_draw(
		    thread, members + mixed->guests, mixed->registrars);
	else if (act == ACT_ECHO)
		client = thread_draw(thread, members, mixed->guests);
	else if (act == ACT_CUT)
		client = thread_draw(thread, 0, members + mixed->guests);
	else
		client = thread_draw(thread, 0, members);
	if (!client)
		return true;
	switch (act) {
	case ACT_SAY:
		return mixed_member_say(client, thread->acts_ns[act]);
	case ACT_DIRECT:
		return mixed_member_direct(client, thread->acts_ns[act]);
	case ACT_JOIN:
		return mixed_member_move(client);
	case ACT_CUT:
		return act_cut(client);
	case ACT_LOGOUT:
		return mixed_member_logout(client);
	case ACT_STALL:
		return mixed_member_stall(client);
	case ACT_ECHO:
		return mixed_guest_say(client, thread->acts_ns[act]);
	case ACT_REGISTER:
		return mixed_registrar_register(client);
	case MIXED_ACTS:
		break;
	}
	unreachable("every act is above");
}

static uint64_t
act_interval_ns(const struct mixed_thread *thread, enum mixed_act act)
{
	const struct mixed_options *options = thread->mixed->options;

	return NS_PER_S * options->common.threads / options->rates[act];
}

/* Does what is due; what no client can do now is left out. */
static void
thread_act(struct mixed_thread *thread)
{
	uint64_t now = thread->load.now_ns;

	for (enum mixed_act act = 0; act < MIXED_ACTS; act++) {
		for (int i = 0; i < ACTS_PER_TURN; i++) {
			if (thread->acts_ns[act] == 0 ||
			    thread->acts_ns[act] > now)
				break;
			for (int try = 0; try < TRIES; try++)
				if (thread_try(thread, act))
					break;
			thread->acts_ns[act] += act_interval_ns(thread, act);
		}
	}
}

/* Those who have waited long enough connect, or read on. */
static void
thread_serve_waiting(struct mixed_thread *thread)
{
	uint64_t now = thread->load.now_ns;
	unsigned first = 0;
	unsigned count =
	    thread_share(thread, &first, thread->mixed->client_count);
	struct mixed_client *client;

	if (thread->waits_ns == 0 || thread->waits_ns > now)
		return;
	thread->waits_ns = 0;
	for (unsigned i = 0; i < count; i++) {
		client = thread_client(thread, i);
		if (client->due_ns > 0 && client->due_ns <= now)
			mixed_client_due(client);
		else if (client->due_ns > 0 &&
			 (thread->waits_ns == 0 ||
			     client->due_ns < thread->waits_ns))
			thread->waits_ns = client->due_ns;
	}
}

static uint64_t
stage_begin_ns(const struct mixed *mixed, unsigned stage)
{
	return mixed->gate.opened_ns[stage - 1];
}

static uint64_t
talk_end_ns(const struct mixed *mixed)
{
	return stage_begin_ns(mixed, MIXED_TALK) +
	       mixed->options->length_ms * NS_PER_MS;
}

static void
thread_set_alarm(struct mixed_thread *thread)
{
	uint64_t at = thread->waits_ns;

	for (enum mixed_act act = 0; act < MIXED_ACTS; act++)
		if (thread->acts_ns[act] > 0 &&
		    (at == 0 || thread->acts_ns[act] < at))
			at = thread->acts_ns[act];
	if (thread->talks && (at == 0 || talk_end_ns(thread->mixed) < at))
		at = talk_end_ns(thread->mixed);
	load_alarm(&thread->load, at);
}

static void
on_alarm(struct load *load)
{
	struct mixed_thread *thread = thread_of(load);

	thread_serve_waiting(thread);
	if (thread->talks && load->now_ns >= talk_end_ns(thread->mixed)) {
		thread->talks = false;
		memset(thread->acts_ns, 0, sizeof thread->acts_ns);
		gate_arrive(&thread->mixed->gate, MIXED_TALK);
	}
	thread_act(thread);
	thread_set_alarm(thread);
}

static int
compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Draws when the server is to be killed: while all talk, but for the first
 * tenth and the last seventh, so that there is something before and after. */
static void
plan_kills(struct mixed_thread *thread)
{
	struct mixed *mixed = thread->mixed;
	uint64_t length = mixed->options->length_ms;
	uint64_t begin = stage_begin_ns(mixed, MIXED_TALK);
	uint64_t kills[MIXED_RESTARTS_MAX] = {0};
	unsigned count = mixed->options->restarts;

	for (unsigned i = 0; i < count; i++)
		kills[i] = begin +
			   (length / 10 + mixed_random(thread,
					      (uint32_t)(length * 3 / 4 + 1))) *
			       NS_PER_MS;
	qsort(kills, count, sizeof *kills, compare_times);
	mixed_server_plan(&mixed->server, kills, count);
}

static void
thread_begin_talk(struct mixed_thread *thread)
{
	struct mixed *mixed = thread->mixed;
	uint64_t begin = stage_begin_ns(mixed, MIXED_TALK);
	uint64_t interval;

	thread->talks = true;
	for (enum mixed_act act = 0; act < MIXED_ACTS; act++) {
		if (mixed->options->rates[act] == 0)
			continue;
		interval = act_interval_ns(thread, act);
		thread->acts_ns[act] =
		    begin + interval * (thread->index + 1) /
				mixed->options->common.threads;
	}
	thread_set_alarm(thread);
	if (thread->index > 0)
		return;
	plan_kills(thread);
	meter_begin(&mixed->meter);
	mixed->cpu_known = mixed_server_cpu(&mixed->server, &mixed->cpu_ns[0]);
	soak_begin(&mixed->soak, begin);
}

/* All leave: a server that is to stop waits for them. */
static void
thread_end(struct mixed_thread *thread)
{
	unsigned first = 0;
	unsigned count =
	    thread_share(thread, &first, thread->mixed->client_count);

	for (unsigned i = 0; i < count; i++)
		bot_close(&thread_client(thread, i)->bot);
	load_stop(&thread->load);
}

static void
thread_begin(struct march *march, size_t nth)
{
	struct mixed_thread *thread =
	    list_entry(march, struct mixed_thread, march);

	mixed_client_begin(thread_client(thread, nth), march->stage);
}

static void
thread_on_stage(struct march *march)
{
	struct mixed_thread *thread =
	    list_entry(march, struct mixed_thread, march);
	struct mixed *mixed = thread->mixed;
	unsigned stage = march->stage;

	if (stage == MIXED_TALK)
		thread_begin_talk(thread);
	if (stage == MIXED_STAGES)
		thread_end(thread);
	if (stage != MIXED_QUIET || thread->index > 0)
		return;
	mixed_server_spare(&mixed->server);
	meter_end(&mixed->meter);
	mixed->cpu_known =
	    mixed_server_cpu(&mixed->server, &mixed->cpu_ns[1]) &&
	    mixed->cpu_known;
}

static const struct march_ops mixed_march_ops = {
    .begin = thread_begin,
    .on_stage = thread_on_stage,
};

static void
on_wake(struct load *load)
{
	march_go_on(&thread_of(load)->march);
}

/* In the stages that end when there is nothing more to come: looks after those
 * who wait. Nobody may wait for ever. */
static void
thread_look_after(struct mixed_thread *thread)
{
	struct mixed *mixed = thread->mixed;
	unsigned first = 0;
	unsigned count = thread_share(thread, &first, mixed->client_count);
	bool late =
	    thread->load.now_ns - stage_begin_ns(mixed, thread->march.stage) >
	    thread->load.timeout_ns;
	char got[MIXED_TELL_BYTES];
	struct mixed_client *client;

	for (unsigned i = 0; i < count; i++) {
		client = thread_client(thread, i);
		mixed_client_check(client);
		/* Who logs into many accounts is timed answer by answer. */
		if (!late || client->passed > thread->march.stage ||
		    client->state == MIXED_ENTERING)
			continue;
		mixed_member_tell(client, got);
		mixed_client_fail(client, ROW_DELIVER,
		    thread->march.stage == MIXED_QUIET
			? "copies of its own messages, and answers"
			: "all that was said in its rooms and to it",
		    span_of(got));
	}
}

static void
on_tick(struct load *load)
{
	struct mixed_thread *thread = thread_of(load);
	struct mixed *mixed = thread->mixed;
	uint64_t since = 0;

	soak_add(&mixed->soak, &thread->share);
	if (thread->march.stage >= MIXED_TALK &&
	    thread->march.stage < MIXED_STAGES)
		since = (load->now_ns - stage_begin_ns(mixed, MIXED_TALK)) /
			NS_PER_MS;
	if (since > mixed->options->length_ms)
		since = mixed->options->length_ms;
	load->progress.done = thread->entered + since;
	load->progress.operations = thread->counts[COUNT_DELIVERIES];
	load->progress.unit = "deliveries";
	if (thread->talks && thread->index == 0)
		soak_tick(&mixed->soak, &mixed->server, load->now_ns,
		    report_news(&mixed->report));
	if (thread->march.stage == MIXED_QUIET ||
	    thread->march.stage == MIXED_DRAIN)
		thread_look_after(thread);
}

const struct load_ops mixed_load_ops = {
    .on_open = mixed_client_opened,
    .on_line = mixed_client_heard,
    .on_timeout = mixed_client_timed_out,
    .on_closed = mixed_client_lost,
    .on_wake = on_wake,
    .on_alarm = on_alarm,
    .on_tick = on_tick,
};

void
mixed_march_init(struct mixed_thread *thread)
{
	struct mixed *mixed = thread->mixed;
	const struct mixed_options *options = mixed->options;
	unsigned first = 0;

	thread->march = (struct march){
	    .ops = &mixed_march_ops,
	    .gate = &mixed->gate,
	    .load = &thread->load,
	    .count = thread_share(thread, &first, mixed->client_count),
	    .entering_max =
		march_share(options->at_once, options->common.threads),
	};
}

/* splitmix64: equal seeds give equal numbers. */
uint32_t
mixed_random(struct mixed_thread *thread, uint32_t below)
{
	uint64_t x = thread->random += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return (uint32_t)((x >> 32) * below >> 32);
}

void
mixed_wait(struct mixed_client *client, uint64_t ms)
{
	struct mixed_thread *thread = client->thread;

	client->due_ns = thread->load.now_ns + ms * NS_PER_MS;
	if (thread->waits_ns == 0 || client->due_ns < thread->waits_ns)
		thread->waits_ns = client->due_ns;
	thread_set_alarm(thread);
}
