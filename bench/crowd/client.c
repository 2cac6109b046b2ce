#include "bench/crowd/client.h"

#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/crowd.h"
#include "bench/crowd/names.h"
#include "reactor/check.h"

#define REPLY_BYTES_MAX 512 /* of what a server may want sent back */

static struct client *
client_of(struct bot *bot)
{
	return list_entry(bot, struct client, bot);
}

/* What it is at; a failure is counted there. */
static unsigned
client_row(const struct client *client)
{
	const struct run_ops *ops = client_run(client)->ops;

	if (client->state == CLIENT_IN)
		return ops->row_of ? ops->row_of(client) : RUN_ROW_WORK;
	if (client->state == CLIENT_OUT)
		return RUN_ROW_CONNECT;
	return client->role == PEER_NEW ? RUN_ROW_REGISTER : RUN_ROW_LOGIN;
}

static void
client_count(struct client *client, unsigned row, uint64_t since_ns)
{
	struct run_thread *thread = client_thread(client);

	histogram_add(&thread->latencies[row], thread->load.now_ns - since_ns);
}

static void
client_connect(struct client *client, enum peer_role role)
{
	check(client->state == CLIENT_OUT);
	client->role = role;
	client->counted = true;
	march_enter(&client_thread(client)->march);
	bot_connect(&client->bot);
}

/* It is on its way no more: the next one may go. */
static void
client_arrived(struct client *client)
{
	if (!client->counted)
		return;
	client->counted = false;
	march_arrive(&client_thread(client)->march);
}

static void
client_entered(struct client *client, struct span name)
{
	client->state = CLIENT_IN;
	client_arrived(client);
	bot_disarm(&client->bot);
	client_thread(client)->entered += !client->was_in;
	client->was_in = true;
	client_run(client)->ops->on_entered(client, name);
}

/* What hello asked for is done. */
static void
client_welcome(struct client *client, struct span name)
{
	client_count(client, client_row(client), client->hello_ns);
	if (client->role != PEER_NEW) {
		client_entered(client, name);
		return;
	}
	client_leave(client);
	client_pass(client, RUN_REGISTER);
}

/* Is it the right name? NAME when registered, then NAME#ID. */
static bool
is_own_name(const struct client *client, struct span name)
{
	char account[NAME_BYTES_MAX + 1];
	uint64_t id;

	if (!client_peer(client)->has_accounts)
		return true;
	client_account(client, account);
	if (!peer_skip(&name, account))
		return false;
	if (client->role == PEER_NEW)
		return name.len == 0;
	return peer_skip(&name, "#") && peer_skip_number(&name, &id) &&
	       name.len == 0;
}

static bool
is_own_token(const struct client *client, struct span text)
{
	return !client_peer(client)->returns_text ||
	       span_equals(text, span_of(PEER_TOKEN));
}

/* A frame while it enters. Returns its length; 0 when there is none. */
static size_t
client_greeted(struct client *client, struct span bytes)
{
	struct peer_frame frame = {0};
	enum peer_kind kind = client_peer(client)->read(bytes, &frame);

	if (kind == PEER_MORE)
		return 0;
	if (kind == PEER_READY && is_own_name(client, frame.from))
		client_welcome(client, frame.from);
	else if (kind == PEER_ANSWER && is_own_token(client, frame.text))
		client_welcome(client, span_of(""));
	else
		client_tolerate(client, kind, &frame, "a welcome");
	return frame.len;
}

void
client_init(struct client *client, struct run_thread *thread, unsigned number)
{
	client->number = number;
	client->state = CLIENT_OUT;
	bot_init(&client->bot, &thread->load);
	for (unsigned stage = 0; stage < thread->run->ops->stages; stage++)
		if (thread->run->ops->is_awaited(client, stage))
			gate_await(&thread->run->gate, stage);
}

bool
client_is_registrar(const struct client *client)
{
	return client_peer(client)->has_accounts &&
	       client->number < client_run(client)->options->accounts;
}

void
client_register(struct client *client)
{
	client_connect(client, PEER_NEW);
}

void
client_enter(struct client *client, enum peer_role role)
{
	client_connect(client, role);
}

void
client_pass(struct client *client, unsigned stage)
{
	struct run *run = client_run(client);

	/* Some do so when all is over. */
	if (stage >= run->ops->stages)
		stage = run->ops->stages - 1;
	for (; client->passed <= stage; client->passed++)
		if (run->ops->is_awaited(client, client->passed))
			gate_arrive(&run->gate, client->passed);
}

void
client_fail(struct client *client, struct span expected, struct span got)
{
	char who[32];
	const struct report_failure failure = {who, expected, got};

	snprintf(who, sizeof who, "client %u", client->number);
	report_fail(&client_run(client)->report, client_row(client), &failure);
	client_end(client);
}

void
client_end(struct client *client)
{
	client_arrived(client);
	bot_close(&client->bot);
	client->state = CLIENT_OVER;
	client_pass(client, client_run(client)->ops->stages - 1);
}

void
client_leave(struct client *client)
{
	client_arrived(client);
	bot_close(&client->bot);
	client->state = CLIENT_OUT;
}

size_t
client_read_frames(struct client *client, struct span bytes,
    void (*on_frame)(struct client *client, enum peer_kind kind,
	const struct peer_frame *frame))
{
	struct peer_frame frame = {0};
	enum peer_kind kind;
	size_t used = 0;

	while (client->state == CLIENT_IN) {
		kind = client_peer(client)->read(
		    (struct span){bytes.at + used, bytes.len - used}, &frame);
		if (kind == PEER_MORE)
			break;
		used += frame.len;
		on_frame(client, kind, &frame);
	}
	return used;
}

bool
client_tolerate(struct client *client, enum peer_kind kind,
    const struct peer_frame *frame, const char *expected)
{
	char reply[REPLY_BYTES_MAX];
	char *at;

	if (kind == PEER_NOTHING)
		return true;
	if (kind != PEER_CALL ||
	    frame->text.len > REPLY_BYTES_MAX - PEER_AROUND_BYTES) {
		client_fail(client, span_of(expected), frame->text);
		return false;
	}
	at = peer_put(reply, span_of(client_peer(client)->reply));
	at = peer_put(at, frame->text);
	at = peer_put(at, span_of("\r\n"));
	bot_send(&client->bot, (struct span){reply, (size_t)(at - reply)});
	return true;
}

void
client_account(const struct client *client, char out[NAME_BYTES_MAX + 1])
{
	const struct run *run = client_run(client);

	names_nth(out, run->names, client->number % run->options->accounts);
}

struct run_thread *
client_thread(const struct client *client)
{
	return list_entry(client->bot.load, struct run_thread, load);
}

struct run *
client_run(const struct client *client)
{
	return client_thread(client)->run;
}

const struct peer *
client_peer(const struct client *client)
{
	return client_run(client)->options->peer;
}

void
client_opened(struct bot *bot)
{
	struct client *client = client_of(bot);
	char account[NAME_BYTES_MAX + 1];
	const struct peer_login who = {account, client->number};
	char hello[PEER_HELLO_BYTES];
	size_t len;

	client_count(client, RUN_ROW_CONNECT, bot->connect_ns);
	client_account(client, account);
	client->state = CLIENT_HELLO;
	client->hello_ns = clock_ns();
	len = client_peer(client)->hello(hello, client->role, &who);
	if (len == 0) {
		client_entered(client, span_of(""));
		return;
	}
	bot_arm(bot);
	bot_send(bot, (struct span){hello, len});
}

size_t
client_heard(struct bot *bot, struct span bytes)
{
	struct client *client = client_of(bot);
	size_t used = 0;
	size_t one;

	while (client->state == CLIENT_HELLO) {
		one = client_greeted(
		    client, (struct span){bytes.at + used, bytes.len - used});
		if (one == 0)
			return used;
		used += one;
	}
	if (client->state != CLIENT_IN || used == bytes.len)
		return used;
	return used + client_run(client)->ops->on_bytes(client,
			  (struct span){bytes.at + used, bytes.len - used});
}

void
client_timed_out(struct bot *bot)
{
	struct client *client = client_of(bot);

	client_fail(client,
	    span_of(client->state == CLIENT_IN ? "an answer" : "a welcome"),
	    span_of("nothing in time"));
}

void
client_lost(struct bot *bot, int error)
{
	struct client *client = client_of(bot);
	const struct run_ops *ops = client_run(client)->ops;

	if (client->state == CLIENT_IN && ops->may_lose &&
	    ops->may_lose(client, error)) {
		if (client->state == CLIENT_IN)
			client_end(client);
		return;
	}
	client_fail(client, span_of("a connection"),
	    span_of(error ? strerror(error) : "the end of the connection"));
}
