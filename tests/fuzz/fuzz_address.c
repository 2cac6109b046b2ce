/*
 * Addresses, networks and listen URLs: what is accepted can be written and read
 * again, to the same; what is not is refused with a reason.
 *
 * The data are one text. If its first byte is a NUL, what follows are the bytes
 * of an address.
 */
/* Covers: reactor/address.c proto/wire/network.c */
#include <netinet/in.h>
#include <stdlib.h>

#include "console/setting/banlist.h"
#include "proto/wire/name.h"
#include "proto/wire/network.h"
#include "proto/wire/utf8.h"
#include "reactor/address.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

static bool
is_same(const struct network *a, const struct network *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* What follows the slash is digits, and no zeros before others. */
static void
check_bits(struct span text)
{
	const char *slash = memchr(text.at, '/', text.len);
	size_t len;

	if (!slash)
		return;
	len = text.len - (size_t)(slash + 1 - text.at);
	check(len >= 1);
	check(len == 1 || slash[1] != '0');
	for (size_t i = 1; i <= len; i++)
		check(slash[i] >= '0' && slash[i] <= '9');
}

static void
check_network(struct span text)
{
	struct network network, again;
	char out[NETWORK_TEXT_BYTES];
	uint8_t other[16];

	if (!network_parse(text, &network))
		return;
	check_bits(text);
	check(network.bits <= NETWORK_BITS_MAX);
	check(text.len < NETWORK_TEXT_BYTES);
	check(network_contains(&network, network.bytes));
	network_format(&network, out);
	check(strlen(out) < NETWORK_TEXT_BYTES);
	check(network_parse(span_of(out), &again));
	check(is_same(&network, &again));
	/* The last bit that counts tells inside from outside. */
	memcpy(other, network.bytes, sizeof(other));
	if (network.bits > 0) {
		unsigned last = network.bits - 1u;

		other[last / 8] ^= (uint8_t)(0x80 >> last % 8);
		check(!network_contains(&network, other));
		memcpy(other, network.bytes, sizeof(other));
	}
	if (network.bits < NETWORK_BITS_MAX) {
		other[network.bits / 8] ^= (uint8_t)(0x80 >> network.bits % 8);
		check(network_contains(&network, other));
	}
}

/* An address is not a name by mistake, nor the other way round. */
static void
check_ban(const char *text)
{
	struct auth_ban ban = {.kind = BAN_KINDS};
	struct network network;
	bool is_network = network_parse(span_of(text), &network);

	if (!banlist_parse(text, &ban)) {
		check(!is_network);
		return;
	}
	check(ban.kind == (is_network ? BANNED_ADDRESS : BANNED_NAME));
	if (is_network) {
		check(network_parse(span_of(ban.name), &network));
	} else {
		check(name_is_valid(span_of(text)));
		check(!strcmp(ban.name, text));
		check(!strchr(text, '.') || text[strspn(text, "0123456789.")]);
	}
}

static void
check_address(const struct address *address)
{
	char text[ADDRESS_TEXT_BYTES];
	uint8_t network[ADDRESS_NETWORK_MAX], bytes[16];
	size_t len = address_network(address, network);

	address_format(address, text);
	check(strlen(text) < sizeof(text));
	check(utf8_is_text(text, strlen(text)));
	check(len <= sizeof(network));
	check(address_bytes(address, bytes) == (address->family != AF_UNIX));
	if (address->family == AF_UNIX)
		check(address_is_local(address));
}

/* The same place, by what a peer would be told of it. */
static void
check_endpoint(const char *text)
{
	struct endpoint endpoint, again;
	struct address one, other;
	char out[ENDPOINT_TEXT_BYTES];
	const char *wrong = endpoint_parse(text, &endpoint);

	if (wrong) {
		check(*wrong != '\0');
		return;
	}
	endpoint_format(&endpoint, out);
	check(strlen(out) < sizeof(out));
	check(endpoint_parse(out, &again) == NULL);
	check(!strcmp(endpoint.path, again.path));
	if (endpoint.path[0]) {
		check(!strcmp(text, out));
		return;
	}
	one = address_of(&endpoint.address);
	other = address_of(&again.address);
	check(!memcmp(&one, &other, sizeof(one)));
	check(strtoul(strrchr(text, ':') + 1, NULL, 10) == one.port);
	check_address(&one);
}

/* As accept() would tell of them. */
static void
check_peer(struct source *source)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX};
	struct sockaddr_storage from = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&from;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&from;
	struct address address;
	uint8_t bytes[16];

	from.ss_family = families[source_byte(source) % 3];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = source_byte(source);
	if (from.ss_family == AF_INET)
		memcpy(&in->sin_addr, bytes, 4);
	else if (from.ss_family == AF_INET6)
		memcpy(&in6->sin6_addr, bytes, 16);
	in->sin_port = (in_port_t)source_number(source);
	address = address_of(&from);
	check_address(&address);
	address = address_of_peer(&from, -1);
	check_address(&address);
	if (from.ss_family != AF_INET6)
		check(address.family == from.ss_family);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	char *text = source_text(&source);
	char *exact = malloc(size + (size == 0));

	check(exact != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	check_network((struct span){exact, size});
	free(exact);
	if (text[0] == '\0')
		check_peer(&source);
	check_ban(text);
	check_endpoint(text);
	free(text);
	return 0;
}
