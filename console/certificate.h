/*
 * The certificate and key of --tls-cert and --tls-key: read at the start, while
 * the server may still be root, and again at each reload. Main thread only.
 */
#ifndef CONSOLE_CERTIFICATE_H
#define CONSOLE_CERTIFICATE_H

#include <stdbool.h>

#include "console/options.h"

#define CERTIFICATE_TEXT_BYTES 80

struct tls_server;

/*
 * Reads what the options name, for clients that come from then on; where they
 * name none, nobody speaks TLS. 0, or -1 with a line in `error`, and nothing
 * has changed: a file is wrong, one is missing, or --tls-only or a tls:// wants
 * them.
 */
int certificate_read(struct tls_server *server, const struct options *options,
    char error[OPTIONS_ERROR_BYTES]);

/* "valid until 2026-01-31T12:00:00Z", or that it is not valid now; returns
 * `text`. *soon: that is so, or will be within two weeks. There is one. */
const char *certificate_text(
    struct tls_server *server, char text[CERTIFICATE_TEXT_BYTES], bool *soon);

/* Could this process read them again? NULL, or the path of one that it could
 * not, with errno; a borrowed one of the options. */
const char *certificate_unreadable(const struct options *options);

#endif
