/*
 * The server beside a model of it (model.h): thousands of random commands by
 * some clients, and every line that any of them gets is one the model owes it,
 * in its order. One command at a time: whoever is owed something has read it
 * before the next, so that rooms of different threads cannot overtake.
 *
 * A failure names the seed; THRONG_SEED=N runs that one alone.
 */
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/model.h"

/* The last client is not drawn: it only watches, and is always there. */
enum {
	DRAWN = 6,
	WATCHER = DRAWN,
	CLIENTS
};
enum {
	COMMANDS = 10000
}; /* for each seed */

_Static_assert(CLIENTS <= (int)MODEL_CLIENTS, "the model has them all");

static const char *const accounts[] = {
    "Ann", "bob", "C.y_x-2", "9lives", "watcher", NULL};
enum {
	ACCOUNTS = 4
}; /* that are drawn */

static const unsigned seeds[] = {1, 2, 3};
/* What rooms keep, by the seed; it decides as well whether they stay when all
 * have left. */
static const unsigned histories[] = {0, 8, 3};

struct run {
	struct server_process *server;
	struct test_client *clients[CLIENTS];
	struct model *model;
	unsigned seed;
	uint64_t dice;
	int step;
	char line[MODEL_LINE_BYTES + 1]; /* the command */
	const struct model_room *room;   /* that was drawn for it */
};

/* What clients say. %: r room, s number near its last one, n small number, a
 * account, t text, l text about as long as a topic may be, b malformed name. */
static const struct saying {
	int weight;
	const char *words;
} sayings[] = {
    {8, "/join %r"},
    {10, "/join %r since=%s"},
    {2, "/join lobby since=%s"},
    {1, "/join %b"},
    {1, "/join %r %n"},
    {1, "/join %r since=x"},
    {1, "/join"},
    {5, "/leave"},
    {5, "/leave %r"},
    {1, "/leave %b"},
    {14, "/say %r %t"},
    {1, "/say %r"},
    {1, "/say %b %t"},
    {18, "%t"},
    {6, "/msg %a %t"},
    {1, "/msg %b %t"},
    {1, "/msg nobody %t"},
    {3, "/topic %r"},
    {3, "/topic %r %t"},
    {2, "/topic %r -"},
    {1, "/topic %r %l"},
    {1, "/topic %b %t"},
    {1, "/topic"},
    {3, "/rooms"},
    {1, "/rooms %t"},
    {4, "/who %r"},
    {2, "/who"},
    {1, "/who %b"},
    {2, "/history"},
    {2, "/history %n"},
    {2, "/history since=%s"},
    {2, "/history %r"},
    {3, "/history %r %n"},
    {5, "/history %r since=%s"},
    {1, "/history %b"},
    {1, "/history %r since="},
    {3, "/format json"},
    {3, "/format text"},
    {1, "/format xml"},
    {2, "/logout"},
    {1, "/login %a secretpw"},
    {6, "/broadcast %t"},
    {3, "/b %t"},
    {1, "/ping %t"},
    {1, "/ping"},
    {1, "/whoami"},
    {1, "/nope %t"},
    {1, "/quit %t"},
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* splitmix64: the same everywhere. */
static unsigned
draw(struct run *run, size_t below)
{
	uint64_t z = run->dice += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ (z >> 31)) % below);
}

/* One in so many. */
static bool
chance(struct run *run, unsigned of)
{
	return draw(run, of) == 0;
}

static void
put_room(struct run *run, FILE *out)
{
	static const char *const rooms[] = {"dev", "#dev", "DEV", "ops", "#Ops",
	    "r2", "a-b_c.d", "lobby", "#LOBBY", "dev", "ops",
	    "0123456789abcdefghijklmnopqrstuv"};
	char name[MODEL_NAME_BYTES];

	/* Some that are new now and then, and soon left for good. */
	snprintf(name, sizeof(name), "%s", rooms[draw(run, LENGTH(rooms))]);
	if (chance(run, 4))
		snprintf(name, sizeof(name), "#New%d.%u", run->step / 500,
		    draw(run, 2));
	run->room = model_room(run->model, name);
	fputs(name, out);
}

static void
put_seq(struct run *run, FILE *out)
{
	const struct model_room *room =
	    run->room ? run->room : model_room(run->model, "lobby");
	size_t last = room->said_count;
	size_t back = draw(run, 16);

	if (chance(run, 20))
		fprintf(out, "%u", draw(run, 2) ? 0 : 1000000);
	else
		fprintf(out, "%zu", last + 2 > back ? last + 2 - back : 0);
}

static void
put_text(struct run *run, FILE *out)
{
	static const char *const texts[] = {"hello", "two  spaces ", "OK fake",
	    "ERR fake", "*** #dev: ann#1 joined", "- item", "#dev [Ann#1] hi",
	    "\"quoted\" \\ back\\slash", "tab\there", "{\"event\":\"echo\"}",
	    "%s%n%d", "@t x", "a /ping", "\303\251\342\202\254\360\237\230\200",
	    "-", "- -", "since=3"};

	if (chance(run, 2))
		fprintf(out, "m%d", run->step);
	else
		fputs(texts[draw(run, LENGTH(texts))], out);
}

static void
put_long(struct run *run, FILE *out)
{
	size_t len = MODEL_TOPIC_BYTES - 2 + draw(run, 5);

	for (size_t i = 0; i < len; i++)
		fputc('a' + (int)(i % 26), out);
}

static void
put_malformed(struct run *run, FILE *out)
{
	static const char *const names[] = {"#", "##dev", "-dev", "_x", ".",
	    "d!v", "d\303\251v", "#a/b", "a:b", "dev,ops",
	    "0123456789abcdefghijklmnopqrstuvw"};

	fputs(names[draw(run, LENGTH(names))], out);
}

static void
put_part(struct run *run, FILE *out, char part)
{
	switch (part) {
	case 'r':
		put_room(run, out);
		break;
	case 's':
		put_seq(run, out);
		break;
	case 'n':
		fprintf(out, "%u", draw(run, 12));
		break;
	case 'a':
		fputs(accounts[draw(run, ACCOUNTS)], out);
		break;
	case 't':
		put_text(run, out);
		break;
	case 'l':
		put_long(run, out);
		break;
	default:
		put_malformed(run, out);
	}
}

/* Draws the line of a command into run->line. */
static void
draw_words(struct run *run, const char *words)
{
	FILE *out = fmemopen(run->line, sizeof(run->line), "w");

	cr_assert_not_null(out);
	run->room = NULL;
	if (words[0] == '/' && chance(run, 5))
		fprintf(out, "@t.%d ", run->step);
	for (; *words; words++)
		if (*words == '%')
			put_part(run, out, *++words);
		else
			fputc(*words, out);
	cr_assert_eq(fclose(out), 0);
}

static void
draw_line(struct run *run, bool user)
{
	int total = 0, left;
	size_t i = 0;

	for (size_t s = 0; s < LENGTH(sayings); s++)
		total += sayings[s].weight;
	left = (int)draw(run, (size_t)total);
	while ((left -= sayings[i].weight) >= 0)
		i++;
	draw_words(run,
	    !user && chance(run, 2) ? "/login %a secretpw" : sayings[i].words);
}

/* For messages: a place in the run instead of one in this file. */
static void
note_place(struct run *run, int client)
{
	const char *owed = model_owed(run->model, client);
	char text[256];

	snprintf(text, sizeof(text),
	    "THRONG_SEED=%u: after `%.80s` of client %d, client %d is owed "
	    "`%.90s`, step",
	    run->seed, harness_quote(run->line, strlen(run->line)),
	    run->model->actor, client,
	    owed ? harness_quote(owed, strlen(owed)) : "");
	harness_at(text, run->step);
}

static void
hear(struct run *run, int client)
{
	while (model_owed(run->model, client)) {
		const char *line;

		note_place(run, client);
		line = harness_stream_line(&run->clients[client]->in);
		if (!line)
			harness_fail("the connection ended");
		if (!model_take(run->model, client, line))
			harness_fail(
			    "got `%s`", harness_quote(line, strlen(line)));
	}
}

/* The one who has said something first: others get theirs because of it. */
static void
hear_all(struct run *run)
{
	hear(run, run->model->actor);
	for (int i = 0; i < CLIENTS; i++)
		hear(run, i);
}

static void
say(struct run *run, int client)
{
	test_client_send(run->clients[client], "%s%s\n", run->line,
	    chance(run, 8) ? "\r" : "");
	model_command(run->model, client, run->line);
	hear_all(run);
}

/* Who leaves several rooms at once has left each of them soon, and is answered
 * before: the list of rooms becomes what it should be. */
static void
settle(struct run *run)
{
	int64_t deadline_ms = harness_now_ms() + HARNESS_DEADLINE_MS;
	bool right;

	do {
		const char *line;

		model_forget(run->model, WATCHER);
		model_command(run->model, WATCHER, "/rooms");
		note_place(run, WATCHER);
		test_client_send(run->clients[WATCHER], "/rooms\n");
		right = true;
		do {
			line = (test_client_line)(run->clients[WATCHER]);
			right &= model_take(run->model, WATCHER, line);
		} while (strncmp(line, "OK ", 3) != 0);
		right &= !model_owed(run->model, WATCHER);
		if (!right && harness_now_ms() > deadline_ms)
			harness_fail("the rooms are not left: %s", line);
	} while (!right);
}

static void
enter(struct run *run, int client)
{
	unsigned long id;

	strcpy(run->line, "/whoami");
	run->clients[client] = test_client_open(run->server);
	test_client_send(run->clients[client], "/whoami\n");
	cr_assert_eq(
	    sscanf(test_client_line(run->clients[client]), "OK guest#%lu", &id),
	    1);
	model_connect(run->model, client, id);
}

static void
vanish(struct run *run, int client)
{
	strcpy(run->line, "(its end)");
	if (chance(run, 2))
		test_client_close(run->clients[client]);
	else
		test_client_reset(run->clients[client]);
	model_disconnect(run->model, client);
	for (int i = 0; i < CLIENTS; i++)
		hear(run, i);
}

static void
step(struct run *run)
{
	int client = (int)draw(run, DRAWN);
	const struct model_client *who = &run->model->clients[client];

	run->model->left_rooms = false;
	if (!who->connected) {
		enter(run, client);
	} else if (chance(run, 80)) {
		vanish(run, client);
	} else {
		draw_line(run, who->user);
		say(run, client);
		if (!who->connected) {
			test_client_expect_end(run->clients[client]);
			test_client_close(run->clients[client]);
		}
	}
	if (run->model->left_rooms)
		settle(run);
}

static void
run_seed(const char *engine, unsigned seed)
{
	static struct run run;
	char history[32];

	run = (struct run){.seed = seed, .dice = seed};
	snprintf(history, sizeof(history), "--history=%u",
	    histories[seed % LENGTH(histories)]);
	run.server = server_process_start(engine, history, NULL);
	run.model = model_new(accounts, histories[seed % LENGTH(histories)]);
	for (int i = 0; accounts[i]; i++)
		test_client_close(test_client_user(run.server, accounts[i]));
	enter(&run, WATCHER);
	strcpy(run.line, "/login watcher secretpw");
	say(&run, WATCHER);
	settle(&run);
	for (run.step = 0; run.step < COMMANDS; run.step++)
		step(&run);
	/* Nobody was told anything else. */
	for (int i = 0; i < CLIENTS; i++) {
		if (!run.model->clients[i].connected)
			continue;
		strcpy(run.line, "/ping end");
		say(&run, i);
	}
	model_free(run.model);
	server_process_stop(run.server);
}

FLOW_TEST(model_of_rooms_predicts_every_line)
{
	const char *given = getenv("THRONG_SEED");

	if (given && *given) {
		run_seed(engine, (unsigned)strtoul(given, NULL, 10));
		return;
	}
	for (size_t i = 0; i < LENGTH(seeds); i++)
		run_seed(engine, seeds[i]);
}
