/*
 * A table of its own for each test about it, and short words for what the tests
 * do with it. The test's own thread, unless a test says otherwise.
 */
#ifndef TESTS_UNIT_AUTH_TABLE_KIT_H
#define TESTS_UNIT_AUTH_TABLE_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/table.h"

/* Between the two calls below. */
extern struct table *table_kit_table;

/* .init and .fini of a suite. */
void table_kit_setup(void);
void table_kit_teardown(void);

/* An entry that is in no table yet; table_insert takes it over. */
struct entry *
table_kit_entry(uint64_t uid, const char *name, const char *verifier);

/* Puts a free name in. */
void table_kit_insert(uint64_t uid, const char *name);

/* Is there an account of this name? */
bool table_kit_has(const char *name);

#endif
