/* Accounts: what registers, who gets in, what is refused with which word. */
#include "tests/kit/harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_32 "Aa0._-Aa0._-Aa0._-Aa0._-Aa0._-Aa"

#define WORD_32  "0123456789abcdef0123456789abcdef"
#define WORD_128 WORD_32 WORD_32 WORD_32 WORD_32

/* A command and the start of its answer. */
struct exchange {
	const char *command;
	const char *answer; /* an fnmatch pattern */
};

static void
check_exchanges(struct test_client *client, const struct exchange exchanges[])
{
	for (; exchanges->command; exchanges++) {
		test_client_send(client, "%s\n", exchanges->command);
		test_client_match(client, "%s", exchanges->answer);
	}
	test_client_fence(client);
}

FLOW_TEST(register_as_guest_takes_good_names_and_passwords_only)
{
	static const struct exchange exchanges[] = {
	    {"/register ann secretpw", "OK registered ann"},
	    {"/register 7 12345678", "OK registered 7"},
	    {"/register " NAME_32 " secretpw", "OK registered " NAME_32},
	    {"/REGISTER Bob " WORD_128, "OK registered Bob"},
	    {"  /register ben secretpw", "Echo:   /register ben secretpw"},
	    {"/register   cat\t  caf\303\251\303\251\303\251  ",
		"OK registered cat"},
	    {"/register ann secretpw", "ERR name-taken *"},
	    {"/register ANN otherpassword", "ERR name-taken *"},
	    {"/register " NAME_32 "x secretpw", "ERR bad-name *"},
	    {"/register .ann secretpw", "ERR bad-name *"},
	    {"/register -ann secretpw", "ERR bad-name *"},
	    {"/register an#n secretpw", "ERR bad-name *"},
	    {"/register an/n secretpw", "ERR bad-name *"},
	    {"/register \303\251va secretpw", "ERR bad-name *"},
	    {"/register dan 1234567", "ERR weak-password *"},
	    {"/register dan " WORD_128 "x", "ERR weak-password *"},
	    {"/register", "ERR bad-arguments *"},
	    {"/register dan", "ERR bad-arguments *"},
	    {"/register dan secret pw", "ERR bad-arguments *"},
	    {"/login dan secretpw", "ERR bad-credentials *"},
	    {"/login bob " WORD_128, "OK logged in as Bob#*"},
	    {"/register dan secretpw", "ERR already-logged-in *"},
	    {0},
	};
	struct server_process *server = server_process_start(engine, NULL);

	check_exchanges(test_client_open(server), exchanges);
	server_process_stop(server);
}

FLOW_TEST(register_with_an_option_for_shorter_passwords_takes_them)
{
	static const struct exchange exchanges[] = {
	    {"/register ann 12", "ERR weak-password *"},
	    {"/register ann 123", "OK registered ann"},
	    {0},
	};
	struct server_process *server =
	    server_process_start(engine, "--min-password=3", NULL);

	check_exchanges(test_client_open(server), exchanges);
	server_process_stop(server);
}

FLOW_TEST(login_takes_the_right_password_only)
{
	static const struct exchange exchanges[] = {
	    {"/register Ann secretpw", "OK registered Ann"},
	    {"/whoami", "OK guest#*"},
	    {"/login", "ERR bad-arguments *"},
	    {"/login Ann secret pw", "ERR bad-arguments *"},
	    {"/login Ann secretpW", "ERR bad-credentials *"},
	    {"/login Ann secretp", "ERR bad-credentials *"},
	    {"/login Ann secretpw", "OK logged in as Ann#*"}, /* forgiven */
	    {"/logout", "OK logged out"},
	    {"/login Ann secretpww", "ERR bad-credentials *"},
	    {"/login Ann x", "ERR bad-credentials *"},
	    {"/login Ann " WORD_128 "x", "ERR bad-credentials *"},
	    {"/login Ben secretpw", "ERR bad-credentials *"},
	    {"/login An*n secretpw", "ERR bad-name *"},
	    {"/login aNN secretpw", "OK logged in as Ann#*"},
	    {"/whoami", "OK Ann#*"},
	    {"/login Ann secretpw", "ERR already-logged-in *"},
	    {"/login", "ERR already-logged-in *"},
	    {"/logout now", "ERR bad-arguments *"},
	    {"/logout", "OK logged out"},
	    {"/logout", "ERR not-logged-in *"},
	    {"/whoami", "OK guest#*"},
	    {"/login Ann secretpw", "OK logged in as Ann#*"},
	    {0},
	};
	struct server_process *server = server_process_start(engine, NULL);

	check_exchanges(test_client_open(server), exchanges);
	server_process_stop(server);
}

/* Nobody learns which names exist. */
FLOW_TEST(login_refused_for_name_or_password_reads_the_same)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");
	char first[256];

	test_client_send(client, "/logout\n/login ann wrongword\n/login ben "
				 "wrongword\n");
	test_client_expect(client, "OK logged out");
	snprintf(first, sizeof(first), "%s", test_client_line(client));
	test_client_expect(client, "%s", first);
	server_process_stop(server);
}

FLOW_TEST(login_without_password_prompts_for_the_next_line)
{
	static const struct {
		const char *password;
		const char *answer;
	} rounds[] = {
	    {"wrongword", "ERR bad-credentials *"},
	    {"", "ERR bad-credentials *"},
	    {"/whoami", "ERR bad-credentials *"}, /* it is a password here */
	    {"secretpw", "OK logged in as ann#*"},
	    {"secretpw ", "ERR bad-credentials *"},
	    {"secretpw", "OK logged in as ann#*"},
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open(server);
	for (size_t i = 0; i < sizeof(rounds) / sizeof(*rounds); i++) {
		test_client_send(client, "/login ann\n");
		test_client_expect_bytes(client, "Password: ", 10);
		test_client_send(client, "%s\n", rounds[i].password);
		test_client_match(client, "%s", rounds[i].answer);
		if (rounds[i].answer[0] == 'O') {
			test_client_send(client, "/logout\n");
			test_client_expect(client, "OK logged out");
		}
		test_client_fence(client);
	}
	server_process_stop(server);
}

FLOW_TEST(login_prompt_answers_broken_lines_and_the_end_of_input)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_user(server, "ann");

	client = test_client_open(server);
	test_client_send(client, "/login ann\nsecret\001pw\n/whoami\n");
	test_client_match(client, "Password: ERR bad-text *");
	test_client_match(client, "OK guest#*");
	test_client_send(client, "/login ann\n%05000d\n/whoami\n", 0);
	test_client_match(client, "Password: ERR too-long *");
	test_client_match(client, "OK guest#*");
	test_client_send(client, "@p /login ann\nsecretpw");
	test_client_half_close(client);
	test_client_match(client, "Password: @p OK logged in as ann#*");
	test_client_expect_end(client);
	client = test_client_open(server);
	test_client_send(client, "/login ann\n");
	test_client_half_close(client);
	test_client_expect_bytes(client, "Password: ", 10);
	test_client_expect_end(client);
	server_process_stop(server);
}

FLOW_TEST(passwd_changes_the_password_of_its_owner_only)
{
	static const struct exchange exchanges[] = {
	    {"/passwd wrongword newpassword", "ERR bad-credentials *"},
	    {"/passwd secretpw 1234567", "ERR weak-password *"},
	    {"/passwd secretpw " WORD_128 "x", "ERR weak-password *"},
	    {"/passwd secretpw", "ERR bad-arguments *"},
	    {"/passwd secretpw a b", "ERR bad-arguments *"},
	    {"/passwd secretpw newpassword", "OK password changed"},
	    {"/whoami", "OK ann#*"},
	    {"/logout", "OK logged out"},
	    {"/passwd newpassword secretpw", "ERR not-logged-in *"},
	    {"/login ann secretpw", "ERR bad-credentials *"},
	    {"/login ann newpassword", "OK logged in as ann#*"},
	    {"/passwd newpassword newpassword", "OK password changed"},
	    {0},
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *other = test_client_user(server, "ben");

	check_exchanges(test_client_user(server, "ann"), exchanges);
	test_client_send(other, "/logout\n/login ben secretpw\n");
	test_client_expect(other, "OK logged out");
	test_client_match(other, "OK logged in as ben#*");
	server_process_stop(server);
}

/* More sessions than reactors, so that some are elsewhere. */
FLOW_TEST(unregister_makes_guests_of_all_its_sessions)
{
	enum {
		SESSIONS = 10
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *all[SESSIONS] = {test_client_user(server, "Ann")};

	for (int i = 1; i < SESSIONS; i++)
		all[i] = test_client_again(server, "ann");
	test_client_send(all[0], "/unregister wrongword\n/whoami\n/unregister\n"
				 "/unregister secretpw\n/whoami\n");
	test_client_match(all[0], "ERR bad-credentials *");
	test_client_expect(all[0], "OK Ann#%lu", all[0]->id);
	test_client_match(all[0], "ERR bad-arguments *");
	test_client_expect(all[0], "OK account removed");
	test_client_expect(all[0], "OK guest#%lu", all[0]->id);
	for (int i = 1; i < SESSIONS; i++) {
		test_client_match(all[i], "[*][*][*] *removed*");
		test_client_send(all[i], "/whoami\n/unregister secretpw\n");
		test_client_expect(all[i], "OK guest#%lu", all[i]->id);
		test_client_match(all[i], "ERR not-logged-in *");
	}
	test_client_send(ben, "/who\n/b still here\n");
	test_client_expect(ben, "- ben#%lu", ben->id);
	test_client_expect(ben, "OK 1 online");
	test_client_expect(ben, "[ben#%lu] still here", ben->id);
	test_client_send(all[1], "/login ann secretpw\n"
				 "/register aNN secretpw\n"
				 "/login ann secretpw\n");
	test_client_match(all[1], "ERR bad-credentials *");
	test_client_expect(all[1], "OK registered aNN");
	test_client_expect(all[1], "OK logged in as aNN#%lu", all[1]->id);
	test_client_fence(all[0]);
	server_process_stop(server);
}

FLOW_TEST(register_race_for_one_name_has_one_winner)
{
	enum {
		RUNNERS = 8,
		ROUNDS = 40
	};
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *runners[RUNNERS];

	for (int i = 0; i < RUNNERS; i++)
		runners[i] = test_client_open(server);
	for (int round = 0; round < ROUNDS; round++) {
		int winner = -1;

		for (int i = 0; i < RUNNERS; i++)
			test_client_send(runners[i],
			    "/register %s%d password-%d\n",
			    i % 2 ? "race" : "RACE", round, i);
		for (int i = 0; i < RUNNERS; i++) {
			const char *line = test_client_line(runners[i]);

			if (!strncmp(line, "ERR name-taken ", 15))
				continue;
			cr_assert_eq(strncmp(line, "OK registered ", 14), 0,
			    "round %d: %s", round, line);
			cr_assert_eq(winner, -1, "round %d: %d and %d have won",
			    round, winner, i);
			winner = i;
		}
		cr_assert_geq(winner, 0, "round %d: nobody has won", round);
		test_client_send(runners[0],
		    "/login race%d password-%d\n/logout\n", round, winner);
		test_client_match(
		    runners[0], "OK logged in as [Rr]*%d#*", round);
		test_client_expect(runners[0], "OK logged out");
	}
	server_process_stop(server);
}

static void
check_survivors(struct server_process *server)
{
	static const struct exchange exchanges[] = {
	    {"/login Ann secretpw", "OK logged in as Ann#*"},
	    {"/logout", "OK logged out"},
	    {"/login ben secretpw", "ERR bad-credentials *"},
	    {"/login ben newpassword", "OK logged in as ben#*"},
	    {"/logout", "OK logged out"},
	    {"/login cat secretpw", "ERR bad-credentials *"},
	    {"/register ANN secretpw", "ERR name-taken *"},
	    {0},
	};

	check_exchanges(test_client_open(server), exchanges);
}

FLOW_TEST(accounts_after_a_restart_are_as_before)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client;

	test_client_user(server, "Ann");
	client = test_client_user(server, "ben");
	test_client_send(client, "/passwd secretpw newpassword\n");
	test_client_expect(client, "OK password changed");
	client = test_client_user(server, "cat");
	test_client_send(client, "/unregister secretpw\n");
	test_client_expect(client, "OK account removed");
	check_survivors(server);
	server_process_stop(server);
	server = server_process_restart(server);
	check_survivors(server);
	server_process_signal(server, SIGKILL);
	cr_assert_eq(server_process_wait(server), 128 + SIGKILL);
	server = server_process_restart(server);
	check_survivors(server);
	server_process_stop(server);
}

/* A full disk: registering stops, everything else goes on. */
FLOW_TEST(register_with_no_room_on_disk_is_refused_as_read_only)
{
	struct server_setup setup = {.engine = engine, .file_bytes_max = 4096};
	struct server_process *server = server_process_start_with(&setup);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *client = test_client_open(server);
	const char *line;
	int made = 0;

	do {
		test_client_send(client, "/register user%d secretpw\n", made++);
		line = test_client_line(client);
	} while (!strncmp(line, "OK registered ", 14) && made < 1000);
	cr_assert_eq(strncmp(line, "ERR read-only ", 14), 0, "%s", line);
	cr_assert_gt(made, 1);
	test_client_send(client,
	    "/login user%d secretpw\n"
	    "/login user0 secretpw\n/b hello\n",
	    made - 1);
	test_client_match(client, "ERR bad-credentials *");
	test_client_match(client, "OK logged in as user0#*");
	test_client_match(client, "\\[user0#*] hello");
	test_client_match(ann, "\\[user0#*] hello");
	server_process_type(server, "exit\n");
	test_client_expect(ann, "*** server is going down");
	test_client_close(ann);
	test_client_close(client);
	cr_assert_eq(server_process_wait(server), 0);
}
