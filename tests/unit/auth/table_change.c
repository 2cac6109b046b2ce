#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/simdisk.h"
#include "tests/unit/auth/table_kit.h"

TestSuite(
    auth_table_change, .init = table_kit_setup, .fini = table_kit_teardown);

Test(auth_table_change, name_or_uid_that_exists_is_not_inserted)
{
	struct entry *entry;

	table_kit_insert(7, "anna");
	entry = table_kit_entry(8, "ANNA", "v");
	cr_assert_eq(table_insert(table_kit_table, entry), AUTH_NAME_TAKEN);
	entry_free(table_arena(table_kit_table), &entry);
	entry = table_kit_entry(7, "bert", "v");
	cr_assert_eq(table_insert(table_kit_table, entry), AUTH_NAME_TAKEN);
	entry_free(table_arena(table_kit_table), &entry);
	cr_assert_eq(table_count(table_kit_table), 1);
	cr_assert_not(table_kit_has("bert"));
}

Test(auth_table_change, replaced_account_has_the_new_verifier)
{
	struct account account;

	table_kit_insert(7, "anna");
	table_replace(table_kit_table, table_kit_entry(7, "anna", "new"));
	cr_assert(table_find(table_kit_table, span_of("anna"), &account));
	cr_assert_str_eq(account.verifier, "new");
	cr_assert(span_equals(
	    entry_verifier(table_by_uid(table_kit_table, 7)), span_of("new")));
	cr_assert_eq(table_count(table_kit_table), 1);
}

Test(auth_table_change, removed_account_is_gone_and_its_name_free)
{
	table_kit_insert(7, "anna");
	table_kit_insert(8, "bert");
	table_remove(table_kit_table, 7);
	cr_assert_not(table_kit_has("anna"));
	cr_assert(table_kit_has("bert"));
	cr_assert_null(table_by_uid(table_kit_table, 7));
	cr_assert_eq(table_count(table_kit_table), 1);
	cr_assert_eq(table_reserve(table_kit_table, span_of("anna")), AUTH_OK);
}

Test(auth_table_change, collected_accounts_are_in_order_without_reservations)
{
	const struct entry **all;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "user%u", i);
		table_kit_insert(1 + i * 7919 % 1009, name);
	}
	cr_assert_eq(table_reserve(table_kit_table, span_of("anna")), AUTH_OK);
	all = table_collect(table_kit_table);
	cr_assert_not_null(all);
	for (i = 1; i < 1000; i++)
		cr_assert_lt(all[i - 1]->uid, all[i]->uid);
	free(all);
}

/* 300 names in random states, against a list of what they should be. */
Test(auth_table_change, random_operations_keep_what_should_be_there)
{
	uint64_t uids[300] = {0}, uid = 0, seed = 5;
	size_t count = 0;
	unsigned round, i;
	char name[16];

	for (round = 0; round < 30000; round++) {
		i = (unsigned)(simdisk_random(&seed) % 300);
		snprintf(name, sizeof(name), "n%u", i);
		if (!uids[i]) {
			table_kit_insert(uids[i] = ++uid, name);
			count++;
		} else if (simdisk_random(&seed) % 2) {
			table_replace(table_kit_table,
			    table_kit_entry(uids[i], name, "w"));
		} else {
			table_remove(table_kit_table, uids[i]);
			uids[i] = 0;
			count--;
		}
	}
	cr_assert_eq(table_count(table_kit_table), count);
	for (i = 0; i < 300; i++) {
		struct account account;

		snprintf(name, sizeof(name), "N%u", i);
		cr_assert_eq(
		    table_find(table_kit_table, span_of(name), &account),
		    uids[i] != 0);
		if (uids[i])
			cr_assert_eq(account.uid, uids[i]);
	}
}
