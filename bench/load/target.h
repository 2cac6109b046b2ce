/*
 * The server under test, from its URL: tcp://HOST:PORT, tcp://[IPv6]:PORT,
 * tls://, which is TLS there, or unix:PATH. Parsed once before the threads
 * start, then only read.
 */
#ifndef BENCH_LOAD_TARGET_H
#define BENCH_LOAD_TARGET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TARGET_DEFAULT "tcp://127.0.0.1:5000"

struct target {
	const char *url;        /* borrowed from the caller of target_parse */
	struct ssl_ctx_st *tls; /* of tls://, for all connections; else NULL */
	socklen_t length;       /* of the address in use */
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address;
};

/*
 * Parses `url`, which must outlive *target. NULL, or what is wrong with it, a
 * constant text. A host name is looked up, which may take a while.
 */
const char *target_parse(struct target *target, const char *url);

/*
 * A new non-blocking socket of the target's kind, not connected; the caller
 * closes it. -1 with errno set.
 */
int target_socket(const struct target *target);

#endif
