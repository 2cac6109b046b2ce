/*
 * What servers and clients of whole-server tests have in common: how long they
 * are waited for, how a test fails, and descriptors that are read line by line.
 * The test's own thread only.
 */
#ifndef TESTS_KIT_HARNESS_STREAM_H
#define TESTS_KIT_HARNESS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long an event is waited for, which only a failure takes: ten seconds, or
 * longer where the machine has more to do than it has processors. */
#define HARNESS_DEADLINE_MS harness_deadline_ms()
int harness_deadline_ms(void);

/* Monotonic. */
int64_t harness_now_ms(void);

/* Where in the test we are, for messages; the macros below call it. */
void harness_at(const char *file, int line);
/* Ends the test as failed. */
void harness_fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));
/* Any bytes as printable text, cut; the last four stay valid. */
const char *harness_quote(const char *bytes, size_t len);

/* A descriptor that is read line by line. */
struct harness_stream {
	int fd;         /* owned, -1 when closed */
	char label[40]; /* who this is, for messages */
	char *bytes;    /* owned; from start to len is not taken yet */
	size_t start, len, cap;
	bool ended;         /* end of input or an error has been seen */
	int error;          /* errno of that, 0 for an orderly end */
	struct ssl_st *tls; /* owned; NULL: none (tls_kit.h). Its end is only
			     * orderly with TLS's own word for it */
};

/* Waits for more bytes. False at the end of input; fails at the deadline. */
bool harness_stream_fill(struct harness_stream *stream, int64_t deadline_ms);
/* The next line without its LF, valid until the next call; NULL at the end. */
const char *harness_stream_line(struct harness_stream *stream);
void harness_stream_close(struct harness_stream *stream);

/* Tests call some functions by macros of the same names, which first note the
 * place: a macro is not expanded again inside of itself. */
#define HERE(call) (harness_at(__FILE__, __LINE__), call)

#endif
