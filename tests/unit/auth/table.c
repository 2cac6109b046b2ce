#include "tests/unit/auth/table_kit.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

TestSuite(auth_table, .init = table_kit_setup, .fini = table_kit_teardown);

Test(auth_table, any_case_is_the_same_name)
{
	struct account account;

	table_kit_insert(7, "Anna.B_c-9");
	cr_assert(table_find(table_kit_table, span_of("aNNA.b_C-9"), &account));
	cr_assert_str_eq(account.name, "Anna.B_c-9");
	cr_assert_eq(account.uid, 7);
	cr_assert_eq(account.created, 1000);
	cr_assert_not(table_kit_has("Anna.B_c-8"));
	cr_assert_not(table_kit_has("Anna.B_c-"));
	cr_assert_eq(table_reserve(table_kit_table, span_of("ANNA.B_C-9")),
	    AUTH_NAME_TAKEN);
}

Test(auth_table, reservation_is_taken_but_not_there)
{
	cr_assert_eq(table_reserve(table_kit_table, span_of("anna")), AUTH_OK);
	cr_assert_eq(
	    table_reserve(table_kit_table, span_of("ANNA")), AUTH_NAME_TAKEN);
	cr_assert_not(table_kit_has("anna"));
	cr_assert_eq(table_count(table_kit_table), 0);
	table_unreserve(table_kit_table, span_of("Anna"));
	cr_assert_eq(table_reserve(table_kit_table, span_of("anna")), AUTH_OK);
	cr_assert_eq(table_grow(table_kit_table, 1), 0);
	table_add(table_kit_table, table_kit_entry(3, "anna", "v"));
	cr_assert(table_kit_has("anna"));
	cr_assert_eq(table_count(table_kit_table), 1);
	cr_assert_eq(table_by_uid(table_kit_table, 3)->uid, 3);
}

#define RACERS 8
#define ROUNDS 1000

static pthread_barrier_t barrier;
static atomic_uint winners[ROUNDS];

static void *
race(void *arg)
{
	unsigned round;
	char name[16];

	for (round = 0; round < ROUNDS; round++) {
		snprintf(name, sizeof(name), arg ? "Name%u" : "nAME%u", round);
		pthread_barrier_wait(&barrier);
		if (table_reserve(table_kit_table, span_of(name)) == AUTH_OK)
			atomic_fetch_add(&winners[round], 1);
	}
	return NULL;
}

Test(auth_table, eight_threads_for_one_name_have_one_winner)
{
	pthread_t threads[RACERS];
	unsigned i;

	cr_assert_eq(pthread_barrier_init(&barrier, NULL, RACERS), 0);
	for (i = 0; i < RACERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, race,
				 i % 2 ? &barrier : NULL),
		    0);
	for (i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < ROUNDS; i++)
		cr_assert_eq(winners[i], 1);
}

static atomic_bool done;

static void *
keep_finding(void *arg)
{
	struct account account;
	size_t *found = arg;

	while (!atomic_load(&done))
		if (table_find(table_kit_table, span_of("steady"), &account)) {
			cr_assert_eq(account.uid, 1);
			cr_assert_eq(strspn(account.verifier, "x"),
			    strlen(account.verifier));
			++*found;
		}
	return NULL;
}

/* Readers meet whole accounts only, while one thread changes them all. */
Test(auth_table, readers_see_whole_accounts_while_they_change)
{
	static const char *const verifiers[] = {"x", "xxxxxxxxxxxxxxxxxxxx",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	size_t found[2] = {0};
	pthread_t threads[2];
	unsigned i;

	cr_assert_eq(
	    table_insert(table_kit_table, table_kit_entry(1, "steady", "x")),
	    AUTH_OK);
	for (i = 0; i < 2; i++)
		cr_assert_eq(
		    pthread_create(&threads[i], NULL, keep_finding, &found[i]),
		    0);
	for (i = 2; i < 20000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		table_kit_insert(i, name);
		table_replace(table_kit_table,
		    table_kit_entry(1, "steady", verifiers[i % 3]));
		if (i % 3 == 0)
			table_remove(table_kit_table, i);
	}
	atomic_store(&done, true);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
