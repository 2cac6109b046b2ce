/*
 * The main thread while the server runs: it waits for signals, for what comes
 * back from reactors and workers, for news of clients and for the operator, on
 * the console and on the control socket; and it decides when the server stops.
 * The main thread only.
 */
#ifndef CONSOLE_LIFE_H
#define CONSOLE_LIFE_H

struct options;

/*
 * Starts the server, serves the operator until it is to stop, and stops it. The
 * exit status; what goes wrong is told on standard error. `signals` is a
 * signalfd for SIGCONT, SIGHUP, SIGINT, SIGTERM and SIGWINCH, which are blocked
 * in all threads.
 */
int life_run(struct options *options, int signals);

#endif
