/*
 * The server's side of TLS, given what a client might send: made-up bytes, or
 * those of OpenSSL's client with some of them changed, in pieces of any size.
 * Whatever it is, it ends in one of the ways that tls.h tells, what it costs is
 * bounded, and no text comes out but what the client has said.
 */
/* Covers: reactor/tls.c */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/tls.h"
#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"
#include "tests/fuzz/source.h"

#define ROUNDS 64

/* What the client says: a line, as people do. */
static const char said[] = "/ping hello\n";

struct world {
	struct blob_pool pool;
	struct outq sealed;
	struct tls *tls;
	struct source source;
	enum tls_got got;
	size_t heard_len; /* of what was said */
	bool changed;     /* some byte was */
};

/* One certificate for all inputs, with its key in the same file. */
static struct tls_server *
server_of_all(void)
{
	static struct tls_server *server;
	char error[TLS_ERROR_BYTES], *pem;
	BIO *file = BIO_new(BIO_s_mem());
	const char *path;
	EVP_PKEY *key;
	X509 *x509;

	if (!server) {
		key = EVP_EC_gen("P-256");
		x509 = X509_new();
		X509_gmtime_adj(X509_getm_notBefore(x509), 0);
		X509_gmtime_adj(X509_getm_notAfter(x509), 1000000);
		X509_set_pubkey(x509, key);
		check_nonzero(X509_sign(x509, key, EVP_sha256()));
		PEM_write_bio_X509(file, x509);
		PEM_write_bio_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
		path = source_file((BIO_get_mem_data(file, &pem), pem),
		    (size_t)BIO_pending(file));
		server = tls_server_new();
		tls_server_set(server, tls_certificate_read(path, path, error));
		check(tls_server_is_ready(server));
		X509_free(x509);
		EVP_PKEY_free(key);
	}
	BIO_free(file);
	return server;
}

/* In memory of its own, so that a byte too many is seen. */
static void
hear(struct world *world, const char *bytes, size_t len)
{
	size_t cap = 1u + source_byte(&world->source) * 64u, n;
	char *given = malloc(len), *text = malloc(cap);

	memcpy(given, bytes, len);
	tls_give(world->tls, given, len);
	while ((world->got = tls_take(world->tls, text, cap, &n)) == TLS_TEXT) {
		check(n > 0 && n <= cap);
		check(n < sizeof(said) - world->heard_len);
		world->heard_len += n;
		check(!memcmp(said + world->heard_len - n, text, n));
	}
	free(given);
	free(text);
	check(world->sealed.bytes <= TLS_SEALED_MAX + 32 * 1024);
	if (world->got == TLS_BROKEN)
		check(*tls_problem(world->tls));
}

static bool
is_over(const struct world *world)
{
	return world->got == TLS_BROKEN || world->got == TLS_END;
}

static void
made_up_bytes(struct world *world)
{
	while (world->source.left > 0 && !is_over(world)) {
		size_t len = 1u + source_byte(&world->source);

		if (len > world->source.left)
			len = world->source.left;
		if (len == 0)
			break;
		world->source.left -= len;
		world->source.at += len;
		hear(world, (const char *)world->source.at - len, len);
	}
	check(world->heard_len == 0);
}

/* What the client has to say, in pieces, now and then with a byte changed. */
static void
client_to_server(struct world *world, SSL *client)
{
	char bytes[4096];
	int len;

	while (!is_over(world) &&
	       (len = BIO_read(SSL_get_wbio(client), bytes,
		    1 + source_byte(&world->source) * 16)) > 0) {
		uint8_t change = source_byte(&world->source);

		if (change > 200) {
			bytes[(change * 7) % len] ^= (char)change;
			world->changed = true;
		}
		hear(world, bytes, (size_t)len);
	}
}

static void
server_to_client(struct world *world, SSL *client)
{
	struct iovec front;

	while (outq_front(&world->sealed, &front, 1) > 0) {
		BIO_write(
		    SSL_get_rbio(client), front.iov_base, (int)front.iov_len);
		outq_consume(&world->sealed, &world->pool, front.iov_len);
	}
}

static void
changed_client(struct world *world, bool old)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *client = SSL_new(context);
	bool spoken = false;

	SSL_set_connect_state(client);
	SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(client), -1);
	if (old)
		SSL_set_max_proto_version(client, TLS1_2_VERSION);
	for (int i = 0; i < ROUNDS && !is_over(world); i++) {
		if (SSL_do_handshake(client) == 1 && !spoken)
			spoken = SSL_write(client, said, sizeof(said) - 1) > 0;
		client_to_server(world, client);
		server_to_client(world, client);
	}
	if (!world->changed)
		check(world->heard_len == sizeof(said) - 1);
	SSL_free(client);
	SSL_CTX_free(context);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {.source = {data, size}, .got = TLS_MORE};
	uint8_t kind = source_byte(&world.source);

	blob_pool_init(&world.pool, 4);
	outq_init(&world.sealed);
	world.tls = tls_new(server_of_all(), &world.sealed, &world.pool);
	if (kind % 4 < 2)
		made_up_bytes(&world);
	else
		changed_client(&world, kind % 4 == 3);
	tls_seal(world.tls);
	tls_finish(world.tls);
	tls_free(&world.tls);
	outq_fini(&world.sealed, &world.pool);
	check(world.pool.bytes == 0);
	blob_pool_fini(&world.pool);
	return 0;
}
