#include "tests/unit/auth/table_kit.h"

#include <criterion/criterion.h>
#include <sodium.h>

struct table *table_kit_table;

void
table_kit_setup(void)
{
	cr_assert_geq(sodium_init(), 0);
	table_kit_table = table_new();
	cr_assert_not_null(table_kit_table);
}

void
table_kit_teardown(void)
{
	table_free(&table_kit_table);
	cr_assert_null(table_kit_table);
}

struct entry *
table_kit_entry(uint64_t uid, const char *name, const char *verifier)
{
	struct entry *entry = entry_new(table_arena(table_kit_table), uid, 1000,
	    span_of(name), span_of(verifier));

	cr_assert_not_null(entry);
	return entry;
}

void
table_kit_insert(uint64_t uid, const char *name)
{
	cr_assert_eq(
	    table_insert(table_kit_table, table_kit_entry(uid, name, "v")),
	    AUTH_OK);
}

bool
table_kit_has(const char *name)
{
	struct account account;

	return table_find(table_kit_table, span_of(name), &account);
}
