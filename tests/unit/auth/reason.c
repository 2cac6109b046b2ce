#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "auth/reason.h"

Test(auth_reason, path_comes_first)
{
	char text[AUTH_ERROR_BYTES];

	reason_set(text, "/a/b", "line %d is wrong", 7);
	cr_assert_str_eq(text, "/a/b: line 7 is wrong");
}

Test(auth_reason, too_long_path_loses_its_beginning)
{
	char path[4096], text[AUTH_ERROR_BYTES];

	memset(path, 'd', sizeof(path));
	strcpy(path + sizeof(path) - 10, "/accounts");
	reason_set(text, path, "%s", "what is wrong");
	cr_assert_eq(strncmp(text, "...ddd", 6), 0);
	cr_assert_not_null(strstr(text, "/accounts: what is wrong"));
}

Test(auth_reason, too_long_text_is_cut)
{
	char long_text[2000], text[AUTH_ERROR_BYTES];

	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	reason_set(text, "/a", "%s", long_text);
	cr_assert_eq(strlen(text), AUTH_ERROR_BYTES - 1);
}

Test(auth_reason, errno_has_a_name)
{
	cr_assert_str_eq(reason_of(ENOSPC), "No space left on device");
	cr_assert_str_eq(reason_of(99999), "unknown error");
}
