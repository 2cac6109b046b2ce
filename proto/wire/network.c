/* Addresses and networks: read, written, compared. */
#include "proto/wire/network.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "reactor/check.h"

#define MAPPED_BITS 96

static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

_Static_assert(sizeof(mapped) * 8 == MAPPED_BITS, "::ffff:0:0/96");
_Static_assert(sizeof(struct network) == 17, "networks compare as bytes");
_Static_assert(
    INET6_ADDRSTRLEN + 4 <= NETWORK_TEXT_BYTES, "an address and /128");

static bool
is_ipv4(const struct network *network)
{
	return network->bits >= MAPPED_BITS &&
	       !memcmp(network->bytes, mapped, sizeof(mapped));
}

/* A decimal number up to `max` that is all of the text. */
static bool
parse_bits(const char *text, unsigned max, unsigned *out)
{
	size_t len = strlen(text), i;

	*out = 0;
	if (len == 0 || len > 3 || (text[0] == '0' && len > 1))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return *out <= max;
}

bool
network_parse(struct span text, struct network *out)
{
	char copy[NETWORK_TEXT_BYTES];
	uint8_t bytes[16];
	unsigned bits, shift = 0;
	char *slash;

	if (text.len >= sizeof(copy) || memchr(text.at, '\0', text.len))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, copy, bytes + sizeof(mapped)) == 1) {
		memcpy(bytes, mapped, sizeof(mapped));
		shift = MAPPED_BITS;
	} else if (inet_pton(AF_INET6, copy, bytes) != 1) {
		return false;
	}
	bits = NETWORK_BITS_MAX - shift;
	if (slash && !parse_bits(slash + 1, bits, &bits))
		return false;
	*out = network_around(bytes, bits + shift);
	return true;
}

const char *
network_format(const struct network *network, char text[NETWORK_TEXT_BYTES])
{
	bool ipv4 = is_ipv4(network);
	const uint8_t *bytes = network->bytes + (ipv4 ? sizeof(mapped) : 0);
	size_t len;

	check_nonzero(inet_ntop(ipv4 ? AF_INET : AF_INET6, bytes, text,
			  NETWORK_TEXT_BYTES) != NULL);
	len = strlen(text);
	if (network->bits < NETWORK_BITS_MAX)
		snprintf(text + len, NETWORK_TEXT_BYTES - len, "/%u",
		    network->bits - (ipv4 ? MAPPED_BITS : 0u));
	return text;
}

struct network
network_around(const uint8_t address[16], unsigned bits)
{
	struct network network = {.bits = (uint8_t)bits};
	unsigned whole = bits / 8;

	check(bits <= NETWORK_BITS_MAX);
	memcpy(network.bytes, address, whole);
	if (bits % 8)
		network.bytes[whole] =
		    address[whole] & (uint8_t)(0xff00 >> bits % 8);
	return network;
}

bool
network_contains(const struct network *network, const uint8_t address[16])
{
	struct network around = network_around(address, network->bits);

	return !memcmp(&around, network, sizeof(around));
}
