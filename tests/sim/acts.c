#include "tests/sim/acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/account_service.h"
#include "proto/errand.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/reactor_priv.h"
#include "tests/sim/clock.h"
#include "tests/sim/net.h"

#define WANTS_MAX 40 /* that one client has owed at once */
#define LATE_MS   3000

typedef void act(struct crowd *crowd, struct client *client);

void
act_format(struct crowd *crowd, struct client *client, bool json)
{
	struct want *want = client_want(crowd, client, WANT_FORMAT);

	want->json = json;
	client_write(client, "@t%llu /format %s\n",
	    (unsigned long long)want->tag, json ? "json" : "text");
}

/* A change of its own account: one at a time. */
static struct want *
want_change(struct crowd *crowd, struct client *client, enum want_kind kind,
    enum account_state state)
{
	struct sim_account *account = &crowd->accounts[client->index];
	struct want *want = client_want(crowd, client, kind);

	want->account = client->index;
	want->was = account->state;
	account->asked = true;
	account->changed_step = crowd->step;
	account->state = state;
	return want;
}

static void
new_password(char out[CROWD_WORD_BYTES])
{
	snprintf(out, CROWD_WORD_BYTES, "pw-%016llx",
	    (unsigned long long)sim_below(UINT64_MAX));
}

void
act_register(struct crowd *crowd, struct client *client)
{
	struct sim_account *account = &crowd->accounts[client->index];
	struct want *want =
	    want_change(crowd, client, WANT_REGISTER, ACCOUNT_UNSURE);

	new_password(want->word);
	strcpy(account->next, want->word);
	client_write(client, "@t%llu /register %s %s\n",
	    (unsigned long long)want->tag, account->name, want->word);
}

void
act_login(
    struct crowd *crowd, struct client *client, unsigned account, bool wrong)
{
	struct want *want = client_want(crowd, client, WANT_LOGIN);
	struct sim_account *to = &crowd->accounts[account];

	want->account = account;
	if (wrong || !to->password[0])
		strcpy(want->word, "wrong-password");
	else
		strcpy(want->word, to->password);
	if (!strcmp(want->word, "wrong-password"))
		to->failed_step = crowd->step;
	client_write(client, "@t%llu /login %s %s\n",
	    (unsigned long long)want->tag, to->name, want->word);
}

/* The last number that it knows of, most times; or any; or a little ahead,
 * which the room may reach in the very turn of the question. */
static uint64_t
any_since(const struct client *client, unsigned room)
{
	if (sim_chance(20))
		return sim_below(1000);
	return client->last_seq[room] + (sim_chance(20) ? sim_below(4) : 0);
}

void
act_join(
    struct crowd *crowd, struct client *client, unsigned room, bool resumes)
{
	struct want *want = client_want(crowd, client, WANT_JOIN);

	want->room = room;
	want->resumes = resumes && client->json && !client->within[room] &&
			!crowd->world->setup.curt;
	client->joined = true;
	client->within[room] = true;
	if (!want->resumes) {
		client_write(client, "@t%llu /join %s%s\n",
		    (unsigned long long)want->tag, sim_chance(30) ? "#" : "",
		    crowd_rooms[room]);
		return;
	}
	want->since = any_since(client, room);
	client_write(client, "@t%llu /join %s since=%llu\n",
	    (unsigned long long)want->tag, crowd_rooms[room],
	    (unsigned long long)want->since);
}

static unsigned
any_room(const struct crowd *crowd)
{
	return (unsigned)sim_below(crowd->narrow ? 2 : CROWD_ROOMS);
}

/* One that can be left. */
static unsigned
any_other_room(const struct crowd *crowd)
{
	return crowd->narrow ? 1 : 1 + (unsigned)sim_below(CROWD_ROOMS - 1);
}

static void
join_any(struct crowd *crowd, struct client *client)
{
	act_join(crowd, client, any_other_room(crowd), sim_chance(40));
}

static void
leave_any(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_LEAVE);

	want->room = any_other_room(crowd);
	client->within[want->room] = false;
	client_write(client, "@t%llu /leave %s\n",
	    (unsigned long long)want->tag, crowd_rooms[want->room]);
}

static void
say_any(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_SAY);
	struct said *said = act_new_said(crowd, client);

	want->said = crowd->said_count - 1;
	want->room = said->room = any_room(crowd);
	if (said->room == 0 && sim_chance(50))
		client_write(client, "@t%llu /b %s\n",
		    (unsigned long long)want->tag, said->text);
	else
		client_write(client, "@t%llu /say %s %s\n",
		    (unsigned long long)want->tag, crowd_rooms[said->room],
		    said->text);
}

/* Many at once: more than may be under way, at times. */
static void
flood(struct crowd *crowd, struct client *client)
{
	unsigned most = crowd->world->setup.curt ? 150 : 30;

	for (uint64_t i = sim_below(most); i > 0; i--)
		say_any(crowd, client);
}

static void
msg_any(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_MSG);
	struct said *said = act_new_said(crowd, client);

	said->direct = true;
	want->said = crowd->said_count - 1;
	want->account = said->to = (unsigned)sim_below(crowd->client_count);
	client_write(client, "@t%llu /msg %s %s\n",
	    (unsigned long long)want->tag, crowd->accounts[said->to].name,
	    said->text);
}

/* Of the lobby only when it knows where it is there, or what is old would look
 * like the first that it hears. */
static void
history_any(struct crowd *crowd, struct client *client)
{
	unsigned room = any_room(crowd);

	if (crowd->world->setup.curt)
		return;
	for (size_t i = 0; i < client->want_count; i++)
		if (client->wants[i].kind == WANT_LOGIN ||
		    client->wants[i].kind == WANT_LOGOUT)
			return;
	if (client->json && (room > 0 || client->stays[0].place.known))
		client_catch_up(crowd, client, room, 0);
}

void
client_catch_up(
    struct crowd *crowd, struct client *client, unsigned room, uint64_t after)
{
	struct want *want = client_want(crowd, client, WANT_HISTORY);

	want->room = room;
	want->since = after;
	client_write(client, "@t%llu /history %s since=%llu\n",
	    (unsigned long long)want->tag, crowd_rooms[room],
	    (unsigned long long)after);
}

static void
topic_any(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_TOPIC);

	want->room = any_room(crowd);
	client_write(client, "@t%llu /topic %s %s\n",
	    (unsigned long long)want->tag, crowd_rooms[want->room],
	    sim_chance(50)   ? ""
	    : sim_chance(20) ? "-"
			     : "new");
}

static void
ask_any(struct crowd *crowd, struct client *client)
{
	static const struct {
		enum want_kind kind;
		const char *words;
	} questions[] = {{WANT_WHO, "who"}, {WANT_ROOMS, "rooms"},
	    {WANT_WHOAMI, "whoami"}, {WANT_HELP, "help"}};
	unsigned i = (unsigned)sim_below(4);
	struct want *want = client_want(crowd, client, questions[i].kind);

	client_write(client, "@t%llu /%s\n", (unsigned long long)want->tag,
	    questions[i].words);
}

static void
ping_any(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_PING);

	snprintf(want->word, sizeof(want->word), "token-%llu",
	    (unsigned long long)sim_below(1000000));
	client_write(client, "@t%llu /ping %s\n", (unsigned long long)want->tag,
	    want->word);
}

/* In a room it would be said there. */
static void
echo_any(struct crowd *crowd, struct client *client)
{
	struct want *want;

	if (client->joined)
		return;
	want = client_want(crowd, client, WANT_ECHO);
	snprintf(want->word, sizeof(want->word), "say again %llu",
	    (unsigned long long)sim_below(1000000));
	client_write(client, "%s%s\n", want->word, sim_chance(20) ? "\r" : "");
}

static void
enter_any(struct crowd *crowd, struct client *client)
{
	struct sim_account *account = &crowd->accounts[client->index];

	if (account->state == ACCOUNT_ABSENT && !account->asked)
		act_register(crowd, client);
	act_login(crowd, client,
	    sim_chance(80) ? client->index
			   : (unsigned)sim_below(crowd->client_count),
	    sim_chance(6));
}

static void
logout(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_LOGOUT);

	memset(client->within, 0, sizeof(client->within));
	client_write(client, "@t%llu /logout\n", (unsigned long long)want->tag);
}

static void
change_account(struct crowd *crowd, struct client *client)
{
	struct sim_account *account = &crowd->accounts[client->index];
	bool removes = sim_chance(40);
	struct want *want;

	if (account->state != ACCOUNT_PRESENT || account->asked ||
	    !client->user || client->account != client->index)
		return;
	want =
	    want_change(crowd, client, removes ? WANT_UNREGISTER : WANT_PASSWD,
		removes ? ACCOUNT_UNSURE : ACCOUNT_PRESENT);
	if (removes) {
		client_write(client, "@t%llu /unregister %s\n",
		    (unsigned long long)want->tag, account->password);
		return;
	}
	new_password(want->word);
	strcpy(account->next, want->word);
	client_write(client, "@t%llu /passwd %s %s\n",
	    (unsigned long long)want->tag, account->password, want->word);
}

static void
quit(struct crowd *crowd, struct client *client)
{
	struct want *want = client_want(crowd, client, WANT_QUIT);

	client_write(
	    client, "@t%llu /quit so long\n", (unsigned long long)want->tag);
}

/* In and out, while the others talk. */
static void
visit(struct crowd *crowd, struct client *client)
{
	if (client->index % 2 == 0) {
		flood(crowd, client);
		return;
	}
	leave_any(crowd, client);
	join_any(crowd, client);
	if (sim_chance(50))
		leave_any(crowd, client);
}

/* How often each is done, of the sum. */
static const struct {
	act *act;
	unsigned weight;
} acts[] = {
    {say_any, 40},
    {join_any, 16},
    {enter_any, 12},
    {msg_any, 8},
    {leave_any, 5},
    {history_any, 5},
    {ask_any, 5},
    {ping_any, 5},
    {echo_any, 4},
    {topic_any, 4},
    {change_account, 4},
    {flood, 2},
    {logout, 2},
    {quit, 1},
};

static void
act_any(struct crowd *crowd, struct client *client)
{
	unsigned sum = 0, at;

	if (crowd->narrow && sim_chance(30)) {
		visit(crowd, client);
		return;
	}
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		sum += acts[i].weight;
	at = (unsigned)sim_below(sum);
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		if (at < acts[i].weight) {
			acts[i].act(crowd, client);
			return;
		}
		at -= acts[i].weight;
	}
}

static void
act_orderly(struct crowd *crowd, struct client *client)
{
	if (client->ended || client->parting)
		return;
	if (!client->user && client->want_count == 0 && sim_chance(50))
		enter_any(crowd, client);
	else if (client->want_count < WANTS_MAX)
		act_any(crowd, client);
	if (sim_chance(1))
		client_end(client);
	else if (sim_chance(1))
		client_reset(crowd, client);
}

/* It says nothing, or a byte now and then, and has not all the time in the
 * world to log in. */
static void
act_mute(struct crowd *crowd, struct client *client)
{
	const struct world *world = crowd->world;
	uint64_t age_ms = (sim_now_us() - client->connected_us) / 1000;
	uint32_t limit_ms = world->setup.hub.login_timeout_ms;

	if (client->away && !crowd->broken && !client->link->down_ended &&
	    age_ms > limit_ms + LATE_MS)
		client_fail(client, "the end", span_of("all the time"));
	if (client->parting || client->link->down_ended)
		return;
	if (sim_chance(30))
		client_write_bytes(client, "x", 1);
	if (sim_chance(1))
		client_reset(crowd, client);
}

static void
act_somehow(struct crowd *crowd, struct client *client)
{
	switch (client->manner) {
	case CROWD_ORDERLY:
		act_orderly(crowd, client);
		break;
	case CROWD_WILD:
		act_wild(crowd, client);
		break;
	case CROWD_MUTE:
		act_mute(crowd, client);
		break;
	case CROWD_WITNESS:
		break;
	}
}

/* Where silence ends the line of who has never sent a LF, it sends one first,
 * which nothing can split. */
static void
act_first(struct crowd *crowd, struct client *client)
{
	if (client->manner != CROWD_ORDERLY)
		return;
	if (crowd->world->setup.hub.unterminated_ms > 0) {
		client_want(crowd, client, WANT_ECHO);
		client_write(client, "\n");
	}
	if (sim_chance(60))
		act_format(crowd, client, true);
}

void
crowd_act(struct crowd *crowd)
{
	struct client *client = &crowd->clients[sim_below(crowd->client_count)];

	crowd->step++;
	if (!client->link) {
		if (sim_chance(40) && client_connect(crowd, client))
			act_first(crowd, client);
		return;
	}
	act_somehow(crowd, client);
	if (!client->link)
		return;
	client_flush(client, client->manner == CROWD_WITNESS);
	if (!client->slow)
		client_read(crowd, client, SIZE_MAX);
	else if (sim_chance(10))
		client_read(crowd, client, 1 + sim_below(400));
}
