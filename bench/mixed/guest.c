/*
 * Those who talk to nobody: guests, whose lines are echoed, and registrars, who
 * make one account after the other, and log into all that were acknowledged
 * when the server was started again, and at the end.
 */
#include <stdio.h>

#include "bench/expect/payload.h"
#include "bench/mixed/mixed.h"
#include "reactor/check.h"

static struct payload
guest_payload(const struct mixed_client *client)
{
	return (struct payload){
	    .due_ns = client->echo_ns,
	    .publisher = (uint16_t)client->number,
	    .number = client->said,
	};
}

/* Its account `nth` from 0. */
static void
registrar_name(const struct mixed_client *client, uint32_t nth,
    char out[NAME_BYTES_MAX + 1])
{
	const struct mixed *mixed = client->thread->mixed;
	unsigned self = client->number - mixed->members - mixed->guests;
	int len = snprintf(out, NAME_BYTES_MAX + 1, "%sx%x", mixed->names,
	    nth * mixed->registrars + self);

	check(len <= NAME_BYTES_MAX);
}

/* Logs into the next account that it has not yet. */
static void
registrar_log_in(struct mixed_client *client)
{
	char name[NAME_BYTES_MAX + 1];

	registrar_name(client, client->checked, name);
	mixed_client_ask(
	    client, AWAIT_LOGIN, 0, "/login %s secret-%s\n", name, name);
	mixed_client_ask(client, AWAIT_LOGOUT, 0, "/logout\n");
}

static void
registrar_register(struct mixed_client *client)
{
	char name[NAME_BYTES_MAX + 1];

	registrar_name(client, client->accounts, name);
	mixed_client_ask(
	    client, AWAIT_REGISTER, 0, "/register %s secret-%s\n", name, name);
}

bool
mixed_guest_say(struct mixed_client *client, uint64_t due_ns)
{
	unsigned bytes = client->thread->mixed->options->bytes;
	char text[PAYLOAD_BYTES_MAX];
	struct payload payload;

	if (!mixed_client_is_idle(client))
		return false;
	client->said++;
	client->echo_ns = due_ns;
	payload = guest_payload(client);
	payload_render(&payload, text, bytes);
	mixed_client_ask(client, AWAIT_ECHO, 0, "%.*s\n", (int)bytes, text);
	client->thread->counts[COUNT_ECHOES]++;
	return true;
}

const char *
mixed_guest_answered(struct mixed_client *client, const struct mixed_line *line)
{
	unsigned bytes = client->thread->mixed->options->bytes;
	struct payload payload = guest_payload(client);
	char text[PAYLOAD_BYTES_MAX];

	payload_render(&payload, text, bytes);
	if (line->kind == LINE_ECHO &&
	    span_equals(line->text, (struct span){text, bytes}))
		return NULL;
	return "its own line, echoed";
}

void
mixed_registrar_account(const struct mixed_client *client,
    enum mixed_await_kind kind, char out[NAME_BYTES_MAX + 1])
{
	registrar_name(client,
	    kind == AWAIT_REGISTER ? client->accounts : client->checked, out);
}

void
mixed_registrar_enter(struct mixed_client *client)
{
	if (client->checked < client->accounts)
		registrar_log_in(client);
	else if (client->is_unsure)
		registrar_register(client);
	else
		mixed_client_in(client);
}

bool
mixed_registrar_check(struct mixed_client *client)
{
	if (!client->checks_all) {
		client->checks_all = true;
		client->checked = 0;
	}
	if (client->checked == client->accounts)
		return true;
	client->state = MIXED_ENTERING;
	registrar_log_in(client);
	return false;
}

bool
mixed_registrar_register(struct mixed_client *client)
{
	if (!mixed_client_is_idle(client))
		return false;
	registrar_register(client);
	return true;
}

void
mixed_registrar_answered(
    struct mixed_client *client, const struct mixed_await *await)
{
	if (await->kind == AWAIT_REGISTER)
		client->accounts++;
	if (await->kind != AWAIT_LOGOUT)
		return;
	client->checked++;
	mixed_registrar_enter(client);
}
