#include "tests/kit/tls_pair.h"

#include <string.h>
#include <unistd.h>

#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"

struct tls_pair pair;

void
tls_pair_begin(const struct tls_wish *wish)
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

void
tls_pair_end(void)
{
	SSL_free(pair.client);
	tls_free(&pair.tls);
	tls_server_free(&pair.server);
	outq_fini(&pair.sealed, &pair.pool);
	cr_assert_eq(pair.pool.bytes, 0);
	blob_pool_fini(&pair.pool);
}

void
tls_pair_hear(char *bytes, size_t len)
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
bool
tls_pair_to_server(size_t piece)
{
	char bytes[32 * 1024];
	bool moved = false;
	int len;

	while (pair.got != TLS_BROKEN && pair.got != TLS_END &&
	       (len = BIO_read(SSL_get_wbio(pair.client), bytes,
		    piece < sizeof(bytes) ? (int)piece : (int)sizeof(bytes))) >
		   0) {
		tls_pair_hear(bytes, (size_t)len);
		moved = true;
	}
	return moved;
}

bool
tls_pair_to_client(size_t piece)
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

void
tls_pair_shake(size_t piece)
{
	SSL_do_handshake(pair.client);
	while (tls_pair_to_server(piece) | tls_pair_to_client(piece))
		SSL_do_handshake(pair.client);
	cr_assert(SSL_is_init_finished(pair.client));
	cr_assert(tls_is_up(pair.tls));
	cr_assert_eq(pair.got, TLS_MORE);
}

void
tls_pair_client_says(const char *text)
{
	cr_assert_eq(
	    SSL_write(pair.client, text, (int)strlen(text)), (int)strlen(text));
}

void
tls_pair_server_says(const char *text, size_t len)
{
	struct outq *waiting = tls_waiting(pair.tls);

	memcpy(outq_reserve(waiting, &pair.pool, len), text, len);
	outq_commit(waiting, len);
}

void
tls_pair_client_hears(const char *text)
{
	char bytes[1024] = "";

	cr_assert_eq(
	    SSL_read(pair.client, bytes, sizeof(bytes) - 1), (int)strlen(text));
	cr_assert_str_eq(bytes, text);
}
