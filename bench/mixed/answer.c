/*
 * The answers that a client waits for: they come in the order of the questions,
 * and each is checked to the word.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/expect/payload.h"
#include "bench/mixed/mixed.h"
#include "bench/peer/peer.h"
#include "reactor/check.h"

#define LINE_BYTES  (PAYLOAD_BYTES_MAX + 128)
#define WORDS_BYTES 128

enum about {
	ABOUT_NOBODY,
	ABOUT_SELF,
	ABOUT_ROOM,
	ABOUT_NEXT, /* the target of direct messages */
};

/* By enum mixed_await_kind: the command, the row in which its time is counted,
 * if that is `timed`, and the text behind OK: a name between words. An answer
 * that is `open` may go on behind these. */
static const struct {
	const char *re;
	enum mixed_row row;
	bool timed;
	const char *before;
	enum about about;
	const char *behind;
	bool open;
} kinds[] = {
    [AWAIT_JSON] = {"format", ROW_LOGIN, false, "format json", ABOUT_NOBODY, "",
	false},
    [AWAIT_TEXT] = {"format", ROW_JOIN, false, "format text", ABOUT_NOBODY, "",
	false},
    [AWAIT_REGISTER] = {"register", ROW_REGISTER, true, "registered ",
	ABOUT_SELF, "", false},
    [AWAIT_LOGIN] = {"login", ROW_LOGIN, true, "logged in as ", ABOUT_SELF, "#",
	true},
    [AWAIT_JOIN] = {"join", ROW_JOIN, true, "joined #", ABOUT_ROOM, " (", true},
    [AWAIT_LEAVE] = {"leave", ROW_JOIN, false, "left #", ABOUT_ROOM, "", false},
    [AWAIT_LOGOUT] = {"logout", ROW_LOGIN, false, "logged out", ABOUT_NOBODY,
	"", false},
    [AWAIT_DIRECT] = {"msg", ROW_DIRECT, true, "sent to ", ABOUT_NEXT, " (",
	true},
    [AWAIT_ECHO] = {"text", ROW_ECHO, true, "", ABOUT_NOBODY, "", true},
};

static const struct mixed_await *
await_at(const struct mixed_client *client, unsigned nth)
{
	return &client->awaits[(client->first_await + nth) % MIXED_AWAITS_MAX];
}

static enum mixed_row
await_row(const struct mixed_client *client, const struct mixed_await *await)
{
	if (await->kind == AWAIT_JOIN &&
	    client->seats[await->seat].place.state == PLACE_RESUMING)
		return ROW_RESUME;
	return kinds[await->kind].row;
}

static void
client_subject(const struct mixed_client *client,
    const struct mixed_await *await, char out[NAME_BYTES_MAX + 1])
{
	const struct mixed *mixed = client->thread->mixed;
	unsigned number = client->number;

	switch (kinds[await->kind].about) {
	case ABOUT_NOBODY:
		out[0] = '\0';
		return;
	case ABOUT_SELF:
		mixed_client_account(client, await->kind, out);
		return;
	case ABOUT_ROOM:
		mixed_room_name(
		    mixed, mixed_room_of(mixed, number, await->seat), out);
		return;
	case ABOUT_NEXT:
		mixed_account_name(
		    mixed, mixed_next_member(mixed, number), out);
		return;
	}
	unreachable("every one is above");
}

static bool
is_expected(const struct mixed_await *await, const struct mixed_line *line,
    const char *words)
{
	struct span text = line->text;

	if (line->kind != LINE_OK)
		return false;
	if (line->json &&
	    !span_equals(line->re, span_of(kinds[await->kind].re)))
		return false;
	return peer_skip(&text, words) &&
	       (kinds[await->kind].open || text.len == 0);
}

/* An error that may happen while servers are killed and clients stall. */
static bool
client_may_be_refused(struct mixed_client *client,
    const struct mixed_await *await, struct span code)
{
	switch ((enum mixed_await_kind)await->kind) {
	case AWAIT_REGISTER:
		/* Its answer was cut off: it may well be there. */
		return client->is_unsure &&
		       span_equals(code, span_of("name-taken"));
	case AWAIT_DIRECT:
		return mixed_member_may_be_refused(client, code);
	default:
		return false;
	}
}

static bool
is_full(struct span code)
{
	return span_equals(code, span_of("busy")) ||
	       span_equals(code, span_of("going-down"));
}

/* Logged in, registered, and so on: what next? */
static const char *
client_advance(struct mixed_client *client, const struct mixed_await *await,
    const struct mixed_line *line)
{
	struct mixed_thread *thread = client->thread;

	if (await->kind == AWAIT_LOGIN)
		mixed_server_entered(&thread->mixed->server, client->life);
	if (await->kind == AWAIT_REGISTER) {
		client->is_unsure = false;
		thread->counts[COUNT_ACCOUNTS]++;
	}
	if (client->role == MIXED_REGISTRAR) {
		mixed_registrar_answered(client, await);
		return NULL;
	}
	return mixed_member_answered(client, await, line);
}

/* An error that ends its connection: the server has no room, or worse. */
static void
client_refused(struct mixed_client *client, const struct mixed_await *await,
    const char *expected, struct span code, struct span whole)
{
	if (client->state == MIXED_ENTERING && is_full(code)) {
		mixed_client_retry(client);
		return;
	}
	if (await->kind == AWAIT_LOGIN)
		client->thread->counts[COUNT_LOST]++;
	mixed_client_fail(client, await_row(client, await), expected, whole);
}

/* Takes the first off those that are due. */
static struct mixed_await
client_take(struct mixed_client *client)
{
	struct mixed_await await = *await_at(client, 0);

	client->first_await =
	    (uint8_t)((client->first_await + 1) % MIXED_AWAITS_MAX);
	if (--client->await_count > 0)
		bot_arm(&client->bot);
	else
		bot_disarm(&client->bot);
	return await;
}

void
mixed_client_answered(struct mixed_client *client,
    const struct mixed_line *line, struct span whole)
{
	char words[WORDS_BYTES], subject[NAME_BYTES_MAX + 1];
	const char *wrong = words;
	struct mixed_await await;
	enum mixed_row row;

	if (client->await_count == 0) {
		mixed_client_fail(
		    client, ROW_DELIVER, "no answer to nothing", whole);
		return;
	}
	await = client_take(client);
	row = await_row(client, &await);
	client_subject(client, &await, subject);
	snprintf(words, sizeof words, "%s%s%s", kinds[await.kind].before,
	    subject, kinds[await.kind].behind);
	if (line->kind == LINE_ERR &&
	    !client_may_be_refused(client, &await, line->code)) {
		client_refused(client, &await, words, line->code, whole);
		return;
	}
	if (await.kind == AWAIT_ECHO)
		wrong = mixed_guest_answered(client, line);
	else if (line->kind == LINE_ERR || is_expected(&await, line, words))
		wrong = client_advance(client, &await, line);
	if (wrong)
		mixed_client_fail(client, row, wrong, whole);
	else if (kinds[await.kind].timed && line->kind != LINE_ERR)
		mixed_client_count(client, row, await.sent_ns);
}

bool
mixed_client_awaits(
    const struct mixed_client *client, enum mixed_await_kind kind)
{
	for (unsigned i = 0; i < client->await_count; i++)
		if (await_at(client, i)->kind == kind)
			return true;
	return false;
}

enum mixed_row
mixed_client_row(const struct mixed_client *client)
{
	if (client->state == MIXED_OUT)
		return ROW_CONNECT;
	return client->await_count > 0 ? await_row(client, await_at(client, 0))
				       : ROW_DELIVER;
}

void
mixed_client_count(
    struct mixed_client *client, enum mixed_row row, uint64_t since_ns)
{
	struct mixed_thread *thread = client->thread;

	histogram_add(&thread->latencies[row], thread->load.now_ns - since_ns);
}

void
mixed_client_ask(struct mixed_client *client, enum mixed_await_kind kind,
    unsigned seat, const char *format, ...)
{
	unsigned last = client->first_await + client->await_count;
	char line[LINE_BYTES];
	va_list arguments;
	int len;

	check(client->await_count < MIXED_AWAITS_MAX);
	client->awaits[last % MIXED_AWAITS_MAX] = (struct mixed_await){
	    .sent_ns = clock_ns(),
	    .said = client->said,
	    .kind = (uint8_t)kind,
	    .seat = (uint8_t)seat,
	};
	if (client->await_count++ == 0)
		bot_arm(&client->bot);
	va_start(arguments, format);
	len = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	check((size_t)len < sizeof line);
	bot_send(&client->bot, (struct span){line, (size_t)len});
}
