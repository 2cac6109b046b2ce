/* TLS of one connection, with OpenSSL's client on the other side of memory. */
#include "reactor/tls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/tls_pair.h"

#define TLS_KEY_UPDATES 200

#define TLS_TEST(name) Test(reactor_tls, name, .fini = harness_fini)

static void
both_ways(size_t piece)
{
	tls_pair_client_says("from the client");
	tls_pair_to_server(piece);
	cr_assert_eq(pair.heard_len, 15);
	cr_assert(!memcmp(pair.heard, "from the client", 15));
	tls_pair_server_says("from the ", 9);
	tls_pair_server_says("server", 6);
	tls_seal(pair.tls);
	cr_assert_eq(tls_waiting(pair.tls)->bytes, 0);
	tls_pair_to_client(piece);
	tls_pair_client_hears("from the server");
}

static const struct tls_wish old = {.version_max = TLS1_2_VERSION};

TLS_TEST(text_goes_both_ways_in_either_version)
{
	const struct tls_wish *wishes[] = {NULL, &old};

	for (int i = 0; i < 2; i++) {
		tls_pair_begin(wishes[i]);
		tls_pair_shake(SIZE_MAX);
		cr_assert_str_eq(SSL_get_version(pair.client),
		    i == 0 ? "TLSv1.3" : "TLSv1.2");
		both_ways(SIZE_MAX);
		tls_pair_end();
	}
}

TLS_TEST(every_split_of_the_bytes_makes_no_difference)
{
	const struct tls_wish *wishes[] = {NULL, &old};

	for (int i = 0; i < 2; i++)
		for (size_t piece = 1; piece < 40; piece += i ? 7 : 1) {
			tls_pair_begin(wishes[i]);
			tls_pair_shake(piece);
			both_ways(piece);
			tls_pair_end();
		}
}

TLS_TEST(old_versions_are_refused)
{
	const struct tls_wish wish = {.version_max = TLS1_1_VERSION};

	tls_pair_begin(&wish);
	SSL_set_security_level(pair.client, 0);
	SSL_set_min_proto_version(pair.client, TLS1_VERSION);
	SSL_do_handshake(pair.client);
	tls_pair_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_str_eq(tls_problem(pair.tls), "unsupported protocol");
	/* And the peer is told. */
	cr_assert_gt(pair.sealed.bytes, 0);
	tls_pair_end();
}

TLS_TEST(http_1_1_is_chosen_and_nothing_else)
{
	static const struct {
		const char *offered, *chosen;
	} cases[] = {
	    {"\x08http/1.1", "http/1.1"},
	    {"\x02h2\x08http/1.1", "http/1.1"},
	    {"\x02h2\x08http/1.0", ""},
	    {"\x03irc", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_wish wish = {.alpn = cases[i].offered};
		const unsigned char *chosen;
		unsigned len;

		tls_pair_begin(&wish);
		tls_pair_shake(SIZE_MAX);
		SSL_get0_alpn_selected(pair.client, &chosen, &len);
		cr_assert_eq(len, strlen(cases[i].chosen));
		cr_assert(len == 0 || !memcmp(chosen, cases[i].chosen, len));
		tls_pair_end();
	}
}

TLS_TEST(what_waits_is_sealed_a_bounded_piece_at_a_time)
{
	const size_t len = 300 * 1000;
	struct blob *blob;
	char byte;
	size_t got = 0;

	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	blob = blob_new(&pair.pool, len);
	for (size_t i = 0; i < len; i++)
		blob->bytes[i] = (char)(i * 7 + i / 256);
	blob->len = (uint32_t)len;
	tls_pair_server_says("first", 5);
	outq_push(tls_waiting(pair.tls), blob);
	blob_unref(&pair.pool, blob);
	tls_pair_server_says("last", 4);
	while (tls_waiting(pair.tls)->bytes > 0) {
		tls_seal(pair.tls);
		cr_assert_leq(pair.sealed.bytes, TLS_SEALED_BYTES + 17000);
		tls_seal(pair.tls); /* full: nothing */
		cr_assert_leq(pair.sealed.bytes, TLS_SEALED_BYTES + 17000);
		tls_pair_to_client(5000);
		while (SSL_read(pair.client, &byte, 1) == 1) {
			if (got >= 5 && got < 5 + len)
				cr_assert_eq(byte,
				    (char)((got - 5) * 7 + (got - 5) / 256));
			got++;
		}
	}
	cr_assert_eq(got, len + 9);
	tls_pair_end();
}

TLS_TEST(many_small_blobs_share_a_record)
{
	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	for (int i = 0; i < 64; i++) {
		struct blob *blob = blob_new(&pair.pool, 10);

		memcpy(blob->bytes, "0123456789", 10);
		blob->len = 10;
		outq_push(tls_waiting(pair.tls), blob);
		blob_unref(&pair.pool, blob);
	}
	tls_seal(pair.tls);
	/* Each record has 22 bytes of its own. */
	cr_assert_eq(pair.sealed.bytes, 640 + 22);
	tls_pair_end();
}

TLS_TEST(last_word_comes_behind_all_text)
{
	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	tls_pair_server_says("goodbye", 7);
	tls_finish(pair.tls);
	cr_assert_not(tls_is_finished(pair.tls), "text waits");
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	cr_assert(tls_is_finished(pair.tls));
	tls_pair_to_client(SIZE_MAX);
	tls_pair_client_hears("goodbye");
	cr_assert_eq(SSL_read(pair.client, (char[1]){0}, 1), 0);
	cr_assert_eq(SSL_get_shutdown(pair.client), SSL_RECEIVED_SHUTDOWN);
	tls_pair_end();
}

TLS_TEST(peers_last_word_is_the_end_and_ours_can_still_follow)
{
	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	tls_pair_client_says("and that was it");
	SSL_shutdown(pair.client);
	tls_pair_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_END);
	cr_assert(tls_has_ended(pair.tls));
	cr_assert_eq(pair.heard_len, 15);
	tls_pair_server_says("understood", 10);
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	tls_pair_to_client(SIZE_MAX);
	tls_pair_client_hears("understood");
	tls_pair_end();
}

TLS_TEST(last_word_before_the_handshake_drops_what_waits)
{
	tls_pair_begin(NULL);
	tls_pair_server_says("nobody can read this", 20);
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	cr_assert(tls_is_finished(pair.tls));
	cr_assert_eq(tls_waiting(pair.tls)->bytes, 0);
	cr_assert_eq(pair.sealed.bytes, 0);
	tls_pair_end();
}

TLS_TEST(new_keys_are_taken_but_not_without_end)
{
	int i;

	tls_pair_begin(NULL);
	tls_pair_shake(SIZE_MAX);
	for (i = 0; i < TLS_KEY_UPDATES && pair.got != TLS_BROKEN; i++) {
		cr_assert_eq(
		    SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1);
		tls_pair_client_says("x");
		tls_pair_to_server(SIZE_MAX);
		tls_pair_to_client(SIZE_MAX);
		SSL_read(pair.client, (char[1]){0}, 1);
	}
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_geq(i, TLS_LATE_MESSAGES);
	cr_assert_str_eq(tls_problem(pair.tls), "more than TLS needs");
	tls_pair_end();
}

/* What reads as the beginning of a handshake of 256 MB, and random bytes. */
TLS_TEST(what_is_no_handshake_breaks_it_and_is_bounded)
{
	char bytes[4096];

	tls_pair_begin(NULL);
	memcpy(bytes, "\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9);
	memset(bytes + 9, 0, sizeof(bytes) - 9);
	for (int i = 0; i < 10 && pair.got != TLS_BROKEN; i++) {
		char copy[sizeof(bytes)];

		memcpy(copy, bytes, sizeof(copy));
		tls_pair_hear(copy, sizeof(copy));
	}
	cr_assert_eq(pair.got, TLS_BROKEN);
	tls_pair_end();
	for (unsigned seed = 0; seed < 300; seed++) {
		srand(seed);
		tls_pair_begin(NULL);
		bytes[0] = 0x16;
		bytes[1] = 3;
		bytes[2] = (char)(seed % 5);
		for (size_t i = 3; i < 300; i++)
			bytes[i] = (char)rand();
		if (seed % 3 == 0)
			bytes[3] = 0;
		tls_pair_hear(bytes, 300);
		cr_assert(pair.got == TLS_BROKEN || pair.got == TLS_MORE);
		tls_pair_end();
	}
}

/* Whatever a man in the middle turns over is found. */
TLS_TEST(changed_byte_breaks_it)
{
	char bytes[256];
	int len;

	for (int at = 5; at < 30; at += 5) {
		tls_pair_begin(NULL);
		tls_pair_shake(SIZE_MAX);
		tls_pair_client_says("/broadcast hello");
		len = BIO_read(SSL_get_wbio(pair.client), bytes, sizeof(bytes));
		cr_assert_gt(len, at);
		bytes[at] ^= 1;
		tls_pair_hear(bytes, (size_t)len);
		cr_assert_eq(pair.got, TLS_BROKEN);
		cr_assert_eq(pair.heard_len, 0);
		tls_pair_end();
	}
}

TLS_TEST(handshake_has_no_more_than_it_needs)
{
	char alpn[12 * 1024];

	/* 20 KB of protocols that might be spoken. */
	tls_pair_begin(NULL);
	for (size_t i = 0; i < sizeof(alpn); i += 16) {
		memset(alpn + i, 'x', 16);
		alpn[i] = 15;
	}
	SSL_set_alpn_protos(
	    pair.client, (const unsigned char *)alpn, sizeof(alpn));
	tls_pair_shake(SIZE_MAX);
	tls_pair_end();
	tls_pair_begin(NULL);
	SSL_set_alpn_protos(
	    pair.client, (const unsigned char *)alpn, sizeof(alpn) / 16 * 16);
	cr_assert_eq(SSL_set_tlsext_host_name(pair.client, "localhost"), 1);
	SSL_do_handshake(pair.client);
	cr_assert_eq(tls_pair_to_server(1000), true);
	cr_assert_eq(pair.got, TLS_MORE);
	tls_pair_end();
}
