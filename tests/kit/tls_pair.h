/*
 * For tests of TLS without sockets: the server's side of one connection, and
 * OpenSSL's client, on two sides of memory. What goes wrong fails the test. The
 * test's own thread only.
 */
#ifndef TESTS_KIT_TLS_PAIR_H
#define TESTS_KIT_TLS_PAIR_H

#include "reactor/blob.h"
#include "reactor/tls.h"
#include "tests/kit/tls_kit.h"

struct tls_pair {
	struct tls_server *server;
	struct blob_pool pool;
	struct outq sealed;
	struct tls *tls;
	SSL *client;
	char heard[64 * 1024]; /* by the server */
	size_t heard_len;
	enum tls_got got; /* the last */
};
extern struct tls_pair pair;

/* With a certificate of the name "one", before any byte has gone; and what is
 * to follow, where all memory has been given back. */
void tls_pair_begin(const struct tls_wish *wish);
void tls_pair_end(void);

/* The server is given these bytes, and gives what text is in them to
 * pair.heard. They are overwritten. */
void tls_pair_hear(char *bytes, size_t len);

/* What either side has sealed goes to the other one, `piece` bytes at a time;
 * was there any? */
bool tls_pair_to_server(size_t piece);
bool tls_pair_to_client(size_t piece);

/* The whole handshake. */
void tls_pair_shake(size_t piece);

/* What is said is sealed, the server's by tls_seal; and heard, all of it. */
void tls_pair_client_says(const char *text);
void tls_pair_server_says(const char *text, size_t len);
void tls_pair_client_hears(const char *text);

#endif
