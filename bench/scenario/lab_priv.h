/*
 * What the scenario `lab` is made of: lab.c sets it up, moves it from stage to
 * stage and reports; lab_client.c is what one client does and checks. Each
 * client belongs to one thread; what threads share locks itself.
 */
#ifndef BENCH_SCENARIO_LAB_PRIV_H
#define BENCH_SCENARIO_LAB_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/crowd/gate.h"
#include "bench/crowd/march.h"
#include "bench/crowd/options.h"
#include "bench/expect/broadcast.h"
#include "bench/load/load.h"
#include "bench/report/histogram.h"
#include "bench/report/report.h"
#include "proto/limits.h"

/* Rows of the report. */
enum lab_step {
	LAB_CONNECT,
	LAB_PREPARE, /* registering what the login half will use */
	LAB_REGISTER,
	LAB_LOGIN,
	LAB_CONVERSE,
	LAB_BROADCAST,
	LAB_LOGOUT,
	LAB_STEPS,
};

/*
 * Each ends when all of its clients have passed its gate:
 *
 *   connect   all clients connect
 *   prepare   the login half registers the accounts that it will use
 *   run       at the same moment the other half registers new accounts, and
 *             the login half logs in and converses
 *   together  all of the login half are logged in: a few broadcast, all say
 *             one more thing meanwhile, hear every broadcast, and log out
 */
enum lab_stage {
	STAGE_CONNECT,
	STAGE_PREPARE,
	STAGE_RUN,
	STAGE_TOGETHER,
	STAGES,
};

struct lab_options {
	struct bench_options common;
	unsigned clients;
	unsigned messages;
	const char *prefix;
};

struct lab_client {
	struct bot bot;
	uint64_t sent_ns; /* when what is being answered was sent */
	unsigned number;
	unsigned said;      /* messages of the conversation answered */
	unsigned heard;     /* broadcasts of this run */
	unsigned passed;    /* gates */
	int speaker;        /* which broadcast is its own, or -1 */
	enum lab_step step; /* where it is; a failure is counted there */
	bool logs_in;       /* belongs to the login half */
	bool awaits;        /* a reply is due */
	bool is_logged_in;  /* so broadcasts may come */
	bool together;      /* its last stage has begun */
	bool heard_itself;  /* its own broadcast has come back */
	bool over;          /* done or failed */
};

struct lab_thread {
	struct load load;
	struct lab *lab;            /* borrowed, shared */
	struct lab_client *clients; /* borrowed; its slice of all */
	struct march march;
	uint64_t notices;
	uint64_t foreign; /* broadcasts of others */
	struct histogram latencies[LAB_STEPS];
};

struct lab {
	const struct lab_options *options; /* borrowed */
	char names[NAME_BYTES_MAX + 1];    /* of accounts; a number follows */
	struct lab_client *clients;        /* owned, options->clients of them */
	struct lab_thread *threads;        /* owned, options->common.threads */
	struct load **loads;               /* owned; the threads' */
	struct sources sources;
	uint64_t start_ns;
	struct gate gate;
	struct broadcasts broadcasts;
	struct report report;
};

/*
 * Makes client `number`, and has the stages' gates wait for it. Every second
 * client is of the login half; `speaker` is -1 when it does not broadcast.
 */
void lab_client_init(struct lab_client *client, struct lab_thread *thread,
    unsigned number, int speaker);

/* Starts what it does in this stage, unless it has failed before. */
void lab_client_begin(struct lab_client *client, enum lab_stage stage);

/* The callbacks of load_ops. */
void lab_client_opened(struct bot *bot);
void lab_client_heard(struct bot *bot, struct span line);
void lab_client_timed_out(struct bot *bot);
void lab_client_lost(struct bot *bot, int error);

#endif
