/*
 * What this server is to clients that speak TLS: its certificate and key, and
 * which versions and ciphers it takes. One for the whole process; it may be
 * given another certificate at any time, which new connections get, while those
 * that are there keep the one that they have. TLS 1.2 and 1.3 alone, nothing
 * negotiated anew, no compression, no early data; the name that a client asks
 * for (SNI) makes no difference.
 */
#ifndef REACTOR_TLS_SERVER_H
#define REACTOR_TLS_SERVER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define TLS_ERROR_BYTES (2 * PATH_MAX + 256)

struct ssl_st;
struct tls_server;

/* Without a certificate: nobody is let in. Main thread. */
struct tls_server *tls_server_new(void);

/* Connections may outlive it. Main thread. */
void tls_server_free(struct tls_server **server);

/*
 * Reads a certificate, with the chain that follows it, and its key, both PEM,
 * for whoever connects from then on. 0, or -1 with a line in `error` that names
 * the file, and nothing has changed. One thread at a time.
 */
int tls_server_load(struct tls_server *server, const char *certificate,
    const char *key, char error[TLS_ERROR_BYTES]);

/* As at first: whoever connects from then on speaks no TLS. */
void tls_server_forget(struct tls_server *server);

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
