/*
 * A session's input: bytes become lines, or are HTTP's, and each is handled in
 * order; what has to wait is kept, and the connection is not read meanwhile.
 * The reactor's calls (hub_reactor_ops), on its thread.
 */
#ifndef PROTO_SESSION_INPUT_H
#define PROTO_SESSION_INPUT_H

#include <stddef.h>

struct conn;
struct timer;

/* Bytes have come, which may be changed, and are wiped when they are kept. */
void session_on_bytes(struct conn *conn, char *bytes, size_t len);

/* The peer has sent all. */
void session_on_end(struct conn *conn);

/* What it waits for may have come: it goes on, or not. */
void session_on_run(struct conn *conn);

/* Its timer `silence`: what has no end after all that time is a line. */
void session_on_silence(struct timer *timer);

#endif
