/*
 * A certificate and its key, read from files: all that OpenSSL wants to know of
 * this server, which versions and ciphers it takes with it. TLS 1.2 and 1.3
 * alone, nothing negotiated anew, no compression, no early data; the name that
 * a client asks for (SNI) makes no difference.
 */
#ifndef REACTOR_TLS_CERTIFICATE_H
#define REACTOR_TLS_CERTIFICATE_H

#include <limits.h>

#define TLS_ERROR_BYTES (2 * PATH_MAX + 256)

struct ssl_ctx_st;

/*
 * Reads a certificate, with the chain that follows it, and its key, both PEM.
 * For tls_certificate_free, unless tls_server_set takes it; or NULL with a line
 * in `error` that names the file. Main thread.
 */
struct ssl_ctx_st *tls_certificate_read(
    const char *certificate, const char *key, char error[TLS_ERROR_BYTES]);

/* Connections that have begun with it keep it. NULL is none. */
void tls_certificate_free(struct ssl_ctx_st **certificate);

#endif
