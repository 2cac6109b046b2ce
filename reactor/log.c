/*
 * The log: callers fill one half of the queue, the writer takes it whole and
 * leaves them the other, so that a line is formatted and copied once and the
 * lock is held for that copy.
 */
#include "reactor/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/log_flood.h"
#include "reactor/log_line.h"
#include "reactor/memory.h"

#define HALF_BYTES (LOG_QUEUE_BYTES / 2)
#define STUCK_MS   100 /* between looks at whether the log ends */

_Static_assert(LOG_LINE_BYTES_MAX <= PIPE_BUF, "a line is one piece");

/* Set by the operator's thread, read by all. */
static _Atomic int log_threshold = LOG_LEVEL_INFO;

static struct {
	/* The main thread's. */
	bool started;
	/* Set before the thread is there. */
	struct log_config config;
	pthread_t thread;
	int fd; /* owned; what it is open on changes in log_reopen */
	/* The writer's. */
	char *writing; /* owned, HALF_BYTES */
	bool failed;   /* the last write did */
	int error;     /* why, if the descriptor refused it */
	int told;      /* what on_failure was told last */
	bool torn;     /* and left a line without its end */
	/* Under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum log_format format;
	bool running;
	bool stopping;
	uint64_t give_up_ms; /* if stopping */
	char *filling;       /* owned, HALF_BYTES */
	size_t filled;
	uint64_t lost;      /* lines that were not written, not told yet */
	uint64_t lost_ever; /* and all of them */
	struct log_flood flood;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What the writer has taken. */
struct batch {
	size_t len; /* in logger.writing */
	uint64_t lost;
};

static size_t
format_line(char line[LOG_LINE_BYTES_MAX], enum log_format format,
    enum log_level level, const char *event, const struct log_field fields[])
{
	struct log_entry entry = {
	    .time_ms = (int64_t)(clock_read_us(CLOCK_REALTIME) / 1000),
	    .level = level,
	    .event = event,
	    .fields = fields,
	};

	return log_line_format(line, format, &entry);
}

/* Under the lock. */
static void
queue_put(const char *line, size_t len)
{
	if (logger.filled + len > HALF_BYTES) {
		logger.lost++;
		logger.lost_ever++;
		return;
	}
	if (logger.filled == 0)
		check_zero(pthread_cond_signal(&logger.changed));
	memcpy(logger.filling + logger.filled, line, len);
	logger.filled += len;
}

/* Under the lock: what was kept back in seconds that are over, and at the end
 * all of it. */
static void
queue_put_suppressed(void)
{
	uint64_t now_ms = logger.stopping ? UINT64_MAX : clock_monotonic_ms();
	char line[LOG_LINE_BYTES_MAX];
	struct log_second second;

	while (log_flood_take(&logger.flood, now_ms, &second)) {
		const struct log_field fields[] = {
		    LOG_TEXT("what", second.event),
		    LOG_NUMBER("count", second.suppressed),
		    {.kind = LOG_FIELD_END},
		};

		queue_put(line, format_line(line, logger.format, second.level,
				    "suppressed", fields));
	}
}

/* Under the lock: until there is something to write, or the end. */
static void
writer_wait(void)
{
	for (;;) {
		uint64_t due_ms = log_flood_due_ms(&logger.flood);
		struct timespec until = {
		    .tv_sec = (time_t)(due_ms / 1000),
		    .tv_nsec = (long)(due_ms % 1000) * 1000000,
		};
		int error;

		if (logger.filled > 0 || logger.stopping ||
		    due_ms <= clock_monotonic_ms())
			return;
		error = due_ms == UINT64_MAX
			    ? pthread_cond_wait(&logger.changed, &logger.lock)
			    : pthread_cond_timedwait(
				  &logger.changed, &logger.lock, &until);
		check(error == 0 || error == ETIMEDOUT);
	}
}

/* Under the lock. */
static bool
writer_has_given_up(void)
{
	return logger.stopping && clock_monotonic_ms() >= logger.give_up_ms;
}

/* Waits for lines and takes them. False: the end, nothing is queued any more.
 * What was lost is told with the next lines, or, if there is hope, last. */
static bool
writer_take(struct batch *batch)
{
	char *taken;
	bool ended;

	check_zero(pthread_mutex_lock(&logger.lock));
	writer_wait();
	queue_put_suppressed();
	taken = logger.filling;
	logger.filling = logger.writing;
	logger.writing = taken;
	*batch = (struct batch){.len = logger.filled, .lost = logger.lost};
	logger.filled = 0;
	logger.lost = 0;
	ended =
	    writer_has_given_up() || (logger.stopping && batch->len == 0 &&
					 (batch->lost == 0 || logger.failed));
	logger.running = !ended;
	check_zero(pthread_mutex_unlock(&logger.lock));
	return !ended;
}

/* Whole lines at the beginning that a pipe takes at once or not at all: poll()
 * promises no more. */
static size_t
piece_len(const char *bytes, size_t len)
{
	const char *end;

	if (len <= PIPE_BUF)
		return len;
	end = memrchr(bytes, '\n', PIPE_BUF);
	check(end != NULL);
	return (size_t)(end + 1 - bytes);
}

/* Returns how much was written: less when the disk is full, for example, or
 * the log ends before the descriptor has taken it. */
static size_t
writer_write(const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct pollfd fd = {.fd = logger.fd, .events = POLLOUT};
		ssize_t wrote = 0;
		bool given_up;

		if (poll(&fd, 1, STUCK_MS) > 0)
			wrote = write(logger.fd, bytes + done,
			    piece_len(bytes + done, len - done));
		if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
			logger.error = errno;
			break;
		}
		done += wrote > 0 ? (size_t)wrote : 0;
		check_zero(pthread_mutex_lock(&logger.lock));
		given_up = writer_has_given_up();
		check_zero(pthread_mutex_unlock(&logger.lock));
		if (given_up)
			break;
	}
	return done;
}

static void
writer_feed_sink(char *bytes, size_t len)
{
	char *end;

	for (char *line = bytes; line < bytes + len; line = end + 1) {
		end = memchr(line, '\n', len - (size_t)(line - bytes));
		check(end != NULL);
		*end = '\0';
		logger.config.sink(logger.config.context, line);
	}
}

/* Writes lines; returns how many of them were lost. */
static uint64_t
writer_put(char *bytes, size_t len)
{
	uint64_t lost = 0;
	size_t done;

	logger.failed = false;
	logger.error = 0;
	if (logger.config.sink) {
		writer_feed_sink(bytes, len);
		return 0;
	}
	if (logger.torn && len > 0 && writer_write("\n", 1) == 1)
		logger.torn = false;
	done = logger.torn ? 0 : writer_write(bytes, len);
	if (done > 0)
		logger.torn = bytes[done - 1] != '\n';
	logger.failed = done < len;
	for (size_t at = done; at < len; at++)
		lost += bytes[at] == '\n';
	return lost;
}

static void
writer_tell_failure(void)
{
	if (!logger.error != !logger.told && logger.config.on_failure)
		logger.config.on_failure(logger.config.context, logger.error);
	logger.told = logger.error;
}

static void
writer_put_batch(const struct batch *batch)
{
	const struct log_field fields[] = {
	    LOG_NUMBER("count", batch->lost),
	    {.kind = LOG_FIELD_END},
	};
	uint64_t lost = batch->lost, unwritten;
	char line[LOG_LINE_BYTES_MAX];
	enum log_format format;

	check_zero(pthread_mutex_lock(&logger.lock));
	format = logger.format;
	check_zero(pthread_mutex_unlock(&logger.lock));
	unwritten = writer_put(logger.writing, batch->len);
	lost += unwritten;
	if (batch->lost > 0 && !logger.failed &&
	    writer_put(line, format_line(line, format, LOG_LEVEL_WARN,
				 "log-lines-lost", fields)) == 0)
		lost = 0;
	writer_tell_failure();
	check_zero(pthread_mutex_lock(&logger.lock));
	logger.lost += lost;
	logger.lost_ever += unwritten;
	check_zero(pthread_mutex_unlock(&logger.lock));
}

static void *
writer_main(void *argument)
{
	struct batch batch;

	(void)argument;
	pthread_setname_np(pthread_self(), "throng/log");
	while (writer_take(&batch))
		writer_put_batch(&batch);
	return NULL;
}

/* The file, or a standard error of our own: log_reopen will replace it. It is
 * not waited for: a FIFO that nobody reads is an error. -1 with errno. */
static int
log_open(const char *path)
{
	const int flags =
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	return path ? open(path, flags, 0640)
		    : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int
log_fail(const char *path, int error, char text[LOG_ERROR_BYTES])
{
	snprintf(text, LOG_ERROR_BYTES, "cannot open the log %.400s: %s",
	    path ? path : "on standard error", strerrordesc_np(error));
	return -1;
}

/* The thread takes no signal: they are the main thread's. */
static int
writer_start(void)
{
	pthread_condattr_t clock;
	sigset_t all, before;
	int error;

	check_zero(pthread_condattr_init(&clock));
	check_zero(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC));
	check_zero(pthread_cond_init(&logger.changed, &clock));
	check_zero(pthread_condattr_destroy(&clock));
	sigfillset(&all);
	check_zero(pthread_sigmask(SIG_SETMASK, &all, &before));
	error = pthread_create(&logger.thread, NULL, writer_main, NULL);
	check_zero(pthread_sigmask(SIG_SETMASK, &before, NULL));
	if (error)
		check_zero(pthread_cond_destroy(&logger.changed));
	return error;
}

static void
log_release(void)
{
	if (logger.fd >= 0)
		close(logger.fd);
	free(logger.filling);
	free(logger.writing);
}

int
log_start(const struct log_config *config, char error[LOG_ERROR_BYTES])
{
	int fd = config->sink ? -1 : log_open(config->path);
	int result;

	check(!logger.started);
	if (!config->sink && fd < 0)
		return log_fail(config->path, errno, error);
	logger.config = *config;
	logger.fd = fd;
	logger.filling = memory_new(HALF_BYTES);
	logger.writing = memory_new(HALF_BYTES);
	logger.failed = false;
	logger.torn = false;
	check_zero(pthread_mutex_lock(&logger.lock));
	logger.flood = (struct log_flood){0};
	logger.filled = 0;
	logger.lost = 0;
	logger.stopping = false;
	result = writer_start();
	logger.running = result == 0;
	check_zero(pthread_mutex_unlock(&logger.lock));
	if (result) {
		log_release();
		return log_fail(config->path, result, error);
	}
	logger.started = true;
	log_set_level(config->level);
	log_set_format(config->format);
	return 0;
}

int
log_reopen(const char *path, char error[LOG_ERROR_BYTES])
{
	int fd;

	check(logger.started);
	if (logger.config.sink)
		return 0;
	fd = log_open(path);
	if (fd < 0)
		return log_fail(path, errno, error);
	/* At once for the writer, who may be in the middle of a write(). */
	check(dup3(fd, logger.fd, O_CLOEXEC) == logger.fd);
	close(fd);
	return 0;
}

uint64_t
log_lines_lost(void)
{
	uint64_t lost;

	check_zero(pthread_mutex_lock(&logger.lock));
	lost = logger.lost_ever;
	check_zero(pthread_mutex_unlock(&logger.lock));
	return lost;
}

void
log_stop(void)
{
	if (!logger.started)
		return;
	logger.started = false;
	check_zero(pthread_mutex_lock(&logger.lock));
	logger.stopping = true;
	logger.give_up_ms = clock_monotonic_ms() + LOG_STOP_MS;
	check_zero(pthread_cond_signal(&logger.changed));
	check_zero(pthread_mutex_unlock(&logger.lock));
	check_zero(pthread_join(logger.thread, NULL));
	check(!logger.running);
	check_zero(pthread_cond_destroy(&logger.changed));
	log_release();
}

void
log_event(
    enum log_level level, const char *event, const struct log_field fields[])
{
	char line[LOG_LINE_BYTES_MAX];
	int error = errno;
	enum log_flood_verdict verdict = LOG_FLOOD_PASSES;
	bool audit = level == LOG_LEVEL_AUDIT;
	enum log_format format;
	ssize_t written;
	bool queued;
	size_t len;

	/* Relaxed: a stale value logs or drops one line more; pairs with the
	 * store in log_set_level. */
	if ((int)level <
	    atomic_load_explicit(&log_threshold, memory_order_relaxed))
		return;
	if (audit)
		level = LOG_LEVEL_INFO;
	check_zero(pthread_mutex_lock(&logger.lock));
	if (logger.running && !audit)
		verdict = log_flood_note(
		    &logger.flood, level, event, clock_monotonic_ms());
	if (verdict == LOG_FLOOD_STARTS)
		check_zero(pthread_cond_signal(&logger.changed));
	format = logger.format;
	check_zero(pthread_mutex_unlock(&logger.lock));
	if (verdict != LOG_FLOOD_PASSES)
		return;
	len = format_line(line, format, level, event, fields);
	check_zero(pthread_mutex_lock(&logger.lock));
	queued = logger.running;
	if (queued)
		queue_put(line, len);
	check_zero(pthread_mutex_unlock(&logger.lock));
	/* A log that cannot be written has nowhere to complain. */
	written = queued ? 0 : write(STDERR_FILENO, line, len);
	(void)written;
	errno = error;
}

void
log_set_level(enum log_level level)
{
	/* Relaxed: publishes nothing else; pairs with the load above. */
	atomic_store_explicit(&log_threshold, (int)level, memory_order_relaxed);
}

enum log_level
log_level_now(void)
{
	/* Relaxed: as in log_event; pairs with the store in log_set_level. */
	return (enum log_level)atomic_load_explicit(
	    &log_threshold, memory_order_relaxed);
}

void
log_set_format(enum log_format format)
{
	check_zero(pthread_mutex_lock(&logger.lock));
	logger.format = format;
	check_zero(pthread_mutex_unlock(&logger.lock));
}

int
log_level_parse(const char *name)
{
	for (unsigned i = 0; log_level_name(i); i++)
		if (!strcmp(name, log_level_name(i)))
			return (int)i;
	return -1;
}
