/*
 * What the scenario `fanout` is made of, and most of `latency`: fanout.c sets
 * it up, moves it from stage to stage and reports; fanout_member.c is what a
 * member checks of what it hears; fanout_publisher.c is what a publisher sends,
 * and when.
 *
 * Clients 0 to members-1 are the members, of which the last may be slow. Those
 * who speak are spread evenly among the others, so that it does not matter in
 * which order a server serves its members. With peers whose clients do not hear
 * themselves, as many more clients as there are publishers follow: they speak,
 * and the members who would speak else hear for them.
 *
 * What members must hear is on tapes (tape.h): on one, where the server has one
 * order for all; else each publisher has a tape of its own.
 */
#ifndef BENCH_SCENARIO_FANOUT_PRIV_H
#define BENCH_SCENARIO_FANOUT_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/run.h"
#include "bench/expect/schedule.h"
#include "bench/expect/tape.h"

#define FANOUT_NAME_BYTES 64
#define FANOUT_BATCH_MAX  64 /* messages in one send */
#define FANOUT_STEPS_MAX  8

/*
 *   register  accounts are registered
 *   enter     all connect and enter
 *   join      members enter the room, where that takes a step of its own
 *   warm      as `talk`, but not measured
 *   settle    as `drain`, but not measured
 *   talk      publishers publish
 *   drain     all members but the slow hear all there is
 *   catch_up  the slow members read at last
 *   part      each member asks one thing more, and hears nothing but that
 *
 * There may be several steps, each with its `talk` and `drain`: then a run's
 * stages are more than these, and fanout_stage_of says which of these one is.
 */
enum fanout_stage {
	FANOUT_REGISTER,
	FANOUT_ENTER,
	FANOUT_JOIN,
	FANOUT_WARM,
	FANOUT_SETTLE,
	FANOUT_TALK,
	FANOUT_DRAIN,
	FANOUT_CATCH_UP,
	FANOUT_PART,
	FANOUT_STAGES,
};

struct fanout_options {
	struct run_options run;
	unsigned members;
	unsigned publishers;
	unsigned window;   /* outstanding of each publisher, without a rate */
	unsigned rate;     /* messages a second of all; 0: saturated */
	unsigned messages; /* of all; 0: as many as there is time for */
	unsigned bytes;    /* of a text */
	unsigned slow;     /* members that do not read */
	unsigned steps;
};

/* Belongs to the thread of the client that speaks for it. */
struct fanout_publisher {
	struct client *speaker;       /* borrowed */
	uint32_t sent;                /* in all; the last one's number */
	uint32_t acked;               /* own copies heard, or skipped */
	uint32_t before;              /* sent before this stage */
	bool stopped;                 /* until its next stage */
	char name[FANOUT_NAME_BYTES]; /* as deliveries show it, or empty; set
					 before the first message is sent */
};

struct fanout_member {
	struct client client;
	uint64_t total;  /* messages heard, the skipped ones too */
	uint64_t *heard; /* borrowed; the same, of each tape */
	unsigned tape;   /* the one that the last message was on */
};

struct fanout_thread {
	struct run_thread thread;
	struct tape *tapes;       /* owned, fanout->tapes */
	struct schedule schedule; /* of this stage, with a rate or by count */
	bool by_count;            /* this stage ends with its last message */
	uint64_t heard_ns;        /* when a member last heard a message */
	uint64_t target;          /* messages when all have been heard */
	uint64_t base;            /* the server's number of the message before
				     the first; once based */
	bool based;
	uint64_t gaps;
	uint64_t skipped;
	uint64_t slow_lost; /* slow members that the server has closed */
	char *batch;        /* owned; messages on their way into one send */
};

struct fanout {
	struct run run;
	const struct fanout_options *options;
	struct fanout_publisher *publishers; /* owned, options->publishers */
	unsigned tapes;  /* one, or one of each publisher where there is no
			    common order */
	uint64_t *heard; /* owned; each member's, of each tape */
};

extern const struct run_ops fanout_ops;

/* What single options cannot say; ends the process when it is wrong. */
void fanout_check_options(
    struct argp_state *state, const struct fanout_options *options);

/*
 * Makes it with its run, whose clients are its own and, behind them, `others`,
 * which are the caller's. `ops` is fanout_ops, or has that called for all but
 * the others; options and ops are borrowed.
 */
void fanout_init(struct fanout *fanout, const struct run_ops *ops,
    const struct fanout_options *options, size_t others);
void fanout_fini(struct fanout *fanout);

/* Counts as failures what is wrong with the messages as a whole. */
void fanout_audit(struct fanout *fanout);

/* Reports what was not heard and may be: gaps, and slow members lost. */
void fanout_report_gaps(const struct fanout *fanout, struct report *report);

/* What a stage of the run is, and the step that it belongs to, from 0; before
 * the first step it is 0, behind the last it is that. */
enum fanout_stage fanout_stage_of(const struct fanout *fanout, unsigned stage);
unsigned fanout_step_of(const struct fanout *fanout, unsigned stage);

/* How many stages more than FANOUT_STAGES there are. */
unsigned fanout_more_stages(const struct fanout_options *options);

/*
 * The thread's publishers begin what they do in a stage: `total` messages of
 * all publishers, `rate` a second, as far as the options have them count; and
 * go on with it. Returns when they are to go on next, 0 for never.
 */
uint64_t
fanout_talk(struct fanout_thread *thread, unsigned rate, uint64_t total);
uint64_t fanout_go_on(struct fanout_thread *thread);

/* Whose it is. */
struct fanout *fanout_of(const struct client *client);
struct fanout_thread *fanout_thread_of(const struct client *client);
struct fanout_member *fanout_member_of(struct client *client);

/* The publisher that this client hears for; NULL for none. */
struct fanout_publisher *
fanout_hears_for(struct fanout *fanout, const struct client *client);

/* Every so many members there is one who speaks, or hears for a speaker. */
unsigned fanout_stride(const struct fanout_options *options);

/* on_bytes: checks what a member has received, or a speaker outside. */
size_t member_hear(struct client *client, struct span bytes);

/* In a stage that ends when all is heard: passes it if that is so. */
void member_check_done(struct fanout_member *member);

/* Asks what is to be answered in the stages `join` and `part`. */
void member_join(struct fanout_member *member);
void member_part(struct fanout_member *member);

/* A stage begins in which it publishes. */
void publisher_start(struct fanout_publisher *publisher);

/* Sends what it may by now; passes the stage when its time is over. */
void publisher_go_on(struct fanout_publisher *publisher);

/* When it is to go on, should it hear nothing until then; 0: never. */
uint64_t publisher_next_ns(const struct fanout_publisher *publisher);

#endif
