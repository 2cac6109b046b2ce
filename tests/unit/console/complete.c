#include <criterion/criterion.h>

#include <string.h>

#include "console/admin/complete.h"

/* Without a server: what comes out of the tables. */
static struct completion *
complete(const char *line)
{
	static struct completion completion;

	complete_line(NULL, line, strlen(line), &completion);
	return &completion;
}

Test(console_complete, commands_at_the_beginning_and_behind_help)
{
	cr_expect_eq(complete("br")->count, 1);
	cr_expect_str_eq(complete("br")->words[0], "broadcast");
	cr_expect_eq(complete("br")->typed, 2);
	cr_expect_str_eq(complete("  EX")->words[0], "exit");
	cr_expect_eq(complete("help un")->count, 2);
	cr_expect_str_eq(complete("help un")->words[0], "unban");
	cr_expect_str_eq(complete("help un")->words[1], "unmute");
	cr_expect_gt(complete("")->count, 10);
	cr_expect_eq(complete("")->typed, 0);
}

Test(console_complete, nothing_where_nothing_is_known)
{
	cr_expect_eq(complete("broadcast h")->count, 0);
	cr_expect_eq(complete("nonsense h")->count, 0);
	cr_expect_eq(complete("zzz")->count, 0);
	cr_expect_eq(complete("log info w")->count, 0);
	cr_expect_eq(complete("help  help un")->count, 0);
}

Test(console_complete, levels_behind_log)
{
	cr_expect_eq(complete("log ")->count, 4);
	cr_expect_str_eq(complete("log w")->words[0], "warn");
}

Test(console_complete, common_is_what_all_begin_with_in_any_case)
{
	struct completion completion = {
	    .count = 3, .words = {"Anna", "annabel", "ANNE"}};

	cr_expect_eq(complete_common(&completion), 3);
	completion.count = 2;
	cr_expect_eq(complete_common(&completion), 4);
	/* Those that there is no room for may go on in another way. */
	completion.typed = 1;
	completion.more = true;
	cr_expect_eq(complete_common(&completion), 1);
	completion = (struct completion){.typed = 2};
	cr_expect_eq(complete_common(&completion), 2);
}
