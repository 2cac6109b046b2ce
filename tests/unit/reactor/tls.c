/* TLS of one connection, with OpenSSL's client on the other side of memory. */
#include "reactor/tls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reactor/blob.h"
#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"
#include "tests/kit/tls_kit.h"

#define TLS_KEY_UPDATES 200

#define TLS_TEST(name) Test(reactor_tls, name, .fini = harness_fini)

struct pair {
	struct tls_server *server;
	struct blob_pool pool;
	struct outq sealed;
	struct tls *tls;
	SSL *client;
	char heard[64 * 1024]; /* by the server */
	size_t heard_len;
	enum tls_got got; /* the last */
};

static struct pair pair;

static void
begin(const struct tls_wish *wish)
{
	char error[TLS_ERROR_BYTES] = "";
	SSL_CTX *read;

	memset(&pair, 0, sizeof(pair));
	if (access(tls_kit_path("one.cert"), F_OK) < 0)
		tls_kit_certificate("one", -1, 100);
	pair.server = tls_server_new();
	read = tls_certificate_read(
	    tls_kit_path("one.cert"), tls_kit_path("one.key"), error);
	cr_assert_not_null(read, "%s", error);
	tls_server_set(pair.server, read);
	blob_pool_init(&pair.pool, 8);
	outq_init(&pair.sealed);
	pair.tls = tls_new(pair.server, &pair.sealed, &pair.pool);
	cr_assert_not_null(pair.tls);
	pair.client = tls_kit_client(wish);
}

static void
end(void)
{
	SSL_free(pair.client);
	tls_free(&pair.tls);
	tls_server_free(&pair.server);
	outq_fini(&pair.sealed, &pair.pool);
	cr_assert_eq(pair.pool.bytes, 0);
	blob_pool_fini(&pair.pool);
}

static void
hear(char *bytes, size_t len)
{
	char text[TLS_TEXT_BYTES];
	size_t n;

	tls_give(pair.tls, bytes, len);
	memset(pair.heard + pair.heard_len, 0, 1);
	while ((pair.got = tls_take(pair.tls, text, sizeof(text), &n)) ==
	       TLS_TEXT) {
		cr_assert_leq(pair.heard_len + n, sizeof(pair.heard));
		memcpy(pair.heard + pair.heard_len, text, n);
		pair.heard_len += n;
	}
	memset(bytes, 0xee, len);
}

/* What the client has for the server goes there, `piece` bytes at a time. */
static bool
client_to_server(size_t piece)
{
	char bytes[32 * 1024];
	bool moved = false;
	int len;

	while (pair.got != TLS_BROKEN && pair.got != TLS_END &&
	       (len = BIO_read(SSL_get_wbio(pair.client), bytes,
		    piece < sizeof(bytes) ? (int)piece : (int)sizeof(bytes))) >
		   0) {
		hear(bytes, (size_t)len);
		moved = true;
	}
	return moved;
}

static bool
server_to_client(size_t piece)
{
	struct iovec front;
	bool moved = false;

	while (outq_front(&pair.sealed, &front, 1) > 0) {
		size_t len = front.iov_len < piece ? front.iov_len : piece;

		cr_assert_eq(BIO_write(SSL_get_rbio(pair.client),
				 front.iov_base, (int)len),
		    (int)len);
		outq_consume(&pair.sealed, &pair.pool, len);
		moved = true;
	}
	return moved;
}

static void
shake(size_t piece)
{
	SSL_do_handshake(pair.client);
	while (client_to_server(piece) | server_to_client(piece))
		SSL_do_handshake(pair.client);
	cr_assert(SSL_is_init_finished(pair.client));
	cr_assert(tls_is_up(pair.tls));
	cr_assert_eq(pair.got, TLS_MORE);
}

static void
client_says(const char *text)
{
	cr_assert_eq(
	    SSL_write(pair.client, text, (int)strlen(text)), (int)strlen(text));
}

static void
server_says(const char *text, size_t len)
{
	struct outq *waiting = tls_waiting(pair.tls);

	memcpy(outq_reserve(waiting, &pair.pool, len), text, len);
	outq_commit(waiting, len);
}

static void
client_hears(const char *text)
{
	char bytes[1024] = "";

	cr_assert_eq(
	    SSL_read(pair.client, bytes, sizeof(bytes) - 1), (int)strlen(text));
	cr_assert_str_eq(bytes, text);
}

static void
both_ways(size_t piece)
{
	client_says("from the client");
	client_to_server(piece);
	cr_assert_eq(pair.heard_len, 15);
	cr_assert(!memcmp(pair.heard, "from the client", 15));
	server_says("from the ", 9);
	server_says("server", 6);
	tls_seal(pair.tls);
	cr_assert_eq(tls_waiting(pair.tls)->bytes, 0);
	server_to_client(piece);
	client_hears("from the server");
}

static const struct tls_wish old = {.version_max = TLS1_2_VERSION};

TLS_TEST(text_goes_both_ways_in_either_version)
{
	const struct tls_wish *wishes[] = {NULL, &old};

	for (int i = 0; i < 2; i++) {
		begin(wishes[i]);
		shake(SIZE_MAX);
		cr_assert_str_eq(SSL_get_version(pair.client),
		    i == 0 ? "TLSv1.3" : "TLSv1.2");
		both_ways(SIZE_MAX);
		end();
	}
}

TLS_TEST(every_split_of_the_bytes_makes_no_difference)
{
	const struct tls_wish *wishes[] = {NULL, &old};

	for (int i = 0; i < 2; i++)
		for (size_t piece = 1; piece < 40; piece += i ? 7 : 1) {
			begin(wishes[i]);
			shake(piece);
			both_ways(piece);
			end();
		}
}

TLS_TEST(old_versions_are_refused)
{
	const struct tls_wish wish = {.version_max = TLS1_1_VERSION};

	begin(&wish);
	SSL_set_security_level(pair.client, 0);
	SSL_set_min_proto_version(pair.client, TLS1_VERSION);
	SSL_do_handshake(pair.client);
	client_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_str_eq(tls_problem(pair.tls), "unsupported protocol");
	/* And the peer is told. */
	cr_assert_gt(pair.sealed.bytes, 0);
	end();
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

		begin(&wish);
		shake(SIZE_MAX);
		SSL_get0_alpn_selected(pair.client, &chosen, &len);
		cr_assert_eq(len, strlen(cases[i].chosen));
		cr_assert(len == 0 || !memcmp(chosen, cases[i].chosen, len));
		end();
	}
}

TLS_TEST(what_waits_is_sealed_a_bounded_piece_at_a_time)
{
	const size_t len = 300 * 1000;
	struct blob *blob;
	char byte;
	size_t got = 0;

	begin(NULL);
	shake(SIZE_MAX);
	blob = blob_new(&pair.pool, len);
	for (size_t i = 0; i < len; i++)
		blob->bytes[i] = (char)(i * 7 + i / 256);
	blob->len = (uint32_t)len;
	server_says("first", 5);
	outq_push(tls_waiting(pair.tls), blob);
	blob_unref(&pair.pool, blob);
	server_says("last", 4);
	while (tls_waiting(pair.tls)->bytes > 0) {
		tls_seal(pair.tls);
		cr_assert_leq(pair.sealed.bytes, TLS_SEALED_BYTES + 17000);
		tls_seal(pair.tls); /* full: nothing */
		cr_assert_leq(pair.sealed.bytes, TLS_SEALED_BYTES + 17000);
		server_to_client(5000);
		while (SSL_read(pair.client, &byte, 1) == 1) {
			if (got >= 5 && got < 5 + len)
				cr_assert_eq(byte,
				    (char)((got - 5) * 7 + (got - 5) / 256));
			got++;
		}
	}
	cr_assert_eq(got, len + 9);
	end();
}

TLS_TEST(many_small_blobs_share_a_record)
{
	begin(NULL);
	shake(SIZE_MAX);
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
	end();
}

TLS_TEST(last_word_comes_behind_all_text)
{
	begin(NULL);
	shake(SIZE_MAX);
	server_says("goodbye", 7);
	tls_finish(pair.tls);
	cr_assert_not(tls_is_finished(pair.tls), "text waits");
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	cr_assert(tls_is_finished(pair.tls));
	server_to_client(SIZE_MAX);
	client_hears("goodbye");
	cr_assert_eq(SSL_read(pair.client, (char[1]){0}, 1), 0);
	cr_assert_eq(SSL_get_shutdown(pair.client), SSL_RECEIVED_SHUTDOWN);
	end();
}

TLS_TEST(peers_last_word_is_the_end_and_ours_can_still_follow)
{
	begin(NULL);
	shake(SIZE_MAX);
	client_says("and that was it");
	SSL_shutdown(pair.client);
	client_to_server(SIZE_MAX);
	cr_assert_eq(pair.got, TLS_END);
	cr_assert(tls_has_ended(pair.tls));
	cr_assert_eq(pair.heard_len, 15);
	server_says("understood", 10);
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	server_to_client(SIZE_MAX);
	client_hears("understood");
	end();
}

TLS_TEST(last_word_before_the_handshake_drops_what_waits)
{
	begin(NULL);
	server_says("nobody can read this", 20);
	tls_seal(pair.tls);
	tls_finish(pair.tls);
	cr_assert(tls_is_finished(pair.tls));
	cr_assert_eq(tls_waiting(pair.tls)->bytes, 0);
	cr_assert_eq(pair.sealed.bytes, 0);
	end();
}

TLS_TEST(new_keys_are_taken_but_not_without_end)
{
	int i;

	begin(NULL);
	shake(SIZE_MAX);
	for (i = 0; i < TLS_KEY_UPDATES && pair.got != TLS_BROKEN; i++) {
		cr_assert_eq(
		    SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED), 1);
		client_says("x");
		client_to_server(SIZE_MAX);
		server_to_client(SIZE_MAX);
		SSL_read(pair.client, (char[1]){0}, 1);
	}
	cr_assert_eq(pair.got, TLS_BROKEN);
	cr_assert_geq(i, TLS_LATE_MESSAGES);
	cr_assert_str_eq(tls_problem(pair.tls), "more than TLS needs");
	end();
}

/* What reads as the beginning of a handshake of 256 MB, and random bytes. */
TLS_TEST(what_is_no_handshake_breaks_it_and_is_bounded)
{
	char bytes[4096];

	begin(NULL);
	memcpy(bytes, "\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9);
	memset(bytes + 9, 0, sizeof(bytes) - 9);
	for (int i = 0; i < 10 && pair.got != TLS_BROKEN; i++) {
		char copy[sizeof(bytes)];

		memcpy(copy, bytes, sizeof(copy));
		hear(copy, sizeof(copy));
	}
	cr_assert_eq(pair.got, TLS_BROKEN);
	end();
	for (unsigned seed = 0; seed < 300; seed++) {
		srand(seed);
		begin(NULL);
		bytes[0] = 0x16;
		bytes[1] = 3;
		bytes[2] = (char)(seed % 5);
		for (size_t i = 3; i < 300; i++)
			bytes[i] = (char)rand();
		if (seed % 3 == 0)
			bytes[3] = 0;
		hear(bytes, 300);
		cr_assert(pair.got == TLS_BROKEN || pair.got == TLS_MORE);
		end();
	}
}

/* Whatever a man in the middle turns over is found. */
TLS_TEST(changed_byte_breaks_it)
{
	char bytes[256];
	int len;

	for (int at = 5; at < 30; at += 5) {
		begin(NULL);
		shake(SIZE_MAX);
		client_says("/broadcast hello");
		len = BIO_read(SSL_get_wbio(pair.client), bytes, sizeof(bytes));
		cr_assert_gt(len, at);
		bytes[at] ^= 1;
		hear(bytes, (size_t)len);
		cr_assert_eq(pair.got, TLS_BROKEN);
		cr_assert_eq(pair.heard_len, 0);
		end();
	}
}

TLS_TEST(handshake_has_no_more_than_it_needs)
{
	char alpn[12 * 1024];

	/* 20 KB of protocols that might be spoken. */
	begin(NULL);
	for (size_t i = 0; i < sizeof(alpn); i += 16) {
		memset(alpn + i, 'x', 16);
		alpn[i] = 15;
	}
	SSL_set_alpn_protos(
	    pair.client, (const unsigned char *)alpn, sizeof(alpn));
	shake(SIZE_MAX);
	end();
	begin(NULL);
	SSL_set_alpn_protos(
	    pair.client, (const unsigned char *)alpn, sizeof(alpn) / 16 * 16);
	cr_assert_eq(SSL_set_tlsext_host_name(pair.client, "localhost"), 1);
	SSL_do_handshake(pair.client);
	cr_assert_eq(client_to_server(1000), true);
	cr_assert_eq(pair.got, TLS_MORE);
	end();
}
