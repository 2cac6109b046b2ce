/*
 * Sessions of several clients at once, in the simulated world (tests/sim): the
 * input says who sends which bytes in which pieces, who stops to read, who ends
 * or resets its connection, and how time passes. Whatever they do, each line
 * that one of them gets is clean text of the protocol, the bounds of their
 * output hold, and the next client is served as if nothing had been.
 *
 * An input is a row of steps, each begun by a byte: its lowest two bits tell
 * the client, the next three what is done, the highest three how far the server
 * gets after it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reactor/check.h"
#include "reactor/log.h"
#include "tests/fuzz/source.h"
#include "tests/sim/acts.h"
#include "tests/sim/clock.h"
#include "tests/sim/crowd.h"
#include "tests/sim/net.h"

#define CLIENTS   4
#define STEPS_MAX 400

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t
input_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* Bytes as they stand in the input, as many as the first one says. */
static void
send_bytes(struct client *client, struct input *input)
{
	size_t len = input_byte(input);

	if (len > input->left)
		len = input->left;
	client_write_bytes(client, (const char *)input->at, len);
	input->at += len;
	input->left -= len;
}

/* A line that gets further than chance would. */
static void
send_line(struct client *client, uint8_t which)
{
	static const char *const lines[] = {
	    "/register a secretpw\n",
	    "/login a secretpw\n",
	    "/register b secretpw\n",
	    "/login b secretpw\n",
	    "/login a\n",
	    "secretpw\n",
	    "/join red\n",
	    "/join red since=0\n",
	    "/leave\n",
	    "hello\n",
	    "/b hello all\n",
	    "/msg a psst\n",
	    "/topic red news\n",
	    "/history red 3\n",
	    "/who\n",
	    "/rooms\n",
	    "/format json\n",
	    "/format text\n",
	    "/logout\n",
	    "/passwd secretpw secretpx\n",
	    "/unregister secretpw\n",
	    "@t /ping\n",
	    "/help\n",
	    "/quit\n",
	    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	};
	const char *line = lines[which % (sizeof(lines) / sizeof(*lines))];
	size_t len = strlen(line);

	if (client->web && len < 126) {
		/* As a whole text frame, without the LF. */
		char head[] = {'\x81', (char)(0x80 | --len), 0, 0, 0, 0};

		client_write_bytes(client, head, sizeof(head));
	}
	client_write_bytes(client, line, len);
}

static void
send_long(struct client *client)
{
	char bytes[LINE_BYTES_MAX + 8];

	memset(bytes, 'x', sizeof(bytes));
	client_write_bytes(client, bytes, sizeof(bytes));
}

static void
take_step(struct crowd *crowd, struct client *client, struct input *input,
    unsigned what)
{
	if (!client->link && !client_connect(crowd, client))
		return;
	client->web_asked = true; /* whatever it was that it has sent */
	switch (what) {
	case 0:
	case 1:
		send_bytes(client, input);
		break;
	case 2:
		send_line(client, input_byte(input));
		break;
	case 3:
		send_long(client);
		break;
	case 4:
		client->link->down_max = 16u * (1u + input_byte(input));
		return;
	case 5:
		world_pass(crowd->world, 10000ull * input_byte(input));
		break;
	case 6:
		if (!client->ended)
			client_end(client);
		return;
	case 7:
		client_reset(crowd, client);
		return;
	}
	client_flush(client, true);
}

static void
read_all(struct crowd *crowd, bool widely)
{
	for (unsigned i = 1; i <= CLIENTS; i++) {
		struct client *client = &crowd->clients[i];

		if (!client->link)
			continue;
		if (widely)
			client->link->down_max = SIZE_MAX;
		client_read(crowd, client, SIZE_MAX);
	}
}

static void
play(struct crowd *crowd, struct input *input)
{
	for (unsigned i = 0; i < STEPS_MAX && input->left > 0; i++) {
		uint8_t step = input_byte(input);

		take_step(crowd, &crowd->clients[1 + (step & 3)], input,
		    step >> 2 & 7);
		for (unsigned turns = step >> 5; turns > 0; turns--)
			world_step(crowd->world);
		if (step & 0x80)
			read_all(crowd, false);
	}
}

static void
begin(struct world *world, struct crowd *crowd)
{
	static const struct world_setup setup = {
	    .reactors = 2,
	    .conns_max = 100,
	    .clients_max = 100,
	    .stall_ms = 5000,
	    .hub =
		{
		    .out_limit = 8192,
		    .out_total = 64 * 1024 * 1024,
		    .login_timeout_ms = 60000,
		    .unterminated_ms = 100,
		    .web = true,
		    .web_ms = 30000,
		    .password_min = 8,
		    .history = 100,
		    .history_total = 1024 * 1024,
		},
	    .habits = {.completes = true},
	};

	log_set_level(LOG_LEVEL_ERROR);
	sim_seed(1);
	world_init(world);
	crowd_init(crowd, world);
	crowd->client_count = 1 + CLIENTS;
	for (unsigned i = 1; i <= CLIENTS; i++)
		crowd->clients[i].manner = CROWD_WILD;
	world_start(world, &setup);
}

static bool
has_word(const uint8_t *data, size_t size, const char *word)
{
	size_t len = strlen(word);

	for (; size >= len; data++, size--)
		if (!strncasecmp((const char *)data, word, len))
			return true;
	return false;
}

/* Its name is nobody else's: the input does not have it. */
static void
name_witness(struct crowd *crowd, const uint8_t *data, size_t size)
{
	char *name = crowd->accounts[0].name;

	for (unsigned i = 0; has_word(data, size, name); i++)
		snprintf(name, CROWD_WORD_BYTES, "W%u", i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(64) struct world world;
	static struct crowd crowd;
	struct input input = {data, size};

	begin(&world, &crowd);
	name_witness(&crowd, data, size);
	play(&crowd, &input);
	world_settle(&world);
	read_all(&crowd, true);
	/* The witness finds a server that works, and hears the goodbye. */
	crowd_begin_life(&crowd);
	crowd_say_goodbye(&crowd);
	crowd_fini(&crowd);
	world_fini(&world);
	return 0;
}
