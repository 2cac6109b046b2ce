/* Why connections end, in words. */
#include <criterion/criterion.h>

#include <string.h>

#include "reactor/close_reason.h"

Test(reactor_close_reason, each_has_its_text_and_its_word)
{
	for (enum close_reason i = 0; i < CLOSE_COUNT; i++) {
		cr_assert_gt(strlen(close_reason_text(i)), 0);
		cr_assert_gt(strlen(close_reason_word(i)), 0);
	}
	cr_assert_str_eq(close_reason_text(CLOSE_PEER), "closed by the client");
	cr_assert_str_eq(close_reason_word(CLOSE_PEER), "closed");
}
