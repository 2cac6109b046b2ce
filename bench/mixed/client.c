/*
 * A client's connection: how it comes in, and back when it was cut or the
 * server has ended, how it passes from stage to stage, and how it fails.
 */
#include "bench/mixed/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench/mixed/mixed.h"
#include "reactor/check.h"

#define BACKOFF_MS_MIN 10
#define BACKOFF_MS_MAX 100
#define ABSENT_MS_MAX  200         /* of a client that was cut */
#define SLOW_RECEIVE   (16 * 1024) /* so that what is not read waits there */

static struct mixed_client *
client_of(struct bot *bot)
{
	return list_entry(bot, struct mixed_client, bot);
}

/* It is on its way no more: the next one may go. */
static void
client_arrived(struct mixed_client *client)
{
	struct mixed_thread *thread = client->thread;

	if (!client->counted)
		return;
	client->counted = false;
	thread->entered++;
	march_arrive(&thread->march);
}

static void
client_connect(struct mixed_client *client)
{
	client->life = mixed_server_life(&client->thread->mixed->server);
	bot_connect(&client->bot);
}

/* Nothing of its connection counts any more; before the server can know that it
 * goes, for others, of other threads, are refused a message to it from then on.
 */
static void
client_leave(struct mixed_client *client)
{
	if (client->state == MIXED_IN)
		client->lost_ns = client->thread->load.now_ns;
	if (client->role == MIXED_MEMBER)
		mixed_member_out(client);
	client->is_unsure |= mixed_client_awaits(client, AWAIT_REGISTER);
	client->await_count = 0;
	client->state = MIXED_OUT;
	bot_close(&client->bot);
}

/* What may have changed with a line. */
static void
client_settle(struct mixed_client *client)
{
	if (client->bot.state != BOT_OPEN)
		return;
	if (client->await_count == 0 && client->state == MIXED_ENTERING)
		mixed_client_in(client);
	mixed_client_check(client);
}

void
mixed_client_begin(struct mixed_client *client, unsigned stage)
{
	if (client->state == MIXED_OVER)
		return;
	if (stage == MIXED_ENTER) {
		client->counted = true;
		client->backoff_ms = BACKOFF_MS_MIN;
		client->lost_ns = client->thread->load.now_ns;
		march_enter(&client->thread->march);
		client_connect(client);
		return;
	}
	if (stage >= MIXED_QUIET && client->bot.paused)
		mixed_client_due(client);
	mixed_client_check(client);
}

void
mixed_client_due(struct mixed_client *client)
{
	client->due_ns = 0;
	if (client->state == MIXED_OUT)
		client_connect(client);
	else if (client->bot.paused)
		bot_resume(&client->bot);
}

bool
mixed_client_is_idle(const struct mixed_client *client)
{
	return client->state == MIXED_IN && client->await_count == 0 &&
	       !client->bot.paused;
}

void
mixed_client_cut(struct mixed_client *client)
{
	client->thread->counts[COUNT_CUTS]++;
	client_leave(client);
	mixed_wait(client, 1 + mixed_random(client->thread, ABSENT_MS_MAX));
}

/* Passes every stage up to this one. */
static void
pass(struct mixed_client *client, unsigned stage)
{
	struct gate *gate = &client->thread->mixed->gate;

	for (; client->passed <= stage; client->passed++)
		if (client->passed != MIXED_TALK)
			gate_arrive(gate, client->passed);
}

void
mixed_client_in(struct mixed_client *client)
{
	client->state = MIXED_IN;
	client->backoff_ms = BACKOFF_MS_MIN;
	client_arrived(client);
	pass(client, MIXED_ENTER);
}

void
mixed_client_check(struct mixed_client *client)
{
	unsigned stage = client->thread->march.stage;

	if (stage < MIXED_QUIET || client->passed > stage ||
	    !mixed_client_is_idle(client))
		return;
	if (client->role == MIXED_MEMBER && !mixed_member_is_quiet(client))
		return;
	if (stage == MIXED_DRAIN && client->role == MIXED_MEMBER &&
	    !mixed_member_has_all(client))
		return;
	if (stage == MIXED_DRAIN && client->role == MIXED_REGISTRAR &&
	    !mixed_registrar_check(client))
		return;
	pass(client, stage);
}

void
mixed_client_fail(struct mixed_client *client, enum mixed_row row,
    const char *expected, struct span got)
{
	struct mixed *mixed = client->thread->mixed;
	char who[NAME_BYTES_MAX + 1];
	const struct report_failure failure = {who, span_of(expected), got};

	snprintf(who, sizeof who, "client %u", client->number);
	report_fail(&mixed->report, row, &failure);
	client_arrived(client);
	client_leave(client);
	client->state = MIXED_OVER;
	client->due_ns = 0;
	pass(client, MIXED_STAGES - 1);
}

void
mixed_client_account(const struct mixed_client *client,
    enum mixed_await_kind kind, char out[NAME_BYTES_MAX + 1])
{
	const struct mixed *mixed = client->thread->mixed;

	if (client->role == MIXED_REGISTRAR)
		mixed_registrar_account(client, kind, out);
	else
		mixed_account_name(mixed, client->number, out);
}

void
mixed_client_retry(struct mixed_client *client)
{
	struct load *load = &client->thread->load;

	client_leave(client);
	if (load->now_ns - client->lost_ns > load->timeout_ns) {
		mixed_client_fail(client, ROW_CONNECT,
		    "a server that lets it in", span_of("none in time"));
		return;
	}
	mixed_wait(client, client->backoff_ms);
	client->backoff_ms *= 2;
	if (client->backoff_ms > BACKOFF_MS_MAX)
		client->backoff_ms = BACKOFF_MS_MAX;
}

void
mixed_client_opened(struct bot *bot)
{
	struct mixed_client *client = client_of(bot);
	struct mixed *mixed = client->thread->mixed;
	int room = SLOW_RECEIVE;

	mixed_client_count(client, ROW_CONNECT, bot->connect_ns);
	client->life = mixed_server_life(&mixed->server);
	client->state = MIXED_ENTERING;
	client->has_text = true;
	if (client->was_in)
		client->thread->counts[COUNT_RECONNECTS]++;
	client->was_in = true;
	if (client->is_slow)
		check_zero(setsockopt(
		    bot->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
	if (client->role == MIXED_GUEST)
		mixed_client_in(client);
	else if (client->role == MIXED_REGISTRAR)
		mixed_registrar_enter(client);
	else
		mixed_member_knock(client);
	mixed_client_check(client);
}

void
mixed_client_heard(struct bot *bot, struct span whole)
{
	struct mixed_client *client = client_of(bot);
	struct mixed_line line;
	const char *wrong;

	mixed_line_read(&line, whole);
	/* Nobody asks with a tag, or for a listing. */
	if (line.tag.len > 0 || line.kind == LINE_ITEM)
		line.kind = LINE_WRONG;
	switch (line.kind) {
	case LINE_OK:
	case LINE_ERR:
	case LINE_ECHO:
		mixed_client_answered(client, &line, whole);
		break;
	default:
		wrong = mixed_member_heard(client, &line);
		if (wrong)
			mixed_client_fail(client, ROW_DELIVER, wrong, whole);
	}
	client_settle(client);
}

void
mixed_client_timed_out(struct bot *bot)
{
	struct mixed_client *client = client_of(bot);

	mixed_client_fail(client, mixed_client_row(client), "an answer",
	    span_of("nothing in time"));
}

void
mixed_client_lost(struct bot *bot, int error)
{
	struct mixed_client *client = client_of(bot);
	struct mixed_server *server = &client->thread->mixed->server;

	if (mixed_server_may_lose(server, client->life, bot->connect_ns)) {
		mixed_client_retry(client);
		return;
	}
	mixed_client_fail(client, mixed_client_row(client), "a connection",
	    span_of(error ? strerror(error) : "the end of the connection"));
}
