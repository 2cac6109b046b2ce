/*
 * The certificate and key of --tls-cert and --tls-key: read at the start, while
 * the server may still be root, and again at each reload. Main thread only.
 */
#ifndef CONSOLE_SERVER_CERTIFICATE_H
#define CONSOLE_SERVER_CERTIFICATE_H

#include <stdbool.h>

#include "console/setting/options.h"

#define CERTIFICATE_TEXT_BYTES 80

struct ssl_ctx_st;
struct tls_server;

/*
 * Reads what the options name, for tls_server_set; *certificate is NULL where
 * they name none, and nobody speaks TLS. 0, or -1 with a line in `error`: a
 * file is wrong, one is missing, or --tls-only or a tls:// wants them.
 */
int certificate_read(const struct options *options,
    struct ssl_ctx_st **certificate, char error[OPTIONS_ERROR_BYTES]);

/* The same for a server that has none, which takes it. */
int certificate_begin(struct tls_server *server, const struct options *options,
    char error[OPTIONS_ERROR_BYTES]);

/* "valid until 2026-01-31T12:00:00Z", or that it is not valid now; returns
 * `text`. *soon: that is so, or will be within two weeks. There is one. */
const char *certificate_text(
    struct tls_server *server, char text[CERTIFICATE_TEXT_BYTES], bool *soon);

#endif
