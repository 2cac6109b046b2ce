/* What changes about an account while a password of it is being hashed. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/kit/harness.h"

/* 50 ms a hash or so: all that is sent at once waits behind the first. */
#define SLOW "--argon2=t=6,m=32768"

#define LOGGED_IN "OK logged in as ann#*"

/* The command has been begun, on what is known of the account now, when the
 * ping before it is answered. */
static void
begin(struct test_client *client, const char *command)
{
	test_client_send(client, "/ping begun\n%s\n", command);
}

static void
await_begun(struct test_client *client)
{
	test_client_expect(client, "OK pong begun");
}

static void
open_all(const struct server_process *server, struct test_client *all[], int n)
{
	for (int i = 0; i < n; i++)
		all[i] = test_client_open(server);
}

static void
begin_logins(struct test_client *const all[], int n)
{
	for (int i = 0; i < n; i++)
		begin(all[i], "/login ann " HARNESS_PASSWORD);
	for (int i = 0; i < n; i++)
		await_begun(all[i]);
}

/* Its next line is one of a login; was it let in? */
static bool
is_let_in(struct test_client *client, const char *refusal)
{
	const char *line = test_client_line(client);

	if (fnmatch(LOGGED_IN, line, 0) == 0)
		return true;
	cr_assert_eq(fnmatch(refusal, line, FNM_EXTMATCH), 0, "%s", line);
	return false;
}

FLOW_TEST(races_login_behind_a_removal_gets_no_session)
{
	enum {
		EARLY = 4,
		CROWD = 16
	};
	struct server_process *server =
	    server_process_start(engine, SLOW, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *crowd[CROWD];

	open_all(server, crowd, CROWD);
	begin_logins(crowd, EARLY);
	begin(ann, "/unregister " HARNESS_PASSWORD);
	await_begun(ann);
	begin_logins(crowd + EARLY, CROWD - EARLY);
	test_client_expect(ann, "OK account removed");
	for (int i = 0; i < CROWD; i++) {
		if (is_let_in(
			crowd[i], "ERR @(bad-credentials|too-many-attempts) *"))
			test_client_match(crowd[i], "[*][*][*] *removed*");
		test_client_send(crowd[i], "/whoami\n");
		test_client_match(crowd[i], "OK guest#*");
	}
	server_process_type(server, "count\n");
	server_process_expect(server, "%d connected, 0 logged in", CROWD + 1);
	server_process_stop(server);
}

FLOW_TEST(races_login_begun_before_a_ban_does_not_pass_it)
{
	enum {
		CROWD = 16
	};
	struct server_process *server =
	    server_process_start(engine, SLOW, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *crowd[CROWD];
	int spared = 0;

	open_all(server, crowd, CROWD);
	begin_logins(crowd, CROWD);
	server_process_type(server, "ban ann\n");
	server_process_expect(server, "ann is banned for ever");
	test_client_match(ann, "[*][*][*] you are banned: *");
	test_client_expect_end(ann);
	for (int i = 0; i < CROWD; i++) {
		if (is_let_in(crowd[i], "ERR banned *")) {
			test_client_match(
			    crowd[i], "[*][*][*] you are banned: *");
			test_client_expect_end(crowd[i]);
		} else {
			test_client_fence(crowd[i]);
			spared++;
		}
	}
	server_process_type(server, "count\n");
	server_process_expect(server, "%d connected, 0 logged in", spared);
	server_process_stop(server);
}

static void
check_password(const struct server_process *server, const char *password)
{
	struct test_client *client = test_client_open(server);

	test_client_send(client, "/login ann %s\n", password);
	test_client_match(client, LOGGED_IN);
	test_client_close(client);
}

/* Four reactors have two threads that hash. */
FLOW_TEST(races_two_passwds_of_one_password_have_one_winner)
{
	enum {
		RUNNERS = 2,
		ROUNDS = 5
	};
	struct server_process *server =
	    server_process_start(engine, SLOW, "--reactors=4", NULL);
	struct test_client *runners[RUNNERS] = {
	    test_client_user(server, "ann"), test_client_open(server)};
	char password[40] = HARNESS_PASSWORD, command[100];

	test_client_enter(runners[1], "ann");
	for (int round = 0; round < ROUNDS; round++) {
		int winner = -1;

		for (int i = 0; i < RUNNERS; i++) {
			snprintf(command, sizeof(command),
			    "/passwd %s password-%d-%d", password, round, i);
			begin(runners[i], command);
		}
		for (int i = 0; i < RUNNERS; i++) {
			const char *line;

			await_begun(runners[i]);
			line = test_client_line(runners[i]);
			if (!strncmp(line, "ERR bad-credentials ", 20))
				continue;
			cr_assert_str_eq(line, "OK password changed");
			cr_assert_eq(winner, -1, "round %d: both", round);
			winner = i;
		}
		cr_assert_geq(winner, 0, "round %d: nobody", round);
		snprintf(password, sizeof(password), "password-%d-%d", round,
		    winner);
		check_password(server, password);
	}
	server_process_stop(server);
}

static void
limit_file(const struct server_process *server, rlim_t bytes)
{
	struct rlimit limit = {bytes, RLIM_INFINITY};

	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static rlim_t
size_of_accounts(const struct server_process *server)
{
	struct stat about;

	cr_assert_eq(stat(server->accounts, &about), 0);
	return (rlim_t)about.st_size;
}

/*
 * A login that makes the hash anew, as the cost was raised, waits behind a
 * /passwd. The session that sends that has logged in while the disk was full:
 * nothing was made anew then.
 */
FLOW_TEST(races_hash_made_anew_does_not_bring_an_old_password_back)
{
	struct server_setup setup = {.engine = engine, .args = {SLOW}};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *late;

	/* The log is a file as well, and as limited: it is to be shorter. */
	ann = test_client_open(server);
	for (int i = 0; i < 10; i++) {
		test_client_send(ann, "/register u%d secretpw\n", i);
		test_client_expect(ann, "OK registered u%d", i);
	}
	server_process_stop(server);
	setup.folder = server->folder;
	server = server_process_start_with(&setup);
	limit_file(server, size_of_accounts(server));
	ann = test_client_again(server, "ann");
	limit_file(server, RLIM_INFINITY);
	late = test_client_open(server);
	begin(ann, "/passwd " HARNESS_PASSWORD " newpassword");
	await_begun(ann);
	begin(late, "/login ann " HARNESS_PASSWORD);
	await_begun(late);
	test_client_expect(ann, "OK password changed");
	/* It was right when it was sent. */
	is_let_in(late, "ERR bad-credentials *");
	check_password(server, "newpassword");
	late = test_client_open(server);
	test_client_send(late, "/login ann " HARNESS_PASSWORD "\n");
	test_client_match(late, "ERR bad-credentials *");
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}
