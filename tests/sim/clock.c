#include "tests/sim/clock.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "tests/kit/simdisk.h"

#define START_US 1000000000u    /* since the machine was started */
#define START_S  1780000000     /* since 1970, at that time */
#define NOTE     0x100000001b3u /* FNV-1a's prime */

static uint64_t now_us;
static uint64_t chances;
static uint64_t salts;
static uint64_t notes;

/* What the linker puts in the place of the two calls. */
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
time_t __wrap_time(time_t *out);

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	bool is_date = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;

	*ts = (struct timespec){
	    .tv_sec = (time_t)(now_us / 1000000) + (is_date ? START_S : 0),
	    .tv_nsec = (long)(now_us % 1000000) * 1000,
	};
	return 0;
}

time_t
__wrap_time(time_t *out)
{
	struct timespec ts;

	__wrap_clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

static const char *
salts_name(void)
{
	return "simulation";
}

static uint32_t
salts_next(void)
{
	return (uint32_t)simdisk_random(&salts);
}

static void
salts_fill(void *const bytes, const size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)bytes)[i] = (unsigned char)salts_next();
}

static struct randombytes_implementation salts_of_seed = {
    .implementation_name = salts_name,
    .random = salts_next,
    .buf = salts_fill,
};

void
sim_seed(uint64_t seed)
{
	randombytes_set_implementation(&salts_of_seed);
	now_us = START_US;
	chances = seed;
	salts = ~seed;
	notes = 0;
}

uint64_t
sim_now_us(void)
{
	return now_us;
}

void
sim_set_now_us(uint64_t us)
{
	now_us = us;
}

uint64_t
sim_below(uint64_t limit)
{
	return simdisk_random(&chances) % limit;
}

bool
sim_chance(unsigned percent)
{
	return sim_below(100) < percent;
}

void
sim_note(uint64_t what)
{
	notes = (notes ^ what) * NOTE;
}

uint64_t
sim_notes(void)
{
	return notes;
}
