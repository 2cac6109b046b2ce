/*
 * Notices to all of a hub's clients, rendered once a format.
 *
 * A client that has said nothing yet may be about to begin TLS, or to ask by
 * HTTP, and a line in clear would spoil that for it. So in its first second,
 * and as long after anything that it was sent, a notice waits here: until its
 * first line, or until the second is over, for then it listens (as nc does) and
 * will hardly begin. Who turns out to ask by HTTP does not hear it. The
 * reactor's thread only.
 */
#ifndef PROTO_NOTICE_H
#define PROTO_NOTICE_H

#include "proto/wire/span.h"

struct hub;
struct session;

/* What is held for the hub's clients: nothing, and nothing any more. */
void notice_init(struct hub *hub);
void notice_fini(struct hub *hub);

/* Tells every open connection of this hub but those that ask by HTTP, or have
 * to begin with that or TLS, and those whose output is over the limit; returns
 * how many, who is to wait counted. */
unsigned notice_tell_all(struct hub *hub, struct span text);

/* Tells a session what has waited for it; before it is told anything else. */
void notice_tell_held(struct session *session);

#endif
