/*
 * The server as one thing: everything is made, started and stopped here, in
 * the one order that works. Main thread only.
 *
 *   open   listening sockets and the certificate, which may want root;
 *          whoever connects waits
 *   start  accounts file, worker threads, hubs, reactors: as whom the server
 *          is going to be (--user), and behind its fence, for files and
 *          threads made earlier would not be the user's, nor be fenced
 *   stop   hashing pool (what was not begun is refused), reactors (goodbye,
 *          flush, close), workers, journal, accounts file, sockets' paths
 */
#ifndef CONSOLE_SERVER_SERVER_H
#define CONSOLE_SERVER_SERVER_H

#include <stdint.h>

#include "console/setting/options.h"
#include "proto/hub.h"

struct account_service;
struct capacity;
struct feed;
struct reactor;
struct tls_server;
struct user;

#define SERVER_ERROR_BYTES   OPTIONS_ERROR_BYTES
#define SERVER_LINGER_MS     2000  /* for the peer's FIN after ours */
#define SERVER_STOP_MS       8000  /* for all clients, when the server stops */
#define SERVER_HANDSHAKE_MS  10000 /* for TLS to be begun, also from here */
#define SERVER_HANDSHAKES_US 2000  /* of a turn */

struct counters;
struct server;

/* What the operator may want to know; sums over all reactors. */
struct server_count {
	uint64_t connected;
	uint64_t logged_in;
};

/*
 * Opens the listening sockets, and starts no thread. `options` gets the ports
 * that were picked, and stays the caller's. What happens is told to `feed`,
 * which is borrowed. NULL with a line in `error`, and nothing left behind.
 */
struct server *server_open(
    struct options *options, struct feed *feed, char error[SERVER_ERROR_BYTES]);

/* Whom web questions go to (struct hub_config). Before the start. */
void server_set_questions(struct server *server, struct mailbox *questions,
    envelope_handler *on_question);

/* The Unix sockets that were made become the user's. Whoever has a folder of
 * root's cannot remove them from it at the end, though: they are replaced at
 * the next start. */
void server_give_sockets(const struct server *server, const struct user *user);

/* Starts the rest, once. 0, or -1 with a line in `error`: then server_stop is
 * due all the same. */
int server_start(struct server *server, char error[SERVER_ERROR_BYTES]);

/* Puts into force the limits that a reload can change, but for those that the
 * hubs have, which are told by errand. */
void
server_set_limits(const struct server *server, const struct options *options);

/* Stops everything, also what was only opened; all threads are joined when it
 * returns. */
void server_stop(struct server **server);

/* How many are there now, of each kind. */
struct server_count server_count(const struct server *server);

/* For work on the account file. */
struct account_service *server_account_service(const struct server *server);

/* Where errands begin. */
struct reactor *server_first_reactor(struct server *server);

/* One of them, to read what it has counted; NULL past the last. */
struct reactor *server_reactor(const struct server *server, unsigned index);

/* Its certificate, and who speaks TLS. */
struct tls_server *server_tls(const struct server *server);

/* For the first lines: which engine, and why, in words; limits; accounts. */
const char *server_engine_text(const struct server *server);
const char *server_engine_name(const struct server *server);
unsigned server_reactors(const struct server *server);
const struct capacity *server_capacity(const struct server *server);
uint64_t server_accounts(const struct server *server);

/* What all reactors have counted so far, added up. Main thread. */
void server_counters(const struct server *server, struct counters *total);

#endif
