/* The service manager's half that needs no server: the environment. What it is
 * told is in flow/operator/service.c. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/server/service.h"

#define MAX 2

static int fds[MAX];

/* In a process of its own, whose descriptors from 3 on are nobody else's. */
static void
in_child(bool (*holds)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(holds() ? 0 : 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

/* As if descriptors from 3 on, which are made here, had been passed. */
static void
pass(int count)
{
	char text[16];

	for (int i = 0; i < count; i++)
		dup2(STDERR_FILENO, 3 + i);
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", count);
	setenv("LISTEN_FDS", text, 1);
}

Test(console_service, without_a_manager_nothing_happens)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("LISTEN_FDS");
	service_ready("ready");
	service_reloading();
	service_alive("alive");
	service_stopping();
	cr_assert_eq(service_watchdog_ms(), 0);
	cr_assert_eq(service_listeners(fds, MAX), 0);
}

Test(console_service, manager_that_is_gone_is_no_matter)
{
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	service_ready("ready");
	service_stopping();
}

Test(console_service, watchdog_is_fed_twice_in_its_time)
{
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "30000000", 1);
	cr_assert_eq(service_watchdog_ms(), 15000);
	setenv("WATCHDOG_USEC", "1", 1);
	cr_assert_eq(service_watchdog_ms(), 1);
	setenv("WATCHDOG_USEC", "9999999999999999", 1);
	cr_assert_gt(service_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "soon", 1);
	cr_assert_eq(service_watchdog_ms(), 0);
}

Test(console_service, watchdog_of_another_process_is_not_ours)
{
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	cr_assert_eq(service_watchdog_ms(), 0);
}

static bool
given_once_and_not_inherited(void)
{
	bool ok;

	pass(MAX);
	ok = service_listeners(fds, MAX) == MAX;
	for (int i = 0; i < MAX; i++)
		ok = ok && fds[i] == 3 + i &&
		     (fcntl(fds[i], F_GETFD) & FD_CLOEXEC) &&
		     (fcntl(fds[i], F_GETFL) & O_NONBLOCK);
	return ok && !getenv("LISTEN_FDS") && !getenv("LISTEN_PID") &&
	       service_listeners(fds, MAX) == 0;
}

static bool
more_than_there_is_room_for(void)
{
	bool ok;

	pass(MAX + 1);
	ok = service_listeners(fds, MAX) == -E2BIG;
	for (int i = 0; i < MAX + 1; i++)
		ok = ok && fcntl(3 + i, F_GETFD) < 0;
	return ok;
}

static bool
of_another_process(void)
{
	pass(MAX);
	setenv("LISTEN_PID", "1", 1);
	return service_listeners(fds, MAX) == 0;
}

static bool
nonsense(void)
{
	pass(MAX);
	setenv("LISTEN_FDS", "many", 1);
	return service_listeners(fds, MAX) < 0;
}

Test(console_service, passed_descriptors_are_given_once_and_not_inherited)
{
	in_child(given_once_and_not_inherited);
}

Test(console_service, more_than_there_is_room_for_are_refused_and_closed)
{
	in_child(more_than_there_is_room_for);
}

Test(console_service, passed_descriptors_of_another_process_are_not_ours)
{
	in_child(of_another_process);
}

Test(console_service, number_of_passed_descriptors_that_is_none_is_an_error)
{
	in_child(nonsense);
}
