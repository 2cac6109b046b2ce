/* Keys of session tickets: which is used when, and what a client has of it. */
#include "reactor/tls_tickets.h"

#include <openssl/ssl.h>
#include <string.h>

#include "reactor/clock.h"
#include "tests/kit/tls_kit.h"

#define PERIOD 1000
#define START  123456

static struct tls_tickets tickets;

static bool
opens(const struct tls_ticket_key *key, uint64_t now_ms, bool is_newest)
{
	struct tls_ticket_key found;
	bool newest = false;

	if (!tls_tickets_find(&tickets, now_ms, key->name, &found, &newest))
		return false;
	cr_assert_eq(memcmp(&found, key, sizeof(found)), 0);
	cr_assert_eq(newest, is_newest);
	return true;
}

static bool
is_same(struct tls_ticket_key a, struct tls_ticket_key b)
{
	bool same = memcmp(a.name, b.name, sizeof(a.name)) == 0;

	cr_assert_eq(memcmp(a.cipher, b.cipher, sizeof(a.cipher)) == 0, same);
	cr_assert_eq(memcmp(a.mac, b.mac, sizeof(a.mac)) == 0, same);
	return same;
}

Test(reactor_tls_tickets, key_seals_for_a_period_and_opens_for_one_more)
{
	struct tls_ticket_key first, second;

	tls_tickets_init(&tickets, PERIOD, START);
	first = tls_tickets_newest(&tickets, START);
	cr_assert(
	    is_same(first, tls_tickets_newest(&tickets, START + PERIOD - 1)));
	cr_assert(opens(&first, START + PERIOD - 1, true));
	cr_assert(opens(&first, START + PERIOD, false));
	second = tls_tickets_newest(&tickets, START + PERIOD);
	cr_assert_not(is_same(first, second));
	cr_assert(opens(&second, START + 2 * PERIOD - 1, true));
	cr_assert(opens(&first, START + 2 * PERIOD - 1, false));
	cr_assert_not(opens(&first, START + 2 * PERIOD, false));
	cr_assert(opens(&second, START + 2 * PERIOD, false));
	tls_tickets_fini(&tickets);
}

/* Nobody came for a day. */
Test(reactor_tls_tickets, old_key_is_not_kept_for_want_of_a_new_one)
{
	struct tls_ticket_key first;

	tls_tickets_init(&tickets, PERIOD, START);
	first = tls_tickets_newest(&tickets, START);
	cr_assert_not(opens(&first, START + 50 * PERIOD + 1, false));
	/* And the periods go on as they would have. */
	first = tls_tickets_newest(&tickets, START + 50 * PERIOD + 1);
	cr_assert(is_same(
	    first, tls_tickets_newest(&tickets, START + 51 * PERIOD - 1)));
	cr_assert_not(
	    is_same(first, tls_tickets_newest(&tickets, START + 51 * PERIOD)));
	tls_tickets_fini(&tickets);
}

/* Two threads read their clocks before one of them comes first. */
Test(reactor_tls_tickets, time_before_the_last_change_changes_nothing)
{
	struct tls_ticket_key second;

	tls_tickets_init(&tickets, PERIOD, START);
	second = tls_tickets_newest(&tickets, START + PERIOD);
	cr_assert(
	    is_same(second, tls_tickets_newest(&tickets, START + PERIOD - 1)));
	tls_tickets_fini(&tickets);
}

Test(reactor_tls_tickets, keys_are_wiped)
{
	static const struct tls_tickets none;

	tls_tickets_init(&tickets, PERIOD, START);
	tls_tickets_fini(&tickets);
	cr_assert_eq(memcmp(tickets.keys, none.keys, sizeof(tickets.keys)), 0);
}

static SSL_CTX *
server_with(uint64_t period_ms)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	tls_kit_certificate("one", -1, 100);
	cr_assert_eq(SSL_CTX_use_certificate_file(
			 context, tls_kit_path("one.cert"), SSL_FILETYPE_PEM),
	    1);
	cr_assert_eq(SSL_CTX_use_PrivateKey_file(
			 context, tls_kit_path("one.key"), SSL_FILETYPE_PEM),
	    1);
	tls_tickets_use(context, period_ms);
	return context;
}

static void
carry(SSL *from, SSL *to)
{
	char bytes[16384];
	int len;

	while ((len = BIO_read(SSL_get_wbio(from), bytes, sizeof(bytes))) > 0)
		BIO_write(SSL_get_rbio(to), bytes, len);
}

/* A whole visit, with what the client still has of the last one: whether that
 * was good, and what it has now. */
static bool
visit(SSL_CTX *context, int version_max, SSL_SESSION **session)
{
	struct tls_wish wish = {
	    .version_max = version_max, .session = *session};
	SSL *client = tls_kit_client(&wish), *server = SSL_new(context);
	bool reused;
	char byte;

	SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	for (int i = 0; i < 4; i++) {
		SSL_do_handshake(client);
		carry(client, server);
		SSL_accept(server);
		carry(server, client);
	}
	cr_assert(SSL_is_init_finished(client));
	cr_assert(SSL_is_init_finished(server));
	cr_assert_eq(SSL_write(server, "x", 1), 1);
	carry(server, client);
	cr_assert_eq(SSL_read(client, &byte, 1), 1);
	reused = SSL_session_reused(client);
	SSL_SESSION_free(*session);
	*session = SSL_get1_session(client);
	cr_assert(SSL_SESSION_is_resumable(*session));
	SSL_shutdown(client);
	SSL_free(client);
	SSL_free(server);
	return reused;
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

Test(reactor_tls_tickets, visitor_goes_on_with_a_ticket, .fini = harness_fini)
{
	for (int i = 0; i < 2; i++) {
		SSL_CTX *context = server_with(TLS_TICKETS_PERIOD_MS);
		SSL_SESSION *session = NULL;

		cr_assert_not(visit(context, versions[i], &session));
		for (int n = 0; n < 3; n++)
			cr_assert(visit(context, versions[i], &session));
		SSL_SESSION_free(session);
		SSL_CTX_free(context);
	}
}

Test(reactor_tls_tickets, ticket_of_old_keys_is_none, .fini = harness_fini)
{
	for (int i = 0; i < 2; i++) {
		SSL_CTX *context = server_with(1);
		SSL_SESSION *session = NULL;
		uint64_t now_ms;

		cr_assert_not(visit(context, versions[i], &session));
		now_ms = clock_monotonic_ms();
		while (clock_monotonic_ms() < now_ms + 2)
			;
		cr_assert_not(visit(context, versions[i], &session));
		SSL_SESSION_free(session);
		SSL_CTX_free(context);
	}
}

/* Whoever has replaced a certificate may have had a reason. */
Test(reactor_tls_tickets, other_context_does_not_know_it, .fini = harness_fini)
{
	for (int i = 0; i < 2; i++) {
		SSL_CTX *one = server_with(TLS_TICKETS_PERIOD_MS);
		SSL_CTX *two = server_with(TLS_TICKETS_PERIOD_MS);
		SSL_SESSION *session = NULL;

		cr_assert_not(visit(one, versions[i], &session));
		cr_assert_not(visit(two, versions[i], &session));
		SSL_SESSION_free(session);
		SSL_CTX_free(one);
		SSL_CTX_free(two);
	}
}
