/* Ten thousand clients, and a thousand with the lab's whole program
 * ($THRONG_BENCH, build/throng-bench). */
#include "tests/kit/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CLIENTS = 10000,
	USERS = 500
};

static const char goodbye[] = "*** server is going down\n";

/* One of many: only how much of the goodbye it has got. */
struct crowd {
	int epoll;
	int fds[CLIENTS];
	unsigned char got[CLIENTS];
};

static struct crowd *
crowd_connect(const struct server_process *server)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)atoi(server->listen[0] + 16)),
	};

	cr_assert_not_null(crowd);
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < CLIENTS; i++) {
		struct epoll_event event = {
		    .events = EPOLLIN, .data.u32 = (uint32_t)i};

		crowd->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (crowd->fds[i] < 0 ||
		    connect(crowd->fds[i], (void *)&address, sizeof(address)) <
			0)
			harness_fail("client %d: %s", i, strerror(errno));
		cr_assert_eq(epoll_ctl(crowd->epoll, EPOLL_CTL_ADD,
				 crowd->fds[i], &event),
		    0);
	}
	return crowd;
}

/* More of the goodbye, or the end after the whole of it. True at that end. */
static bool
crowd_read(struct crowd *crowd, unsigned i)
{
	char bytes[256];
	size_t left = sizeof(goodbye) - 1 - crowd->got[i];
	ssize_t got = read(crowd->fds[i], bytes, sizeof(bytes));

	if (got < 0)
		harness_fail("client %u: %s after %u bytes", i, strerror(errno),
		    crowd->got[i]);
	if ((size_t)got > left ||
	    memcmp(bytes, goodbye + crowd->got[i], (size_t)got) != 0)
		harness_fail("client %u: expected the goodbye, got `%s`", i,
		    harness_quote(bytes, (size_t)got));
	crowd->got[i] += (unsigned char)got;
	if (got > 0)
		return false;
	if (left > 0)
		harness_fail("client %u: no goodbye", i);
	close(crowd->fds[i]);
	return true;
}

static void
crowd_hear_goodbye(struct crowd *crowd)
{
	struct epoll_event events[512];
	int left = CLIENTS;

	while (left > 0) {
		int count =
		    epoll_wait(crowd->epoll, events, 512, HARNESS_DEADLINE_MS);

		if (count == 0)
			harness_fail("%d clients are still waiting", left);
		/* Or a process that was stopped goes on: signal(7). */
		cr_assert(count > 0 || errno == EINTR);
		for (int i = 0; i < count; i++)
			left -= crowd_read(crowd, events[i].data.u32);
	}
	close(crowd->epoll);
	free(crowd);
}

FLOW_TEST(many_clients_all_hear_the_goodbye_at_exit)
{
	struct server_process *server;
	struct test_client *users[USERS];
	struct crowd *crowd;
	int64_t start_ms;

	harness_need_descriptors(CLIENTS + USERS + 300);
	server = server_process_start(engine, NULL);
	users[0] = test_client_user(server, "ann");
	for (int i = 1; i < USERS; i++)
		users[i] = test_client_again(server, "ann");
	crowd = crowd_connect(server);
	test_client_send(users[0], "/b hello\n");
	for (int i = 0; i < USERS; i++)
		test_client_expect(users[i], "[ann#%lu] hello", users[0]->id);
	server_process_type(server, "count\n");
	while (strcmp(server_process_expect(server, "* connected, *"),
		   "10500 connected, 500 logged in") != 0)
		server_process_type(server, "count\n");
	start_ms = harness_now_ms();
	server_process_type(server, "exit\n");
	crowd_hear_goodbye(crowd);
	for (int i = 0; i < USERS; i++) {
		test_client_expect(users[i], "*** server is going down");
		test_client_expect_end(users[i]);
		test_client_close(users[i]);
	}
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert_lt(harness_now_ms() - start_ms, HARNESS_DEADLINE_MS);
	cr_assert_str_eq(server_process_errors(server), "");
}

/* Runs it with its output going to a memory file; returns the exit status. */
static int
run_bench(const char *url, const char *clients, int *output)
{
	const char *binary = getenv("THRONG_BENCH");
	const char *argv[] = {binary ? binary : "build/throng-bench", "lab",
	    "--clients", clients, "--connect", url, NULL};
	int status;
	pid_t pid;

	*output = memfd_create("bench", MFD_CLOEXEC);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(*output, 1) < 0 || dup2(*output, 2) < 0)
			_exit(126);
		execv(argv[0], (char **)argv);
		_exit(127);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

FLOW_TEST(many_clients_of_the_lab_see_what_they_should)
{
	struct server_process *server;
	static char text[8000];
	int output, status;

	harness_need_descriptors(CLIENTS + USERS + 300);
	server = server_process_start(engine, NULL);
	status = run_bench(server->listen[0], "1000", &output);
	cr_assert_geq(pread(output, text, sizeof(text) - 1, 0), 0);
	close(output);
	if (status != 0)
		harness_fail("the bench ended with %d: %s", status, text);
	cr_assert_not_null(strstr(text, "clients=1000"), "%s", text);
	/* Half of them have made an account each, half used one. */
	server_process_type(server, "count\n");
	server_process_expect(server, "* connected, 0 logged in");
	server_process_stop(server);
}
