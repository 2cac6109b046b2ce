/*
 * For tests of TLS: certificates in a folder of the test's own, which nobody
 * vouches for, and clients by the OpenSSL library. The test's own thread only.
 */
#ifndef TESTS_KIT_TLS_KIT_H
#define TESTS_KIT_TLS_KIT_H

#include <openssl/ssl.h>

#include "tests/kit/harness.h"

/* Writes NAME.cert, for localhost, and NAME.key; valid so many days from now
 * on and until then. Whoever may read the folder, may read both. */
void tls_kit_certificate(const char *name, int from_days, int until_days);

/* The path of a file in the folder; the last four stay valid. */
const char *tls_kit_path(const char *file);

/* Writes a file there. */
void tls_kit_write(const char *file, const char *text);

/* A copy under another name, in the place of what has it. */
void tls_kit_copy(const char *from, const char *to);

/* A server with a certificate of the name "one" and further options, NULL
 * ends them. */
struct server_process *
tls_kit_start(const char *engine, ...) __attribute__((sentinel));

/* A client whose handshake is done; to the first address, or a URL. With
 * `version_max` 0 the newest version, else TLS1_2_VERSION; it offers `alpn` as
 * of SSL_set_alpn_protos, unless that is NULL, and resumes the session. */
struct tls_wish {
	int version_max;
	const char *alpn;
	SSL_SESSION *session;
};
struct test_client *tls_client_open(const struct server_process *server);
struct test_client *
tls_client_open_with(const char *url, const struct tls_wish *wish);

/* Begins TLS on a connection that is there. */
void tls_client_shake(struct test_client *client, const struct tls_wish *wish);

/* The same on a descriptor that blocks; NULL when there was no handshake. For
 * the caller to free. */
SSL *tls_kit_connect(int fd, const struct tls_wish *wish);

/* A client by memory alone: what it says is read from SSL_get_wbio, what it
 * hears is written to SSL_get_rbio; for the caller to free. */
SSL *tls_kit_client(const struct tls_wish *wish);

/* When the server's certificate that the client has seen ends, in days from
 * now, rounded. */
int tls_client_days(const struct test_client *client);

#endif
