/*
 * A session's output: how much may wait to be sent. Beyond its limit it is not
 * read, rooms and notices pass it by, and it goes on when that has drained to
 * half of it. What waits for all clients is bounded too: beyond that each has
 * a guest's limit. The reactor's thread only.
 */
#ifndef PROTO_SESSION_OUTPUT_H
#define PROTO_SESSION_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hub;
struct session;

/* Unsent bytes past which its commands are not read, and rooms pass it by: a
 * guest's limit, where what waits for all is more than it may be. */
uint32_t session_out_limit(const struct session *session);

/* False when its output is over the limit: nothing is to be added to it but
 * answers to its own commands. */
bool session_has_room(const struct session *session);

/* Has that drained to half of the limit? session_wait_drained: runs it again
 * once that is so. */
bool session_has_drained(const struct session *session);
void session_wait_drained(struct session *session);

/* Where there is no room: its input waits until that has drained. */
void session_check_output(struct session *session);

/* How many bytes of `most` it may ask for. They count as waiting for all until
 * they are given back with the answer, whether the session is there or not. */
size_t session_ask_bytes(struct session *session, size_t most);
void session_give_back_bytes(struct hub *hub, size_t bytes);

#endif
