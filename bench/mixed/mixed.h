/*
 * What the scenarios `mixed` and `soak` are made of: mixed.c sets them up and
 * reports, with the options of options.c; stage.c moves them from stage to
 * stage and has clients do what is due; client.c is a client's connection,
 * answer.c the answers it waits for, and line.h reads them; member.c is what a
 * member of rooms asks, hear.c what it hears, room.c what members share,
 * guest.c those who talk to nobody; soak.c tells how things go meanwhile.
 * server.h is the server's process, and command.h the command that starts it.
 * What must be heard is in ledger.h, pair.h and place.h of bench/expect.
 *
 * Clients 0 to members-1 are members, each in `each` of the rooms; guests
 * follow, then registrars. Member R, of as many as there are rooms, is room R's
 * resident: it never leaves of its own accord, and nobody speaks in a room
 * before its resident is in. So one hears all that is said in a life of the
 * server. Client N belongs to thread N modulo threads.
 */
#ifndef BENCH_MIXED_MIXED_H
#define BENCH_MIXED_MIXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/gate.h"
#include "bench/crowd/march.h"
#include "bench/crowd/meter.h"
#include "bench/crowd/options.h"
#include "bench/mixed/member.h"
#include "bench/mixed/room.h"
#include "bench/mixed/server.h"
#include "bench/mixed/soak.h"
#include "bench/report/report.h"

/*
 *   enter  all connect, and members register, log in and join
 *   talk   all that the options say
 *   quiet  nobody begins anything; all are in again, and all that was under
 *          way has come to its end
 *   drain  members hear what is left; registrars log into all accounts
 */
enum mixed_stage {
	MIXED_ENTER,
	MIXED_TALK,
	MIXED_QUIET,
	MIXED_DRAIN,
	MIXED_STAGES,
};

/* What somebody does now and then, while all talk. */
enum mixed_act {
	ACT_SAY,
	ACT_DIRECT,
	ACT_JOIN, /* leave a room, or come back into it */
	ACT_CUT,
	ACT_LOGOUT,
	ACT_STALL, /* read nothing for a while */
	ACT_ECHO,
	ACT_REGISTER,
	MIXED_ACTS,
};

/* What is counted; mixed.c has the names. */
enum mixed_count {
	COUNT_MESSAGES,
	COUNT_DELIVERIES,
	COUNT_GAPS,
	COUNT_SKIPPED,
	COUNT_RESUMED,
	COUNT_REPLAYED,
	COUNT_FORGOTTEN,
	COUNT_OVER,
	COUNT_CUTS,
	COUNT_RECONNECTS,
	COUNT_JOINS,
	COUNT_LEAVES,
	COUNT_LOGOUTS,
	COUNT_STALLS,
	COUNT_DIRECTS,
	COUNT_ECHOES,
	COUNT_ACCOUNTS,
	COUNT_LOST, /* accounts */
	MIXED_COUNTS,
};

struct mixed_options {
	struct bench_options common;
	const char *scenario;
	const char *prefix; /* of names */
	unsigned at_once;   /* clients on their way in */
	unsigned pid;       /* the server's; 0: it is looked for */
	unsigned length_ms; /* of talk */
	unsigned clients;
	unsigned rooms;
	unsigned each; /* rooms of a member */
	unsigned bytes;
	unsigned text;              /* per cent of members */
	unsigned guests;            /* per cent of clients */
	unsigned slow;              /* per cent of members */
	unsigned pause_ms;          /* of the slow */
	unsigned rates[MIXED_ACTS]; /* a second, of all */
	unsigned restarts;
	unsigned seed;       /* 0: drawn */
	const char *command; /* or NULL */
	bool is_soak;
	unsigned interval_ms; /* of soak */
	unsigned tolerance;   /* per cent, of soak */
};

struct mixed_thread {
	struct load load;
	struct mixed *mixed; /* borrowed, shared */
	unsigned index;
	struct march march;
	uint64_t entered;
	bool talks; /* in the stage `talk`, until its time is over */
	uint64_t random;
	uint64_t acts_ns[MIXED_ACTS]; /* when each is due; 0: never */
	uint64_t waits_ns; /* when the first client's due_ns is; 0: none's */
	uint64_t counts[MIXED_COUNTS];
	struct histogram latencies[MIXED_ROWS];
	struct soak_share share; /* since the last tick */
};

struct mixed {
	const struct mixed_options *options; /* borrowed */
	char names[NAME_BYTES_MAX + 1];      /* accounts' begin with this */
	char room_names[NAME_BYTES_MAX + 1]; /* the same in lower case */
	uint32_t seed;
	unsigned members;
	unsigned guests;
	unsigned registrars;
	unsigned client_count;        /* all of them */
	struct mixed_client *clients; /* owned */
	struct mixed_thread *threads; /* owned */
	struct load **loads;          /* owned; the threads' */
	struct mixed_room *rooms;     /* owned */
	size_t ledger_size;
	struct ledger_voice *voices[MIXED_LIVES]; /* owned; of each seat */
	/* Of direct messages from each member to the next. */
	struct pair *pairs;   /* owned */
	pthread_mutex_t lock; /* for these */
	struct gate gate;
	struct report report;
	struct meter meter;
	uint64_t cpu_ns[2]; /* the server's, at both ends */
	bool cpu_known;
	struct mixed_server server;
	struct soak soak;
};

/* options.c: the options of either, with their defaults. Bad usage ends
 * the process with status 2, or is told by false. */
bool mixed_options_parse(struct mixed_options *options, int argc, char **argv);
bool
mixed_options_parse_soak(struct mixed_options *options, int argc, char **argv);

/* stage.c */

extern const struct load_ops mixed_load_ops;

/* Has the thread's clients go through the stages, once there are all. */
void mixed_march_init(struct mixed_thread *thread);

/* A number below `below`, which is above 0, from the thread's sequence. */
uint32_t mixed_random(struct mixed_thread *thread, uint32_t below);

/* Has the alarm ring at client->due_ns. */
void mixed_wait(struct mixed_client *client, uint64_t ms);

#endif
