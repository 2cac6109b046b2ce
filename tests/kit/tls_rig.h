/*
 * For tests of connections that speak TLS on a rig: a server's part for its
 * setup, and a client's calls, which fail the test where they go wrong. The
 * test's own thread only.
 */
#ifndef TESTS_KIT_TLS_RIG_H
#define TESTS_KIT_TLS_RIG_H

#include <openssl/ssl.h>

#include "tests/unit/reactor/rig.h"

/* With a certificate of the name "one" (tls_kit.h); for rig_setup.tls. */
struct tls_server *tls_rig_server(void);
/* From now on it has the one of this name. */
void tls_rig_load(const char *name);
/* Stops the rig, and then frees that. */
void tls_rig_end(struct rig *rig);

/* A client whose handshake is done; *fd is its socket. */
SSL *tls_rig_connect(struct rig *rig, int *fd);

/* Sends all of it. */
void tls_rig_say(SSL *ssl, const char *text);
/* Some bytes; 0 at the end. A call that is interrupted is made again. */
size_t tls_rig_hear(SSL *ssl, char *bytes, size_t room);
void tls_rig_expect(SSL *ssl, const char *text);
/* TLS's own word for the end, and then the socket's. */
void tls_rig_expect_end(SSL *ssl);

/* Waits until a connection has closed: why. */
enum close_reason tls_rig_last_reason(struct rig *rig);

#endif
