/* What was said before can be asked for; who talks too fast is slowed. */
#include "tests/kit/harness.h"

#include <string.h>

FLOW_TEST(history_shows_the_kept_messages_as_they_were_delivered)
{
	struct server_process *server =
	    server_process_start(engine, "--history=3", NULL);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *bob = test_client_user(server, "bob");

	test_client_send(bob, "/history\n");
	test_client_expect(bob, "OK 0 messages");
	test_client_send(ann, "/b one\n/b two\n/history 1\n");
	test_client_expect(ann, "[ann#%lu] one", ann->id);
	test_client_expect(ann, "[ann#%lu] two", ann->id);
	test_client_expect(ann, "[ann#%lu] two", ann->id);
	test_client_expect(ann, "OK 1 messages");
	test_client_send(ann, "/b three\n/b four\n@t /history lobby\n");
	test_client_expect(ann, "[ann#%lu] three", ann->id);
	test_client_expect(ann, "[ann#%lu] four", ann->id);
	test_client_expect(ann, "[ann#%lu] two", ann->id);
	test_client_expect(ann, "[ann#%lu] three", ann->id);
	test_client_expect(ann, "[ann#%lu] four", ann->id);
	test_client_expect(ann, "@t OK 3 messages");
	server_process_stop(server);
}

FLOW_TEST(history_since_a_number_gives_what_came_after_it)
{
	struct server_process *server =
	    server_process_start(engine, "--history=3", NULL);
	struct test_client *ann = test_client_user(server, "ann");

	for (int i = 1; i <= 5; i++) {
		test_client_send(ann, "/b m%d\n", i);
		test_client_expect(ann, "[ann#%lu] m%d", ann->id, i);
	}
	test_client_send(ann, "/history #Lobby since=3\n");
	test_client_expect(ann, "[ann#%lu] m4", ann->id);
	test_client_expect(ann, "[ann#%lu] m5", ann->id);
	test_client_expect(ann, "OK 2 messages");
	test_client_send(ann, "/history since=0\n");
	test_client_expect(ann, "*** #lobby: 2 messages are no longer kept");
	test_client_expect(ann, "[ann#%lu] m3", ann->id);
	test_client_expect(ann, "[ann#%lu] m4", ann->id);
	test_client_expect(ann, "[ann#%lu] m5", ann->id);
	test_client_expect(ann, "OK 3 messages");
	test_client_send(ann, "/history since=5\n/history since=6\n");
	test_client_expect(ann, "OK 0 messages");
	test_client_expect(ann, "*** #lobby: starts over");
	test_client_expect(ann, "[ann#%lu] m3", ann->id);
	test_client_expect(ann, "[ann#%lu] m4", ann->id);
	test_client_expect(ann, "[ann#%lu] m5", ann->id);
	test_client_expect(ann, "OK 3 messages");
	server_process_stop(server);
}

FLOW_TEST(history_asked_for_wrongly_is_refused)
{
	struct server_process *server = server_process_start(engine, NULL);
	struct test_client *client = test_client_open(server);

	test_client_send(client, "/history\n");
	test_client_match(client, "ERR not-logged-in *");
	client = test_client_user(server, "ann");
	test_client_send(client, "/history nowhere\n");
	test_client_match(client, "ERR no-such-room *");
	test_client_send(client, "/history since=x\n/history lobby y\n");
	test_client_match(client, "ERR bad-arguments *");
	test_client_match(client, "ERR bad-arguments *");
	test_client_send(client, "/history since=99999999999999999999\n");
	test_client_match(client, "ERR bad-arguments *");
	server_process_stop(server);
}

FLOW_TEST(rate_slows_a_talker_and_loses_nothing)
{
	struct server_process *server =
	    server_process_start(engine, "--rate=20/s:2", NULL);
	struct test_client *fast = test_client_user(server, "fast");
	struct test_client *other = test_client_user(server, "other");
	int64_t start_ms = harness_now_ms();

	/* What follows comes in a turn that has begun since. */
	test_client_fence(fast);
	for (int i = 0; i < 8; i++)
		test_client_send(fast, "/b m%d\n", i);
	test_client_send(fast, "/ping done\n");
	for (int i = 0; i < 8; i++)
		test_client_match(other, "[[]fast#*] m%d", i);
	for (int i = 0; i < 8; i++)
		test_client_match(fast, "[[]fast#*] m%d", i);
	test_client_expect(fast, "OK pong done");
	/* Two at once, then six at 20 a second. */
	cr_assert_geq(harness_now_ms() - start_ms, 6 * 50 - 10);
	server_process_stop(server);
}

/* What it still had to say is refused at once: a guest does not talk. */
FLOW_TEST(rate_holds_nobody_whose_account_is_removed)
{
	struct server_process *server =
	    server_process_start(engine, "--rate=1/s:1", NULL);
	struct test_client *talker = test_client_user(server, "ann");
	struct test_client *other = test_client_open(server);
	const char *line;
	int refused = 0;

	test_client_enter(other, "ann");
	for (int i = 0; i < 30; i++)
		test_client_send(talker, "/b m%d\n", i);
	test_client_send(talker, "/whoami\n");
	test_client_expect(talker, "[ann#%lu] m0", talker->id);
	test_client_send(other, "/unregister secretpw\n");
	do {
		line = test_client_line(talker);
		refused += !strncmp(line, "ERR not-logged-in ", 18);
	} while (strncmp(line, "OK guest#", 9) != 0);
	cr_assert_gt(refused, 0);
	server_process_stop(server);
}
