#include "bench/crowd/names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reactor/check.h"

#define PREFIX_MAX 12 /* beside 11 of the run, 2 dashes, the number */

void
names_of_run(char out[NAME_BYTES_MAX + 1], const char *prefix)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char text[16];
	char *at = text + sizeof text - 1;
	struct timespec now;
	uint64_t run;

	check_zero(clock_gettime(CLOCK_REALTIME, &now));
	run = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
	run ^= (uint64_t)getpid() << 28;
	*at = '\0';
	for (; run > 0; run /= 36)
		*--at = digits[run % 36];
	snprintf(out, NAME_BYTES_MAX + 1, "%s-%s-", prefix, at);
}

void
names_nth(char out[NAME_BYTES_MAX + 1], const char *names, unsigned nth)
{
	int len = snprintf(out, NAME_BYTES_MAX + 1, "%s%u", names, nth);

	check(len <= NAME_BYTES_MAX);
}

const char *
names_option(struct argp_state *state, const char *prefix)
{
	static const char allowed[] = "-._0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strspn(prefix, allowed);

	if (len == 0 || len > PREFIX_MAX || prefix[len] ||
	    strchr("-._", prefix[0]))
		argp_error(state,
		    "--names %s: it must be 1 to %d of A-Za-z0-9._-, first a "
		    "letter or digit",
		    prefix, PREFIX_MAX);
	return prefix;
}
