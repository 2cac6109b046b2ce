/* Stopping, with or without patience. */
#include "console/drain.h"

#include <stdio.h>

#include "console/console.h"
#include "console/supervisor.h"
#include "proto/errand.h"
#include "reactor/log.h"

static void
on_drain_timer(struct timer *timer)
{
	list_entry(timer, struct supervisor, drain_timer)->stopping = true;
}

void
drain_init(struct supervisor *supervisor)
{
	timer_init(&supervisor->drain_timer, on_drain_timer);
}

void
drain_go_on(struct supervisor *supervisor)
{
	if (timer_is_set(&supervisor->drain_timer) &&
	    supervisor_clients(supervisor) == 0)
		supervisor->stopping = true;
}

/* Nobody new is let in any more, and the others know. */
static void
drain_is_begun(struct envelope *envelope, void *owner)
{
	struct supervisor *supervisor = owner;

	errand_free((struct errand *)envelope);
	if (supervisor->server && supervisor_clients(supervisor) == 0)
		supervisor->stopping = true;
}

void
drain_start(struct supervisor *supervisor, uint32_t seconds)
{
	bool draining = timer_is_set(&supervisor->drain_timer);
	struct errand *errand;

	if (seconds == 0) {
		supervisor->stopping = true;
		return;
	}
	loop_set_timer(&supervisor->loop, &supervisor->drain_timer,
	    (uint64_t)seconds * 1000);
	console_say(supervisor->console,
	    "[DRAINING] %llu clients have %u seconds to go",
	    (unsigned long long)supervisor_clients(supervisor), seconds);
	log_info("draining", LOG_NUMBER("seconds", seconds),
	    LOG_NUMBER("clients", supervisor_clients(supervisor)));
	errand = errand_new(&supervisor->mailbox,
	    draining ? ERRAND_NOTICE : ERRAND_DRAIN, drain_is_begun);
	snprintf(errand->text, sizeof(errand->text),
	    "the server is going down in %u seconds", seconds);
	errand_start(errand, supervisor_first_reactor(supervisor));
}
