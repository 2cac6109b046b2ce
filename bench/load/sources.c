#include "bench/load/sources.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>

#include "bench/load/loopback.h"
#include "bench/load/target.h"
#include "reactor/check.h"

#define PORT_RANGE   "/proc/sys/net/ipv4/ip_local_port_range"
#define PORT_FIRST   32768 /* the kernel's default */
#define PORT_LAST    60999
#define SHARE_OF_ONE 2 /* one part in so many of the ports is used */

/* How many ports an address has to connect from. */
static unsigned
read_ports(void)
{
	unsigned first = PORT_FIRST, last = PORT_LAST;
	FILE *file = fopen(PORT_RANGE, "re");

	if (file && fscanf(file, "%u %u", &first, &last) != 2)
		warnx("%s: not two numbers", PORT_RANGE);
	if (file)
		fclose(file);
	return last >= first ? last - first + 1 : 1;
}

uint32_t
sources_needed(size_t clients, unsigned ports)
{
	size_t each = ports > SHARE_OF_ONE ? ports / SHARE_OF_ONE : 1;

	return clients <= each ? 0 : (uint32_t)((clients + each - 1) / each);
}

/* All come from one address: do they fit? */
static int
settle_one(const struct target *target, size_t clients, unsigned ports)
{
	if (target->address.any.sa_family == AF_UNIX || clients <= ports)
		return 0;
	warnx("%zu clients: at most %u fit between one address and %s "
	      "(%s); only of 127.0.0.0/8 there are more addresses",
	    clients, ports, target->url, PORT_RANGE);
	return -1;
}

int
sources_settle(struct sources *sources, const struct target *target,
    size_t clients, unsigned asked)
{
	unsigned ports = read_ports();
	size_t count = asked ? asked : sources_needed(clients, ports);
	uint32_t start;

	*sources = (struct sources){0};
	if (asked && !loopback_is(&target->address.any)) {
		warnx("--sources: %s is not an IPv4 address of loopback",
		    target->url);
		return -1;
	}
	if (!loopback_is(&target->address.any))
		return settle_one(target, clients, ports);
	if (asked && clients > (size_t)asked * ports) {
		warnx("%zu clients: at most %zu fit between %u addresses and "
		      "%s (%s)",
		    clients, (size_t)asked * ports, asked, target->url,
		    PORT_RANGE);
		return -1;
	}
	check(getrandom(&start, sizeof start, 0) == sizeof start);
	*sources = (struct sources){start, (uint32_t)count};
	return 0;
}

int
sources_bind(const struct sources *sources, int fd, uint32_t nth)
{
	struct sockaddr_in from =
	    loopback_source(sources->start, nth % sources->count);
	int on = 1;

	check_zero(setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
	return bind(fd, (const void *)&from, sizeof from);
}
