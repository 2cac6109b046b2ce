/*
 * A client of a run: a bot that speaks the peer's protocol, registers, and
 * enters (connects and does what makes it a guest, a user or a member). What
 * it hears then is the scenario's. One that sees anything wrong is closed,
 * counted as a failure of what it was at, and passes all the gates that it has
 * before it, so that nobody waits for it. It belongs to one thread.
 */
#ifndef BENCH_CROWD_CLIENT_H
#define BENCH_CROWD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/load.h"
#include "bench/peer/peer.h"
#include "proto/limits.h"

struct run;
struct run_thread;

enum client_state {
	CLIENT_OUT, /* not connected, or being connected */
	CLIENT_HELLO,
	CLIENT_IN,
	CLIENT_OVER, /* failed or left, for good */
};

struct client {
	struct bot bot;
	uint64_t hello_ns; /* when it said hello */
	unsigned number;
	unsigned passed; /* gates */
	enum client_state state;
	bool counted;        /* among those that are on their way in */
	bool was_in;         /* so it has entered once, for progress */
	enum peer_role role; /* what it is, or wants to become */
};

/* Client `number` of the run, not connected yet; its thread is borrowed. */
void
client_init(struct client *client, struct run_thread *thread, unsigned number);

/* Is it one of those who register the accounts, one each? */
bool client_is_registrar(const struct client *client);

/* Registers the account of the client's number, leaves, and passes stage
 * RUN_REGISTER. */
void client_register(struct client *client);

/* Connects and enters; the scenario's on_entered follows. */
void client_enter(struct client *client, enum peer_role role);

/* Passes every gate up to that of `stage`. */
void client_pass(struct client *client, unsigned stage);

/* Counts a failure, and ends the client. */
void client_fail(struct client *client, struct span expected, struct span got);

/* Closes it without a failure, for good. */
void client_end(struct client *client);

/* The same, but it is out and may enter again. */
void client_leave(struct client *client);

/* What all clients do with a frame that is no business of the scenario's: an
 * answer to PEER_CALL, nothing to PEER_NOTHING; all else is a failure, of which
 * `expected` are the words. False then: the client is over. */
bool client_tolerate(struct client *client, enum peer_kind kind,
    const struct peer_frame *frame, const char *expected);

/* The name of its account. */
void client_account(const struct client *client, char out[NAME_BYTES_MAX + 1]);

/* What is an on_bytes of most scenarios: hands over the frames that are whole,
 * one by one, while the client is in. Returns how many bytes they have. */
size_t client_read_frames(struct client *client, struct span bytes,
    void (*on_frame)(struct client *client, enum peer_kind kind,
	const struct peer_frame *frame));

/* Whose it is. */
struct run_thread *client_thread(const struct client *client);
struct run *client_run(const struct client *client);
const struct peer *client_peer(const struct client *client);

/* The callbacks of load_ops. */
void client_opened(struct bot *bot);
size_t client_heard(struct bot *bot, struct span bytes);
void client_timed_out(struct bot *bot);
void client_lost(struct bot *bot, int error);

#endif
