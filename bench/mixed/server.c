#include "bench/mixed/server.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/crowd/process.h"
#include "bench/load/load.h"
#include "bench/load/target.h"
#include "bench/report/report.h"
#include "reactor/check.h"

#define FIRST_WORDS    "[LISTENING] "
#define LAST_WORDS     "all threads joined\n"
#define START_PAUSE_MS 10 /* between two tries to connect */
#define IDLE_MS        1000

static void
server_lock(struct mixed_server *server)
{
	check_zero(pthread_mutex_lock(&server->lock));
}

static void
server_unlock(struct mixed_server *server)
{
	check_zero(pthread_mutex_unlock(&server->lock));
}

static void
server_spawn(struct mixed_server *server)
{
	server->tail_len = 0;
	server->listens = false;
	command_start(&server->command, server->options->command);
}

/* Keeps the end of what the server prints. */
static void
server_remember(struct mixed_server *server, const char *bytes, size_t len)
{
	const size_t size = sizeof server->tail;
	size_t kept = server->tail_len;

	if (len >= size) {
		memcpy(server->tail, bytes + len - size, size);
		server->tail_len = size;
		return;
	}
	if (kept + len > size) {
		memmove(
		    server->tail, server->tail + kept + len - size, size - len);
		kept = size - len;
	}
	memcpy(server->tail + kept, bytes, len);
	server->tail_len = kept + len;
}

/* Waits for output of the server, or for a wake, and reads either. False at
 * the end of the output: the server has ended. */
static bool
server_listen(struct mixed_server *server, int wait_ms)
{
	struct pollfd fds[] = {
	    {.fd = server->command.output_fd, .events = POLLIN},
	    {.fd = server->wake_fd, .events = POLLIN}};
	char bytes[4096];
	uint64_t wakes;
	ssize_t got;

	if (poll(fds, 2, wait_ms) <= 0)
		return true;
	if (fds[1].revents && read(server->wake_fd, &wakes, sizeof wakes) < 0)
		check(errno == EAGAIN);
	if (!fds[0].revents)
		return true;
	got = read(server->command.output_fd, bytes, sizeof bytes);
	if (got <= 0)
		return false;
	/* It stands in the first write that there is. */
	if (memmem(bytes, (size_t)got, FIRST_WORDS, strlen(FIRST_WORDS)))
		server->listens = true;
	server_remember(server, bytes, (size_t)got);
	return true;
}

static bool
server_answers(const struct mixed_server *server)
{
	const struct target *target = server->options->target;
	int fd = target_socket(target);
	struct pollfd connected = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	if (fd < 0)
		return false;
	if (connect(fd, &target->address.any, target->length) < 0)
		error = errno;
	if (error == EINPROGRESS && poll(&connected, 1, IDLE_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	close(fd);
	return error == 0;
}

static void
server_fail(struct mixed_server *server, const char *expected, const char *got)
{
	const struct report_failure failure = {
	    "the server", span_of(expected), span_of(got)};

	report_fail(server->report, server->options->row, &failure);
}

/* SIGKILL to the command, and to the server where that has left its group. */
static void
server_kill(struct mixed_server *server, int pid)
{
	command_kill(&server->command);
	if (pid > 0)
		kill(pid, SIGKILL);
}

/* Its output has ended too early: so does what may be left of it, for nobody
 * would hear of it. */
static void
server_bury(struct mixed_server *server)
{
	server_kill(server, 0);
	command_reap(&server->command);
}

/* Reads what it has to say until it has ended; false when that takes too
 * long. */
static bool
server_has_ended(struct mixed_server *server)
{
	uint64_t until_ns = clock_ns() + server->options->timeout_ns;

	while (server_listen(server, START_PAUSE_MS))
		if (clock_ns() > until_ns)
			return false;
	return true;
}

/*
 * Starts a process and waits until it listens, and says so. One that ends
 * before that is started again where another was killed just now: the kernel
 * may keep that one's sockets for a moment, which even take connections (those
 * of io_uring are given back behind its end).
 */
static bool
server_start(struct mixed_server *server)
{
	uint64_t until_ns = clock_ns() + server->options->timeout_ns;
	bool ended = true;

	do {
		if (ended)
			server_spawn(server);
		ended = !server_listen(server, START_PAUSE_MS);
		if (ended)
			server_bury(server);
		else if (server->listens && server_answers(server))
			return true;
		if (ended && server->killed == 0)
			break;
	} while (clock_ns() < until_ns);
	server_fail(server, "a server that listens",
	    ended ? "its end" : "none in time");
	return false;
}

/* The server is up, in whatever life it is, or is not. */
static void
server_set_up(struct mixed_server *server, bool is_up)
{
	int pid = is_up ? process_find(server->options->target) : 0;

	server_lock(server);
	server->is_up = is_up;
	server->up_ns = clock_ns();
	server->failed = !is_up;
	server->pid = pid;
	check_zero(pthread_cond_signal(&server->started));
	server_unlock(server);
}

static void
server_restart(struct mixed_server *server)
{
	struct process_cpu used;
	int pid = server->pid;
	bool known = process_read_cpu(pid, &used);

	server_lock(server);
	server->is_up = false;
	server->killed_ns = clock_ns();
	server->cpu_ns += known ? used.all_ns : 0;
	server->pid = 0;
	server_unlock(server);
	server_kill(server, pid);
	if (!server_has_ended(server))
		server_fail(server, "an end by SIGKILL", "none in time");
	command_reap(&server->command);
	server_lock(server);
	server->life++;
	server->killed++;
	server->is_back = false;
	server_unlock(server);
	server_set_up(server, server_start(server));
}

/* How long there is nothing for the keeper to do; 0: it is to kill. */
static int
server_wait_ms(struct mixed_server *server)
{
	uint64_t now = clock_ns();
	uint64_t at = UINT64_MAX;

	server_lock(server);
	if (server->is_back && server->killed < server->kill_count)
		at = server->kills[server->killed];
	server_unlock(server);
	if (at <= now)
		return 0;
	return at - now > IDLE_MS * NS_PER_MS
		   ? IDLE_MS
		   : (int)((at - now) / NS_PER_MS) + 1;
}

static bool
server_is_ending(struct mixed_server *server)
{
	bool ending;

	server_lock(server);
	ending = server->ending;
	server_unlock(server);
	return ending;
}

/* The server has ended without being told to. */
static void
server_lost(struct mixed_server *server)
{
	server_bury(server);
	server_fail(server, "a server that runs", "its end");
	server_set_up(server, false);
}

static void
server_wake(struct mixed_server *server)
{
	uint64_t one = 1;

	if (write(server->wake_fd, &one, sizeof one) < 0)
		check(errno == EAGAIN);
}

/* Asks it to end, and reads what it has to say until it has. */
static void
server_stop(struct mixed_server *server)
{
	int pid = server->pid ? server->pid : server->command.shell;
	const size_t len = strlen(LAST_WORDS);
	char got[64];
	bool ended;
	int status;

	kill(pid, SIGTERM);
	ended = server_has_ended(server);
	if (!ended) {
		server_fail(server, "an end by SIGTERM", "none in time");
		server_kill(server, pid);
	}
	status = command_reap(&server->command);
	if (!ended)
		return;
	snprintf(got, sizeof got, "%s %d",
	    WIFEXITED(status) ? "exit status" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	if (status != 0)
		server_fail(server, "exit status 0", got);
	else if (server->tail_len < len ||
		 memcmp(server->tail + server->tail_len - len, LAST_WORDS,
		     len) != 0)
		server_fail(server, LAST_WORDS, "other last words");
}

static void *
keeper_main(void *argument)
{
	struct mixed_server *server = argument;
	uint64_t since_ns;
	int wait_ms;

	server_set_up(server, server_start(server));
	while (!server_is_ending(server) && server->command.shell) {
		wait_ms = server_wait_ms(server);
		if (wait_ms == 0)
			server_restart(server);
		else if (!server_listen(server, wait_ms))
			server_lost(server);
	}
	since_ns = clock_ns();
	if (server->command.shell)
		server_stop(server);
	server->stop_ns = clock_ns() - since_ns;
	return NULL;
}

void
mixed_server_open(struct mixed_server *server,
    const struct mixed_server_options *options, struct report *report)
{
	bool failed;

	*server = (struct mixed_server){
	    .options = options,
	    .report = report,
	    .command = {.output_fd = -1, .leash_fd = -1},
	    .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	if (server->wake_fd < 0)
		err(EXIT_FAILURE, "an event");
	check_zero(pthread_mutex_init(&server->lock, NULL));
	check_zero(pthread_cond_init(&server->started, NULL));
	if (!options->command) {
		server->is_up = true; /* since ever */
		server->pid =
		    options->pid ? options->pid : process_find(options->target);
		return;
	}
	if (server_answers(server))
		errx(EXIT_FAILURE, "another server is at %s already",
		    options->target->url);
	errno = pthread_create(&server->keeper, NULL, keeper_main, server);
	if (errno)
		err(EXIT_FAILURE, "a thread");
	server_lock(server);
	while (!server->is_up && !server->failed)
		check_zero(pthread_cond_wait(&server->started, &server->lock));
	failed = server->failed;
	server_unlock(server);
	if (failed)
		errx(EXIT_FAILURE,
		    "the server of --restart does not listen at "
		    "%s",
		    options->target->url);
}

uint64_t
mixed_server_close(struct mixed_server *server)
{
	if (server->options->command) {
		server_lock(server);
		server->ending = true;
		server_unlock(server);
		server_wake(server);
		check_zero(pthread_join(server->keeper, NULL));
	}
	close(server->wake_fd);
	check_zero(pthread_cond_destroy(&server->started));
	check_zero(pthread_mutex_destroy(&server->lock));
	return server->stop_ns;
}

void
mixed_server_plan(
    struct mixed_server *server, const uint64_t kills[], unsigned count)
{
	check(count <= MIXED_RESTARTS_MAX);
	if (!server->options->command)
		return;
	server_lock(server);
	memcpy(server->kills, kills, count * sizeof *kills);
	server->kill_count = count;
	server_unlock(server);
	server_wake(server);
}

unsigned
mixed_server_life(struct mixed_server *server)
{
	unsigned life;

	server_lock(server);
	life = server->life;
	server_unlock(server);
	return life;
}

void
mixed_server_spare(struct mixed_server *server)
{
	server_lock(server);
	server->kill_count = server->killed;
	server_unlock(server);
}

bool
mixed_server_may_lose(
    struct mixed_server *server, unsigned life, uint64_t since_ns)
{
	bool may;

	server_lock(server);
	may =
	    !server->is_up || server->life != life || since_ns < server->up_ns;
	server_unlock(server);
	return may;
}

void
mixed_server_entered(struct mixed_server *server, unsigned life)
{
	server_lock(server);
	if (!server->is_back && life == server->life) {
		server->is_back = true;
		if (life > 0) {
			server->down_ns[life - 1] =
			    clock_ns() - server->killed_ns;
			fprintf(report_news(server->report),
			    "scenario=%s restart=%u down_ms=%.1f\n",
			    server->options->scenario, life,
			    (double)server->down_ns[life - 1] / NS_PER_MS);
		}
		server_wake(server);
	}
	server_unlock(server);
}

unsigned
mixed_server_downs(const struct mixed_server *server)
{
	return server->is_back ? server->life
			       : server->life - (server->life > 0);
}

int
mixed_server_pid(struct mixed_server *server)
{
	int pid;

	server_lock(server);
	pid = server->pid;
	server_unlock(server);
	return pid;
}

bool
mixed_server_cpu(struct mixed_server *server, uint64_t *used_ns)
{
	struct process_cpu used;
	bool known, between; /* two lives */

	server_lock(server);
	*used_ns = server->cpu_ns;
	known = process_read_cpu(server->pid, &used);
	between = server->options->command && !server->is_up;
	server_unlock(server);
	if (known)
		*used_ns += used.all_ns;
	return known || between;
}
