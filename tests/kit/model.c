/* The model: a line's words, the verbs, coming and going. */
#include "tests/kit/model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define ARGUMENTS_MAX 2
#define BLANKS        " \t"

static struct model_client *
actor(struct model *model)
{
	return &model->clients[model->actor];
}

/* As it was registered; NULL when it never was. */
static const char *
account_named(const struct model *model, const char *name)
{
	for (int i = 0; model->accounts[i]; i++)
		if (!strcasecmp(model->accounts[i], name))
			return model->accounts[i];
	return NULL;
}

static bool
is_account_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < MODEL_NAME_BYTES &&
	       strspn(name, NAME_CHARACTERS) == len && !strchr("._-", *name);
}

/* Of replies that say who one is. */
static void
tell_self(struct model *model, const char *words)
{
	const struct model_client *who = actor(model);
	char text[80];
	struct model_event event = {.kind = MODEL_OK, .text = text};

	snprintf(text, sizeof(text), "%s%s#%lu", words,
	    who->user ? who->name : "guest", who->id);
	if (who->user) {
		event.name = who->name;
		event.id = who->id;
	}
	model_tell(model, model->actor, &event);
}

static void
do_login(struct model *model, char *const args[])
{
	struct model_client *who = actor(model);

	strcpy(who->name, account_named(model, args[0]));
	who->user = true;
	model_lobby(model, model->actor, true);
	tell_self(model, "logged in as ");
}

static void
do_logout(struct model *model, char *const args[])
{
	(void)args;
	model_lobby(model, model->actor, false);
	model_leave_all(model, model->actor);
	actor(model)->user = false;
	model_ok(model, "logged out");
}

static void
do_broadcast(struct model *model, char *const args[])
{
	model_say(model, &model->rooms[0], args[0]);
}

static void
do_msg(struct model *model, char *const args[])
{
	const char *name = account_named(model, args[0]);
	char text[80];
	struct model_event ok = {
	    .kind = MODEL_OK, .unordered = true, .text = text};
	unsigned count = 0;

	if (!is_account_name(args[0])) {
		model_err(model, "bad-name");
		return;
	}
	for (int i = 0; i < MODEL_CLIENTS; i++) {
		const struct model_client *to = &model->clients[i];
		struct model_message *message;
		struct model_event event = {
		    .kind = MODEL_DIRECT, .unordered = true};

		if (!to->user || !name || strcmp(to->name, name) != 0)
			continue;
		message = model_message_new(model, args[1]);
		event.name = message->from;
		event.id = message->id;
		event.text = message->text;
		event.time = message->time;
		model_tell(model, i, &event);
		count++;
	}
	if (count == 0) {
		model_err(model, "no-such-user");
		return;
	}
	snprintf(text, sizeof(text), "sent to %s (%u sessions)", name, count);
	model_tell(model, model->actor, &ok);
}

static void
do_format(struct model *model, char *const args[])
{
	bool json = !strcmp(args[0], "json");

	if (!json && strcmp(args[0], "text") != 0) {
		model_err(model, "bad-arguments");
		return;
	}
	actor(model)->json = json;
	model_ok(model, "format %s", args[0]);
}

static void
do_ping(struct model *model, char *const args[])
{
	model_ok(model, args[0] ? "pong %s" : "pong", args[0]);
}

static void
do_whoami(struct model *model, char *const args[])
{
	(void)args;
	tell_self(model, "");
}

static void
do_quit(struct model *model, char *const args[])
{
	(void)args;
	model_ok(model, "bye");
	model_disconnect(model, model->actor);
}

static void
say_text(struct model *model, const char *text)
{
	struct model_event echo = {.kind = MODEL_ECHO, .text = text};

	if (actor(model)->current)
		model_say(model, actor(model)->current, text);
	else
		model_tell(model, model->actor, &echo);
}

/* Cuts `@TAG ` off; the line stays whole where that is none. */
static char *
cut_tag(struct model *model, char *line)
{
	size_t len = strspn(line + 1, NAME_CHARACTERS);
	char *rest = line + 1 + len;

	model->tag[0] = '\0';
	if (line[0] != '@' || len == 0 || len >= MODEL_NAME_BYTES ||
	    !strchr(BLANKS, *rest) || !*rest)
		return line;
	rest += strspn(rest, BLANKS);
	if (rest[0] != '/' || rest[1] == '/')
		return line;
	memcpy(model->tag, line + 1, len);
	model->tag[len] = '\0';
	return rest;
}

/* The next word, NULL for none. */
static char *
cut_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);

	*rest = word + strcspn(word, BLANKS);
	if (**rest)
		*(*rest)++ = '\0';
	return *word ? word : NULL;
}

enum who {
	GUEST = 1,
	USER = 2,
	ANYONE = 3
};

/* What the protocol's table of commands says. */
static const struct verb {
	const char *name, *alias;
	void (*run)(struct model *model, char *const args[]);
	int who, min, max;
	bool text; /* the last argument is the rest of the line */
} verbs[] = {
    {"login", NULL, do_login, GUEST, 1, 2, false},
    {"logout", NULL, do_logout, USER, 0, 0, false},
    {"broadcast", "b", do_broadcast, USER, 1, 1, true},
    {"join", NULL, model_do_join, USER, 1, 2, false},
    {"leave", NULL, model_do_leave, USER, 0, 1, false},
    {"say", NULL, model_do_say, USER, 2, 2, true},
    {"msg", NULL, do_msg, USER, 2, 2, true},
    {"topic", NULL, model_do_topic, USER, 1, 2, true},
    {"rooms", NULL, model_do_rooms, USER, 0, 0, false},
    {"who", NULL, model_do_who, USER, 0, 1, false},
    {"history", NULL, model_do_history, USER, 0, 2, false},
    {"format", NULL, do_format, ANYONE, 1, 1, false},
    {"ping", NULL, do_ping, ANYONE, 0, 1, true},
    {"whoami", NULL, do_whoami, ANYONE, 0, 0, false},
    {"quit", NULL, do_quit, ANYONE, 0, 1, true},
};

/* Words into arguments; false for too few or many. */
static bool
cut_arguments(const struct verb *verb, char *rest, char *args[])
{
	int count = 0;

	for (; count < verb->max; count++) {
		rest += strspn(rest, BLANKS);
		if (!*rest)
			break;
		args[count] = rest;
		if (verb->text && count + 1 == verb->max)
			return true;
		cut_word(&rest);
	}
	return count >= verb->min && !cut_word(&rest);
}

static const struct verb *
verb_named(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcasecmp(verbs[i].name, name) ||
		    (verbs[i].alias && !strcasecmp(verbs[i].alias, name)))
			return &verbs[i];
	return NULL;
}

/* `line` is a command, from its slash on. */
static void
run_command(struct model *model, char *line)
{
	char *args[ARGUMENTS_MAX + 1] = {NULL};
	char *rest = line + 1;
	char *name = strchr(BLANKS, *rest) ? NULL : cut_word(&rest);
	const struct verb *verb = verb_named(name ? name : "");

	model->re = verb ? verb->name : "unknown";
	if (!verb)
		model_err(model, "unknown-command");
	else if (!actor(model)->user && !(verb->who & GUEST))
		model_err(model, "not-logged-in");
	else if (actor(model)->user && !(verb->who & USER))
		model_err(model, "already-logged-in");
	else if (!cut_arguments(verb, rest, args))
		model_err(model, "bad-arguments");
	else
		verb->run(model, args);
}

void
model_command(struct model *model, int client, const char *text)
{
	char line[MODEL_LINE_BYTES + 1];
	char *at;

	cr_assert_lt(
	    snprintf(line, sizeof(line), "%s", text), (int)sizeof(line));
	model->number++;
	model->actor = client;
	model->left_rooms = false;
	at = cut_tag(model, line);
	if (at[0] == '/' && at[1] != '/')
		run_command(model, at);
	else
		say_text(model, at[0] == '/' ? at + 1 : at);
}

void
model_connect(struct model *model, int client, unsigned long id)
{
	struct model_client *who = &model->clients[client];

	who->connected = true;
	who->user = who->json = false;
	who->current = NULL;
	who->id = id;
}

void
model_disconnect(struct model *model, int client)
{
	struct model_client *who = &model->clients[client];

	model->number++;
	model_lobby(model, client, false);
	model_leave_all(model, client);
	who->connected = who->user = false;
}

struct model *
model_new(const char *const accounts[], unsigned history)
{
	struct model *model = calloc(1, sizeof(*model));

	cr_assert_not_null(model);
	model->accounts = accounts;
	model->history = history;
	model->rooms[0].exists = true;
	strcpy(model->rooms[0].name, "lobby");
	return model;
}

void
model_free(struct model *model)
{
	struct model_message *message;

	for (int i = 0; i < MODEL_CLIENTS; i++) {
		model_forget(model, i);
		free(model->clients[i].lines);
	}
	for (int i = 0; i < MODEL_ROOMS; i++)
		free(model->rooms[i].said);
	while ((message = model->messages) != NULL) {
		model->messages = message->next;
		free(message->text);
		free(message);
	}
	free(model);
}
