/* The account file's disk fails under a running server. */
#include "tests/kit/harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The log has warned, as it should, in its own time: nothing else is wrong. */
static void
stop_after_warning(struct server_process *server)
{
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_assert(strstr(server_process_errors(server), "accounts-read-only"));
}

/* Registers until one is refused; returns how many were acknowledged. */
static int
register_until_refused(struct test_client *client)
{
	for (int i = 0; i < 1000; i++) {
		const char *line;

		test_client_send(client, "/register u%d secretpw\n", i);
		line = test_client_line(client);
		if (!strncmp(line, "ERR read-only ", 14))
			return i;
		cr_assert(!strncmp(line, "OK registered ", 14), "got %s", line);
	}
	cr_assert_fail("a full disk refused nobody");
	return 0;
}

FLOW_TEST(full_disk_stops_registrations_and_nothing_else)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--argon2=t=1,m=8"},
	    .file_bytes_max = 8192,
	};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *client = test_client_open(server);
	struct test_client *user;
	const char *line;
	int made = register_until_refused(client);

	cr_assert_gt(made, 5);
	server_process_expect(server, "[[]READ-ONLY] no account can be made *");
	/* Chat goes on, and so do logins. */
	user = test_client_again(server, "u0");
	test_client_send(user, "/broadcast still here\n");
	test_client_match(user, "[[]u0#*] still here");
	/* The console says so once; a further refusal says nothing. */
	test_client_send(client, "/register one-more secretpw\n");
	test_client_match(client, "ERR read-only *");
	server_process_type(server, "count\n");
	do {
		line = server_process_line(server);
		cr_assert(line);
		cr_assert(!strstr(line, "READ-ONLY"), "said twice: %s", line);
	} while (strcmp(line, "2 connected, 1 logged in") != 0);
	/* All that was acknowledged is on disk. */
	test_client_close_all();
	stop_after_warning(server);
	server->setup.file_bytes_max = 0;
	server = server_process_restart(server);
	for (int i = 0; i < made; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d", i);
		client = test_client_again(server, name);
	}
	server_process_stop(server);
}

FLOW_TEST(compact_on_a_healthy_disk_takes_registrations_again)
{
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--argon2=t=1,m=8"},
	    .file_bytes_max = 8192,
	};
	struct rlimit roomy = {RLIM_INFINITY, RLIM_INFINITY};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *client = test_client_open(server);
	int made = register_until_refused(client);

	server_process_expect(server, "[[]READ-ONLY] *");
	server_process_type(server, "verify\n");
	server_process_expect(
	    server, "%d accounts, 0 bans and 0 mutes in *", made);
	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &roomy, NULL), 0);
	server_process_type(server, "compact\n");
	server_process_expect(server, "compacted: *");
	test_client_send(client, "/register late secretpw\n");
	test_client_expect(client, "OK registered late");
	server_process_type(server, "verify\n");
	server_process_expect(
	    server, "%d accounts, 0 bans and 0 mutes in *", made + 1);
	stop_after_warning(server);
}

FLOW_TEST(full_disk_bans_nobody_and_says_why)
{
	enum {
		ACCOUNTS = 10
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *client = test_client_open(server);
	struct rlimit limit = {0, RLIM_INFINITY};
	struct stat about;

	/* The log is a file as well, and as limited: it is to be shorter. */
	for (int i = 0; i < ACCOUNTS; i++) {
		test_client_send(client, "/register u%d secretpw\n", i);
		test_client_expect(client, "OK registered u%d", i);
	}
	cr_assert_eq(stat(server->accounts, &about), 0);
	limit.rlim_cur = (rlim_t)about.st_size;
	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "nothing was changed: *");
	server_process_type(server, "bans\n");
	server_process_expect(server, "0 banned, 0 muted");
	test_client_fence(ann);
	test_client_send(ann, "/logout\n");
	test_client_expect(ann, "OK logged out");
	test_client_enter(ann, "ann");
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "ann is banned for ever");
	test_client_match(ann, "[*][*][*] you are banned: *");
	stop_after_warning(server);
}

FLOW_TEST(login_makes_the_hash_anew_when_the_cost_was_raised)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct server_setup setup = {
	    .engine = engine,
	    .args = {"--argon2=t=2,m=64"},
	};
	char word[128], line[1024];
	bool raised = false;
	FILE *file;

	test_client_user(server, "ann");
	server_process_stop(server);
	setup.folder = server->folder;
	server = server_process_start_with(&setup);
	test_client_again(server, "ann");
	server_process_stop(server);
	file = fopen(server->accounts, "r");
	cr_assert(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s passwd ann %127s", word) == 1)
			raised = strstr(word, "$m=64,t=2,") != NULL;
	fclose(file);
	cr_assert(raised, "the file has no new hash of ann's password");
	/* And it is the same password. */
	server = server_process_restart(server);
	test_client_again(server, "ann");
	server_process_stop(server);
}

/* Another file is put in the place of the one that the server writes. */
FLOW_TEST(replaced_file_stops_changes_until_it_is_written_anew)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");
	char other[300];

	snprintf(other, sizeof(other), "%s.other", server->accounts);
	close(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	test_client_send(client, "/logout\n/register ben secretpw\n");
	test_client_expect(client, "OK logged out");
	test_client_expect(client, "OK registered ben");
	cr_assert_eq(rename(other, server->accounts), 0);
	server_process_type(server, "verify\n");
	server_process_expect(server, "*changed or replaced by others: *");
	test_client_send(client, "/register eve secretpw\n");
	test_client_match(client, "ERR read-only *");
	server_process_expect(server,
	    "[[]READ-ONLY] no account can be made or changed: * was changed *");
	server_process_type(server, "compact\n");
	server_process_expect(server, "[[]READ-ONLY] is over: *");
	server_process_type(server, "verify\n");
	server_process_expect(server, "2 accounts, *");
	test_client_close_all();
	stop_after_warning(server);
	server = server_process_restart(server);
	test_client_again(server, "ben");
	server_process_stop(server);
}
