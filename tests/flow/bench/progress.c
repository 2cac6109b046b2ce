/* What throng-bench ($THRONG_BENCH, build/throng-bench) shows on a terminal
 * while it runs, and leaves there. */
#include "tests/kit/harness.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLEARED "\r\033[K"

/* A bench on a terminal of its own, but for its standard output. */
struct bench {
	pid_t pid;
	int terminal;
	int output;       /* a memory file */
	char text[65536]; /* what it has written on the terminal */
	size_t len;
};

static struct bench bench;

static void
bench_start(
    const struct server_process *server, const char *seconds, const char *more)
{
	const char *binary = getenv("THRONG_BENCH");
	const char *argv[] = {binary ? binary : "build/throng-bench", "echo",
	    "--clients=2", "--warmup=0", "--seconds", seconds, "--connect",
	    server->listen[0], more, NULL};
	struct winsize size = {.ws_row = 24, .ws_col = 100};

	bench.output = memfd_create("output", MFD_CLOEXEC);
	bench.pid = forkpty(&bench.terminal, NULL, NULL, &size);
	cr_assert_geq(bench.pid, 0);
	if (bench.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(bench.output, STDOUT_FILENO) < 0)
			_exit(126);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
}

/* Reads what there is; false at the end. */
static bool
bench_read(void)
{
	struct pollfd poll_fd = {.fd = bench.terminal, .events = POLLIN};
	ssize_t got;

	cr_assert_eq(
	    poll(&poll_fd, 1, HARNESS_DEADLINE_MS), 1, "%s", bench.text);
	got = read(bench.terminal, bench.text + bench.len,
	    sizeof(bench.text) - 1 - bench.len);
	if (got <= 0)
		return false;
	bench.len += (size_t)got;
	bench.text[bench.len] = '\0';
	return true;
}

static void
bench_await(const char *words)
{
	while (!strstr(bench.text, words))
		cr_assert(bench_read(), "no %s: %s", words, bench.text);
}

/* Its wait status; nothing is left on the terminal, and `output` on the other.
 */
static int
bench_end(const char *output)
{
	static char printed[8000];
	int status;

	while (bench_read())
		;
	cr_assert_eq(waitpid(bench.pid, &status, 0), bench.pid);
	cr_assert_geq(bench.len, strlen(CLEARED));
	cr_expect_str_eq(bench.text + bench.len - strlen(CLEARED), CLEARED);
	cr_expect_null(strchr(bench.text, '\n'), "%s", bench.text);
	cr_assert_geq(pread(bench.output, printed, sizeof(printed) - 1, 0), 0);
	if (output)
		cr_expect_not_null(strstr(printed, output), "%s", printed);
	else
		cr_expect_str_empty(printed);
	close(bench.terminal);
	close(bench.output);
	return status;
}

FLOW_TEST(bench_progress_is_a_bar_that_goes_again)
{
	struct server_process *server = server_process_start(engine, NULL);

	/* A rate is told of half a second at least, also on a busy machine. */
	bench_start(server, "3", "--threads=1");
	bench_await("echo talk [#");
	bench_await(" requests/s  ");
	cr_expect_eq(bench_end("\nverdict: ok\n"), 0);
	server_process_stop(server);
}

FLOW_TEST(bench_progress_leaves_nothing_when_interrupted)
{
	struct server_process *server = server_process_start(engine, NULL);
	int status;

	bench_start(server, "60", "--json");
	bench_await("echo talk [");
	cr_assert_eq(write(bench.terminal, "\003", 1), 1);
	status = bench_end(NULL);
	cr_assert(WIFSIGNALED(status));
	cr_expect_eq(WTERMSIG(status), SIGINT);
	server_process_stop(server);
}
