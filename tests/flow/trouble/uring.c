/* io_uring, where it is refused, and what is kept from it. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "console/server/capacity.h"
#include "console/setting/format.h"
#include "tests/kit/scratch.h"

static void
teardown(void)
{
	harness_fini();
	scratch_remove();
}

/* What a container, a kernel that is too old or one that is short of memory
 * does to whoever asks for io_uring. */
static const struct {
	unsigned call;
	int error;
} refusals[] = {
    {__NR_io_uring_setup, EPERM},
    {__NR_io_uring_setup, ENOSYS},
    {__NR_io_uring_setup, ENOMEM},
    {__NR_io_uring_setup, EINVAL},
    {__NR_io_uring_register, EPERM},
    {__NR_io_uring_register, EINVAL},
    {__NR_io_uring_enter, EPERM},
};

#define REFUSALS (sizeof(refusals) / sizeof(*refusals))

Test(flow_start, uring_refused_in_any_way_is_epoll, .fini = harness_fini)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		struct server_process *server = server_process_start_with(
		    &(struct server_setup){.fails = refusals[i].call,
			.fails_with = refusals[i].error});

		harness_at("refusal", (int)i);
		cr_expect(
		    strstr(server->started, " on epoll (io_uring is refused "),
		    "%zu: %s", i, server->started);
		cr_expect(strstr(server->started, strerror(refusals[i].error)),
		    "%zu: %s", i, server->started);
		test_client_fence(test_client_user(server, "ann"));
		server_process_stop(server);
	}
}

Test(flow_start, uring_refused_and_asked_for_is_an_error, .fini = harness_fini)
{
	for (size_t i = 0; i < REFUSALS; i++) {
		struct server_process *server = server_process_launch(
		    &(struct server_setup){.engine = "uring",
			.fails = refusals[i].call,
			.fails_with = refusals[i].error});
		const char *errors;

		cr_expect_eq(server_process_wait(server), 1);
		errors = server_process_errors(server);
		cr_expect(strstr(errors, "io_uring cannot be used here: "),
		    "%zu: %s", i, errors);
		cr_expect(strstr(errors, strerror(refusals[i].error)),
		    "%zu: %s", i, errors);
		cr_expect(strstr(errors, "--io epoll"), "%zu: %s", i, errors);
		cr_expect_eq(strcspn(errors, "\n") + 1, strlen(errors),
		    "one line: %s", errors);
	}
}

/* Locked memory for some rings and not for as many as the clients need, which
 * root has in any case. */
static void
lock_little(struct server_setup *setup)
{
	const struct rlimit little = {1 << 21, 1 << 21};
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() == 0) {
		if (!nobody)
			cr_skip_test("there is no nobody on this machine");
		setup->no_user = true;
		setup->args[1] = "--user=nobody";
		cr_assert_eq(chown(scratch, nobody->pw_uid, nobody->pw_gid), 0);
	}
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &little), 0);
}

/* With epoll further reactors take no further clients. */
Test(flow_start, uring_refused_for_many_is_a_reactor_for_each_core,
    .init = scratch_make, .fini = teardown)
{
	struct server_setup setup = {.args = {"--max-clients=10000"},
	    .folder = scratch,
	    .no_reactors = true,
	    .descriptors_max = 1000};
	struct server_process *server;
	char wanted[80];

	lock_little(&setup);
	server = server_process_start_with(&setup);
	if (!strstr(server->started, " (io_uring is refused "))
		cr_skip_test("this kernel counts no locked memory of rings");
	snprintf(wanted, sizeof(wanted), ": %u reactor%s on epoll (",
	    capacity_cores(), format_plural(capacity_cores()));
	cr_expect(strstr(server->started, wanted), "%s", server->started);
	test_client_fence(test_client_user(server, "ann"));
	server_process_stop(server);
}

/* Accounts are written by system calls, where a failure can be made and seen;
 * a ring would go around them. */
FLOW_TEST(uring_has_nothing_to_do_with_the_account_file)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client;

	server_process_stop(server);
	server->setup.fails = __NR_pwrite64;
	server->setup.fails_with = EIO;
	server->setup.args[0] = "--log-level=error";
	server = server_process_restart(server);
	client = test_client_open(server);
	test_client_send(client, "/register ann secretpw\n");
	test_client_match(client, "ERR read-only *");
	test_client_fence(client);
	server_process_stop(server);
}
