/*
 * The addresses that connections come from. Between one address and the
 * server's there can be as many connections as there are ports to connect from
 * (net.ipv4.ip_local_port_range; some 28,000). On loopback there are more
 * addresses (loopback.h), so that clients can be spread; each run takes others,
 * since the ports of the last one's are not free before a minute has passed
 * (TIME_WAIT). Settled before the threads start, then only read.
 */
#ifndef BENCH_LOAD_SOURCES_H
#define BENCH_LOAD_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#define SOURCES_MAX 10000

struct target;

struct sources {
	uint32_t start; /* for loopback_source() */
	uint32_t count; /* 0: the kernel chooses, always the same one */
};

/*
 * Settles from where `clients` connect to the target: from `asked` addresses,
 * or, when that is 0, from as many as are needed; from the kernel's choice
 * where that is enough. 0, or -1 after saying on standard error why they do not
 * fit.
 */
int sources_settle(struct sources *sources, const struct target *target,
    size_t clients, unsigned asked);

/*
 * How many addresses so many clients need, each of which has so many ports: 0
 * when the kernel's choice will do. No more than half of the ports are used of
 * each, as finding one of the last free ones is slow. Pure.
 */
uint32_t sources_needed(size_t clients, unsigned ports);

/* Binds a socket to the nth address; its port is chosen when it connects. 0,
 * or -1 with errno. */
int sources_bind(const struct sources *sources, int fd, uint32_t nth);

#endif
