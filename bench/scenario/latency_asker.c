/*
 * A client that asks in an open loop: each request goes out when it is due,
 * and its answer's latency counts from then. A text says which request it is,
 * so that the answer is checked to the byte.
 */
#include "bench/scenario/latency_priv.h"
#include "reactor/check.h"

static unsigned
index_of(const struct asker *asker)
{
	return asker->client.number - latency_of(&asker->client)->first;
}

static const struct schedule *
schedule_of(const struct asker *asker)
{
	return &latency_thread_of(&asker->client)->asks;
}

/* When its request, of this stage, is due: the nth that it makes at all. */
static uint64_t
asker_due_ns(const struct asker *asker, uint32_t nth)
{
	return schedule_due_ns(
	    schedule_of(asker), index_of(asker), nth - asker->before);
}

static void
asker_text(const struct asker *asker, uint32_t nth, char out[LATENCY_ASK_BYTES])
{
	const struct payload payload = {
	    .due_ns = asker_due_ns(asker, nth),
	    .number = nth + 1,
	    .publisher = (uint16_t)index_of(asker),
	};

	payload_render(&payload, out, LATENCY_ASK_BYTES);
}

static void
asker_ask(struct asker *asker, uint64_t count)
{
	struct client *client = &asker->client;
	struct fanout_thread *thread = fanout_thread_of(client);
	char text[LATENCY_ASK_BYTES];
	char *at = thread->batch;

	if (asker->asked == asker->answered)
		bot_arm(&client->bot);
	for (uint64_t i = 0; i < count; i++) {
		asker_text(asker, asker->asked++, text);
		at += client_peer(client)->request(
		    at, (struct span){text, sizeof text});
	}
	bot_send(&client->bot,
	    (struct span){thread->batch, (size_t)(at - thread->batch)});
}

/* True when it is the answer that is due. */
static bool
asker_answered(struct asker *asker, struct span text)
{
	struct client *client = &asker->client;
	struct run_thread *thread = client_thread(client);
	enum fanout_stage stage =
	    fanout_stage_of(fanout_of(client), client->passed);
	char due[LATENCY_ASK_BYTES];
	struct span expected = span_of("silence");
	uint64_t due_ns;

	if (asker->answered < asker->asked) {
		asker_text(asker, asker->answered, due);
		expected = (struct span){due, sizeof due};
	}
	if (asker->answered == asker->asked ||
	    (client_peer(client)->returns_text &&
		!span_equals(text, expected))) {
		client_fail(client, expected, text);
		return false;
	}
	due_ns = asker_due_ns(asker, asker->answered++);
	if (stage == FANOUT_TALK || stage == FANOUT_DRAIN)
		histogram_add(&thread->latencies[asker_row(asker)],
		    thread->load.now_ns > due_ns ? thread->load.now_ns - due_ns
						 : 0);
	if (asker->answered < asker->asked)
		bot_arm(&client->bot);
	else
		bot_disarm(&client->bot);
	return true;
}

unsigned
asker_row(const struct asker *asker)
{
	const struct fanout *fanout = fanout_of(&asker->client);

	return RUN_ROW_WORK + fanout->options->steps +
	       fanout_step_of(fanout, asker->client.passed);
}

void
asker_start(struct asker *asker)
{
	check(asker->client.state != CLIENT_IN ||
	      asker->asked == asker->answered);
	asker->before = asker->asked;
}

uint64_t
asker_go_on(struct asker *asker)
{
	struct client *client = &asker->client;
	const struct schedule *schedule = schedule_of(asker);
	uint64_t now = client_thread(client)->load.now_ns;
	unsigned index = index_of(asker);
	uint64_t count;

	if (client->state != CLIENT_IN)
		return 0;
	while ((count = schedule_ready(schedule, index, now) -
			(asker->asked - asker->before)) > 0)
		asker_ask(
		    asker, count < FANOUT_BATCH_MAX ? count : FANOUT_BATCH_MAX);
	if (asker->asked - asker->before < schedule_share(schedule, index))
		return asker_due_ns(asker, asker->asked);
	client_pass(client, client_thread(client)->march.stage);
	return 0;
}

void
asker_check_done(struct asker *asker)
{
	struct client *client = &asker->client;
	unsigned begun = client_thread(client)->march.stage;
	enum fanout_stage stage = fanout_stage_of(fanout_of(client), begun);

	if ((stage == FANOUT_SETTLE || stage == FANOUT_DRAIN) &&
	    client->state == CLIENT_IN && asker->asked == asker->answered)
		client_pass(client, begun);
}

size_t
asker_hear(struct asker *asker, struct span bytes)
{
	const struct peer *peer = client_peer(&asker->client);
	struct peer_frame frame = {0};
	enum peer_kind kind;
	size_t used = 0;

	while (asker->client.state == CLIENT_IN) {
		kind = peer->read(
		    (struct span){bytes.at + used, bytes.len - used}, &frame);
		if (kind == PEER_MORE)
			break;
		used += frame.len;
		if (kind == PEER_ANSWER)
			asker_answered(asker, frame.text);
		else
			client_tolerate(
			    &asker->client, kind, &frame, "an answer");
	}
	asker_check_done(asker);
	return used;
}
