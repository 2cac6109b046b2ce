/*
 * Command line options, parsed and checked. argp does the parsing; a bad option
 * ends the process with a clear line and status 2.
 */
#ifndef CONSOLE_OPTIONS_H
#define CONSOLE_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/auth.h"
#include "reactor/address.h"

#define OPTIONS_LISTEN_MAX 16
#define THRONG_VERSION     "0.1.0"

enum io_choice {
	IO_AUTO,
	IO_URING,
	IO_EPOLL,
};

struct options {
	struct endpoint listen[OPTIONS_LISTEN_MAX];
	unsigned listen_count;
	char accounts[PATH_MAX]; /* the account file */
	bool accounts_given;     /* else its folder is made when missing */
	uint32_t reactors;
	enum io_choice io;
	uint32_t clients_max; /* 0: as many as the descriptors allow */
	uint32_t out_limit;
	uint32_t stall_ms;
	uint32_t login_timeout_ms;
	uint32_t unterminated_ms;
	uint32_t password_min;
	bool require_login;
	bool check;                 /* only look whether all is well */
	uint32_t history;           /* messages a room keeps */
	uint32_t history_total_mib; /* that all rooms keep */
	uint32_t rate; /* messages a second of one client; 0: any */
	uint32_t rate_burst;
	struct argon2_cost argon2;
};

/* Parses argv over the defaults. Exits by itself for --help, --version and
 * errors. Main thread. */
void options_parse(struct options *options, int argc, char *argv[]);

#endif
