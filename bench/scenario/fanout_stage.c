/*
 * The stages of `fanout`: who is awaited in which, and what begins in each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/scenario/fanout_priv.h"
#include "reactor/check.h"

static bool
is_member(const struct fanout *fanout, unsigned number)
{
	return number < fanout->options->members;
}

/* Is it a member, and one that does not read? */
static bool
is_slow(const struct fanout *fanout, unsigned number)
{
	const struct fanout_options *options = fanout->options;

	return number < options->members &&
	       number >= options->members - options->slow;
}

/* The publisher that this client speaks for; NULL for none. */
static struct fanout_publisher *
speaks_for(struct fanout *fanout, const struct client *client)
{
	const struct fanout_options *options = fanout->options;
	unsigned number = client->number;

	if (options->run.peer->hears_itself)
		return fanout_hears_for(fanout, client);
	if (number < options->members)
		return NULL;
	return &fanout->publishers[number - options->members];
}

static bool
fanout_is_awaited(const struct client *client, unsigned stage)
{
	struct fanout *fanout = fanout_of(client);
	bool slow = is_slow(fanout, client->number);
	bool member = is_member(fanout, client->number);

	switch (fanout_stage_of(fanout, stage)) {
	case FANOUT_REGISTER:
		return client->number == 0 || client_is_registrar(client);
	case FANOUT_ENTER:
		return true;
	case FANOUT_JOIN:
		return member && client_peer(client)->join;
	case FANOUT_WARM:
	case FANOUT_TALK:
		return speaks_for(fanout, client) != NULL;
	case FANOUT_SETTLE:
	case FANOUT_DRAIN:
		return member && !slow;
	case FANOUT_CATCH_UP:
		return slow;
	default:
		return member;
	}
}

static uint64_t
sent_by_all(const struct fanout *fanout)
{
	uint64_t sent = 0;

	for (unsigned i = 0; i < fanout->options->publishers; i++)
		sent += fanout->publishers[i].sent;
	return sent;
}

/* Lets the thread's publishers act; returns when they are to again. */
static uint64_t
thread_publish(struct fanout_thread *thread,
    void (*act)(struct fanout_publisher *publisher))
{
	struct fanout *fanout =
	    list_entry(thread->thread.run, struct fanout, run);
	uint64_t first = 0;
	uint64_t next;

	for (unsigned i = 0; i < fanout->options->publishers; i++) {
		struct fanout_publisher *publisher = &fanout->publishers[i];

		if (client_thread(publisher->speaker) != &thread->thread)
			continue;
		act(publisher);
		next = publisher_next_ns(publisher);
		if (next && (!first || next < first))
			first = next;
	}
	return first;
}

static bool
is_by_count(const struct fanout *fanout, unsigned stage)
{
	return fanout->options->messages &&
	       fanout_stage_of(fanout, stage) == FANOUT_TALK;
}

/* How many messages a stage has in all, when it ends by count. */
static uint64_t
messages_of(const struct fanout *fanout, unsigned stage)
{
	const struct fanout_options *options = fanout->options;

	if (is_by_count(fanout, stage))
		return options->messages;
	return options->rate * (fanout->run.length_ns[stage] / NS_PER_MS) /
	       MS_PER_S;
}

static void
fanout_on_stage(struct run_thread *run_thread, unsigned stage)
{
	struct fanout_thread *thread =
	    list_entry(run_thread, struct fanout_thread, thread);
	struct fanout *fanout = list_entry(run_thread->run, struct fanout, run);

	thread->target = UINT64_MAX;
	switch (fanout_stage_of(fanout, stage)) {
	case FANOUT_SETTLE:
	case FANOUT_DRAIN:
	case FANOUT_CATCH_UP:
		thread->target = sent_by_all(fanout);
		return;
	case FANOUT_WARM:
	case FANOUT_TALK:
		load_alarm(&run_thread->load,
		    fanout_talk(thread, fanout->options->rate,
			messages_of(fanout, stage)));
		return;
	default:
		return;
	}
}

static void
fanout_begin(struct client *client, unsigned stage)
{
	struct fanout *fanout = fanout_of(client);
	bool slow = is_slow(fanout, client->number);
	enum fanout_stage what = fanout_stage_of(fanout, stage);

	if (what == FANOUT_REGISTER) {
		if (client_is_registrar(client))
			client_register(client);
		else
			client_pass(client, FANOUT_REGISTER);
		return;
	}
	if (what == FANOUT_ENTER)
		client_enter(client, is_member(fanout, client->number)
					 ? PEER_MEMBER
					 : PEER_USER);
	else if (what == FANOUT_CATCH_UP && slow)
		bot_resume(&client->bot);
	if (!is_member(fanout, client->number))
		return;
	if (what == FANOUT_JOIN)
		member_join(fanout_member_of(client));
	else if (what == FANOUT_PART)
		member_part(fanout_member_of(client));
	else if (slow == (what == FANOUT_CATCH_UP))
		member_check_done(fanout_member_of(client));
}

static void
fanout_on_entered(struct client *client, struct span name)
{
	struct fanout *fanout = fanout_of(client);
	struct fanout_publisher *publisher = speaks_for(fanout, client);

	if (publisher) {
		check(name.len < sizeof publisher->name);
		memcpy(publisher->name, name.at, name.len);
	}
	if (is_slow(fanout, client->number))
		bot_pause(&client->bot);
	client_pass(client, FANOUT_ENTER);
}

static bool
fanout_may_lose(struct client *client, int error)
{
	struct fanout_thread *thread = fanout_thread_of(client);

	(void)error;
	if (!is_slow(fanout_of(client), client->number))
		return false;
	thread->slow_lost++;
	return true;
}

static void
fanout_on_alarm(struct run_thread *thread)
{
	load_alarm(&thread->load,
	    fanout_go_on(list_entry(thread, struct fanout_thread, thread)));
}

/* Since when has the thread's stage seen nothing? */
static uint64_t
silent_since_ns(const struct run_thread *thread)
{
	uint64_t begin_ns = run_begin_ns(thread->run, thread->march.stage);
	uint64_t heard_ns =
	    list_entry(thread, struct fanout_thread, thread)->heard_ns;

	return heard_ns > begin_ns ? heard_ns : begin_ns;
}

/* Does it wait for messages that nothing but the server can keep from coming?
 * A publisher that has a rate, or some time, waits for that. */
static bool
thread_awaits_messages(const struct run_thread *thread)
{
	const struct fanout *fanout =
	    list_entry(thread->run, struct fanout, run);

	switch (fanout_stage_of(fanout, thread->march.stage)) {
	case FANOUT_SETTLE:
	case FANOUT_DRAIN:
	case FANOUT_CATCH_UP:
		return true;
	case FANOUT_TALK:
		return fanout->options->messages && !fanout->options->rate;
	default:
		return false;
	}
}

/* Nobody may wait for ever for messages that do not come; as long as some do,
 * they may be many. */
static void
fanout_on_tick(struct run_thread *thread)
{
	struct run *run = thread->run;
	char got[64];
	struct client *client;

	if (!thread_awaits_messages(thread) ||
	    thread->load.now_ns - silent_since_ns(thread) <
		thread->load.timeout_ns)
		return;
	for (size_t i = 0; i < thread->count; i++) {
		client = run_client(run, thread->first + i);
		if (client->passed > thread->march.stage ||
		    !fanout_is_awaited(client, thread->march.stage))
			continue;
		snprintf(got, sizeof got,
		    "%" PRIu64 " of them and then nothing in time",
		    fanout_member_of(client)->total);
		client_fail(client, span_of("all messages"), span_of(got));
	}
}

static const char *const stage_names[] = {"register", "enter", "join", "warm",
    "settle", "talk", "drain", "catch up", "part"};

const struct run_ops fanout_ops = {
    .scenario = "fanout",
    .work = "deliver",
    .unit = "deliveries",
    .stage_names = stage_names,
    .client_bytes = sizeof(struct fanout_member),
    .thread_bytes = sizeof(struct fanout_thread),
    .stages = FANOUT_STAGES,
    .measured = FANOUT_TALK,
    .rest = FANOUT_CATCH_UP,
    .is_awaited = fanout_is_awaited,
    .on_stage = fanout_on_stage,
    .begin = fanout_begin,
    .on_entered = fanout_on_entered,
    .on_bytes = member_hear,
    .may_lose = fanout_may_lose,
    .on_alarm = fanout_on_alarm,
    .on_tick = fanout_on_tick,
};

enum fanout_stage
fanout_stage_of(const struct fanout *fanout, unsigned stage)
{
	unsigned more = fanout_more_stages(fanout->options);

	if (stage < FANOUT_TALK)
		return (enum fanout_stage)stage;
	if (stage <= FANOUT_DRAIN + more)
		return (stage - FANOUT_TALK) % 2 ? FANOUT_DRAIN : FANOUT_TALK;
	return (enum fanout_stage)(stage - more);
}

unsigned
fanout_step_of(const struct fanout *fanout, unsigned stage)
{
	unsigned step = stage < FANOUT_TALK ? 0 : (stage - FANOUT_TALK) / 2;

	return step < fanout->options->steps ? step
					     : fanout->options->steps - 1;
}

unsigned
fanout_more_stages(const struct fanout_options *options)
{
	return 2 * (options->steps - 1);
}

uint64_t
fanout_talk(struct fanout_thread *thread, unsigned rate, uint64_t total)
{
	struct fanout *fanout =
	    list_entry(thread->thread.run, struct fanout, run);
	unsigned stage = thread->thread.march.stage;

	thread->target = UINT64_MAX;
	thread->schedule = (struct schedule){
	    .start_ns = run_begin_ns(&fanout->run, stage),
	    .total = total,
	    .rate = rate,
	    .publishers = fanout->options->publishers,
	};
	thread->by_count = fanout->options->rate || is_by_count(fanout, stage);
	return thread_publish(thread, publisher_start);
}

uint64_t
fanout_go_on(struct fanout_thread *thread)
{
	const struct fanout *fanout =
	    list_entry(thread->thread.run, struct fanout, run);
	enum fanout_stage stage =
	    fanout_stage_of(fanout, thread->thread.march.stage);

	return stage == FANOUT_WARM || stage == FANOUT_TALK
		   ? thread_publish(thread, publisher_go_on)
		   : 0;
}

struct fanout *
fanout_of(const struct client *client)
{
	return list_entry(client_run(client), struct fanout, run);
}

struct fanout_thread *
fanout_thread_of(const struct client *client)
{
	return list_entry(client_thread(client), struct fanout_thread, thread);
}

struct fanout_member *
fanout_member_of(struct client *client)
{
	return list_entry(client, struct fanout_member, client);
}

struct fanout_publisher *
fanout_hears_for(struct fanout *fanout, const struct client *client)
{
	unsigned stride = fanout_stride(fanout->options);
	unsigned publisher = client->number / stride;

	if (client->number % stride != 0 ||
	    publisher >= fanout->options->publishers)
		return NULL;
	return &fanout->publishers[publisher];
}

unsigned
fanout_stride(const struct fanout_options *options)
{
	return (options->members - options->slow) / options->publishers;
}
