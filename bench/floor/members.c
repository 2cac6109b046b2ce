/* The clients of the floor: a process that receives and discards. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/floor/floor.h"

#define EVENTS        512
#define DISCARD_BYTES 65536

#define SOURCE_FIRST   0x7f010001u /* 127.1.0.1 */
#define SOURCE_CLIENTS 4096

/* In the fork: the other ends of the pipes. */
struct crowd {
	unsigned port;
	int go;
	int done;
	int epoll;
};

/* Each some thousand from another address of loopback: looking for one of the
 * last free ports of an address would be what is measured. */
static void
connect_one(const struct crowd *crowd, unsigned number)
{
	struct sockaddr_in from = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(SOURCE_FIRST + number / SOURCE_CLIENTS),
	};
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)crowd->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

	if (fd < 0 ||
	    setsockopt(
		fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) ||
	    connect(fd, (struct sockaddr *)&at, sizeof at) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) ||
	    epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, fd, &event))
		err(EXIT_FAILURE, "client");
}

static void
connect_all(const struct crowd *crowd, unsigned count)
{
	char go;

	for (unsigned i = 0; i < count; i++) {
		if (i % MEMBERS_AHEAD == 0 && read(crowd->go, &go, 1) != 1)
			exit(EXIT_FAILURE);
		connect_one(crowd, i);
	}
}

/* All that there is: a read that is not full has emptied the socket, and the
 * next bytes are a new edge. */
static uint64_t
discard(int fd)
{
	static char bytes[DISCARD_BYTES];
	uint64_t sum = 0;
	ssize_t n;

	do {
		n = read(fd, bytes, sizeof bytes);
		if (n == 0)
			exit(EXIT_SUCCESS);
		if (n < 0 && errno != EAGAIN)
			err(EXIT_FAILURE, "read");
		if (n > 0)
			sum += (uint64_t)n;
	} while (n == (ssize_t)sizeof bytes);
	return sum;
}

static void
receive_for_ever(const struct crowd *crowd, uint64_t turn_bytes)
{
	struct epoll_event events[EVENTS];
	uint64_t got = 0;

	for (;;) {
		int n = epoll_wait(crowd->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++)
			got += discard(events[i].data.fd);
		if (got < turn_bytes)
			continue;
		got -= turn_bytes;
		if (write(crowd->done, "", 1) != 1)
			exit(EXIT_SUCCESS);
	}
}

static void
crowd_main(struct crowd *crowd, unsigned count, uint64_t blob_bytes)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
	connect_all(crowd, count);
	receive_for_ever(crowd, count * blob_bytes);
}

/* Whoever waits for them to connect or to receive would wait for ever. They
 * have said why. */
static void
on_members_end(int signal)
{
	static const char words[] = "throng-floor: the clients have ended\n";
	ssize_t ignored = write(STDERR_FILENO, words, sizeof words - 1);

	(void)signal;
	(void)ignored;
	_exit(EXIT_FAILURE);
}

struct members
members_start(unsigned port, unsigned count, uint64_t blob_bytes)
{
	struct members members;
	int go[2], done[2];

	if (pipe2(go, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		err(EXIT_FAILURE, "pipe");
	members = (struct members){.go = go[1], .done = done[0]};
	signal(SIGCHLD, on_members_end);
	members.pid = fork();
	if (members.pid < 0)
		err(EXIT_FAILURE, "fork");
	if (members.pid == 0) {
		struct crowd crowd = {port, go[0], done[1], -1};

		close(members.go);
		close(members.done);
		crowd_main(&crowd, count, blob_bytes);
	}
	close(go[0]);
	close(done[1]);
	return members;
}

void
members_admit(const struct members *members, unsigned accepted)
{
	if (accepted % MEMBERS_AHEAD == 0 && write(members->go, "", 1) != 1)
		err(EXIT_FAILURE, "clients");
}

void
members_wait(const struct members *members)
{
	char done;

	if (read(members->done, &done, 1) != 1)
		errx(EXIT_FAILURE, "the clients have ended");
}

void
members_stop(struct members *members)
{
	signal(SIGCHLD, SIG_DFL);
	kill(members->pid, SIGKILL);
	waitpid(members->pid, NULL, 0);
	close(members->go);
	close(members->done);
}
