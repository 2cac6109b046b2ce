/*
 * What the operator has asked for: the command line over the configuration file
 * over the defaults. argp takes the command line apart; a bad option ends the
 * process with a clear line and status 2. Which settings there are stands in
 * console/setting/setting_table.c.
 */
#ifndef CONSOLE_SETTING_OPTIONS_H
#define CONSOLE_SETTING_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/auth.h"
#include "proto/limits.h"
#include "proto/rate.h"
#include "proto/web_counts.h"
#include "reactor/address.h"
#include "reactor/log.h"

#define REACTORS_MAX         256
#define CLIENTS_MAX          (10 * 1000 * 1000)
#define OPTIONS_LISTEN_MAX   16
#define OPTIONS_ERROR_BYTES  5200 /* a path, and what is wrong with it */
#define OPTIONS_SUFFIX_BYTES 16   /* behind paths: .lock, .torn */
#define THRONG_VERSION       "0.1.0"

enum io_choice {
	IO_AUTO,
	IO_URING,
	IO_EPOLL,
};

/* Text that is not given is empty. */
struct options {
	struct endpoint listen[OPTIONS_LISTEN_MAX];
	unsigned listen_count;
	bool web; /* HTTP is spoken */
	char web_origins[WEB_ORIGINS_BYTES];
	uint32_t web_ms;
	enum web_counts web_counts;
	char accounts[PATH_MAX]; /* the account file */
	bool accounts_given;     /* else its folder is made when missing */
	uint32_t reactors;       /* 0: see console/server/capacity.h */
	enum io_choice io;
	uint32_t clients_max;     /* 0: as many as the descriptors allow */
	uint32_t per_address_max; /* connections, off this machine; 0: any */
	uint32_t out_limit;
	uint32_t out_total_mib; /* that waits for all clients */
	uint32_t stall_ms;
	uint32_t login_timeout_ms;
	uint32_t unterminated_ms;
	uint32_t password_min;
	bool require_login;
	uint32_t history;           /* messages a room keeps */
	uint32_t history_total_mib; /* that all rooms keep */
	bool rate_for_all;          /* it was given: on this machine, too */
	struct rate rate;           /* messages of one client, a second */
	uint32_t accounts_max;      /* 0: any */
	struct rate register_rate;  /* accounts of one address, an hour */
	struct argon2_cost argon2;
	char motd[PATH_MAX];
	char bans[PATH_MAX];
	char log[PATH_MAX]; /* else standard error */
	enum log_format log_format;
	int log_level; /* an enum log_level; -1: not given */
	/* A Unix socket for commands; with room for a suffix. */
	char control[sizeof(((struct sockaddr_un *)0)->sun_path) +
		     OPTIONS_SUFFIX_BYTES - 1];
	char tls_cert[PATH_MAX];
	char tls_key[PATH_MAX];
	bool tls_only;           /* no passwords in clear, off this machine */
	struct endpoint metrics; /* length 0: none */
	char user[64];           /* to become after the start */
	char group[64];          /* empty: the user's */
	bool fence;
	/* Of the command line alone. */
	char config[PATH_MAX];
	bool check; /* only look whether all is well */
	/* Command for the server that has this control socket: the words
	 * argv[ctl_index] to the end. */
	char ctl[sizeof(((struct sockaddr_un *)0)->sun_path) +
		 OPTIONS_SUFFIX_BYTES - 1];
	int ctl_index;
};

/*
 * Takes the defaults, the file of --config, and over them argv, which it keeps
 * for reloads and may reorder. Exits by itself for --help, --version and errors
 * (2, or 1 for a file that cannot be read). With --check the file's errors are
 * left to preflight_run, with --ctl the file is not read. Main thread.
 */
void options_parse(struct options *options, int argc, char *argv[]);

/* Does the log go to the terminal where the server was started? */
bool options_log_is_seen(const struct options *options);

/* The least that is logged with these, an enum log_level: as they say, or less
 * for who sits in front of the server. */
int options_log_level(const struct options *options);

/* Of the files that are read by who starts the server, and again at a reload by
 * whom it has become: one that this process could not read, with errno; NULL if
 * it could. Borrowed of the options. */
const char *options_unreadable(const struct options *options);

/* 0, or -1 with a line in `error`: --log names a file that another option has
 * the server read, which it would spoil. */
int options_check_log(
    const struct options *options, char error[OPTIONS_ERROR_BYTES]);

/* What a reload has found; names with ", " between, empty for none. */
struct reload_report {
	char error[OPTIONS_ERROR_BYTES]; /* the first, with file and line */
	char taken[512];                 /* settings that changed */
	char restart[512]; /* that differ from the start, and can't change */
};

/*
 * Reads the file of --config anew, with the same command line over it. 0: *next
 * is *running with what could change changed, and the report says what; -1: the
 * file is wrong, report->error says where, and *next is not to be used. Prints
 * nothing. Main thread, after options_parse.
 */
int options_reload(const struct options *running, struct options *next,
    struct reload_report *report);

#endif
