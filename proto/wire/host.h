/*
 * What a request's Host names. A page of another site may have the site's own
 * name lead to this server (DNS rebinding), and is then of the same host as
 * what it asks for: a name alone tells nothing of who is meant. Pure.
 */
#ifndef PROTO_WIRE_HOST_H
#define PROTO_WIRE_HOST_H

#include <stdbool.h>

#include "proto/wire/span.h"

/* True when it has nothing that a host and its port cannot have (RFC 3986,
 * section 3.2); none at all is one. */
bool host_is_valid(struct span host);

/*
 * True for a host, maybe with a port, that nobody far away can have a name for:
 * an address, a name without a dot, and one under .localhost, .local,
 * .internal or .home.arpa, which the DNS of the world has none of (RFC 6761,
 * 6762, 8375).
 */
bool host_is_near(struct span host);

#endif
