#include <criterion/criterion.h>

#include "console/setting/duration.h"

Test(console_duration, number_and_unit_are_seconds)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"1s", 1}, {"90s", 90}, {"30m", 1800}, {"12h", 43200},
	    {"7d", 604800}, {"2w", 1209600}, {"007d", 604800},
	    {"36500d", DURATION_S_MAX}};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		int64_t seconds = 0;

		cr_assert(
		    duration_parse(good[i].text, &seconds), "%s", good[i].text);
		cr_assert_eq(seconds, good[i].seconds, "%s", good[i].text);
	}
}

Test(console_duration, anything_else_is_refused)
{
	static const char *const bad[] = {"", "d", "7", "7 d", "7D", "7dd",
	    "7d ", "-7d", "+7d", "0d", "1.5h", "36501d", "5300w",
	    "99999999999999999999d", "9223372036854775807s", "1y"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int64_t seconds = 5;

		cr_assert_not(duration_parse(bad[i], &seconds), "%s", bad[i]);
		cr_assert_eq(seconds, 5);
	}
}
