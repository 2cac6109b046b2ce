/*
 * The main thread while the server runs: it waits for signals, for what comes
 * back from reactors and workers, for news of clients and for the operator, on
 * the console and on the control socket; and it decides when the server stops.
 * The main thread only.
 */
#ifndef CONSOLE_SUPERVISOR_H
#define CONSOLE_SUPERVISOR_H

#include "console/control.h"
#include "console/fence.h"
#include "reactor/log.h"
#include "reactor/mailbox.h"

struct admin;
struct console;
struct feed;
struct options;
struct reactor;
struct server;

struct supervisor {
	struct mailbox mailbox;  /* first, for it has cache lines of its own */
	struct options *options; /* borrowed; those that hold now */
	struct server *server;   /* owned; NULL when it has stopped */
	struct feed *feed;       /* owned */
	struct console *console; /* owned */
	struct control control;
	struct fence fence;
	struct process_files *files; /* owned; for /metrics, else NULL */
	struct loop loop;
	int signals; /* signalfd, borrowed */
	struct watch signal_watch;
	struct watch mail_watch;
	struct watch feed_watch;
	struct timer feed_timer;  /* set while the feed holds counts back */
	struct timer alive_timer; /* set when a service manager watches us */
	struct timer drain_timer; /* set while clients are given time to go */
	bool logs;                /* the log has started */
	bool stopping;
};

/*
 * Starts the server, serves the operator until it is to stop, and stops it. The
 * exit status; what goes wrong is told on standard error. `signals` is a
 * signalfd for SIGHUP, SIGINT and SIGTERM, which are blocked in all threads.
 */
int supervisor_run(struct options *options, int signals);

/* For commands: the accounts, where errands come back to and where they begin.
 */
struct auth *supervisor_auth(struct supervisor *supervisor);
struct mailbox *supervisor_mailbox(struct supervisor *supervisor);
struct reactor *supervisor_first_reactor(struct supervisor *supervisor);

/* The least that is logged with these options. */
enum log_level supervisor_log_level(const struct options *options);

/*
 * Stops the server: at once, or when its clients have gone or `seconds` are
 * over, whatever comes first. Until then nobody new is let in. A second call
 * counts instead of the first.
 */
void supervisor_stop(struct supervisor *supervisor, uint32_t seconds);

#endif
