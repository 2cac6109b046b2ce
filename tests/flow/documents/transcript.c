/*
 * proto/PROTOCOL.md is true: its transcripts are played against a server, line
 * by line, and it names all there is to name. A failure gives its line.
 */
#define HARNESS_WITHOUT_PLACES /* the place is a line of the document */
#include "tests/kit/document.h"
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "proto/PROTOCOL.md" /* tests run at the tree's top */
#define FENCE    "```"
#define OPENING  FENCE "transcript"
#define PASSWORD "open-sesame"

enum {
	SPEAKERS_MAX = 4,
	OPTIONS_MAX = 4,
	TEXT_BYTES = 512
};

static struct document document;

/* Who speaks in a transcript. */
struct speaker {
	char name[16];
	struct test_client *client;
	bool quit; /* its connection ends */
};

struct scene {
	struct server_process *server;
	struct speaker speakers[SPEAKERS_MAX];
	int speaker_count;
};

/* One line of a transcript. */
struct spoken {
	char name[16];
	bool sent; /* by the speaker, else to it */
	const char *text;
};

static struct spoken
spoken_parse(const char *line)
{
	struct spoken spoken = {0};
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz");
	const char *mark = line + len;

	if (len == 0 || len >= sizeof(spoken.name) ||
	    (strncmp(mark, "> ", 2) != 0 && strncmp(mark, ": ", 2) != 0))
		harness_fail(
		    "`%s` is neither `name> TEXT` nor `name: TEXT`", line);
	memcpy(spoken.name, line, len);
	spoken.sent = *mark == '>';
	spoken.text = mark + 2;
	return spoken;
}

static struct speaker *
scene_find(struct scene *scene, const char *name)
{
	for (int i = 0; i < scene->speaker_count; i++)
		if (!strcmp(scene->speakers[i].name, name))
			return &scene->speakers[i];
	return NULL;
}

/* Connects, and logs in unless it is a guest. */
static void
scene_enter(struct scene *scene, const char *name)
{
	struct speaker *speaker = &scene->speakers[scene->speaker_count++];
	struct test_client *client = test_client_open(scene->server);

	cr_assert_leq(scene->speaker_count, SPEAKERS_MAX);
	snprintf(speaker->name, sizeof(speaker->name), "%s", name);
	snprintf(client->in.label, sizeof(client->in.label), "%s", name);
	speaker->client = client;
	if (!strcmp(name, "guest")) {
		/* Its place is in the order of the names, too. */
		test_client_fence(client);
		return;
	}
	test_client_send(client,
	    "/register %s " PASSWORD "\n/login %s " PASSWORD "\n", name, name);
	test_client_expect(client, "OK registered %s", name);
	test_client_match(client, "OK logged in as %s#*", name);
}

/* As fnmatch wants it: `...` is anything, all else is itself. */
static void
make_pattern(const char *text, char pattern[2 * TEXT_BYTES])
{
	cr_assert_lt(strlen(text), TEXT_BYTES);
	while (*text) {
		if (!strncmp(text, "...", 3)) {
			*pattern++ = '*';
			text += 3;
			continue;
		}
		if (strchr("*?[]\\+@!()|", *text))
			*pattern++ = '\\';
		*pattern++ = *text++;
	}
	*pattern = '\0';
}

/* Is the speaker the server's console? */
static bool
is_operator(const struct spoken *spoken)
{
	return !strcmp(spoken->name, "operator");
}

/* One who is not there before. */
static bool
is_stranger(const struct spoken *spoken)
{
	return !strcmp(spoken->name, "stranger");
}

static void
scene_play_operator(struct scene *scene, const struct spoken *spoken)
{
	char pattern[2 * TEXT_BYTES];

	if (spoken->sent) {
		server_process_type(scene->server, "%s\n", spoken->text);
		return;
	}
	make_pattern(spoken->text, pattern);
	server_process_expect(scene->server, "%s", pattern);
}

static struct speaker *
scene_let_in_stranger(struct scene *scene)
{
	struct speaker *speaker = &scene->speakers[scene->speaker_count++];

	cr_assert_leq(scene->speaker_count, SPEAKERS_MAX);
	strcpy(speaker->name, "stranger");
	speaker->client = test_client_open_from(scene->server, "127.0.0.2");
	return speaker;
}

/* The server closes after this. */
static bool
is_last_word(const struct spoken *spoken)
{
	return spoken->sent ? !strcmp(spoken->text, "/quit")
			    : !strncmp(spoken->text, "*** you are banned", 18);
}

static void
scene_play(struct scene *scene, const struct spoken *spoken)
{
	struct speaker *speaker = scene_find(scene, spoken->name);
	char pattern[2 * TEXT_BYTES];

	if (is_operator(spoken)) {
		scene_play_operator(scene, spoken);
		return;
	}
	if (!speaker) {
		speaker = scene_let_in_stranger(scene);
		speaker->quit = !strncmp(spoken->text, "ERR banned", 10);
	}
	speaker->quit |= is_last_word(spoken);
	if (spoken->sent) {
		test_client_send(speaker->client, "%s\n", spoken->text);
	} else if (strstr(spoken->text, "...")) {
		make_pattern(spoken->text, pattern);
		test_client_match(speaker->client, "%s", pattern);
	} else {
		test_client_expect(speaker->client, "%s", spoken->text);
	}
}

/* Nobody has got more than was shown. */
static void
scene_end(struct scene *scene)
{
	for (int i = 0; i < scene->speaker_count; i++) {
		struct speaker *speaker = &scene->speakers[i];

		if (speaker->quit) {
			test_client_expect_end(speaker->client);
			continue;
		}
		test_client_send(speaker->client, "/format text\n@end /ping\n");
		test_client_expect(speaker->client, "OK format text");
		test_client_expect(speaker->client, "@end OK pong");
	}
	server_process_stop(scene->server);
}

/* Plays the block that begins behind its opening; returns its last line. */
static int
play(const char *engine, int opening)
{
	struct scene scene = {0};
	struct server_setup setup = {.engine = engine};
	char *word = strtok(document.lines[opening] + strlen(OPENING), " ");
	int end = opening + 1;

	for (int i = 0; word; word = strtok(NULL, " ")) {
		cr_assert_lt(i, OPTIONS_MAX);
		setup.args[i++] = word;
	}
	scene.server = server_process_start_with(&setup);
	for (; end <= document.line_count &&
	       strcmp(document.lines[end], FENCE) != 0;
	     end++) {
		harness_at(DOCUMENT, end);
		struct spoken spoken = spoken_parse(document.lines[end]);
		if (!is_operator(&spoken) && !is_stranger(&spoken) &&
		    !scene_find(&scene, spoken.name))
			scene_enter(&scene, spoken.name);
	}
	for (int i = opening + 1; i < end; i++) {
		harness_at(DOCUMENT, i);
		struct spoken spoken = spoken_parse(document.lines[i]);
		scene_play(&scene, &spoken);
	}
	harness_at(DOCUMENT, end);
	if (end > document.line_count)
		harness_fail("the block that began at %d has no end", opening);
	scene_end(&scene);
	return end;
}

FLOW_TEST(transcripts_of_the_document_come_true)
{
	int played = 0;

	document_read(&document, DOCUMENT);
	document_cut(&document);
	for (int i = 1; i <= document.line_count; i++) {
		if (strncmp(document.lines[i], OPENING, strlen(OPENING)) != 0)
			continue;
		i = play(engine, i);
		played++;
	}
	cr_assert_gt(played, 0, "%s has no transcripts", DOCUMENT);
	document_free(&document);
}

static void
expect_named(const char *text)
{
	if (!strstr(document.text, text))
		harness_fail("%s does not have %s", DOCUMENT, text);
}

Test(flow_document, names_every_command_and_code, .fini = harness_fini)
{
	static const struct {
		const char *verb, *alias, *usage;
	} commands[] = {
#define COMMAND(id, verb, alias, who, min, max, flags, usage, help)            \
	{#verb, alias, usage},
#include "proto/commands.def"
#undef COMMAND
	};
	static const char *const codes[] = {
#define REPLY(id, code) code,
#include "proto/replies.def"
#undef REPLY
	};
	char text[128];

	document_read(&document, DOCUMENT);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		snprintf(text, sizeof(text), "- `/%s%s%s`", commands[i].verb,
		    *commands[i].usage ? " " : "", commands[i].usage);
		expect_named(text);
		if (!commands[i].alias)
			continue;
		snprintf(text, sizeof(text), "`/%s`", commands[i].alias);
		expect_named(text);
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		snprintf(text, sizeof(text), "| `%s` |", codes[i]);
		expect_named(text);
	}
	document_free(&document);
}
