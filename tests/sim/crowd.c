#include "tests/sim/crowd.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"
#include "tests/sim/acts.h"
#include "tests/sim/clock.h"
#include "tests/sim/net.h"

#define READ_BYTES  4096
#define TRACE_BYTES 160 /* of a line, for who watches */
#define PATIENCE    600 /* seconds that everything owed has, at the end */

const char *const crowd_rooms[CROWD_ROOMS] = {"lobby", "red", "green", "blue"};

void
crowd_init(struct crowd *crowd, struct world *world)
{
	*crowd = (struct crowd){.world = world, .step = 1};
	crowd->client_count = 3 + (unsigned)sim_below(CROWD_CLIENTS_MAX - 2);
	for (unsigned i = 0; i < CROWD_CLIENTS_MAX; i++) {
		struct client *client = &crowd->clients[i];

		client->index = i;
		client->manner = i == 0           ? CROWD_WITNESS
				 : sim_chance(15) ? CROWD_WILD
				 : sim_chance(8)  ? CROWD_MUTE
						  : CROWD_ORDERLY;
		snprintf(crowd->accounts[i].name, CROWD_WORD_BYTES, "U%u", i);
	}
}

static void
forget_life(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->said_count; i++)
		free(crowd->said[i].text);
	crowd->said_count = 0;
	crowd_forget_stays(crowd);
	for (unsigned i = 0; i < CROWD_ROOMS; i++) {
		struct room_ledger *ledger = &crowd->rooms[i];

		for (size_t j = 0; j < ledger->count; j++)
			free(ledger->lines[j].text);
		ledger->count = 0;
	}
	for (unsigned i = 0; i < CROWD_CLIENTS_MAX; i++)
		crowd->accounts[i].failed_step = 0;
}

static void
client_fini(struct client *client)
{
	free(client->wants);
	free(client->out);
	free(client->in);
}

void
crowd_fini(struct crowd *crowd)
{
	forget_life(crowd);
	free(crowd->said);
	free(crowd->past);
	for (unsigned i = 0; i < CROWD_ROOMS; i++)
		free(crowd->rooms[i].lines);
	for (unsigned i = 0; i < CROWD_CLIENTS_MAX; i++)
		client_fini(&crowd->clients[i]);
}

void
client_fail(const struct client *client, const char *wrong, struct span line)
{
	static const char *const manners[] = {
	    [CROWD_ORDERLY] = "orderly",
	    [CROWD_WILD] = "wild",
	    [CROWD_MUTE] = "mute",
	    [CROWD_WITNESS] = "witness",
	};

	world_fail("client %u (%s, %s) is due %s, and gets: %.*s",
	    client->index, manners[client->manner],
	    client->json ? "json" : "text", wrong, (int)line.len, line.at);
}

static void
bytes_add(char **to, size_t *len, size_t *cap, const char *bytes, size_t more)
{
	if (more == 0)
		return;
	if (*len + more > *cap) {
		*cap = 2 * (*len + more);
		*to = memory_resize(*to, *cap);
	}
	memcpy(*to + *len, bytes, more);
	*len += more;
}

void
client_write_bytes(struct client *client, const char *bytes, size_t len)
{
	bytes_add(&client->out, &client->out_len, &client->out_cap, bytes, len);
}

void
client_write(struct client *client, const char *format, ...)
{
	char line[CROWD_TEXT_BYTES];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	check(len > 0 && (size_t)len < sizeof(line));
	world_trace("%u > %.*s", client->index,
	    len - 1 < TRACE_BYTES ? len - 1 : TRACE_BYTES, line);
	client_write_bytes(client, line, (size_t)len);
}

struct want *
client_want(struct crowd *crowd, struct client *client, enum want_kind kind)
{
	struct want *want;

	if (client->want_count == client->want_cap) {
		client->want_cap = 2 * client->want_cap + 8;
		client->wants = memory_resize(
		    client->wants, client->want_cap * sizeof(*client->wants));
	}
	want = &client->wants[client->want_count++];
	*want = (struct want){
	    .kind = kind, .tag = ++crowd->tags, .step = crowd->step};
	return want;
}

/* Some of what it has to say, or all. */
void
client_flush(struct client *client, bool all)
{
	size_t len = client->out_len;

	if (!client->link || client->ended || len == 0)
		return;
	if (!all && sim_chance(50))
		len = 1 + sim_below(len);
	net_client_send(client->link, client->out, len);
	client->out_len -= len;
	memmove(client->out, client->out + len, client->out_len);
}

/* Its account may be what it has asked for, or not; then a password that nobody
 * was told of may have been wrong. */
static void
client_drop_wants(struct crowd *crowd, struct client *client)
{
	for (size_t i = 0; i < client->want_count; i++) {
		const struct want *want = &client->wants[i];

		if (want->kind == WANT_SAY)
			crowd->said[want->said].unsure = true;
		if (want->kind == WANT_LOGIN)
			crowd->accounts[want->account].failed_step =
			    crowd->step;
		if (want->kind == WANT_REGISTER || want->kind == WANT_PASSWD ||
		    want->kind == WANT_UNREGISTER) {
			crowd->accounts[want->account].state = ACCOUNT_UNSURE;
			crowd->accounts[want->account].asked = false;
			crowd->accounts[want->account].changed_step =
			    crowd->step;
		}
	}
	client->want_count = 0;
}

void
client_leave(struct crowd *crowd, struct client *client)
{
	world_trace("%u is gone", client->index);
	net_client_close(client->link);
	client->link = NULL;
	for (unsigned i = 0; i < CROWD_ROOMS; i++)
		client_end_stay(crowd, client, i);
	client_drop_wants(crowd, client);
	client->in_len = client->out_len = 0;
}

void
client_reset(struct crowd *crowd, struct client *client)
{
	net_client_reset(client->link);
	client_leave(crowd, client);
}

void
client_end(struct client *client)
{
	client_flush(client, true);
	client->ended = true;
	net_client_end(client->link);
}

static struct address
client_address(const struct client *client)
{
	struct address address = {
	    .family = AF_INET,
	    .port = (uint16_t)(2000 + client->index),
	    .ip = {127, 0, 0, (uint8_t)(1 + client->index)},
	};

	if (client->away) {
		address.ip[0] = 192;
		address.ip[2] = 2;
		address.ip[3] %= 3;
	}
	return address;
}

bool
client_connect(struct crowd *crowd, struct client *client)
{
	struct world *world = crowd->world;
	struct address address;

	client->away = client->manner != CROWD_WITNESS && sim_chance(30);
	address = client_address(client);
	client->link = net_connect(
	    world->listeners[sim_below(world->setup.reactors)], &address);
	if (!client->link)
		return false;
	client->visit++;
	client->connected_us = client->read_us = sim_now_us();
	client->slow = client->manner == CROWD_ORDERLY && sim_chance(25);
	if (client->slow)
		client->link->down_max = 300 + sim_below(3000);
	client->ended = client->parting = client->kicked = false;
	client->stalled = client->web_asked = client->web = false;
	client->json = client->user = client->joined = client->refused = false;
	memset(client->within, 0, sizeof(client->within));
	client->id = 0;
	world_trace("%u connects%s%s", client->index,
	    client->slow ? ", slow" : "", client->away ? ", from away" : "");
	return true;
}

/* Is there anything that it is owed for sure? */
static bool
client_is_owed(const struct client *client)
{
	for (size_t i = 0; i < client->want_count; i++)
		if (client->wants[i].kind != WANT_SAY ||
		    !client->wants[i].skipped)
			return true;
	return false;
}

/* Its connection has ended: was that right? */
static void
client_over(struct crowd *crowd, struct client *client)
{
	bool excused = crowd->broken || client->refused || client->stalled ||
		       client->manner == CROWD_WILD ||
		       client->manner == CROWD_MUTE;

	if (client->link->reset && !excused && !client->kicked &&
	    !crowd->closing)
		client_fail(client, "its connection", span_of("a reset"));
	if (!excused && !client->parting && !client->ended)
		client_fail(client,
		    client->kicked || crowd->closing ? "a goodbye"
						     : "its connection",
		    span_of("the end"));
	if (!excused && !client->parting && client_is_owed(client))
		client_fail(client, "an answer", span_of("the end"));
	client_leave(crowd, client);
}

static void
client_take_lines(struct crowd *crowd, struct client *client)
{
	size_t start = 0;
	char *end;

	while ((end = memchr(client->in + start, '\n',
		    client->in_len - start)) != NULL) {
		struct span line = {
		    client->in + start, (size_t)(end - client->in) - start};

		world_trace("%u < %.*s", client->index, (int)line.len, line.at);
		for (size_t i = 0; i < line.len; i++)
			sim_note((unsigned char)line.at[i]);
		crowd_heard(crowd, client, line);
		start += line.len + 1;
	}
	client->in_len -= start;
	memmove(client->in, client->in + start, client->in_len);
}

void
client_read(struct crowd *crowd, struct client *client, size_t most)
{
	uint64_t unread_ms = (sim_now_us() - client->read_us) / 1000;
	char bytes[READ_BYTES];
	size_t got;

	if (client->slow && unread_ms >= crowd->world->setup.stall_ms)
		client->stalled = true;
	while (most > 0) {
		size_t len = most < sizeof(bytes) ? most : sizeof(bytes);

		got = net_client_read(client->link, bytes, len);
		if (got == 0)
			break;
		most -= got;
		client->read_us = sim_now_us();
		bytes_add(
		    &client->in, &client->in_len, &client->in_cap, bytes, got);
	}
	if (client->in_len > 0)
		client_take_lines(crowd, client);
	if (client->link->down.len == 0 &&
	    (client->link->down_ended || client->link->reset))
		client_over(crowd, client);
}

void
client_end_stay(struct crowd *crowd, struct client *client, unsigned room)
{
	struct stay *stay = &client->stays[room];

	if (stay->in && stay->exact && stay->place.known)
		client->last_seq[room] = stay->place.next - 1;
	crowd_keep_stay(crowd, client, room);
	stay->in = false;
	place_leave(&stay->place);
}

/* Everybody reads all there is; says what is begun. */
static void
crowd_exchange(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->client_count; i++) {
		struct client *client = &crowd->clients[i];

		if (!client->link)
			continue;
		client->link->down_max = SIZE_MAX;
		client_flush(client, true);
		client_read(crowd, client, SIZE_MAX);
	}
}

static const struct client *
crowd_who_is_owed(const struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->client_count; i++)
		if (crowd->clients[i].link && !crowd->clients[i].parting &&
		    client_is_owed(&crowd->clients[i]))
			return &crowd->clients[i];
	return NULL;
}

/* A round of everybody, and a moment that what waits for it needs. */
static void
crowd_round(struct crowd *crowd)
{
	for (int i = 0; i < 2; i++) {
		world_settle(crowd->world);
		crowd_exchange(crowd);
	}
	world_pass(crowd->world, 150000);
	crowd_exchange(crowd);
}

void
crowd_settle(struct crowd *crowd)
{
	uint64_t begun_us = sim_now_us();
	const struct client *owed;
	uint64_t heard;

	do {
		heard = crowd->heard;
		crowd_round(crowd);
		owed = crowd_who_is_owed(crowd);
		if (owed && sim_now_us() - begun_us > PATIENCE * 1000000ull)
			world_fail("client %u is owed the answer of command "
				   "@t%llu, of kind %d, for ten minutes",
			    owed->index, (unsigned long long)owed->wants[0].tag,
			    owed->wants[0].kind);
	} while (owed || crowd->heard != heard);
}

/* It has a connection: in a broken world it takes some trying. */
static void
witness_connect(struct crowd *crowd, struct client *client)
{
	for (unsigned i = 0; i < 100; i++) {
		check(client_connect(crowd, client));
		world_pass(crowd->world, 150000);
		client_read(crowd, client, SIZE_MAX);
		if (client->link && !crowd->world->setup.habits.fail_percent)
			return;
		if (client->link && client->link->conn)
			return;
	}
	world_fail("the witness is not let in");
}

/* The witness's own commands, one after the other. */
static void
witness_enter(struct crowd *crowd)
{
	struct client *client = &crowd->clients[0];

	witness_connect(crowd, client);
	client_want(crowd, client, WANT_ECHO);
	client_write(client, "\n");
	act_format(crowd, client, true);
	if (crowd->accounts[0].state != ACCOUNT_PRESENT) {
		act_register(crowd, client);
		crowd_settle(crowd);
	}
	act_login(crowd, client, 0, false);
	for (unsigned i = 1; i < CROWD_ROOMS; i++)
		act_join(crowd, client, i, false);
	crowd_settle(crowd);
	for (unsigned i = 0; i < CROWD_ROOMS; i++)
		if (!client->stays[i].in)
			world_fail("the witness is not in %s", crowd_rooms[i]);
}

void
crowd_begin_life(struct crowd *crowd)
{
	forget_life(crowd);
	crowd->life++;
	crowd->closing = false;
	crowd->narrow = sim_chance(30);
	witness_enter(crowd);
}

void
crowd_say_goodbye(struct crowd *crowd)
{
	uint64_t begun_us = sim_now_us();

	crowd->closing = true;
	world_stop(crowd->world);
	while (!world_is_empty(crowd->world)) {
		world_pass(crowd->world, 20000);
		crowd_exchange(crowd);
		if (sim_now_us() - begun_us > 10 * 1000000ull)
			world_fail("the server does not stop in 10 seconds");
	}
	for (unsigned i = 0; i < crowd->client_count; i++) {
		struct client *client = &crowd->clients[i];

		if (client->link)
			client_read(crowd, client, SIZE_MAX);
		if (client->link)
			client_fail(client, "the end", span_of("nothing"));
	}
	world_join(crowd->world);
}

void
crowd_lose_server(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->client_count; i++)
		if (crowd->clients[i].link)
			client_leave(crowd, &crowd->clients[i]);
}
