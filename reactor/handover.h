/*
 * A reactor that is full hands who comes next over to one that is not: the
 * kernel deals connections out by chance, and not to whoever has room. The
 * reactor's thread only.
 */
#ifndef REACTOR_HANDOVER_H
#define REACTOR_HANDOVER_H

#include <stdbool.h>

struct address;
struct listener;

/* False when no other reactor has room, or the engine cannot do it: the socket
 * is still the caller's then. */
bool handover_send(
    struct listener *listener, int socket, const struct address *peer);

#endif
