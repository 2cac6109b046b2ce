/*
 * TLS of one connection, between the socket's bytes and the connection's own.
 * What comes from the peer is given here, and taken out as text; what is for
 * the peer waits as it is, with blobs shared as everywhere, and is sealed a
 * bounded piece at a time into the queue that the engines send from: a member
 * that does not read costs no copy of its own.
 *
 * OpenSSL reads from and writes to these queues itself, and keeps no buffer
 * between two calls. Knows no sockets. Owner thread only.
 */
#ifndef REACTOR_TLS_H
#define REACTOR_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reactor/list.h"
#include "reactor/outq.h"

struct blob_pool;
struct conn;
struct tls;
struct tls_server;

/* Of each record: what one call of tls_take gives at most. */
#define TLS_TEXT_BYTES (16 * 1024)

/* Sealed bytes past which no more is sealed until they are sent. */
#define TLS_SEALED_BYTES (32 * 1024)

/* Sealed bytes past which the peer, who asks for answers of TLS's own and does
 * not read them, is broken. */
#define TLS_SEALED_MAX (128 * 1024)

/* A handshake has no more from the client: some 2,000 bytes are usual. */
#define TLS_HANDSHAKE_BYTES (16 * 1024)

/* Messages of TLS's own (new keys, wishes to begin anew) that a client may send
 * after its handshake, and one more for each so many bytes. */
#define TLS_LATE_MESSAGES 32
#define TLS_LATE_EACH     (64 * 1024)

enum tls_got {
	TLS_TEXT,   /* there is some, and maybe more */
	TLS_MORE,   /* all is taken: more has to come from the peer */
	TLS_END,    /* the peer has said that nothing follows */
	TLS_BROKEN, /* no TLS, or none that we speak; tls_problem says what */
};

/*
 * For a new connection, whose first byte has not been looked at. What is sealed
 * goes to the end of `sealed`, in chunks of the pool; both are borrowed. NULL
 * where the server has no certificate.
 */
struct tls *
tls_new(struct tls_server *server, struct outq *sealed, struct blob_pool *pool);

/* Drops what waits, and wipes the keys. */
void tls_free(struct tls **tls);

/* What has come from the peer; borrowed until tls_take has said anything but
 * TLS_TEXT. Then it can be overwritten, which is done here in part. */
void tls_give(struct tls *tls, const char *bytes, size_t len);

/* The next text out of it, at most `cap` bytes; `cap` is at least 1. Answers of
 * TLS's own are sealed on the way, also where it is broken. */
enum tls_got tls_take(struct tls *tls, char *text, size_t cap, size_t *len);

/* Why it is broken, in OpenSSL's words; constant. */
const char *tls_problem(const struct tls *tls);

/* Has the handshake been done, has the peer said that nothing follows, has
 * something gone wrong, in tls_seal maybe? */
bool tls_is_up(const struct tls *tls);
bool tls_has_ended(const struct tls *tls);
bool tls_is_broken(const struct tls *tls);

/* What its owner has let wait of a handshake. The owner's alone: it is here for
 * want of room in the connections of those who speak no TLS. */
struct tls_held {
	struct list link;  /* in reactor->handshakes; alone: nothing waits */
	struct conn *conn; /* borrowed */
	struct outq bytes; /* from the peer */
	bool ended;        /* and its FIN behind them */
	bool paused;       /* they are too many to take more */
};
struct tls_held *tls_held(struct tls *tls);

/* What waits to be sealed: whoever writes there, asks for tls_seal. */
struct outq *tls_waiting(struct tls *tls);

/*
 * Seals what waits, up to TLS_SEALED_BYTES; nothing before the handshake is
 * done. Sealed bytes that the kernel has are not touched.
 */
void tls_seal(struct tls *tls);

/* The last word, once nothing waits: nothing follows. What waits before the
 * handshake is done, or once it is broken, is dropped instead. */
void tls_finish(struct tls *tls);

/* Was that said? */
bool tls_is_finished(const struct tls *tls);

#endif
