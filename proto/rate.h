/* How often something may be done: the size of a token bucket. A leaf. */
#ifndef PROTO_RATE_H
#define PROTO_RATE_H

#include <stdint.h>

struct rate {
	uint32_t count; /* in each second or hour; 0: any number */
	uint32_t burst; /* at once, after a pause; 0 only if count is */
};

#endif
