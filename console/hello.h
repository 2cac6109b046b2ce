/*
 * What the operator and the log are told once the server has started: what it
 * is, where it listens, how far its fence is up, and what will be in his way
 * later. Main thread only.
 */
#ifndef CONSOLE_HELLO_H
#define CONSOLE_HELLO_H

struct console;
struct fence;
struct options;
struct server;

/* All that; the server runs. */
void hello_say(struct console *console, const struct server *server,
    const struct options *options, const struct fence *fence);

#endif
