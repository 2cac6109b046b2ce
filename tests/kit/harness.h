/*
 * Whole-server tests: the real server ($THRONG_BIN, build/throng) as a child
 * process on a private folder, and their clients (harness_client.h).
 * harness_fini ends, closes and removes all that a test has made, also after a
 * failure; a child dies with its test.
 *
 * Waits are for events; HARNESS_DEADLINE_MS bounds only how long a failure
 * takes. A failure names the place in the test, what was expected and what
 * came. The test's own thread only.
 */
#ifndef TESTS_KIT_HARNESS_H
#define TESTS_KIT_HARNESS_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/kit/harness_client.h"
#include "tests/kit/harness_stream.h"

#define HARNESS_LISTEN_MAX 4
#define HARNESS_ARGS_MAX   40

/* A story about the whole server, told once on each engine; its body follows,
 * with `const char *engine`. */
#define FLOW_TEST(name)                                                        \
	static void name(const char *engine);                                  \
	FLOW_TEST_ON(epoll, name)                                              \
	FLOW_TEST_ON(uring, name) static void name(const char *engine)
#define FLOW_TEST_ON(io, name)                                                 \
	Test(flow_##io, name, .fini = harness_fini, .timeout = 120)            \
	{                                                                      \
		name(#io);                                                     \
	}

/* Ends, closes and removes all; a .fini of tests without FLOW_TEST. */
void harness_fini(void);
/* Called by harness_fini first; one function. */
void harness_at_fini(void (*undo)(void));
/* Raises the test's limit of descriptors; skips it where so many are not
 * allowed. Servers started then inherit it. */
void harness_need_descriptors(unsigned count);

enum harness_input { /* a pipe for server_process_type, /dev/null, ... */
	HARNESS_INPUT_PIPE,
	HARNESS_INPUT_NULL,
	HARNESS_INPUT_CLOSED,
	HARNESS_INPUT_FILE,     /* a file with input_text */
	HARNESS_INPUT_TERMINAL, /* its output, too; lines end with CR LF */
};

struct server_setup {
	const char *engine; /* --io; NULL for none */
	/* Further options; NULL ends; {folder} in one is its folder. */
	const char *args[HARNESS_ARGS_MAX];
	bool no_listen;   /* without the usual --listen */
	bool no_accounts; /* without the usual --accounts */
	bool no_user;     /* without the usual --user */
	bool no_reactors; /* without the usual --reactors */
	enum harness_input input;
	const char *input_text;  /* of HARNESS_INPUT_FILE, borrowed */
	const char *folder;      /* another server's, shared; NULL: a new one */
	uint64_t file_bytes_max; /* RLIMIT_FSIZE; 0 for none */
	unsigned descriptors_max; /* RLIMIT_NOFILE, soft and hard; the same */
	int fails_with;           /* errno of a system call; 0: none fails */
	unsigned fails;           /* which one, __NR_... */
	bool no_fence;            /* and Landlock and seccomp */
	const char *variables[4]; /* NAME=VALUE, borrowed; NULL ends */
	int passed[2]; /* sockets that it gets as a service does, instead of
			* the usual --listen; borrowed */
	int passed_count;
};

struct server_process {
	pid_t pid; /* 0 when it has ended and been waited for */
	int pidfd;
	int status; /* exit status, or 128 + the signal that ended it */
	int input;  /* to its standard input, -1 when closed */
	int errors; /* its standard error, a memory file: it never blocks */
	struct harness_stream output; /* its standard output */
	char folder[64], accounts[96];
	char words[2048]; /* options with {folder} */
	size_t words_len;
	bool folder_owned;
	bool quiet;        /* --log-level=warn: the setup has none */
	char started[256]; /* its [STARTING] line */
	unsigned listen_count;
	char listen[HARNESS_LISTEN_MAX][160]; /* from its [LISTENING] lines */
	struct server_setup setup; /* for restart; may be changed before */
	struct server_process *next;
};

/* Adds options to those of a setup; NULL ends them. */
void server_setup_add(struct server_setup *setup, va_list options);

/* Starts one on `engine` with two reactors, cheap hashing and further options
 * (NULL ends them), and waits until it listens; `start_with` from a setup.
 * `launch` does not wait. `restart` starts a new one with the setup and the
 * folder of one that has ended. */
struct server_process *
server_process_start(const char *engine, ...) __attribute__((sentinel));
struct server_process *server_process_start_with(const struct server_setup *);
struct server_process *server_process_launch(const struct server_setup *);
struct server_process *server_process_restart(struct server_process *server);

/* Types at the console; the newline is the caller's. */
void server_process_type(struct server_process *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void server_process_end_input(struct server_process *server);

/* The next line of its output, NULL at the end; or the first that matches the
 * fnmatch pattern (FNM_EXTMATCH), which must come. */
const char *server_process_line(struct server_process *server);
const char *server_process_expect(struct server_process *server,
    const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* Sends a signal; waits for the end, in time, and returns the status. Its
 * standard error must be free of sanitizers' reports. */
void server_process_signal(struct server_process *server, int signal);
int server_process_wait(struct server_process *server);

/* Closes all clients, then `exit`: all threads joined, status 0, and, unless
 * the test has asked for a --log-level, nothing on standard error but failed
 * logins and refused connections. */
void server_process_stop(struct server_process *server);

/* The same, whatever is on its standard error. */
void server_process_exit(struct server_process *server);

/* What is on its standard error so far, without what was typed at it unless the
 * test has asked for a --log-level; a static buffer. */
const char *server_process_errors(struct server_process *server);
void server_process_free_all(void); /* for harness_fini */

/* See HERE. */
#ifndef HARNESS_WITHOUT_PLACES
#define server_process_expect(...) HERE(server_process_expect(__VA_ARGS__))
#define server_process_stop(...)   HERE(server_process_stop(__VA_ARGS__))
#define server_process_exit(...)   HERE(server_process_exit(__VA_ARGS__))
#define server_process_wait(...)   HERE(server_process_wait(__VA_ARGS__))
#endif

#endif
