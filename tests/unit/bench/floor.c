/* throng-floor, as bench/results calls it: both engines, few clients. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct floor {
	pid_t pid;
	char line[512]; /* the first that it has printed */
};

static const char *const engines[] = {"epoll", "uring"};

static void
floor_exec(const char *work, const char *engine)
{
	const char *path = getenv("THRONG_FLOOR");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	path = path ? path : "build/throng-floor";
	execl(path, path, work, "--io", engine, "--clients", "20", "--messages",
	    "3", "--bytes", "50", "--seconds", "0.05", (char *)NULL);
	_exit(127);
}

static struct floor
floor_start(const char *work, const char *engine)
{
	struct floor floor = {0};
	int out[2];
	FILE *lines;

	cr_assert_eq(pipe(out), 0);
	floor.pid = fork();
	if (floor.pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		floor_exec(work, engine);
	}
	close(out[1]);
	lines = fdopen(out[0], "r");
	cr_assert_not_null(fgets(floor.line, sizeof(floor.line), lines),
	    "%s on %s says nothing", work, engine);
	fclose(lines);
	return floor;
}

/* It ends by itself. */
static void
floor_await(const struct floor *floor)
{
	int status;

	cr_assert_eq(waitpid(floor->pid, &status, 0), floor->pid);
	cr_assert_eq(status, 0, "%s", floor->line);
}

static double
floor_value(const struct floor *floor, const char *key)
{
	const char *at = strstr(floor->line, key);

	cr_assert_not_null(at, "no %s in %s", key, floor->line);
	return strtod(at + strlen(key), NULL);
}

Test(bench_floor, fanout_reaches_all_in_whole_turns, .timeout = 20)
{
	for (size_t i = 0; i < 2; i++) {
		struct floor floor = floor_start("fanout", engines[i]);
		double operations = floor_value(&floor, " operations=");

		floor_await(&floor);
		cr_assert_geq(operations, 60);
		cr_assert_eq((long)operations % 60, 0);
		cr_assert_gt(floor_value(&floor, " server_cpu_us="), 0);
	}
}

Test(bench_floor, connect_accepts_all, .timeout = 20)
{
	for (size_t i = 0; i < 2; i++) {
		struct floor floor = floor_start("connect", engines[i]);

		floor_await(&floor);
		cr_assert_eq(floor_value(&floor, " operations="), 20);
		cr_assert_gt(floor_value(&floor, " clients_per_s="), 0);
	}
}

/* Its exit status, with room for a few descriptors only. */
static int
floor_end_in_few(const char *work, const char *engine)
{
	const struct rlimit few = {16, 16};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		setrlimit(RLIMIT_NOFILE, &few);
		floor_exec(work, engine);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

Test(bench_floor, clients_that_do_not_fit_end_it, .timeout = 20)
{
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(floor_end_in_few("fanout", engines[i]), 1);
		cr_expect_eq(floor_end_in_few("connect", engines[i]), 1);
	}
}

static int
floor_call(const struct floor *floor)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)floor_value(floor, " port=")),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
say(int fd, const char *text, const char *expected)
{
	char answer[128] = {0};
	size_t len = strlen(expected);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(recv(fd, answer, len, MSG_WAITALL), (ssize_t)len);
	cr_assert_str_eq(answer, expected);
}

Test(bench_floor, echo_answers_each_line_of_each_client, .timeout = 20)
{
	for (size_t i = 0; i < 2; i++) {
		struct floor floor = floor_start("echo", engines[i]);
		int one = floor_call(&floor), two = floor_call(&floor);

		say(one, "a\nb\n", "Echo: a\nEcho: b\n");
		say(two, "half", "Echo: half");
		say(one, "c\n", "Echo: c\n");
		say(two, " a line\nd\n", " a line\nEcho: d\n");
		close(one);
		say(two, "e\n", "Echo: e\n");
		close(two);
		cr_assert_eq(kill(floor.pid, SIGKILL), 0);
		cr_assert_eq(waitpid(floor.pid, NULL, 0), floor.pid);
	}
}
