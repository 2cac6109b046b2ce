/* Counters and the census of clients. */
#include <criterion/criterion.h>

#include <pthread.h>

#include "reactor/counters.h"

#define THREADS 4
#define ROUNDS  50000
#define LIMIT   3

Test(reactor_counters, added_numbers_are_read_back)
{
	struct counters counters = {0};

	counter_add(&counters.bytes_in, 5);
	counter_add(&counters.bytes_in, UINT32_MAX);
	counter_add(&counters.turns, 1);
	cr_assert_eq(counter_read(&counters.bytes_in), 5ull + UINT32_MAX);
	cr_assert_eq(counter_read(&counters.turns), 1);
	cr_assert_eq(counter_read(&counters.bytes_out), 0);
}

Test(reactor_counters, census_refuses_past_its_limit_only)
{
	struct census census = {0};

	for (int i = 0; i < LIMIT; i++)
		cr_assert(census_enter(&census, LIMIT));
	cr_assert_not(census_enter(&census, LIMIT));
	cr_assert_not(census_enter(&census, LIMIT));
	cr_assert_eq(counter_read(&census.open), LIMIT);
	census_leave(&census);
	cr_assert(census_enter(&census, LIMIT));
	cr_assert_not(census_enter(&census, LIMIT));
}

Test(reactor_counters, census_of_nobody_refuses_everybody)
{
	struct census census = {0};

	cr_assert_not(census_enter(&census, 0));
	cr_assert_eq(counter_read(&census.open), 0);
}

Test(reactor_counters, ids_count_from_one)
{
	struct census census = {0};

	for (uint64_t id = 1; id <= 5; id++)
		cr_assert_eq(census_next_id(&census), id);
}

struct crowd {
	struct census census;
	counter inside; /* let in at this moment */
	counter over;   /* times that there were more than LIMIT */
	uint64_t ids[THREADS][ROUNDS];
};

struct member {
	struct crowd *crowd;
	uint64_t *ids;
};

static void *
come_and_go(void *argument)
{
	struct member *member = argument;
	struct crowd *crowd = member->crowd;

	for (int i = 0; i < ROUNDS; i++) {
		member->ids[i] = census_next_id(&crowd->census);
		if (!census_enter(&crowd->census, LIMIT))
			continue;
		if (atomic_fetch_add(&crowd->inside, 1) >= LIMIT)
			atomic_fetch_add(&crowd->over, 1);
		atomic_fetch_sub(&crowd->inside, 1);
		census_leave(&crowd->census);
	}
	return NULL;
}

Test(reactor_counters, census_of_many_threads_holds, .timeout = 60)
{
	static struct crowd crowd;
	static char seen[THREADS * ROUNDS + 1];
	struct member members[THREADS];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		members[i] = (struct member){&crowd, crowd.ids[i]};
		cr_assert_eq(
		    pthread_create(&threads[i], NULL, come_and_go, &members[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cr_assert_eq(counter_read(&crowd.over), 0);
	cr_assert_eq(counter_read(&crowd.census.open), 0);
	for (int i = 0; i < THREADS; i++) {
		for (int j = 0; j < ROUNDS; j++) {
			cr_assert_leq(crowd.ids[i][j], THREADS * ROUNDS);
			cr_assert_eq(seen[crowd.ids[i][j]]++, 0);
		}
	}
}

struct written {
	counter count;
	_Atomic bool done;
};

static void *
add_alone(void *argument)
{
	struct written *written = argument;

	for (int i = 0; i < ROUNDS; i++)
		counter_add(&written->count, 3);
	atomic_store(&written->done, true);
	return NULL;
}

Test(reactor_counters, another_thread_reads_whole_values_that_grow,
    .timeout = 60)
{
	struct written written = {0};
	uint64_t before = 0;
	pthread_t writer;

	cr_assert_eq(pthread_create(&writer, NULL, add_alone, &written), 0);
	while (!atomic_load(&written.done)) {
		uint64_t now = counter_read(&written.count);

		cr_assert_geq(now, before);
		cr_assert_eq(now % 3, 0);
		before = now;
	}
	pthread_join(writer, NULL);
	cr_assert_eq(counter_read(&written.count), 3 * ROUNDS);
}
