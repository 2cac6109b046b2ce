/*
 * Going down: whatever standard input is, the server serves, ends at a signal,
 * and leaves the descriptor as it was to whoever shares it, a shell for one.
 */
#include "tests/kit/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/observe.h"

#define GOODBYE "*** server is going down"

static const struct input {
	enum harness_input kind;
	const char *text; /* of a file */
} inputs[] = {
    {HARNESS_INPUT_PIPE, NULL},
    {HARNESS_INPUT_NULL, NULL},
    {HARNESS_INPUT_FILE, "count\nlist\n"}, /* and then its end */
    {HARNESS_INPUT_CLOSED, NULL},
    {HARNESS_INPUT_TERMINAL, NULL},
};

/* Flags of what a descriptor of the server stands for; others may have the
 * same. */
static int
flags_of(const struct server_process *server, int fd)
{
	char path[64], line[64];
	int flags = -1;
	FILE *file;

	snprintf(
	    path, sizeof(path), "/proc/%d/fdinfo/%d", (int)server->pid, fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", (unsigned *)&flags) == 1)
			break;
	if (file)
		fclose(file);
	return flags;
}

static void
serves_and_ends(const char *engine, const struct input *input)
{
	struct server_setup setup = {
	    .engine = engine,
	    .input = input->kind,
	    .input_text = input->text,
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *guest = test_client_open(server);

	if (input->kind == HARNESS_INPUT_PIPE ||
	    input->kind == HARNESS_INPUT_TERMINAL)
		server_process_type(server, "count\n");
	test_client_fence(guest);
	for (int fd = 0; fd < 3; fd++)
		cr_expect_eq(flags_of(server, fd) & O_NONBLOCK, 0,
		    "kind %d, descriptor %d", input->kind, fd);
	server_process_signal(server, SIGTERM);
	test_client_expect(ann, GOODBYE);
	test_client_expect_end(ann);
	test_client_expect(guest, GOODBYE);
	test_client_expect_end(guest);
	test_client_close_all();
	cr_assert_eq(server_process_wait(server), 0, "kind %d: %s", input->kind,
	    server_process_errors(server));
}

FLOW_TEST(down_whatever_standard_input_is)
{
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		serves_and_ends(engine, &inputs[i]);
}

/* More than a pipe holds. */
static void
ask_for_much(struct server_process *server)
{
	for (int i = 0; i < 100; i++)
		server_process_type(server, "help\n");
}

/* An operator's terminal that hangs, or a program behind a pipe. */
FLOW_TEST(down_while_nobody_reads_what_was_asked_for)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct pollfd ended = {.fd = server->pidfd, .events = POLLIN};

	ask_for_much(server);
	server_process_signal(server, SIGTERM);
	test_client_expect(ann, GOODBYE);
	test_client_close_all();
	cr_assert_gt(poll(&ended, 1, HARNESS_DEADLINE_MS), 0, "it goes on");
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(down_who_reads_answers_late_is_told_what_he_missed)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");

	ask_for_much(server);
	server_process_type(server, "broadcast that was all\n");
	test_client_expect(ann, "*** that was all");
	server_process_expect(server, "  exit *");
	server_process_type(server, "count\n");
	server_process_expect(
	    server, "[(]* lines were not shown, as nobody read them)");
	server_process_expect(server, "1 connected, 1 logged in");
	server_process_stop(server);
}

/* Without a console to wait for, it waits for nothing: the end of a file, or of
 * a pipe, or a terminal that has hung up, stay readable. */
FLOW_TEST(down_at_the_end_of_input_it_goes_on_and_rests)
{
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct server_setup setup = {
		    .engine = engine,
		    .input = inputs[i].kind,
		    .input_text = inputs[i].text,
		};
		struct server_process *server =
		    server_process_start_with(&setup);
		struct test_client *ann = test_client_user(server, "ann");

		if (setup.input == HARNESS_INPUT_PIPE)
			server_process_end_input(server);
		test_client_fence(ann);
		observe_rest(server, 200);
		test_client_expect_silence(ann, 0);
		test_client_close_all();
		server_process_signal(server, SIGINT);
		cr_assert_eq(server_process_wait(server), 0);
	}
}
