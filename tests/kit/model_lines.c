/*
 * What the model's lines look like, in both formats, and whether one that came
 * is one that is owed. Lines that are owed are patterns: two control
 * characters, which no line has, stand for what the model does not know.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/model.h"

#define SOME_TIME "\001" /* a time */
#define SOME_TEXT "\002" /* any text, up to the end of the string or line */

/* As the server's own text shows it. */
static const char time_shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";

static void
put_string(FILE *out, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(out, ",\"%s\":\"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text == '\t')
			fputs("\\t", out);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void
put_who(FILE *out, const char *key, const struct model_event *event)
{
	put_string(out, key, event->name);
	if (event->name)
		fprintf(out, ",\"client\":%lu", event->id);
}

static void
put_tag(FILE *out, const struct model *model)
{
	if (model->tag[0])
		put_string(out, "tag", model->tag);
}

static void
put_json_reply(
    FILE *out, const struct model *model, const struct model_event *event)
{
	bool ok = event->kind == MODEL_OK;

	fputs("\"reply\"", out);
	put_string(out, "re", model->re);
	fputs(ok ? ",\"ok\":true" : ",\"ok\":false", out);
	put_tag(out, model);
	put_who(out, "name", event);
	put_string(out, "room", event->room);
	if (event->room)
		fprintf(out, ",\"members\":%lu,\"seq\":%lu", event->members,
		    event->seq);
	put_string(out, "code", event->code);
	put_string(out, "text", ok ? event->text : SOME_TEXT);
}

static void
put_json_item(
    FILE *out, const struct model *model, const struct model_event *event)
{
	fputs("\"item\"", out);
	put_string(out, "re", model->re);
	put_tag(out, model);
	put_who(out, "name", event);
	put_string(out, "room", event->room);
	if (event->room)
		fprintf(out, ",\"members\":%lu", event->members);
	put_string(out, "text", event->text);
}

static void
put_json(FILE *out, const struct model *model, const struct model_event *event)
{
	fputs("{\"event\":", out);
	switch (event->kind) {
	case MODEL_OK:
	case MODEL_ERR:
		put_json_reply(out, model, event);
		break;
	case MODEL_CLIENT_ITEM:
	case MODEL_ROOM_ITEM:
		put_json_item(out, model, event);
		break;
	case MODEL_MESSAGE:
		fputs("\"message\"", out);
		put_string(out, "room", event->room);
		fprintf(out, ",\"seq\":%lu", event->seq);
		put_who(out, "from", event);
		put_string(out, "time", SOME_TIME);
		put_string(out, "text", event->text);
		break;
	case MODEL_DIRECT:
		fputs("\"direct\"", out);
		put_who(out, "from", event);
		put_string(out, "time", SOME_TIME);
		put_string(out, "text", event->text);
		break;
	case MODEL_JOIN:
	case MODEL_LEAVE:
		fputs(
		    event->kind == MODEL_JOIN ? "\"join\"" : "\"leave\"", out);
		put_string(out, "room", event->room);
		put_who(out, "name", event);
		break;
	case MODEL_ECHO:
	case MODEL_NOTICE:
		fputs(
		    event->kind == MODEL_ECHO ? "\"echo\"" : "\"notice\"", out);
		put_string(out, "room", event->room);
		put_string(out, "text", event->text);
		break;
	}
	fputc('}', out);
}

/* The beginning of a notice. */
static void
put_subject(FILE *out, const struct model_event *event)
{
	fputs("*** ", out);
	if (event->room)
		fprintf(out, "#%s: ", event->room);
}

static void
put_text_answer(
    FILE *out, const struct model *model, const struct model_event *event)
{
	const char *text = event->text;

	if (model->tag[0])
		fprintf(out, "@%s ", model->tag);
	switch (event->kind) {
	case MODEL_OK:
		fprintf(out, "OK %s", text);
		break;
	case MODEL_ERR:
		fprintf(out, "ERR %s %s", event->code, SOME_TEXT);
		break;
	case MODEL_CLIENT_ITEM:
		fprintf(out, "- %s#%lu", event->name, event->id);
		break;
	default:
		fprintf(out, "- #%s (%lu members)%s%s", event->room,
		    event->members, text ? " " : "", text ? text : "");
	}
}

static void
put_text(FILE *out, const struct model *model, const struct model_event *event)
{
	switch (event->kind) {
	case MODEL_ECHO:
		fprintf(out, "Echo: %s", event->text);
		break;
	case MODEL_MESSAGE:
		if (strcmp(event->room, "lobby") != 0)
			fprintf(out, "#%s ", event->room);
		fprintf(
		    out, "[%s#%lu] %s", event->name, event->id, event->text);
		break;
	case MODEL_DIRECT:
		fprintf(out, "[%s#%lu -> you] %s", event->name, event->id,
		    event->text);
		break;
	case MODEL_JOIN:
	case MODEL_LEAVE:
		put_subject(out, event);
		fprintf(out, "%s#%lu %s", event->name, event->id,
		    event->kind == MODEL_JOIN ? "joined" : "left");
		break;
	case MODEL_NOTICE:
		put_subject(out, event);
		fputs(event->text, out);
		break;
	default:
		put_text_answer(out, model, event);
	}
}

void
model_tell(struct model *model, int client, const struct model_event *event)
{
	struct model_client *to = &model->clients[client];
	struct model_line *line;
	size_t len;
	FILE *out;

	if (to->line_count == to->line_cap) {
		to->line_cap = to->line_cap * 2 + 16;
		to->lines =
		    realloc(to->lines, to->line_cap * sizeof(*to->lines));
		cr_assert_not_null(to->lines);
	}
	line = &to->lines[to->line_count++];
	line->time = to->json ? event->time : NULL;
	line->group = event->unordered ? model->number : 0;
	out = open_memstream(&line->text, &len);
	cr_assert_not_null(out);
	if (to->json)
		put_json(out, model, event);
	else
		put_text(out, model, event);
	cr_assert_eq(fclose(out), 0);
}

void
model_ok(struct model *model, const char *format, ...)
{
	char text[MODEL_LINE_BYTES + 8];
	struct model_event event = {.kind = MODEL_OK, .text = text};
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	model_tell(model, model->actor, &event);
}

void
model_err(struct model *model, const char *code)
{
	struct model_event event = {.kind = MODEL_ERR, .code = code};

	model_tell(model, model->actor, &event);
}

static bool
is_time(const char *text)
{
	for (int i = 0; i < MODEL_TIME_BYTES; i++)
		if (time_shape[i] == 'd' ? text[i] < '0' || text[i] > '9'
					 : text[i] != time_shape[i])
			return false;
	return true;
}

/* The line against the pattern; *time is set to where its time is. */
static bool
line_matches(const struct model_line *owed, const char *line, const char **time)
{
	for (const char *at = owed->text; *at; at++) {
		if (*at == *SOME_TEXT) {
			size_t rest = strlen(line), end = strlen(at + 1);

			return rest > end && !strcmp(line + rest - end, at + 1);
		}
		if (*at != *SOME_TIME) {
			if (*line++ != *at)
				return false;
			continue;
		}
		if (!is_time(line) ||
		    (owed->time && owed->time[0] &&
			memcmp(line, owed->time, MODEL_TIME_BYTES) != 0))
			return false;
		*time = line;
		line += MODEL_TIME_BYTES;
	}
	return *line == '\0';
}

static void
line_remove(struct model_client *client, size_t i)
{
	free(client->lines[i].text);
	client->line_count--;
	memmove(&client->lines[i], &client->lines[i + 1],
	    (client->line_count - i) * sizeof(*client->lines));
}

bool
model_take(struct model *model, int client, const char *line)
{
	struct model_client *to = &model->clients[client];

	for (size_t i = 0; i < to->line_count; i++) {
		struct model_line *owed = &to->lines[i];
		const char *time = NULL;

		if (i > 0 &&
		    (owed->group == 0 || owed->group != to->lines[0].group))
			return false;
		if (!line_matches(owed, line, &time))
			continue;
		/* The same message has the same time wherever it is told. */
		if (time && owed->time)
			memcpy(owed->time, time, MODEL_TIME_BYTES);
		line_remove(to, i);
		return true;
	}
	return false;
}

const char *
model_owed(const struct model *model, int client)
{
	const struct model_client *to = &model->clients[client];

	return to->line_count > 0 ? to->lines[0].text : NULL;
}

void
model_forget(struct model *model, int client)
{
	struct model_client *to = &model->clients[client];

	while (to->line_count > 0)
		line_remove(to, to->line_count - 1);
}
