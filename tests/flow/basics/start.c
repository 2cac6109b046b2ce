/* Starting: listeners of every kind, and what the engine is. */
#include "tests/kit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_URING .fails = __NR_io_uring_setup, .fails_with = EPERM

#define UNIX_LISTEN "--listen=unix:{folder}/socket"

/* One hears the other, whatever way they came. */
static void
check_talk(struct test_client *ann, struct test_client *ben)
{
	test_client_send(ann, "/b hello\n");
	test_client_expect(ann, "[ann#%lu] hello", ann->id);
	test_client_expect(ben, "[ann#%lu] hello", ann->id);
}

FLOW_TEST(start_with_listeners_of_all_kinds_serves_them_all)
{
	struct server_setup setup = {
	    .engine = engine,
	    .no_listen = true,
	    .args = {"--listen", "tcp://127.0.0.1:0", "--listen=tcp://[::1]:0",
		UNIX_LISTEN, "--listen=tcp://127.0.0.1:0"},
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");

	cr_assert_eq(server->listen_count, 4);
	cr_assert_eq(strncmp(server->listen[0], "tcp://127.0.0.1:", 16), 0);
	cr_assert_eq(strncmp(server->listen[1], "tcp://[::1]:", 12), 0);
	cr_assert_eq(strncmp(server->listen[2], "unix:/", 6), 0);
	cr_assert_str_neq(server->listen[0], server->listen[3]);
	for (int i = 0; i < 4; i++) {
		struct test_client *other =
		    test_client_open_at(server->listen[i]);

		cr_assert_null(strstr(server->listen[i], ":0"));
		test_client_enter(other, "ann");
		check_talk(ann, other);
		test_client_close(other);
	}
	server_process_stop(server);
	cr_assert_lt(access(server->listen[2] + 5, F_OK), 0,
	    "the socket is still there");
}

/* All of many reactors take part: no client is left in a queue. */
FLOW_TEST(start_with_any_number_of_reactors_serves_everyone)
{
	static const char *const numbers[] = {"1", "3", "8"};

	for (int i = 0; i < 3; i++) {
		struct server_process *server = server_process_start(
		    engine, UNIX_LISTEN, "--reactors", numbers[i], NULL);
		struct test_client *ann = test_client_user(server, "ann");

		for (int n = 0; n < 30; n++) {
			struct test_client *other =
			    test_client_open_at(server->listen[n % 2]);

			test_client_enter(other, "ann");
			check_talk(ann, other);
			test_client_close(other);
		}
		server_process_stop(server);
	}
}

FLOW_TEST(start_says_engine_reactors_and_accounts)
{
	struct server_process *server = server_process_launch(
	    &(struct server_setup){.engine = engine, .args = {"--reactors=3"}});

	server_process_expect(
	    server, "[[]STARTING] throng *: 3 reactors on *%s*", engine);
	server_process_expect(
	    server, "[[]ACCOUNTS] 0 in %s*", server->accounts);
	server_process_expect(server, "[[]LISTENING] tcp://127.0.0.1:[1-9]*");
	server_process_stop(server);
}

FLOW_TEST(start_over_a_dead_servers_socket_replaces_it)
{
	struct server_process *server =
	    server_process_start(engine, UNIX_LISTEN, NULL);
	struct test_client *client;

	server_process_signal(server, SIGKILL);
	server_process_wait(server);
	cr_assert_eq(access(server->listen[1] + 5, F_OK), 0);
	server = server_process_restart(server);
	client = test_client_open_at(server->listen[1]);
	test_client_fence(client);
	server_process_stop(server);
}

/* Fails to start, with status 1 and a line that says `what`. */
static void
check_refused(const struct server_setup *setup, const char *what)
{
	struct server_process *server = server_process_launch(setup);
	const char *errors;

	cr_expect_eq(server_process_wait(server), 1);
	errors = server_process_errors(server);
	cr_expect_eq(strncmp(errors, "throng: ", 8), 0, "%s", errors);
	cr_expect(strstr(errors, what), "expected %s in: %s", what, errors);
	cr_expect_null(strstr(errors + strcspn(errors, "\n") + 1, "\n"),
	    "more than one line: %s", errors);
	cr_expect_null(memmem(
	    server->output.bytes, server->output.len, "[LISTENING]", 11));
}

FLOW_TEST(start_over_a_live_servers_socket_is_refused)
{
	struct server_process *server =
	    server_process_start(engine, UNIX_LISTEN, NULL);
	struct server_setup second = {
	    .engine = engine, .args = {"--listen", server->listen[1]}};
	struct test_client *client;

	check_refused(&second, server->listen[1] + 5);
	/* The first one's is not taken away either. */
	client = test_client_open_at(server->listen[1]);
	test_client_fence(client);
	server_process_stop(server);
}

FLOW_TEST(start_over_a_regular_file_is_refused_and_leaves_it)
{
	struct server_process *server = server_process_start(engine, NULL);
	char path[128], url[160], text[8] = "";
	struct server_setup second = {
	    .engine = engine, .args = {"--listen", url}};
	int fd;

	snprintf(path, sizeof(path), "%s/notes", server->folder);
	snprintf(url, sizeof(url), "unix:%s", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_eq(write(fd, "precious", 8), 8);
	close(fd);
	check_refused(&second, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "somebody's file is gone");
	cr_assert_eq(read(fd, text, 8), 8);
	cr_assert_arr_eq(text, "precious", 8);
	close(fd);
	server_process_stop(server);
}

FLOW_TEST(start_on_a_port_in_use_is_refused_by_its_name)
{
	struct server_process *server =
	    server_process_start(engine, "--listen=tcp://[::1]:0", NULL);
	struct server_setup second = {.engine = engine};
	struct test_client *client = test_client_open(server);

	for (int i = 0; i < 2; i++) {
		second.args[0] = UNIX_LISTEN;
		second.args[1] = "--listen";
		second.args[2] = server->listen[i];
		check_refused(&second, strrchr(server->listen[i], ':') + 1);
	}
	test_client_fence(client);
	test_client_fence(test_client_open(server));
	server_process_stop(server);
}

FLOW_TEST(start_on_an_account_file_in_use_is_refused_by_its_name)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct server_setup second = {
	    .engine = engine, .folder = server->folder};

	check_refused(&second, server->accounts);
	test_client_user(server, "ann");
	server_process_stop(server);
	/* And is free when the first has gone. */
	server = server_process_restart(server);
	test_client_again(server, "ann");
	server_process_stop(server);
}

FLOW_TEST(start_on_an_account_file_that_cannot_be_is_refused)
{
	check_refused(&(struct server_setup){.engine = engine,
			  .args = {"--accounts=/nonexistent/accounts"}},
	    "/nonexistent/accounts");
	check_refused(&(struct server_setup){.engine = engine,
			  .args = {"--accounts=/tmp"}},
	    "/tmp");
	check_refused(&(struct server_setup){.engine = engine,
			  .args = {"--accounts=/dev/null"}},
	    "/dev/null");
}

FLOW_TEST(start_with_a_bound_on_clients_refuses_more_as_busy)
{
	struct server_process *server =
	    server_process_start(engine, "--max-clients=2", NULL);
	struct test_client *one = test_client_open(server);
	struct test_client *two = test_client_open(server);
	struct test_client *three;

	test_client_fence(one);
	test_client_fence(two);
	three = test_client_open(server);
	test_client_match(three, "ERR busy *");
	test_client_expect_end(three);
	test_client_send(one, "/quit\n");
	test_client_expect(one, "OK bye");
	test_client_expect_end(one);
	test_client_close(one);
	server_process_expect(server, "[[]DISCONNECTED] *");
	test_client_fence(two);
	server_process_stop(server);
}

Test(flow_start, engine_auto_says_which_one_it_is, .fini = harness_fini)
{
	struct server_process *server = server_process_launch(
	    &(struct server_setup){.args = {"--io=auto"}});

	server_process_expect(server, "[[]STARTING] * on @(epoll|*uring)*");
	server_process_stop(server);
}

Test(flow_start, engine_auto_where_uring_is_refused_is_epoll,
    .fini = harness_fini)
{
	struct server_process *server =
	    server_process_launch(&(struct server_setup){NO_URING});

	server_process_expect(server,
	    "[[]STARTING] * on epoll (*uring*: Operation not permitted*");
	server_process_stop(server);
}

Test(flow_start, engine_uring_where_it_is_refused_does_not_start,
    .fini = harness_fini)
{
	check_refused(
	    &(struct server_setup){.engine = "uring", NO_URING}, "io_uring");
}
