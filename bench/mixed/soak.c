#include "bench/mixed/soak.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/crowd/process.h"
#include "bench/mixed/server.h"
#include "bench/report/quartiles.h"
#include "reactor/check.h"

/* Takes out what all threads have handed in. */
static void
soak_take(struct soak *soak, struct soak_share *sum)
{
	check_zero(pthread_mutex_lock(&soak->lock));
	*sum = soak->sum;
	memset(&soak->sum, 0, sizeof soak->sum);
	check_zero(pthread_mutex_unlock(&soak->lock));
}

/* Samples the server, unless it is down. */
static void
soak_sample(struct soak *soak, int pid)
{
	uint64_t memory, descriptors;

	if (soak->count == soak->size || !process_read_memory(pid, &memory) ||
	    !process_read_descriptors(pid, &descriptors))
		return;
	soak->memory[soak->count] = memory;
	soak->descriptors[soak->count++] = descriptors;
}

static void
soak_print_server(const struct soak *soak, size_t before, FILE *out)
{
	if (soak->count == before)
		fputs(" server_bytes=- server_descriptors=-\n", out);
	else
		fprintf(out,
		    " server_bytes=%" PRIu64 " server_descriptors=%" PRIu64
		    "\n",
		    soak->memory[before], soak->descriptors[before]);
}

void
soak_init(struct soak *soak, uint64_t interval_ns, uint64_t length_ns)
{
	*soak = (struct soak){.interval_ns = interval_ns};
	check_zero(pthread_mutex_init(&soak->lock, NULL));
	if (interval_ns == 0)
		return;
	soak->size = length_ns / interval_ns + 1;
	soak->memory = calloc(soak->size, sizeof *soak->memory);
	soak->descriptors = calloc(soak->size, sizeof *soak->descriptors);
	if (!soak->memory || !soak->descriptors)
		err(EXIT_FAILURE, "memory for %zu samples", soak->size);
}

void
soak_fini(struct soak *soak)
{
	free(soak->memory);
	free(soak->descriptors);
	check_zero(pthread_mutex_destroy(&soak->lock));
}

void
soak_add(struct soak *soak, struct soak_share *share)
{
	if (soak->interval_ns == 0)
		return;
	check_zero(pthread_mutex_lock(&soak->lock));
	soak->sum.messages += share->messages;
	soak->sum.deliveries += share->deliveries;
	histogram_merge(&soak->sum.latencies, &share->latencies);
	check_zero(pthread_mutex_unlock(&soak->lock));
	memset(share, 0, sizeof *share);
}

void
soak_begin(struct soak *soak, uint64_t now_ns)
{
	soak->begin_ns = now_ns;
	soak->told_ns = now_ns;
}

void
soak_tick(
    struct soak *soak, struct mixed_server *server, uint64_t now_ns, FILE *out)
{
	double seconds = (double)(now_ns - soak->told_ns) / NS_PER_S;
	static struct soak_share sum; /* large, and one thread's */
	size_t before = soak->count;

	if (soak->interval_ns == 0 ||
	    now_ns - soak->told_ns < soak->interval_ns)
		return;
	soak->told_ns = now_ns;
	soak_take(soak, &sum);
	soak_sample(soak, mixed_server_pid(server));
	fprintf(out,
	    "scenario=soak at_s=%.1f messages_per_s=%.0f "
	    "deliveries_per_s=%.0f p99_us=%.1f",
	    (double)(now_ns - soak->begin_ns) / NS_PER_S,
	    (double)sum.messages / seconds, (double)sum.deliveries / seconds,
	    (double)histogram_percentile(&sum.latencies, 99) / 1e3);
	soak_print_server(soak, before, out);
}

bool
soak_has_grown(uint64_t samples[], size_t count, unsigned tolerance,
    uint64_t slack, uint64_t medians[2])
{
	size_t quarter = count / 4;

	medians[0] = medians[1] = 0;
	if (count < SOAK_SAMPLES_MIN)
		return false;
	medians[0] = (uint64_t)quartiles_of(samples + quarter, quarter).median;
	medians[1] =
	    (uint64_t)quartiles_of(samples + count - quarter, quarter).median;
	return (double)medians[1] >
	       (double)medians[0] * (1 + tolerance / 100.0) + (double)slack;
}
