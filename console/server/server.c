/* Start and stop of everything. */
#include "console/server/server.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "console/server/capacity.h"
#include "console/server/certificate.h"
#include "console/server/engine_choice.h"
#include "console/server/feed.h"
#include "console/server/sockets.h"
#include "console/setting/policy.h"
#include "proto/account_service.h"
#include "proto/session.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/engine.h"
#include "reactor/log.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"
#include "reactor/tally.h"
#include "reactor/tls_server.h"

_Static_assert(CLIENTS_MAX <= TALLY_MAX, "all of one address can be counted");

struct server {
	struct options *options; /* borrowed */
	const struct engine_ops *engine;
	char engine_text[160];
	struct feed *feed; /* borrowed */
	struct auth *auth;
	struct account_service *accounts;
	struct policy policy; /* as it was at the start */
	struct hub_config hub_config;
	struct census census;
	struct tally *tally;    /* owned */
	struct tls_server *tls; /* owned */
	struct capacity capacity;
	unsigned reactor_count;
	struct reactor **reactors; /* owned */
	struct hub **hubs;         /* owned */
	struct sockets sockets;
	unsigned running; /* reactors whose threads are there */
};

static int
choose_engine(struct server *server, char error[SERVER_ERROR_BYTES])
{
	enum io_choice io = server->options->io;
	struct engine_choice choice = engine_choose(server->options);
	const char *why = strerrordesc_np(-choice.refused);

	if (io == IO_URING && choice.refused) {
		snprintf(error, SERVER_ERROR_BYTES,
		    "io_uring cannot be used here: %s (try --io epoll%s)", why,
		    choice.refused == -ENOMEM
			? " or more locked memory, ulimit -l"
			: "");
		return -1;
	}
	server->engine = choice.engine;
	server->reactor_count = choice.reactors;
	if (choice.refused)
		snprintf(server->engine_text, sizeof(server->engine_text),
		    "%s (io_uring is refused here: %s)", server->engine->name,
		    why);
	else
		snprintf(server->engine_text, sizeof(server->engine_text), "%s",
		    server->engine->name);
	server->capacity =
	    capacity_of(server->options, server->engine, server->reactor_count);
	return 0;
}

/* Chat goes on; the operator should know, and what helps. */
static void
on_read_only(void *feed, const char *why)
{
	if (!why) {
		log_info("accounts-writable");
		feed_say(feed,
		    "[READ-ONLY] is over: accounts can be made and changed");
		return;
	}
	log_warn("accounts-read-only", LOG_TEXT("reason", why));
	feed_tell(feed,
	    "[READ-ONLY] no account can be made or changed: %.380s; chat goes "
	    "on",
	    why);
}

static void
on_full(void *feed, size_t accounts)
{
	log_warn("accounts-full", LOG_NUMBER("accounts", accounts));
	feed_tell(feed,
	    "[FULL] %zu accounts are as many as --max-accounts lets be made; "
	    "all else goes on",
	    accounts);
}

static int
open_accounts(struct server *server, char error[SERVER_ERROR_BYTES])
{
	/* Reactors that only many clients need do not make it a bigger
	 * machine. */
	unsigned busy = server->options->reactors ? server->options->reactors
						  : capacity_cores();
	struct account_service_config config = {
	    /* On half of the cores: the other half answers at once, however
	     * many log in. With all of them busy hashing, also at the lowest
	     * priority, chat waits for the scheduler, milliseconds. */
	    .hashers = (busy + 1) / 2,
	    .on_read_only = on_read_only,
	    .on_full = on_full,
	    .context = server->feed,
	};
	struct auth_options auth_options = {
	    .path = server->options->accounts,
	    .cost = server->options->argon2,
	};
	char reason[AUTH_ERROR_BYTES] = "";

	if (auth_open(&server->auth, &auth_options, reason) < 0) {
		snprintf(error, SERVER_ERROR_BYTES, "%s", reason);
		return -1;
	}
	if (reason[0])
		log_warn("accounts-recovered", LOG_TEXT("reason", reason));
	server_set_limits(server, server->options);
	config.auth = server->auth;
	server->accounts = account_service_new(&config);
	if (!server->accounts) {
		snprintf(error, SERVER_ERROR_BYTES,
		    "cannot start worker threads: %s", strerrordesc_np(errno));
		return -1;
	}
	server->hub_config.accounts = server->accounts;
	return 0;
}

/* What can change later, for the first time: before anybody can connect. */
static int
set_policy(struct server *server, char error[SERVER_ERROR_BYTES])
{
	const struct policy *policy = &server->policy;

	server->hub_config.options = policy->hub;
	if (auth_set_listed_bans(
		server->auth, policy->bans, policy->ban_count) == 0)
		return 0;
	snprintf(error, SERVER_ERROR_BYTES, "out of memory for --bans");
	return -1;
}

static int
make_reactors(struct server *server, char error[SERVER_ERROR_BYTES])
{
	const struct options *options = server->options;
	struct reactor_config config = {
	    .count = server->reactor_count,
	    .engine = server->engine,
	    .ops = &hub_reactor_ops,
	    .conn_bytes = sizeof(struct session),
	    .limits =
		{
		    .clients_max = server->capacity.clients,
		    .conns_max = server->capacity.each,
		    .stall_ms = options->stall_ms,
		    .linger_ms = SERVER_LINGER_MS,
		    .stop_ms = SERVER_STOP_MS,
		    .handshake_ms = SERVER_HANDSHAKE_MS,
		    .handshakes_us = SERVER_HANDSHAKES_US,
		    .refusal = "ERR busy the server is full, try again later\n",
		    .network_refusal = "ERR busy too many connections from "
				       "your address, close one first\n",
		},
	    .census = &server->census,
	    .tally = server->tally,
	    .tls = server->tls,
	};

	for (unsigned i = 0; i < server->reactor_count; i++) {
		server->hubs[i] = hub_new(&server->hub_config);
		config.index = i;
		config.owner = server->hubs[i];
		server->reactors[i] = reactor_new(&config);
		if (!server->reactors[i]) {
			snprintf(error, SERVER_ERROR_BYTES,
			    "cannot make a reactor: %s",
			    strerrordesc_np(errno));
			return -1;
		}
		hub_set_reactor(server->hubs[i], server->reactors[i]);
		reactor_set_peers(server->reactors[i], server->reactors);
	}
	return 0;
}

static int
start_reactors(struct server *server, char error[SERVER_ERROR_BYTES])
{
	for (unsigned i = 0; i < server->reactor_count; i++) {
		int result = reactor_start(server->reactors[i]);

		if (result) {
			snprintf(error, SERVER_ERROR_BYTES,
			    "cannot start a reactor on %s: %s",
			    server->engine->name, strerrordesc_np(-result));
			return -1;
		}
		server->running++;
	}
	return 0;
}

static int
open_sockets(struct server *server, char error[SERVER_ERROR_BYTES])
{
	if (sockets_take_passed(&server->sockets, server->options, error) < 0)
		return -1;
	server->reactor_count = capacity_reactors(
	    server->options, engine_wanted(server->options->io));
	server->reactors =
	    memory_new(server->reactor_count * sizeof(struct reactor *));
	server->hubs = memory_new(server->reactor_count * sizeof(struct hub *));
	return sockets_open(&server->sockets, server->reactor_count, error);
}

struct server *
server_open(
    struct options *options, struct feed *feed, char error[SERVER_ERROR_BYTES])
{
	struct server *server = aligned_alloc(64, sizeof(*server));

	if (!server)
		memory_exhausted(sizeof(*server));
	memset(server, 0, sizeof(*server));
	server->options = options;
	server->feed = feed;
	server->hub_config = (struct hub_config){
	    .on_client = feed_on_client,
	    .context = feed,
	};
	randombytes_buf(&server->hub_config.key, sizeof(struct hash_key));
	server->tally = tally_new(&server->hub_config.key);
	server->tls = tls_server_new();
	capacity_raise_descriptors();
	if (open_sockets(server, error) == 0 &&
	    certificate_begin(server->tls, options, error) == 0)
		return server;
	server_stop(&server);
	return NULL;
}

void
server_set_questions(struct server *server, struct mailbox *questions,
    envelope_handler *on_question)
{
	server->hub_config.questions = questions;
	server->hub_config.on_question = on_question;
}

void
server_give_sockets(const struct server *server, const struct user *user)
{
	sockets_give_user(&server->sockets, user);
}

int
server_start(struct server *server, char error[SERVER_ERROR_BYTES])
{
	if (choose_engine(server, error) < 0 ||
	    policy_read(&server->policy, server->options, error) < 0 ||
	    open_accounts(server, error) < 0 || set_policy(server, error) < 0 ||
	    make_reactors(server, error) < 0)
		return -1;
	sockets_hand_out(
	    &server->sockets, server->reactors, server->reactor_count);
	return start_reactors(server, error);
}

/* Envelopes may lead to further envelopes, also on reactors done before. */
static void
drain_mail(struct server *server)
{
	unsigned moved;

	do {
		moved = 0;
		for (unsigned i = 0; i < server->reactor_count; i++)
			if (server->reactors[i])
				moved +=
				    reactor_drain_mail(server->reactors[i]);
	} while (moved > 0);
}

void
server_stop(struct server **pointer)
{
	struct server *server = *pointer;
	unsigned i;

	if (server->accounts)
		account_service_stop(server->accounts);
	for (i = 0; i < server->running; i++)
		reactor_stop(server->reactors[i]);
	for (i = 0; i < server->running; i++)
		reactor_wait_empty(server->reactors[i]);
	for (i = 0; i < server->running; i++)
		reactor_join(server->reactors[i]);
	if (server->accounts)
		account_service_join(server->accounts);
	drain_mail(server);
	if (server->accounts)
		account_service_free(&server->accounts);
	for (i = 0; i < server->reactor_count; i++) {
		if (server->reactors[i])
			reactor_free(&server->reactors[i]);
		if (server->hubs[i])
			hub_free(&server->hubs[i]);
	}
	if (server->auth)
		auth_close(&server->auth);
	sockets_close(&server->sockets);
	policy_fini(&server->policy);
	tally_free(&server->tally);
	tls_server_free(&server->tls);
	free(server->reactors);
	free(server->hubs);
	free(server);
	*pointer = NULL;
}

void
server_set_limits(const struct server *server, const struct options *options)
{
	tally_set_max(server->tally, options->per_address_max);
	auth_set_accounts_max(server->auth, options->accounts_max);
}

struct account_service *
server_account_service(const struct server *server)
{
	return server->accounts;
}

struct tls_server *
server_tls(const struct server *server)
{
	return server->tls;
}

struct reactor *
server_first_reactor(struct server *server)
{
	return server->reactors[0];
}

struct reactor *
server_reactor(const struct server *server, unsigned index)
{
	return index < server->reactor_count ? server->reactors[index] : NULL;
}

const char *
server_engine_name(const struct server *server)
{
	return server->engine->name;
}

const char *
server_engine_text(const struct server *server)
{
	return server->engine_text;
}

unsigned
server_reactors(const struct server *server)
{
	return server->reactor_count;
}

const struct capacity *
server_capacity(const struct server *server)
{
	return &server->capacity;
}

uint64_t
server_accounts(const struct server *server)
{
	return auth_count(server->auth);
}
