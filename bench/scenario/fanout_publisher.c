/*
 * A publisher. Saturated, it keeps its window of messages outstanding, each
 * until its own copy is heard. With a rate it sends each message when it is
 * due, whatever is outstanding; one that is sent late still says when it was
 * due, and its latency counts from there. A stage ends with its time, or by
 * count: with the last message of those that there are to be.
 */
#include "bench/clock.h"
#include "bench/scenario/fanout_priv.h"
#include "reactor/check.h"

static struct fanout *
owner_of(const struct fanout_publisher *publisher)
{
	return fanout_of(publisher->speaker);
}

static unsigned
index_of(const struct fanout_publisher *publisher)
{
	return (unsigned)(publisher - owner_of(publisher)->publishers);
}

static bool
is_stage_over(const struct fanout_publisher *publisher)
{
	const struct run_thread *thread = client_thread(publisher->speaker);

	return thread->load.now_ns >=
	       run_end_ns(thread->run, thread->march.stage);
}

/* How many there are to be of it in a stage that ends by count. */
static uint64_t
publisher_left(const struct fanout_publisher *publisher)
{
	const struct fanout_thread *thread =
	    fanout_thread_of(publisher->speaker);

	return schedule_share(&thread->schedule, index_of(publisher)) -
	       (publisher->sent - publisher->before);
}

/* How many it may send now. */
static uint64_t
publisher_may(const struct fanout_publisher *publisher)
{
	const struct fanout_options *options = owner_of(publisher)->options;
	const struct fanout_thread *thread =
	    fanout_thread_of(publisher->speaker);
	uint32_t outstanding = publisher->sent - publisher->acked;
	uint64_t left = UINT64_MAX;
	uint64_t room;

	if (options->rate)
		return schedule_ready(&thread->schedule, index_of(publisher),
			   thread->thread.load.now_ns) -
		       (publisher->sent - publisher->before);
	if (thread->by_count)
		left = publisher_left(publisher);
	else if (is_stage_over(publisher))
		return 0;
	room =
	    outstanding < options->window ? options->window - outstanding : 0;
	return room < left ? room : left;
}

static bool
publisher_is_done(const struct fanout_publisher *publisher)
{
	if (!fanout_thread_of(publisher->speaker)->by_count)
		return is_stage_over(publisher);
	return publisher_left(publisher) == 0;
}

/* Sends the next `count`; saturated ones are due now. */
static void
publisher_send(struct fanout_publisher *publisher, uint64_t count)
{
	const struct fanout_options *options = owner_of(publisher)->options;
	struct fanout_thread *thread = fanout_thread_of(publisher->speaker);
	struct payload payload = {
	    .due_ns = clock_ns(),
	    .publisher = (uint16_t)index_of(publisher),
	};
	char text[PAYLOAD_BYTES_MAX];
	char *at = thread->batch;

	for (uint64_t i = 0; i < count; i++) {
		if (options->rate)
			payload.due_ns = schedule_due_ns(&thread->schedule,
			    payload.publisher,
			    publisher->sent - publisher->before);
		payload.number = ++publisher->sent;
		payload_render(&payload, text, options->bytes);
		at += options->run.peer->publish(
		    at, (struct span){text, options->bytes});
	}
	bot_send(&publisher->speaker->bot,
	    (struct span){thread->batch, (size_t)(at - thread->batch)});
}

void
publisher_start(struct fanout_publisher *publisher)
{
	publisher->before = publisher->sent;
	publisher->stopped = false;
	publisher_go_on(publisher);
}

void
publisher_go_on(struct fanout_publisher *publisher)
{
	const struct run_thread *thread = client_thread(publisher->speaker);
	uint64_t count;

	if (publisher->stopped || publisher->speaker->state != CLIENT_IN)
		return;
	while ((count = publisher_may(publisher)) > 0)
		publisher_send(publisher,
		    count < FANOUT_BATCH_MAX ? count : FANOUT_BATCH_MAX);
	if (!publisher_is_done(publisher))
		return;
	publisher->stopped = true;
	client_pass(publisher->speaker, thread->march.stage);
}

uint64_t
publisher_next_ns(const struct fanout_publisher *publisher)
{
	const struct run_thread *thread = client_thread(publisher->speaker);

	if (publisher->stopped || publisher->speaker->state != CLIENT_IN)
		return 0;
	if (!fanout_thread_of(publisher->speaker)->by_count)
		return run_end_ns(thread->run, thread->march.stage);
	if (!owner_of(publisher)->options->rate)
		return 0;
	return schedule_due_ns(&fanout_thread_of(publisher->speaker)->schedule,
	    index_of(publisher), publisher->sent - publisher->before);
}
