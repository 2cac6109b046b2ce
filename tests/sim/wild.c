/* What wild clients send: anything. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/acts.h"
#include "tests/sim/clock.h"
#include "tests/sim/net.h"

static void
write_text(struct client *client, const char *text)
{
	client_write_bytes(client, text, strlen(text));
}

static void
random_bytes(struct crowd *crowd, struct client *client)
{
	char bytes[64];
	size_t len = 1 + sim_below(sizeof(bytes));

	(void)crowd;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)sim_below(256);
	client_write_bytes(client, bytes, len);
}

static void
long_line(struct crowd *crowd, struct client *client)
{
	char bytes[512];

	(void)crowd;
	memset(bytes, 'w', sizeof(bytes));
	for (uint64_t i = sim_below(20); i > 0; i--)
		client_write_bytes(client, bytes, sizeof(bytes));
	write_text(client, "\n");
}

static void
telnet(struct crowd *crowd, struct client *client)
{
	char bytes[3] = {
	    '\xff', (char)(240 + sim_below(16)), (char)sim_below(256)};

	(void)crowd;
	client_write_bytes(client, bytes, 1 + sim_below(3));
}

static void
web_request(struct crowd *crowd, struct client *client)
{
	(void)crowd;
	client->web_asked = true;
	if (sim_chance(50))
		write_text(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	else
		write_text(client,
		    "GET /ws HTTP/1.1\r\nHost: a\r\n"
		    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

/* Of a WebSocket; whole or a fragment, mostly as it should be. */
static void
web_frame(struct crowd *crowd, struct client *client)
{
	static const char *const lines[] = {"/register wild5 secretpw",
	    "/login wild5 secretpw", "/login wild5", "/b wild frame",
	    "/join red", "/who", "/history red", "secretpw", "/format text",
	    "/logout", "\xc3", "hello", ""};
	static const char firsts[] = "\x81\x81\x81\x81\x81\x81\x01\x80\x80"
				     "\x89\x8a\x88\x82";
	const char *line = lines[sim_below(sizeof(lines) / sizeof(*lines))];
	char head[] = {firsts[sim_below(sizeof(firsts) - 1)],
	    (char)(0x80 | strlen(line)), 0, 0, 0, 0};

	(void)crowd;
	client_write_bytes(client, head, sizeof(head));
	write_text(client, line);
}

/* One of the commands, with arguments that may fit or not. */
static void
any_command(struct crowd *crowd, struct client *client)
{
	static const char *const verbs[] = {"/register", "/login", "/logout",
	    "/passwd", "/unregister", "/b", "/join", "/leave", "/say", "/msg",
	    "/topic", "/history", "/rooms", "/who", "/format", "/whoami",
	    "/ping", "/help", "/nonsense", "//slash", "w"};
	static const char *const words[] = {"wild", "wild2", "secretpw", "red",
	    "#green", "lobby", "json", "text", "since=1", "since=x", "5", "-",
	    "\xc3\xa9", "\xc3", "a b", "", "U0", "x\x01y", "\t"};
	const char *verb = verbs[sim_below(sizeof(verbs) / sizeof(*verbs))];

	(void)crowd;
	if (sim_chance(20))
		write_text(client, "@w.1 ");
	write_text(client, verb);
	for (uint64_t i = sim_below(4); i > 0; i--) {
		write_text(client, " ");
		write_text(
		    client, words[sim_below(sizeof(words) / sizeof(*words))]);
	}
	if (!sim_chance(5))
		write_text(client, sim_chance(20) ? "\r\n" : "\n");
}

/* So that it gets beyond the first lines, at times. */
static void
enter(struct crowd *crowd, struct client *client)
{
	char line[128];

	(void)crowd;
	snprintf(line, sizeof(line),
	    "\n/register wild%u secretpw\n/login wild%u secretpw\n"
	    "/join red\n/b wild words\n",
	    client->index, client->index);
	write_text(client, line);
}

void
act_wild(struct crowd *crowd, struct client *client)
{
	static void (*const acts[])(struct crowd *, struct client *) = {
	    any_command, any_command, any_command, any_command, any_command,
	    any_command, random_bytes, long_line, telnet, enter, web_request};

	if (client->link->down_ended || client->ended)
		return;
	if (client->web && !sim_chance(5))
		web_frame(crowd, client);
	else
		acts[sim_below(sizeof(acts) / sizeof(*acts))](crowd, client);
	/* It has used a wrong password of an account that there is. */
	crowd->accounts[0].failed_step = crowd->step;
	if (sim_chance(3))
		client_end(client);
	else if (sim_chance(3))
		client_reset(crowd, client);
}
