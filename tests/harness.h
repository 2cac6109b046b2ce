/*
 * Whole-server tests: the real server ($THRONG_BIN, build/throng) as a child
 * process on a private folder, and clients that say exactly the bytes they are
 * told to and check what they get. harness_fini ends, closes and removes all
 * that a test has made, also after a failure; a child dies with its test.
 *
 * Waits are for events; HARNESS_DEADLINE_MS bounds only how long a failure
 * takes. A failure names the place in the test, what was expected and what
 * came. The test's own thread only.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __SANITIZE_THREAD__
#define HARNESS_DEADLINE_MS 100000 /* all takes longer with it */
#else
#define HARNESS_DEADLINE_MS 10000
#endif
#define HARNESS_PASSWORD    "secretpw"
#define HARNESS_LISTEN_MAX  4
#define HARNESS_ARGS_MAX    40

/* A story about the whole server, told once on each engine; its body follows,
 * with `const char *engine`. */
#define FLOW_TEST(name)                                                        \
	static void name(const char *engine);                                  \
	FLOW_TEST_ON(epoll, name) FLOW_TEST_ON(uring, name)                    \
	static void name(const char *engine)
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
int64_t harness_now_ms(void); /* monotonic */

/* Where in the test we are, for messages; the macros below call it. */
void harness_at(const char *file, int line);
/* Ends the test as failed. */
void harness_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
/* Any bytes as printable text, cut; the last four stay valid. */
const char *harness_quote(const char *bytes, size_t len);

/* A descriptor that is read line by line. */
struct harness_stream {
	int fd;          /* owned, -1 when closed */
	char label[40];  /* who this is, for messages */
	char *bytes;     /* owned; from start to len is not taken yet */
	size_t start, len, cap;
	bool ended;      /* end of input or an error has been seen */
	int error;       /* errno of that, 0 for an orderly end */
	struct ssl_st *tls; /* owned; NULL: none (tls_kit.h). Its end is only
	                     * orderly with TLS's own word for it */
};

/* Waits for more bytes. False at the end of input; fails at the deadline. */
bool harness_stream_fill(struct harness_stream *stream, int64_t deadline_ms);
/* The next line without its LF, valid until the next call; NULL at the end. */
const char *harness_stream_line(struct harness_stream *stream);
void harness_stream_close(struct harness_stream *stream);
enum harness_input { /* a pipe for server_process_type, /dev/null, ... */
	HARNESS_INPUT_PIPE, HARNESS_INPUT_NULL, HARNESS_INPUT_CLOSED,
	HARNESS_INPUT_FILE, /* a file with input_text */
	HARNESS_INPUT_TERMINAL, /* its output, too; lines end with CR LF */
};

struct server_setup {
	const char *engine;      /* --io; NULL for none */
	const char *args[HARNESS_ARGS_MAX]; /* further options; NULL ends;
	                          * {folder} in one is the server's folder */
	bool no_listen;          /* without the usual --listen */
	bool no_accounts;        /* without the usual --accounts */
	bool no_user;            /* without the usual --user */
	bool no_reactors;        /* without the usual --reactors */
	enum harness_input input;
	const char *input_text;  /* of HARNESS_INPUT_FILE, borrowed */
	const char *folder;      /* another server's, shared; NULL: a new one */
	uint64_t file_bytes_max; /* RLIMIT_FSIZE; 0 for none */
	unsigned descriptors_max; /* RLIMIT_NOFILE, soft and hard; the same */
	int fails_with;          /* errno of a system call; 0: none fails */
	unsigned fails;          /* which one, __NR_... */
	bool no_fence;           /* and Landlock and seccomp */
	const char *variables[4]; /* NAME=VALUE, borrowed; NULL ends */
	int passed[2]; /* sockets that it gets as a service does, instead of
	                * the usual --listen; borrowed */
	int passed_count;
};

struct server_process {
	pid_t pid;   /* 0 when it has ended and been waited for */
	int pidfd;
	int status;  /* exit status, or 128 + the signal that ended it */
	int input;   /* to its standard input, -1 when closed */
	int errors;  /* its standard error, a memory file: it never blocks */
	struct harness_stream output; /* its standard output */
	char folder[64], accounts[96];
	char words[2048]; /* options with {folder} */
	size_t words_len;
	bool folder_owned;
	bool quiet;  /* --log-level=warn: the setup has none */
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
struct server_process *server_process_start(const char *engine, ...)
    __attribute__((sentinel));
struct server_process *server_process_start_with(const struct server_setup *);
struct server_process *server_process_launch(const struct server_setup *);
struct server_process *server_process_restart(struct server_process *server);

/* Types at the console; the newline is the caller's. */
void server_process_type(struct server_process *server, const char *format,
    ...) __attribute__((format(printf, 2, 3)));
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

/* What is on its standard error so far; a static buffer. */
const char *server_process_errors(struct server_process *server);
void server_process_free_all(void); /* for harness_fini */

struct test_client {
	struct harness_stream in;
	unsigned long id;  /* client number; of users only */
	char sent[64];     /* the end of what was sent, for messages */
	struct test_client *next;
};

/* Connects to the server's first address, also from another loopback address
 * than the usual one, or to any. */
struct test_client *test_client_open(const struct server_process *server);
struct test_client *test_client_open_from(
    const struct server_process *server, const char *address);
struct test_client *test_client_open_at(const char *url);
/* The same without a client: a descriptor, or -1 with errno. */
int test_client_connect(const char *url);
/* Logs in with HARNESS_PASSWORD; `user` connects and registers before. */
void test_client_enter(struct test_client *client, const char *name);
struct test_client *test_client_user(
    const struct server_process *server, const char *name);

/* Sends; await_taken waits until the peer has read it all (a Unix socket) or
 * its kernel has it (TCP); send_pieces waits so after every `size` bytes. */
void test_client_send(struct test_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void test_client_send_bytes(
    struct test_client *client, const char *bytes, size_t len);
void test_client_await_taken(struct test_client *client);
void test_client_send_pieces(struct test_client *client, const char *bytes,
    size_t len, size_t size);

/* The next line, which must come; it is valid until the next call. It must be
 * the one that is given, or match an fnmatch pattern (FNM_EXTMATCH). */
const char *test_client_line(struct test_client *client);
void test_client_expect(struct test_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *test_client_match(struct test_client *client,
    const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* The next bytes are these; the connection ends in order and nothing came
 * before; nothing comes for a while (for claims about time only); a /ping is
 * answered next, so nothing else was owed. */
void test_client_expect_bytes(
    struct test_client *client, const char *bytes, size_t len);
void test_client_expect_end(struct test_client *client);
void test_client_expect_silence(struct test_client *client, int ms);
void test_client_fence(struct test_client *client);

/* Ends its output alone; closes in order; closes with a reset. The client can
 * be looked at until free_all. */
void test_client_half_close(struct test_client *client);
void test_client_close(struct test_client *client);
void test_client_reset(struct test_client *client);
void test_client_close_all(void);
void test_client_free_all(void); /* for harness_fini */

/* Tests call these by the same names, which first note the place: a macro is
 * not expanded again inside of itself. */
#ifndef HARNESS_WITHOUT_PLACES
#define HERE(call) (harness_at(__FILE__, __LINE__), call)
#define server_process_expect(...)      HERE(server_process_expect(__VA_ARGS__))
#define server_process_stop(...)        HERE(server_process_stop(__VA_ARGS__))
#define server_process_exit(...)        HERE(server_process_exit(__VA_ARGS__))
#define server_process_wait(...)        HERE(server_process_wait(__VA_ARGS__))
#define test_client_open(...)           HERE(test_client_open(__VA_ARGS__))
#define test_client_open_from(...)      HERE(test_client_open_from(__VA_ARGS__))
#define test_client_open_at(...)        HERE(test_client_open_at(__VA_ARGS__))
#define test_client_user(...)           HERE(test_client_user(__VA_ARGS__))
#define test_client_enter(...)          HERE(test_client_enter(__VA_ARGS__))
#define test_client_line(...)           HERE(test_client_line(__VA_ARGS__))
#define test_client_expect(...)         HERE(test_client_expect(__VA_ARGS__))
#define test_client_match(...)          HERE(test_client_match(__VA_ARGS__))
#define test_client_fence(...)          HERE(test_client_fence(__VA_ARGS__))
#define test_client_expect_end(c)       HERE(test_client_expect_end(c))
#define test_client_expect_silence(a, b) HERE(test_client_expect_silence(a, b))
#define test_client_expect_bytes(...)                                          \
	HERE(test_client_expect_bytes(__VA_ARGS__))
#endif

#endif
