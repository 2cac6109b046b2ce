/*
 * What there is of the server on the main thread, for those who act on it: the
 * operator's commands, a reload, the news. Its life is told in life.h. The main
 * thread only.
 */
#ifndef CONSOLE_SERVER_SUPERVISOR_H
#define CONSOLE_SERVER_SUPERVISOR_H

#include <stdbool.h>

#include "console/server/loop.h"
#include "reactor/mailbox.h"

struct auth;
struct console;
struct options;
struct reactor;
struct server;

struct supervisor {
	struct mailbox mailbox;  /* where errands and jobs come back to */
	struct options *options; /* borrowed; those that hold now */
	struct server *server;   /* owned; NULL when it has stopped */
	struct console *console; /* owned */
	struct loop loop;
	struct timer drain_timer; /* set while clients are given time to go */
	bool stopping;
};

/* For commands: the accounts, where errands come back to and where they begin.
 */
struct auth *supervisor_auth(struct supervisor *supervisor);
struct mailbox *supervisor_mailbox(struct supervisor *supervisor);
struct reactor *supervisor_first_reactor(struct supervisor *supervisor);

/* How many clients are there now; the server is. */
uint64_t supervisor_clients(const struct supervisor *supervisor);

#endif
