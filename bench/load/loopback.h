/*
 * Many clients' addresses on one machine: all of 127/8 is ours to bind to. We
 * take them from 127.1.0.0 to 127.254.255.254; what people and tests use
 * (127.0.0.1 and its neighbours) is not among them. Pure.
 */
#ifndef BENCH_LOAD_LOOPBACK_H
#define BENCH_LOAD_LOOPBACK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* Is it an IPv4 address that reaches this machine by loopback? */
bool loopback_is(const struct sockaddr *address);

/* The nth address from any `start` on; each further one is another, and behind
 * the last comes the first. Port 0. */
struct sockaddr_in loopback_source(uint32_t start, uint32_t nth);

#endif
