#include "bench/load/loopback.h"

#define FIRST 0x7f010000u /* 127.1.0.0 */
#define LAST  0x7ffefffeu /* 127.254.255.254 */

bool
loopback_is(const struct sockaddr *address)
{
	const struct sockaddr_in *in = (const void *)address;

	return address->sa_family == AF_INET &&
	       ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

struct sockaddr_in
loopback_source(uint32_t start, uint32_t nth)
{
	uint64_t offset = ((uint64_t)start + nth) % (LAST - FIRST + 1);

	return (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(FIRST + (uint32_t)offset),
	};
}
