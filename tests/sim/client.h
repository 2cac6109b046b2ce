/*
 * One client of the simulated world, and all that is remembered of it: what it
 * is owed, what it has said, where it is in each room. See crowd.h.
 */
#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/expect/place.h"
#include "proto/limits.h"

#define CROWD_CLIENTS_MAX 12
#define CROWD_ROOMS       4 /* the lobby is the first */
#define CROWD_WORD_BYTES  40
#define CROWD_TEXT_BYTES  (2 * LINE_BYTES_MAX + 64)

enum crowd_manner {
	CROWD_ORDERLY,
	CROWD_WILD,
	CROWD_MUTE,
	CROWD_WITNESS
};

enum account_state {
	ACCOUNT_ABSENT,
	ACCOUNT_UNSURE,
	ACCOUNT_PRESENT
};

/* A command whose answer is owed, or a message whose copy is. */
enum want_kind {
	WANT_REGISTER,
	WANT_LOGIN,
	WANT_LOGOUT,
	WANT_PASSWD,
	WANT_UNREGISTER,
	WANT_JOIN,
	WANT_LEAVE,
	WANT_SAY,
	WANT_MSG,
	WANT_HISTORY,
	WANT_TOPIC,
	WANT_WHO,
	WANT_ROOMS,
	WANT_PING,
	WANT_WHOAMI,
	WANT_FORMAT,
	WANT_ECHO,
	WANT_HELP,
	WANT_QUIT,
	WANT_KINDS,
};

struct want {
	enum want_kind kind;
	uint64_t tag;
	unsigned room;          /* JOIN, LEAVE, SAY, HISTORY, TOPIC */
	size_t said;            /* SAY, MSG: which message */
	unsigned account;       /* REGISTER, LOGIN, PASSWD, UNREGISTER, MSG */
	bool resumes;           /* JOIN: since */
	uint64_t since;         /* JOIN, HISTORY */
	bool json;              /* FORMAT */
	bool skipped;           /* SAY: a gap may have swallowed the copy */
	uint64_t step;          /* of the crowd, when it was sent */
	unsigned items;         /* that came in the answer */
	enum account_state was; /* REGISTER, PASSWD, UNREGISTER: before */
	char word[CROWD_WORD_BYTES]; /* password, token, text */
};

/* One message that was said, or sent to somebody. */
struct said {
	unsigned client; /* who has said it */
	unsigned visit;  /* in which of its connections */
	unsigned room;
	bool direct;
	bool refused;      /* answered with an error: nobody hears it */
	bool unsure;       /* its answer was never heard */
	uint64_t id;       /* the sender's, as the first to hear it was told */
	uint64_t seq;      /* the room's; 0 as long as nobody has heard it */
	unsigned to;       /* direct: the account */
	uint32_t heard_by; /* direct: bit for each client */
	char *text;        /* owned */
};

/* A room's messages in its order, as the first to hear each has heard it. */
struct ledger_line {
	uint64_t id; /* of the client; 0: nobody has heard it yet */
	char *text;  /* owned */
};

struct room_ledger {
	struct ledger_line *lines; /* owned; number N at N - 1 */
	size_t count, cap;
};

/* What a client in text has heard in a room: numbers are not told there. */
struct heard {
	uint64_t id;
	uint64_t skipped; /* not 0: a gap of so many, behind number `after` */
	uint64_t after;
	char *text; /* owned */
};

struct stay {
	struct place place; /* in JSON from the join on */
	bool in;
	bool exact;          /* the place's numbers are known */
	size_t said_before;  /* messages of all, when the join was answered */
	struct heard *heard; /* owned; of a stay that is not exact */
	size_t heard_count, heard_cap;
};

/* One that is over, or not yet, to be looked at once the witness knows all. */
struct past_stay {
	unsigned client, room;
	struct heard *heard; /* owned */
	size_t heard_count;
};

struct client {
	unsigned index;
	enum crowd_manner manner;
	unsigned visit;        /* connections it has had */
	struct net_link *link; /* NULL: not connected */
	uint64_t connected_us;
	bool slow;      /* reads little and seldom */
	bool ended;     /* it has sent its FIN */
	bool parting;   /* it was told that it is let go */
	bool kicked;    /* the operator may let it go */
	bool refused;   /* there was no room for it */
	bool stalled;   /* it has read so little that it may be cut */
	bool json;      /* as the server has said */
	bool user;      /* likewise */
	bool web_asked; /* wild ones: for a page, or to be a WebSocket */
	bool web;       /* and was answered: what follows is no line */
	bool joined;    /* it has asked to join a room in this connection */
	bool within[CROWD_ROOMS]; /* as far as it has asked for that */
	bool away;                /* it comes from another machine */
	uint64_t id;              /* 0 until it is told */
	unsigned account;         /* of the login that was answered last */
	struct want *wants;       /* owned; oldest first */
	size_t want_count, want_cap;
	struct stay stays[CROWD_ROOMS];
	char *out; /* owned; not sent yet */
	size_t out_len, out_cap;
	char *in; /* owned; a line that is not whole yet */
	size_t in_len, in_cap;
	uint64_t last_seq[CROWD_ROOMS]; /* to resume from; 0: not known */
	uint64_t read_us;               /* when it has last read */
};

#endif
