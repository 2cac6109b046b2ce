/*
 * Where to listen and who is there: listen URLs, and peers' addresses in the
 * few bytes that a connection can spare for them. Pure; any thread.
 */
#ifndef REACTOR_ADDRESS_H
#define REACTOR_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Longest text of address_format, its NUL included. */
#define ADDRESS_TEXT_BYTES 56

/* A peer: IPv4 and IPv6 with their port, or a user of this machine's. */
struct address {
	uint8_t ip[16];  /* IPv4 in the first 4; of a Unix peer his user id */
	uint16_t port;   /* host order */
	uint16_t family; /* AF_INET, AF_INET6 or AF_UNIX */
};

/* What a listener takes. */
enum speaks {
	SPEAKS_ANY,   /* tcp:// and unix: the first bytes tell */
	SPEAKS_LINES, /* line:// */
	SPEAKS_TLS,   /* tls://, and in it what the first bytes there tell */
	SPEAKS_HTTP,  /* http:// */
	/* HTTP, of scrapers (reactor/conn.h); no URL says so, but whoever
	 * opens the socket */
	SPEAKS_METRICS,
};

/* May what comes there turn out to be lines, without TLS? */
static inline bool
speaks_lines(enum speaks speaks)
{
	return speaks == SPEAKS_ANY || speaks == SPEAKS_LINES;
}

/* A listen URL, parsed. */
struct endpoint {
	struct sockaddr_storage address;
	socklen_t length;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* unix: */
	enum speaks speaks;
};

/* Longest text of endpoint_format, its NUL included. */
#define ENDPOINT_TEXT_BYTES (sizeof(((struct endpoint *)0)->path) + 8)

/*
 * Parses tcp://127.0.0.1:5000, tcp://[::1]:5000 or unix:PATH; line://, tls://
 * and http:// are tcp:// that take one thing alone. Addresses are numeric. NULL
 * when well-formed, else what is wrong with it.
 */
const char *endpoint_parse(const char *url, struct endpoint *out);

/* The URL of an endpoint; returns `text`. */
const char *endpoint_format(
    const struct endpoint *endpoint, char text[ENDPOINT_TEXT_BYTES]);

/*
 * Takes the address out of what accept() or getpeername() has filled in. An
 * IPv4 peer of an IPv6 listener (::ffff:a.b.c.d, RFC 4291) is an IPv4 one.
 */
struct address address_of(const struct sockaddr_storage *from);

/* The same for the peer of a connected socket: also of a Unix socket it tells
 * who it is (SO_PEERCRED, unix(7)). */
struct address address_of_peer(const struct sockaddr_storage *from, int fd);

/* "127.0.0.1:5000", "[::1]:5000" or "unix"; returns `text`. */
const char *
address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

/*
 * The part of a peer's address that he cannot choose freely: all of IPv4, of
 * IPv6 the /64, of a Unix peer the user id; behind a byte for the kind. Its
 * length.
 */
#define ADDRESS_NETWORK_MAX 9
size_t address_network(
    const struct address *address, uint8_t out[ADDRESS_NETWORK_MAX]);

/* The peer's address as 16 bytes, IPv4 as IPv4-mapped IPv6. False for a Unix
 * peer, which has none. */
bool address_bytes(const struct address *address, uint8_t out[16]);

/* True for 127.0.0.0/8, ::1 and Unix sockets: peers on this machine. */
bool address_is_local(const struct address *address);

#endif
