/* What the server's reactors have counted, added up. */
#include "console/server/server.h"

#include "reactor/counters.h"
#include "reactor/reactor.h"

struct server_count
server_count(const struct server *server)
{
	struct server_count count = {0};
	uint64_t closed = 0;
	uint64_t logouts = 0;

	/* Who went before who came: each that is counted out has been
	 * counted in before, so the differences are never negative. */
	for (unsigned i = 0; i < server_reactors(server); i++) {
		const struct counters *counters =
		    reactor_read_counters(server_reactor(server, i));

		logouts += counter_read(&counters->logouts);
		closed += counter_read(&counters->closed);
	}
	for (unsigned i = 0; i < server_reactors(server); i++) {
		const struct counters *counters =
		    reactor_read_counters(server_reactor(server, i));

		count.logged_in += counter_read(&counters->logins);
		count.connected += counter_read(&counters->accepted);
	}
	count.logged_in -= logouts;
	count.connected -= closed;
	return count;
}

void
server_counters(const struct server *server, struct counters *total)
{
	*total = (struct counters){0};
	for (unsigned i = 0; i < server_reactors(server); i++) {
		const struct counters *counters =
		    reactor_read_counters(server_reactor(server, i));

#define COUNTER(name, metric, label, help)                                     \
	counter_add(&total->name, counter_read(&counters->name));
#include "reactor/counters.def"
#undef COUNTER
	}
}
