/*
 * One client of the scenario `lab`. Every answer is compared to the byte. A
 * client that sees anything else is closed and counted as a failure of the
 * step it is in; one that is done closes its connection. Either way it passes
 * all gates that it has before it, so that nobody waits for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/names.h"
#include "bench/scenario/lab_priv.h"
#include "reactor/check.h"

#define LINE_BYTES    256 /* the longest line that a client sends or awaits */
#define TOPIC_BYTES   128
#define ID_DIGITS_MAX 20
#define LOGIN_REPLY   "OK logged in as "

/* Texts that a careless server would take for something else. */
static const char *const topics[] = {"hello, this is message",
    "//slashes are plain text:", "OK this is no answer:",
    "¿qué tal? 你好, ça va? 🙂", "[nobody#0] has a\ttab:"};

#define TOPIC_COUNT (sizeof topics / sizeof *topics)

static struct lab_client *
client_of(struct bot *bot)
{
	return list_entry(bot, struct lab_client, bot);
}

static struct lab_thread *
thread_of(const struct lab_client *client)
{
	return list_entry(client->bot.load, struct lab_thread, load);
}

static struct lab *
lab_of(const struct lab_client *client)
{
	return thread_of(client)->lab;
}

static bool
is_awaited(const struct lab_client *client, unsigned stage)
{
	return client->logs_in || stage == STAGE_CONNECT ||
	       stage == STAGE_TOGETHER;
}

/* Passes every gate up to that of `stage`. */
static void
client_pass(struct lab_client *client, unsigned stage)
{
	for (; client->passed <= stage; client->passed++)
		if (is_awaited(client, client->passed))
			gate_arrive(&lab_of(client)->gate, client->passed);
}

static void
client_end(struct lab_client *client)
{
	bot_close(&client->bot);
	client->over = true;
	if (client->speaker >= 0)
		broadcast_take_back(
		    &lab_of(client)->broadcasts, (unsigned)client->speaker);
	client_pass(client, STAGE_TOGETHER);
}

static void
client_name(const struct lab_client *client, char out[NAME_BYTES_MAX + 1])
{
	names_nth(out, lab_of(client)->names, client->number);
}

static void
client_fail(struct lab_client *client, struct span expected, struct span got)
{
	char name[NAME_BYTES_MAX + 1];
	const struct report_failure failure = {name, expected, got};

	client_name(client, name);
	report_fail(&lab_of(client)->report, client->step, &failure);
	client_end(client);
}

/* A step went well that began at `since_ns`. */
static void
client_count(struct lab_client *client, enum lab_step step, uint64_t since_ns)
{
	struct lab_thread *thread = thread_of(client);

	histogram_add(&thread->latencies[step], thread->load.now_ns - since_ns);
	thread->load.progress.done++;
}

static void __attribute__((format(printf, 2, 3)))
client_send(struct lab_client *client, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	check((size_t)len < sizeof line);
	bot_send(&client->bot, (struct span){line, (size_t)len});
}

/* To what is sent next, the reply of `step` is due. */
static void
client_await(struct lab_client *client, enum lab_step step)
{
	client->step = step;
	client->awaits = true;
	client->sent_ns = clock_ns();
	bot_arm(&client->bot);
}

static void
client_register(struct lab_client *client, enum lab_step step)
{
	char name[NAME_BYTES_MAX + 1];

	client_name(client, name);
	client_await(client, step);
	client_send(client, "/register %s secret-%s\n", name, name);
}

static void
client_login(struct lab_client *client)
{
	char name[NAME_BYTES_MAX + 1];

	client_name(client, name);
	client_await(client, LAB_LOGIN);
	client_send(client, "/login %s secret-%s\n", name, name);
}

/* The message of the conversation that is next to be answered. */
static void
client_topic(const struct lab_client *client, char out[TOPIC_BYTES])
{
	snprintf(out, TOPIC_BYTES, "%s %u of client %u",
	    topics[client->said % TOPIC_COUNT], client->said + 1,
	    client->number);
}

static void
client_say(struct lab_client *client)
{
	char topic[TOPIC_BYTES];

	client_topic(client, topic);
	client_await(client, LAB_CONVERSE);
	client_send(client, "%s\n", topic);
}

static void
client_announce(struct lab_client *client, struct span who)
{
	char text[TOPIC_BYTES];

	snprintf(text, sizeof text, "does everyone hear speaker %d?",
	    client->speaker);
	broadcast_announce(
	    &lab_of(client)->broadcasts, (unsigned)client->speaker, who, text);
}

/* No reply is due: the client's own copy comes back as it comes to all. */
static void
client_broadcast(struct lab_client *client)
{
	broadcast_send(
	    &lab_of(client)->broadcasts, (unsigned)client->speaker, clock_ns());
	client_send(client, "/broadcast does everyone hear speaker %d?\n",
	    client->speaker);
}

/* Once logged in: the next message, or a wait for the others, or logout. */
static void
client_go_on(struct lab_client *client)
{
	struct lab *lab = lab_of(client);
	unsigned last = lab->options->messages - 1;

	client->awaits = false;
	if (client->said < last || (client->together && client->said == last)) {
		client_say(client);
	} else if (!client->together) {
		bot_disarm(&client->bot);
		client_pass(client, STAGE_RUN);
	} else if (client->heard < broadcast_due(&lab->broadcasts)) {
		client->step = LAB_BROADCAST;
		bot_arm(&client->bot);
	} else {
		client_await(client, LAB_LOGOUT);
		client_send(client, "/logout\n");
	}
}

/*
 * The last message follows a speaker's broadcast at once: they cross the
 * broadcasts of all others, but a client's own commands stay in their order.
 */
static void
client_join_in(struct lab_client *client)
{
	client->together = true;
	if (client->speaker >= 0)
		client_broadcast(client);
	client_go_on(client);
}

/* The reply that is due; for a login, what it begins with. */
static struct span
client_expected(const struct lab_client *client, char out[LINE_BYTES])
{
	char name[NAME_BYTES_MAX + 1];
	char topic[TOPIC_BYTES];

	client_name(client, name);
	client_topic(client, topic);
	if (!client->awaits)
		return span_of(client->step == LAB_BROADCAST
				   ? "the other broadcasts"
				   : "silence");
	switch (client->step) {
	case LAB_PREPARE:
	case LAB_REGISTER:
		snprintf(out, LINE_BYTES, "OK registered %s", name);
		return span_of(out);
	case LAB_LOGIN:
		snprintf(out, LINE_BYTES, LOGIN_REPLY "%s#", name);
		return span_of(out);
	case LAB_CONVERSE:
		snprintf(out, LINE_BYTES, "Echo: %s",
		    topic[0] == '/' ? topic + 1 : topic);
		return span_of(out);
	case LAB_LOGOUT:
		return span_of("OK logged out");
	default:
		unreachable("no reply is due in this step");
	}
}

static bool
is_id(struct span text)
{
	if (text.len == 0 || text.len > ID_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return true;
}

static bool
is_expected(
    const struct lab_client *client, struct span line, struct span expected)
{
	struct span start = {line.at, expected.len};

	if (!client->awaits)
		return false;
	if (client->step != LAB_LOGIN)
		return span_equals(line, expected);
	return line.len > start.len && span_equals(start, expected) &&
	       is_id((struct span){line.at + start.len, line.len - start.len});
}

/* The awaited reply has come, right to the byte: what next? */
static void
client_advance(struct lab_client *client, struct span line)
{
	const size_t skip = strlen(LOGIN_REPLY);

	client->awaits = false;
	switch (client->step) {
	case LAB_PREPARE:
		bot_disarm(&client->bot);
		client_pass(client, STAGE_PREPARE);
		break;
	case LAB_LOGIN:
		client->is_logged_in = true;
		if (client->speaker >= 0)
			client_announce(client,
			    (struct span){line.at + skip, line.len - skip});
		client_go_on(client);
		break;
	case LAB_CONVERSE:
		client->said++;
		client_go_on(client);
		break;
	case LAB_REGISTER:
	case LAB_LOGOUT:
		client_end(client);
		break;
	default:
		unreachable("no reply is due in this step");
	}
}

static void
client_reply(struct lab_client *client, struct span line)
{
	char text[LINE_BYTES];
	struct span expected = client_expected(client, text);

	if (!is_expected(client, line, expected)) {
		client_fail(client, expected, line);
		return;
	}
	if (client->step == LAB_CONVERSE && client->speaker >= 0 &&
	    client->together && !client->heard_itself) {
		client_fail(client,
		    span_of("its own broadcast, which was sent before"), line);
		return;
	}
	client_count(client, client->step, client->sent_ns);
	client_advance(client, line);
}

static void
client_hear(struct lab_client *client, struct span line)
{
	struct broadcasts *broadcasts = &lab_of(client)->broadcasts;
	struct broadcast_place place;
	struct span expected;

	switch (broadcast_hear(
	    broadcasts, client->heard, line, &place, &expected)) {
	case BROADCAST_FOREIGN:
		thread_of(client)->foreign++;
		return;
	case BROADCAST_WRONG:
		client->step = LAB_BROADCAST;
		client_fail(client, expected, line);
		return;
	case BROADCAST_HEARD:
		break;
	}
	client->heard++;
	if ((int)place.which == client->speaker)
		client->heard_itself = true;
	client_count(client, LAB_BROADCAST, place.sent_ns);
	if (client->step == LAB_BROADCAST)
		client_go_on(client);
}

/* The operator's announcements are welcome, gaps in a room are not. */
static bool
is_notice(struct span line)
{
	return line.len > 4 && !memcmp(line.at, "*** ", 4) && line.at[4] != '#';
}

void
lab_client_init(struct lab_client *client, struct lab_thread *thread,
    unsigned number, int speaker)
{
	*client = (struct lab_client){
	    .number = number,
	    .speaker = speaker,
	    .logs_in = number % 2 == 0,
	};
	bot_init(&client->bot, &thread->load);
	for (unsigned stage = 0; stage < STAGES; stage++)
		if (is_awaited(client, stage))
			gate_await(&thread->lab->gate, stage);
}

void
lab_client_begin(struct lab_client *client, enum lab_stage stage)
{
	if (client->over)
		return;
	if (stage == STAGE_CONNECT)
		bot_connect(&client->bot);
	else if (stage == STAGE_PREPARE && client->logs_in)
		client_register(client, LAB_PREPARE);
	else if (stage == STAGE_RUN && client->logs_in)
		client_login(client);
	else if (stage == STAGE_RUN)
		client_register(client, LAB_REGISTER);
	else if (stage == STAGE_TOGETHER && client->logs_in)
		client_join_in(client);
}

void
lab_client_opened(struct bot *bot)
{
	struct lab_client *client = client_of(bot);

	client_count(client, LAB_CONNECT, bot->connect_ns);
	client_pass(client, STAGE_CONNECT);
}

void
lab_client_heard(struct bot *bot, struct span line)
{
	struct lab_client *client = client_of(bot);

	if (is_notice(line))
		thread_of(client)->notices++;
	else if (client->is_logged_in && line.len > 0 && line.at[0] == '[')
		client_hear(client, line);
	else
		client_reply(client, line);
}

void
lab_client_timed_out(struct bot *bot)
{
	struct lab_client *client = client_of(bot);
	char text[LINE_BYTES];

	client_fail(
	    client, client_expected(client, text), span_of("nothing in time"));
}

void
lab_client_lost(struct bot *bot, int error)
{
	struct lab_client *client = client_of(bot);
	char text[LINE_BYTES];
	struct span expected = span_of("a connection");

	if (client->passed > STAGE_CONNECT)
		expected = client_expected(client, text);
	client_fail(client, expected,
	    span_of(error ? strerror(error) : "the end of the connection"));
}
