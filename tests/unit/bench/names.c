#include <criterion/criterion.h>

#include <string.h>

#include "bench/crowd/names.h"

Test(bench_names, runs_have_names_of_their_own)
{
	char one[NAME_BYTES_MAX + 1], two[NAME_BYTES_MAX + 1];

	names_of_run(one, "lab");
	do
		names_of_run(two, "lab");
	while (!strcmp(one, two)); /* not in one microsecond */
	cr_expect_eq(strncmp(one, "lab-", 4), 0);
	cr_expect_eq(one[strlen(one) - 1], '-');
}

Test(bench_names, longest_prefix_leaves_room_for_a_number)
{
	char name[NAME_BYTES_MAX + 1];

	char nth[NAME_BYTES_MAX + 1];

	names_of_run(name, names_option(NULL, "twelve-bytes"));
	names_nth(nth, name, 999999);
	cr_expect_eq(strncmp(nth, name, strlen(name)), 0);
	cr_expect_str_eq(nth + strlen(name), "999999");
}
