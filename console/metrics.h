/*
 * What the server has counted, for Prometheus: GET /metrics by HTTP, at
 * --metrics. libmicrohttpd speaks HTTP, the main thread's loop drives it; what
 * the answer says is metrics_page's.
 *
 * At most METRICS_PEERS_MAX connections, the next ones wait in the kernel; each
 * is closed after METRICS_SILENCE_S seconds without a byte. Nobody waits for a
 * peer that does not read: its page is kept until it is sent, or the connection
 * is closed. The main thread only.
 */
#ifndef CONSOLE_METRICS_H
#define CONSOLE_METRICS_H

#include "console/loop.h"
#include "reactor/listen.h"

struct MHD_Daemon;
struct endpoint;
struct process_files;
struct server;

#define METRICS_PEERS_MAX 8
#define METRICS_SILENCE_S 10
#define METRICS_URL_BYTES 128

struct metrics {
	struct loop *loop;           /* borrowed */
	const struct server *server; /* borrowed */
	struct MHD_Daemon *daemon;   /* owned; NULL: not open */
	struct process_files *files; /* owned */
	struct watch watch;          /* on the daemon's epoll descriptor */
	struct timer timer; /* for silent connections, and after a rest */
	char url[METRICS_URL_BYTES];
};

/* Opens the socket and begins to answer; port 0 is picked by the kernel. The
 * server has started. 0, or -1 with a line in `error` and nothing left. */
int metrics_open(struct metrics *metrics, struct loop *loop,
    const struct server *server, const struct endpoint *endpoint,
    char error[LISTEN_ERROR_BYTES]);

/* Ends, and closes all connections; nothing happens when it is not open. Before
 * the server stops. */
void metrics_close(struct metrics *metrics);

#endif
