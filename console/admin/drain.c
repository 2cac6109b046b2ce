/* Stopping, with or without patience. */
#include "console/admin/drain.h"

#include <stdio.h>

#include "console/admin/console.h"
#include "console/server/supervisor.h"
#include "console/setting/format.h"
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
	uint64_t clients;

	if (seconds == 0) {
		supervisor->stopping = true;
		return;
	}
	clients = supervisor_clients(supervisor);
	loop_set_timer(&supervisor->loop, &supervisor->drain_timer,
	    (uint64_t)seconds * 1000);
	console_say(supervisor->console,
	    "[DRAINING] %llu client%s %s %u second%s to go",
	    (unsigned long long)clients, format_plural(clients),
	    clients == 1 ? "has" : "have", seconds, format_plural(seconds));
	log_info("draining", LOG_NUMBER("seconds", seconds),
	    LOG_NUMBER("clients", clients));
	errand = errand_new(&supervisor->mailbox,
	    draining ? ERRAND_NOTICE : ERRAND_DRAIN, drain_is_begun);
	snprintf(errand->text, sizeof(errand->text),
	    "the server is going down in %u seconds", seconds);
	errand_start(errand, supervisor_first_reactor(supervisor));
}
