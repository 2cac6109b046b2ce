/*
 * The clients of `mixed` and `soak`: members of rooms, guests, registrars. A
 * client belongs to one thread, and so do the functions below.
 */
#ifndef BENCH_MIXED_CLIENT_H
#define BENCH_MIXED_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/expect/place.h"
#include "bench/load/load.h"
#include "bench/mixed/line.h"
#include "proto/limits.h"

#define MIXED_SEATS_MAX  8
#define MIXED_AWAITS_MAX 16
#define MIXED_TELL_BYTES 96

struct mixed_thread;

/* Rows of the report. */
enum mixed_row {
	ROW_CONNECT,
	ROW_REGISTER,
	ROW_LOGIN,
	ROW_JOIN,
	ROW_RESUME,
	ROW_DELIVER,
	ROW_DIRECT,
	ROW_ECHO,
	ROW_SERVER, /* from a kill until somebody is logged in again */
	ROW_STOP,   /* from SIGTERM to its end */
	MIXED_ROWS,
};

enum mixed_role {
	MIXED_MEMBER,
	MIXED_GUEST,
	MIXED_REGISTRAR,
};

enum mixed_state {
	MIXED_OUT, /* not connected, or being connected */
	MIXED_ENTERING,
	MIXED_IN,
	MIXED_OVER, /* failed, or done */
};

/* An answer that is due. */
enum mixed_await_kind {
	AWAIT_JSON, /* /format json */
	AWAIT_TEXT, /* /format text */
	AWAIT_REGISTER,
	AWAIT_LOGIN,
	AWAIT_JOIN,
	AWAIT_LEAVE,
	AWAIT_LOGOUT,
	AWAIT_DIRECT,
	AWAIT_ECHO,
};

struct mixed_await {
	uint64_t sent_ns;
	uint32_t said; /* by then, in all rooms */
	uint8_t kind;
	uint8_t seat; /* AWAIT_JOIN, AWAIT_LEAVE */
};

/* A member in one of its rooms. */
struct mixed_seat {
	struct place place;
	unsigned life;     /* that the place's numbers are of */
	uint32_t said;     /* the number of its last message */
	uint32_t first;    /* said by this connection */
	uint32_t own_next; /* of this connection's, whose copy is to come */
	uint32_t excused;  /* up to this one a gap may have taken the copy */
	bool wanted;       /* it is in, or will be when it is back */
};

struct mixed_client {
	struct bot bot;
	struct mixed_thread *thread; /* borrowed */
	uint64_t due_ns;  /* when to connect or to read again; 0: never */
	uint64_t lost_ns; /* when it was connected last */
	uint64_t id;      /* the server's number of its connection */
	unsigned number;
	unsigned life;   /* of its connection */
	unsigned passed; /* stages */
	unsigned backoff_ms;
	uint32_t said;           /* in all rooms; of a guest its lines */
	uint32_t direct_session; /* of the target of its direct message; 0:
				    that was away */
	uint64_t echo_ns;        /* when the line of a guest was due */
	uint32_t accounts;       /* of a registrar: acknowledged */
	uint32_t checked;        /* of these: logged into in this life */
	enum mixed_role role;
	enum mixed_state state;
	bool is_slow;
	bool prefers_text;
	bool has_text; /* the connection's format, by what was sent */
	bool is_registered;
	bool checks_all; /* a registrar: it has begun with that */
	bool is_unsure;  /* a registration was cut before its answer */
	bool was_in;
	bool counted; /* among those that are on their way in */
	uint8_t first_await;
	uint8_t await_count;
	struct mixed_await awaits[MIXED_AWAITS_MAX];
	struct mixed_seat seats[MIXED_SEATS_MAX];
};

/* client.c */

/* What it does when a stage begins. */
void mixed_client_begin(struct mixed_client *client, unsigned stage);

/* Its due_ns has come: connects, or reads on. */
void mixed_client_due(struct mixed_client *client);

/* Is it in, with no answer due, and reads? */
bool mixed_client_is_idle(const struct mixed_client *client);

/* Loses its connection, without a word. It comes back in a moment. */
void mixed_client_cut(struct mixed_client *client);

/* It has all the answers that it needs to be in. */
void mixed_client_in(struct mixed_client *client);

/* Passes the stage that runs, if that waits for nothing more of it. */
void mixed_client_check(struct mixed_client *client);

/* Counts a failure, and ends the client. */
void mixed_client_fail(struct mixed_client *client, enum mixed_row row,
    const char *expected, struct span got);

/* The account that such a question of its own is about. */
void mixed_client_account(const struct mixed_client *client,
    enum mixed_await_kind kind, char out[NAME_BYTES_MAX + 1]);

/* It was not let in, or has lost its connection as it may: once more, later
 * each time. */
void mixed_client_retry(struct mixed_client *client);

/* The callbacks of load_ops. */
void mixed_client_opened(struct bot *bot);
void mixed_client_heard(struct bot *bot, struct span line);
void mixed_client_timed_out(struct bot *bot);
void mixed_client_lost(struct bot *bot, int error);

/* answer.c */

/* Sends a line, of which `kind` is the answer; `seat` where that has one. */
__attribute__((format(printf, 4, 5))) void
mixed_client_ask(struct mixed_client *client, enum mixed_await_kind kind,
    unsigned seat, const char *format, ...);

/* Is such an answer due? */
bool mixed_client_awaits(
    const struct mixed_client *client, enum mixed_await_kind kind);

/* A line that is an answer: the next that is due, or it is wrong. `whole` is
 * all of it, for a failure. */
void mixed_client_answered(struct mixed_client *client,
    const struct mixed_line *line, struct span whole);

/* What it is at: a failure is counted there. */
enum mixed_row mixed_client_row(const struct mixed_client *client);

/* Something went well that began at since_ns. */
void mixed_client_count(
    struct mixed_client *client, enum mixed_row row, uint64_t since_ns);

#endif
