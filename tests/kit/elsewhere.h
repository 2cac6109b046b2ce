/*
 * Other machines, for tests of what a server does with strangers: the test and
 * all that it starts get a network of their own, on which 198.51.100.0/24 and
 * some addresses of IPv6 are this machine's, besides loopback. So a server has
 * clients of as many machines as a test likes; nothing goes out, and nothing is
 * left behind.
 */
#ifndef TESTS_KIT_ELSEWHERE_H
#define TESTS_KIT_ELSEWHERE_H

#include "tests/kit/harness.h"

/* Two neighbours in one /64, and one of another. */
#define ELSEWHERE_IPV6_A     "[2001:db8:0:1::1]"
#define ELSEWHERE_IPV6_B     "[2001:db8:0:1::2]"
#define ELSEWHERE_IPV6_OTHER "[2001:db8:0:2::1]"

/* From here on; the test is skipped where that is refused, as to all but root.
 */
void elsewhere_begin(void);

/* The same, and a server with these options (NULL ends them) that listens on
 * 198.51.100.1 first, and then on 127.0.0.1. */
struct server_process *
elsewhere_start(const char *engine, ...) __attribute__((sentinel));

/* A client of it from 198.51.100.`host`, and one from this machine. */
struct test_client *
elsewhere_open(const struct server_process *server, unsigned host);
struct test_client *elsewhere_open_local(const struct server_process *server);

#endif
