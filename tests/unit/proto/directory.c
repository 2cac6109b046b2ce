/* Entries by name: in any case, several of one name, while it grows. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "proto/directory.h"
#include "reactor/list.h"

#define MANY 5000

struct person {
	struct directory_entry entry;
	char name[16];
	bool met;
};

static const struct hash_key key = {{1, 2, 3}};
static struct person people[MANY];

static const char *
person_name(const struct directory_entry *entry)
{
	return list_entry(entry, const struct person, entry)->name;
}

static void
add(struct directory *directory, struct person *person, const char *name)
{
	snprintf(person->name, sizeof(person->name), "%s", name);
	directory_add(directory, &person->entry);
}

static void
meet(struct directory_entry *entry, void *context)
{
	struct person *person = list_entry(entry, struct person, entry);

	cr_assert_not(person->met);
	person->met = true;
	directory_remove(context, entry);
}

Test(directory, finds_a_name_in_any_case_and_no_other)
{
	struct directory directory;

	directory_init(&directory, &key, person_name);
	cr_assert_null(directory_find(&directory, span_of("ann")));
	add(&directory, &people[0], "Ann");
	cr_assert_eq(
	    directory_find(&directory, span_of("aNN")), &people[0].entry);
	cr_assert_null(directory_find(&directory, span_of("anna")));
	cr_assert_null(directory_find_next(&directory, &people[0].entry));
	directory_remove(&directory, &people[0].entry);
	cr_assert_null(directory_find(&directory, span_of("ann")));
	directory_fini(&directory);
}

Test(directory, finds_each_of_one_name)
{
	struct directory directory;
	struct directory_entry *entry;
	int found = 0;

	directory_init(&directory, &key, person_name);
	for (int i = 0; i < 3; i++) {
		add(&directory, &people[i], i == 1 ? "BEN" : "ben");
		add(&directory, &people[i + 3], "other");
	}
	for (entry = directory_find(&directory, span_of("ben")); entry;
	     entry = directory_find_next(&directory, entry))
		found++;
	cr_assert_eq(found, 3);
	for (int i = 0; i < 6; i++)
		directory_remove(&directory, &people[i].entry);
	directory_fini(&directory);
}

Test(directory, keeps_all_while_it_grows_and_visits_each_once)
{
	struct directory directory;
	char name[16];

	directory_init(&directory, &key, person_name);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		add(&directory, &people[i], name);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "P%d", i);
		cr_assert_eq(directory_find(&directory, span_of(name)),
		    &people[i].entry);
	}
	directory_each(&directory, meet, &directory);
	for (int i = 0; i < MANY; i++)
		cr_assert(people[i].met);
	cr_assert_eq(directory.count, 0);
	directory_fini(&directory);
}
