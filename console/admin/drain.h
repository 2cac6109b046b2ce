/*
 * The way to the server's end: at once, or with time for its clients to go. The
 * main thread only.
 */
#ifndef CONSOLE_ADMIN_DRAIN_H
#define CONSOLE_ADMIN_DRAIN_H

#include <stdint.h>

struct supervisor;

/* Before anything of it. */
void drain_init(struct supervisor *supervisor);

/*
 * Stops the server: at once, or when its clients have gone or `seconds` are
 * over, whatever comes first. Until then nobody new is let in. A second call
 * counts instead of the first.
 */
void drain_start(struct supervisor *supervisor, uint32_t seconds);

/* Clients have come or gone: stops the server if it waits for the last one, and
 * that was it. */
void drain_go_on(struct supervisor *supervisor);

#endif
