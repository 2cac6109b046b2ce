/*
 * What this server is to clients that speak TLS: its certificate of the moment
 * (tls_certificate.h). One for the whole process; it may be given another at
 * any time, which new connections get, while those that are there keep the one
 * that they have.
 */
#ifndef REACTOR_TLS_SERVER_H
#define REACTOR_TLS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

struct ssl_ctx_st;
struct ssl_st;
struct tls_server;

/* Without a certificate: nobody is let in. Main thread. */
struct tls_server *tls_server_new(void);

/* Connections may outlive it. Main thread. */
void tls_server_free(struct tls_server **server);

/* Takes a certificate, for whoever connects from then on; NULL: as at first,
 * nobody is let in. Main thread. */
void tls_server_set(struct tls_server *server, struct ssl_ctx_st *certificate);

/* Has it a certificate? Any thread. */
bool tls_server_is_ready(struct tls_server *server);

/* Until when, and from when on, the certificate is valid, in seconds since
 * 1970. It has one. Any thread. */
struct tls_validity {
	int64_t from_s;
	int64_t until_s;
};
struct tls_validity tls_server_validity(struct tls_server *server);

/* OpenSSL's part of a new connection; SSL_free gives it back. NULL without a
 * certificate. Any thread. */
struct ssl_st *tls_server_connection(struct tls_server *server);

#endif
