/*
 * The server as one thing: everything is made, started and stopped here, in
 * the one order that works. Main thread only.
 *
 *   start  accounts file, listening sockets, worker threads, hubs, reactors
 *   stop   hashing pool (what was not begun is refused), reactors (goodbye,
 *          flush, close), workers, journal, accounts file, sockets' paths
 */
#ifndef CONSOLE_SERVER_H
#define CONSOLE_SERVER_H

#include <stdint.h>

#include "console/options.h"
#include "proto/hub.h"

struct account_service;
struct feed;
struct reactor;

#define SERVER_ERROR_BYTES OPTIONS_ERROR_BYTES

struct counters;
struct server;

/* What the operator may want to know; sums over all reactors. */
struct server_count {
	uint64_t connected;
	uint64_t logged_in;
};

/* How many clients so many descriptors are enough for. Any thread. */
uint64_t
server_clients_fit(const struct options *options, uint64_t descriptors);

/*
 * Starts everything. `options` gets the ports that were picked, and stays the
 * caller's. What happens is told to `feed`, which is borrowed. NULL with a line
 * in `error`, and nothing left behind.
 */
struct server *server_start(
    struct options *options, struct feed *feed, char error[SERVER_ERROR_BYTES]);

/* Stops everything; all threads are joined when it returns. */
void server_stop(struct server **server);

struct server_count server_count(const struct server *server);

/* For work on the account file. */
struct account_service *server_account_service(struct server *server);

/* Where errands begin. */
struct reactor *server_first_reactor(struct server *server);

/* For the first lines: which engine, and why, in words; the limit; accounts. */
const char *server_engine_text(const struct server *server);
uint64_t server_clients_max(const struct server *server);
uint64_t server_accounts(const struct server *server);

/* What all reactors have counted so far, added up. Main thread. */
void server_counters(const struct server *server, struct counters *total);

#endif
