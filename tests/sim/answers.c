/* Answers to a client's commands: see hear.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "tests/sim/hear.h"

/* All before this one have been answered, or never will be. */
static void
pop_up_to(struct client *client, const struct want *want)
{
	size_t count = (size_t)(want - client->wants) + 1;

	client->want_count -= count;
	memmove(client->wants, client->wants + count,
	    client->want_count * sizeof(*client->wants));
}

static void
hear_login(const struct hearing *h, const struct want *want)
{
	const struct sim_account *account = &h->crowd->accounts[want->account];
	struct client *client = h->client;
	struct stay *lobby = &client->stays[0];
	struct span text = span_of(h->text);

	if (!strcmp(want->word, "wrong-password"))
		hear_wrong(h, "an error, for the password was wrong");
	if (account->state == ACCOUNT_ABSENT &&
	    account->changed_step < want->step)
		hear_wrong(h, "an error, for there is no such account");
	if (account->state == ACCOUNT_PRESENT && !account->asked &&
	    account->changed_step < want->step &&
	    strcmp(want->word, account->password))
		hear_wrong(
		    h, "an error, for that is not its password any more");
	if (!peer_skip(&text, "logged in as ") ||
	    !peer_skip(&text, account->name) || !peer_skip(&text, "#") ||
	    !peer_skip_number(&text, &client->id) || text.len > 0)
		hear_wrong(h, "its name and number");
	client->user = true;
	client->account = want->account;
	*lobby = (struct stay){
	    .in = true,
	    .exact = client->json,
	    .place = {.state = PLACE_IN},
	    .said_before = h->crowd->said_count,
	};
}

static void
hear_change(const struct hearing *h, const struct want *want)
{
	struct sim_account *account = &h->crowd->accounts[want->account];

	account->asked = false;
	account->changed_step = h->crowd->step;
	account->state = ACCOUNT_PRESENT;
	if (want->kind == WANT_UNREGISTER) {
		account->state = ACCOUNT_ABSENT;
		hear_guest(h);
		return;
	}
	strcpy(account->password, want->word);
	account->next[0] = '\0';
}

static void
change_refused(const struct hearing *h, const struct want *want)
{
	struct sim_account *account = &h->crowd->accounts[want->account];

	account->asked = false;
	account->changed_step = h->crowd->step;
	account->state = want->was;
	if (want->was != ACCOUNT_UNSURE)
		account->next[0] = '\0';
}

static void
hear_joined(const struct hearing *h, const struct want *want)
{
	struct stay *stay = &h->client->stays[want->room];
	const char *problem;

	if (!h->client->user)
		hear_wrong(h, "an error, for it is a guest");
	if (stay->in)
		return;
	if (stay->place.state == PLACE_OUT && want->resumes)
		place_resume(&stay->place, want->since);
	else if (stay->place.state == PLACE_OUT)
		place_join(&stay->place);
	stay->in = true;
	stay->exact = h->line.json;
	stay->said_before = h->crowd->said_count;
	if (!stay->exact) {
		stay->place.state = PLACE_IN;
		return;
	}
	problem = place_joined(&stay->place, h->line.seq);
	if (problem)
		hear_wrong(h, problem);
}

static void
hear_history(const struct hearing *h, const struct want *want)
{
	struct span text = span_of(h->text);
	uint64_t count;

	hear_need_in(h, want->room);
	if (!peer_skip_number(&text, &count) || count < want->items)
		hear_wrong(h, "the number of messages");
}

static void
hear_words(const struct hearing *h, const char *words)
{
	if (strcmp(h->text, words))
		hear_wrong(h, words);
}

static void
hear_who(const struct hearing *h)
{
	const struct client *client = h->client;
	char words[CROWD_WORD_BYTES + 32] = "guest#";

	if (!client->user) {
		if (strncmp(h->text, words, strlen(words)))
			hear_wrong(h, "guest#ID");
		return;
	}
	snprintf(words, sizeof(words), "%s#%llu",
	    h->crowd->accounts[client->account].name,
	    (unsigned long long)client->id);
	hear_words(h, words);
}

/* Of a command that changes nothing but what it is told. */
static void
hear_told(const struct hearing *h, const struct want *want)
{
	char words[CROWD_WORD_BYTES + 32];

	switch (want->kind) {
	case WANT_FORMAT:
		if (h->line.json != want->json)
			hear_wrong(h, "the answer in the new format");
		h->client->json = want->json;
		break;
	case WANT_PING:
		snprintf(words, sizeof(words), "pong %s", want->word);
		hear_words(h, words);
		break;
	case WANT_WHOAMI:
		hear_who(h);
		break;
	case WANT_SAY:
		hear_wrong(h, "its own copy");
		break;
	case WANT_ECHO:
		hear_wrong(h, "an echo");
		break;
	default:
		break;
	}
}

static void
hear_ok(const struct hearing *h, const struct want *want)
{
	switch (want->kind) {
	case WANT_LOGIN:
		hear_login(h, want);
		break;
	case WANT_REGISTER:
	case WANT_PASSWD:
	case WANT_UNREGISTER:
		hear_change(h, want);
		break;
	case WANT_LOGOUT:
		hear_guest(h);
		break;
	case WANT_JOIN:
		hear_joined(h, want);
		break;
	case WANT_LEAVE:
		hear_need_in(h, want->room);
		client_end_stay(h->crowd, h->client, want->room);
		break;
	case WANT_TOPIC:
		hear_need_in(h, want->room);
		break;
	case WANT_HISTORY:
		hear_history(h, want);
		break;
	case WANT_QUIT:
		hear_words(h, "bye");
		h->client->parting = true;
		break;
	default:
		hear_told(h, want);
	}
}

static bool
is_account_work(enum want_kind kind)
{
	return kind == WANT_REGISTER || kind == WANT_LOGIN ||
	       kind == WANT_PASSWD || kind == WANT_UNREGISTER;
}

static bool
is_for_users(enum want_kind kind)
{
	return kind != WANT_REGISTER && kind != WANT_LOGIN &&
	       kind != WANT_PING && kind != WANT_WHOAMI &&
	       kind != WANT_FORMAT && kind != WANT_HELP && kind != WANT_QUIT;
}

static bool
is_about_room(enum want_kind kind)
{
	return kind == WANT_LEAVE || kind == WANT_SAY || kind == WANT_TOPIC ||
	       kind == WANT_HISTORY;
}

/* Has the client given reason for this error? */
static bool
is_just(const struct hearing *h, const struct want *want)
{
	const struct client *client = h->client;
	const struct sim_account *account = &h->crowd->accounts[want->account];
	struct span code = h->line.code;
	bool changed = account->asked || account->changed_step >= want->step ||
		       account->state == ACCOUNT_UNSURE;

	if (span_equals(code, span_of("not-logged-in")))
		return !client->user && is_for_users(want->kind);
	if (span_equals(code, span_of("already-logged-in")))
		return client->user && (want->kind == WANT_LOGIN ||
					   want->kind == WANT_REGISTER);
	if (span_equals(code, span_of("not-in-room")) ||
	    span_equals(code, span_of("no-such-room")))
		return is_about_room(want->kind) &&
		       !client->stays[want->room].in;
	if (span_equals(code, span_of("forbidden")))
		return want->kind == WANT_LEAVE && want->room == 0;
	if (span_equals(code, span_of("no-such-user")))
		return want->kind == WANT_MSG &&
		       (want->account != 0 || h->crowd->closing);
	if (span_equals(code, span_of("name-taken")))
		return want->kind == WANT_REGISTER &&
		       want->was != ACCOUNT_ABSENT;
	if (span_equals(code, span_of("bad-credentials")))
		return is_account_work(want->kind) &&
		       (changed || account->state == ACCOUNT_ABSENT ||
			   !strcmp(want->word, "wrong-password"));
	if (span_equals(code, span_of("too-many-attempts")))
		return is_account_work(want->kind) && account->failed_step > 0;
	if (span_equals(code, span_of("going-down")))
		return is_account_work(want->kind) && h->crowd->closing;
	if (span_equals(code, span_of("read-only")))
		return is_account_work(want->kind) && h->crowd->broken;
	/* Nobody of those who are meant reads; many topics at once; a long look
	 * back while much waits for all. */
	if (span_equals(code, span_of("busy")))
		return want->kind == WANT_MSG || want->kind == WANT_TOPIC ||
		       want->kind == WANT_HISTORY ||
		       (want->kind == WANT_JOIN && want->resumes);
	return false;
}

static void
hear_error(const struct hearing *h, const struct want *want)
{
	if (!is_just(h, want))
		hear_wrong(h, "success");
	if (want->kind == WANT_REGISTER || want->kind == WANT_PASSWD ||
	    want->kind == WANT_UNREGISTER)
		change_refused(h, want);
	if (want->kind == WANT_LOGIN &&
	    span_equals(h->line.code, span_of("bad-credentials")))
		h->crowd->accounts[want->account].failed_step = h->crowd->step;
	if (want->kind == WANT_SAY || want->kind == WANT_MSG)
		h->crowd->said[want->said].refused = true;
	if (want->kind == WANT_MSG && h->crowd->said[want->said].heard_by)
		hear_wrong(h, "success, for somebody has heard it");
	/* It has to know all. The wants may move. */
	if (want->kind == WANT_HISTORY && h->client->manner == CROWD_WITNESS)
		client_catch_up(h->crowd, h->client, want->room, want->since);
}

void
hear_answer(struct hearing *h)
{
	struct want *want = hear_front(h, h->line.tag);
	char tag[CROWD_WORD_BYTES];
	size_t at;

	if (h->line.tag.len == 0 && h->client->id == 0 &&
	    h->line.kind == LINE_ERR &&
	    span_equals(h->line.code, span_of("busy"))) {
		h->client->refused = h->client->parting = true;
		return;
	}
	if (!want)
		hear_wrong(h, "nothing");
	snprintf(tag, sizeof(tag), "t%llu", (unsigned long long)want->tag);
	if (!span_equals(h->line.tag, span_of(tag)))
		hear_wrong(h, tag);
	if (h->line.kind == LINE_ITEM) {
		want->items++;
		return;
	}
	at = (size_t)(want - h->client->wants);
	if (h->line.kind == LINE_OK)
		hear_ok(h, want);
	else
		hear_error(h, want);
	pop_up_to(h->client, &h->client->wants[at]);
}

void
hear_echo(struct hearing *h)
{
	const struct want *want = hear_front(h, (struct span){0});

	if (!want || want->kind != WANT_ECHO || strcmp(want->word, h->text))
		hear_wrong(h, "no such echo");
	pop_up_to(h->client, want);
}
