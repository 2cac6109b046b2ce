/*
 * What a service manager, or whoever sets the environment, says of sockets and
 * of a watchdog: any text is refused, or the sockets there are get taken, once,
 * as the descriptors that nobody inherits and nothing waits for.
 *
 * The data: how many descriptors there are from 3 on and of which kinds, the
 * most that are wanted, then LISTEN_FDS, WATCHDOG_USEC and LISTEN_PID; of the
 * last an empty one is this process; and a status.
 */
/* Covers: console/server/service.c */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/server/service.h"
#include "reactor/address.h"
#include "reactor/check.h"
#include "reactor/listen.h"
#include "tests/fuzz/source.h"

#define FIRST     3
#define PASSED    4                /* at most */
#define LAST      (FIRST + PASSED) /* always closed: here the passed ones end */
#define REACTORS  3
#define KINDS     6
#define FAR_ABOVE 100 /* where this program's own descriptors go */

static int kinds[KINDS]; /* descriptors to pass copies of */

static int
make_socket(int family, int type, bool listens)
{
	int fd = socket(family, type, 0);

	check(fd >= 0);
	if (listens)
		check_zero(listen(fd, 1));
	return fd;
}

/* Whoever bound it chose an abstract name of the kernel's. */
static int
make_unix(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = make_socket(AF_UNIX, SOCK_STREAM, false);

	check_zero(bind(fd, (void *)&address, sizeof(address.sun_family)));
	check_zero(listen(fd, 1));
	return fd;
}

static void
make_kinds(void)
{
	int made[KINDS] = {
	    make_socket(AF_INET, SOCK_STREAM, true),
	    make_unix(),
	    make_socket(AF_INET, SOCK_STREAM, false),
	    make_socket(AF_INET, SOCK_DGRAM, false),
	    make_socket(AF_INET6, SOCK_STREAM, true),
	    open("/dev/null", O_RDONLY),
	};

	for (int i = 0; i < KINDS; i++) {
		kinds[i] = fcntl(made[i], F_DUPFD_CLOEXEC, FAR_ABOVE);
		check(kinds[i] >= FAR_ABOVE);
		close(made[i]);
	}
}

/* So that nobody else's file is between the passed ones. */
static void
occupy(void)
{
	for (int fd = FIRST; fd <= LAST; fd++)
		check(dup2(kinds[KINDS - 1], fd) == fd);
}

/* As many as the input asks for; the ones behind them are closed. */
static int
pass(struct source *source)
{
	int count = source_byte(source) % (PASSED + 1);

	close(LAST);
	for (int i = 0; i < PASSED; i++) {
		int kind = kinds[source_byte(source) % KINDS];

		if (i < count)
			check(dup2(kind, FIRST + i) == FIRST + i);
		else
			close(FIRST + i);
	}
	return count;
}

static void
set_text(const char *name, char *text)
{
	check_zero(setenv(name, text, 1));
	free(text);
}

static void
set_environment(struct source *source)
{
	char self[16], *pid;

	set_text("LISTEN_FDS", source_text(source));
	set_text("WATCHDOG_USEC", source_text(source));
	pid = source_text(source);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	check_zero(setenv("LISTEN_PID", *pid ? pid : self, 1));
	free(pid);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
check_adopted(int fd)
{
	struct endpoint endpoint;
	char error[LISTEN_ERROR_BYTES] = "", text[ENDPOINT_TEXT_BYTES];
	int fds[REACTORS];

	if (listen_adopt(fd, &endpoint, REACTORS, fds, error) < 0) {
		check(error[0] != '\0');
		check(!is_open(fd));
		return;
	}
	check(error[0] == '\0');
	check(fds[0] == fd);
	endpoint_format(&endpoint, text);
	check(strlen(text) < sizeof(text));
	for (int i = 0; i < REACTORS; i++) {
		check(fcntl(fds[i], F_GETFD) == FD_CLOEXEC);
		check_zero(close(fds[i]));
	}
}

static void
check_listeners(int passed, int max)
{
	int fds[PASSED] = {0};
	int count = service_listeners(fds, max);

	check(count <= max);
	check(count <= passed);
	check(getenv("LISTEN_FDS") == NULL);
	check(service_listeners(fds, max) == 0);
	for (int i = 0; i < count; i++) {
		check(fds[i] == FIRST + i);
		check((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0);
		check(fcntl(fds[i], F_GETFD) == FD_CLOEXEC);
		check_adopted(fds[i]);
	}
	if (count == -E2BIG)
		for (int i = 0; i < max; i++)
			check(!is_open(FIRST + i));
}

/* To a manager that is gone. */
static void
tell(struct source *source)
{
	char *status = source_text(source);

	check_zero(setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1));
	service_ready(status);
	service_reloading();
	service_alive(status);
	service_stopping();
	free(status);
}

/* Before libFuzzer opens its own. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_kinds();
	occupy();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	int passed, max;

	passed = pass(&source);
	max = source_byte(&source) % (PASSED + 1);
	set_environment(&source);
	check_listeners(passed, max);
	check(service_watchdog_ms() >= 0);
	tell(&source);
	occupy();
	return 0;
}
