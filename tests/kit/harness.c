/* What servers and clients of the tests share: messages, streams of lines. */
#define HARNESS_WITHOUT_PLACES
#include "tests/kit/harness.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define FILL_BYTES 4096
#define QUOTED_MAX 120

#ifdef __SANITIZE_THREAD__
#define DEADLINE_MS_MIN 100000 /* all takes longer with it */
#define DEADLINE_MS_MAX 100000
#else
#define DEADLINE_MS_MIN 10000
#define DEADLINE_MS_MAX 60000
#endif

static char place[256] = "before the first check";
static void (*undo_first)(void);

void
harness_at(const char *file, int line)
{
	snprintf(place, sizeof(place), "%s:%d", file, line);
}

void
harness_fail(const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cr_assert_fail("%s: %s", place, text);
	abort();
}

int64_t
harness_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
harness_deadline_ms(void)
{
	static int deadline_ms = DEADLINE_MS_MIN;
	static int64_t known_ms; /* since when */
	double load, ms;

	if (known_ms > 0 && harness_now_ms() - known_ms < 1000)
		return deadline_ms;
	known_ms = harness_now_ms();
	if (getloadavg(&load, 1) == 1) {
		ms = DEADLINE_MS_MIN * load / get_nprocs();
		if (ms > DEADLINE_MS_MIN)
			deadline_ms =
			    ms < DEADLINE_MS_MAX ? (int)ms : DEADLINE_MS_MAX;
	}
	return deadline_ms;
}

const char *
harness_quote(const char *bytes, size_t len)
{
	static char texts[4][4 * QUOTED_MAX + 8];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	char *at = text;

	for (size_t i = 0; i < len && i < QUOTED_MAX; i++) {
		unsigned char c = (unsigned char)bytes[i];

		at += c >= 0x20 && c < 0x7f && c != '\\'
			  ? sprintf(at, "%c", c)
			  : sprintf(at, "\\x%02x", c);
	}
	strcpy(at, len > QUOTED_MAX ? "..." : "");
	return text;
}

/* What is there, as read(2); EAGAIN: of TLS's own alone. */
static ssize_t
stream_read(struct harness_stream *stream)
{
	char *to = stream->bytes + stream->len;
	size_t room = stream->cap - stream->len;
	size_t got = 0;
	int result;

	if (!stream->tls)
		return read(stream->fd, to, room);
	ERR_clear_error();
	errno = 0;
	result = SSL_read_ex(stream->tls, to, room, &got);
	if (result == 1)
		return (ssize_t)got;
	switch (SSL_get_error(stream->tls, result)) {
	case SSL_ERROR_WANT_READ:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		errno = errno ? errno : EPROTO;
		return -1;
	}
}

bool
harness_stream_fill(struct harness_stream *stream, int64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = stream->fd, .events = POLLIN};
	int64_t left_ms;
	ssize_t got;
	int ready;

	if (stream->ended)
		return false;
	if (stream->start > 0) {
		stream->len -= stream->start;
		memmove(
		    stream->bytes, stream->bytes + stream->start, stream->len);
		stream->start = 0;
	}
	if (stream->cap - stream->len < FILL_BYTES) {
		stream->cap = stream->cap * 2 + FILL_BYTES;
		stream->bytes = realloc(stream->bytes, stream->cap);
		cr_assert_not_null(stream->bytes);
	}
	do {
		left_ms = deadline_ms - harness_now_ms();
		ready = stream->tls && SSL_pending(stream->tls) > 0
			    ? 1
			    : poll(&pollfd, 1, left_ms > 0 ? (int)left_ms : 0);
		if (ready <= 0 && left_ms <= 0)
			harness_fail("%s: nothing came in time after `%s`",
			    stream->label,
			    harness_quote(stream->bytes, stream->len));
		got = ready > 0 ? stream_read(stream) : 0;
	} while (ready <= 0 || (got < 0 && errno == EAGAIN));
	if (got > 0) {
		stream->len += (size_t)got;
		return true;
	}
	stream->ended = true;
	stream->error = got < 0 ? errno : 0;
	return false;
}

const char *
harness_stream_line(struct harness_stream *stream)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	size_t looked = 0;

	for (;;) {
		char *from = stream->bytes + stream->start;
		char *lf = NULL;

		if (stream->len - stream->start > looked)
			lf = memchr(from + looked, '\n',
			    stream->len - stream->start - looked);
		if (lf) {
			*lf = '\0';
			stream->start += (size_t)(lf + 1 - from);
			return from;
		}
		looked = stream->len - stream->start;
		if (!harness_stream_fill(stream, deadline_ms))
			return NULL;
	}
}

void
harness_stream_close(struct harness_stream *stream)
{
	SSL_free(stream->tls);
	stream->tls = NULL;
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	stream->ended = true;
	free(stream->bytes);
	stream->bytes = NULL;
	stream->start = stream->len = stream->cap = 0;
}

void
harness_at_fini(void (*undo)(void))
{
	undo_first = undo;
}

void
harness_fini(void)
{
	if (undo_first)
		undo_first();
	test_client_free_all();
	server_process_free_all();
}

void
harness_need_descriptors(unsigned count)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < count)
		cr_skip_test("%u descriptors are not allowed here", count);
	limit.rlim_cur = limit.rlim_max;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
