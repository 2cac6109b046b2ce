/*
 * Addresses and networks: 16 bytes and how many of their bits count. IPv4 is
 * kept as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), so that one comparison does for
 * both; an IPv6 network that holds ::ffff:0:0/96, as ::/0 does, holds all of
 * IPv4. Pure.
 */
#ifndef PROTO_WIRE_NETWORK_H
#define PROTO_WIRE_NETWORK_H

#include <stdint.h>

#include "proto/wire/span.h"

#define NETWORK_BITS_MAX 128

/* The longest text: 45 bytes of an address, "/128", NUL. */
#define NETWORK_TEXT_BYTES 50

/* No padding, and bits that do not count are 0: equal bytes, equal networks. */
struct network {
	uint8_t bytes[16]; /* network order */
	uint8_t bits;      /* 96 more than was written, of IPv4 */
};

/*
 * Reads "192.0.2.7", "192.0.2.0/24", "2001:db8::/32" or "::1", and nothing
 * else: no scope, no space, no leading zeros. Bits behind the prefix are
 * cleared. False when it is none; *out is undefined then.
 */
bool network_parse(struct span text, struct network *out);

/*
 * The one text of a network, which network_parse takes; a single address has
 * no prefix. Returns `text`.
 */
const char *
network_format(const struct network *network, char text[NETWORK_TEXT_BYTES]);

/* The network of so many bits (NETWORK_BITS_MAX at most) around an address. */
struct network network_around(const uint8_t address[16], unsigned bits);

/* Is this address, IPv4 as IPv4-mapped, in the network? */
bool network_contains(const struct network *network, const uint8_t address[16]);

#endif
