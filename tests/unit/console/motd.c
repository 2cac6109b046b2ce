/* The greeting's file: lines kept, bounds, what is no text. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "console/setting/motd.h"
#include "tests/kit/scratch.h"

static struct motd motd;
static char error[TEXTFILE_ERROR_BYTES];

TestSuite(console_motd, .init = scratch_make, .fini = scratch_remove);

static int
read_text(const char *text)
{
	return motd_read(&motd, scratch_write("m", text, strlen(text)), error);
}

static void
is_refused(const char *text, const char *said)
{
	cr_expect_eq(read_text(text), -1);
	cr_expect(strstr(error, said), "%s", error);
	cr_expect_eq(motd.count, 0);
}

Test(console_motd, lines_are_kept_as_they_are)
{
	cr_assert_eq(read_text("Welcome\r\n\n  # to \xc3\xa4\ttea\nend"), 0);
	cr_expect_eq(motd.count, 4);
	cr_expect_str_eq(motd.lines[0], "Welcome");
	cr_expect_str_eq(motd.lines[1], "");
	cr_expect_str_eq(motd.lines[2], "  # to \xc3\xa4\ttea");
	cr_expect_str_eq(motd.lines[3], "end");
	motd_free(&motd);
	cr_assert_eq(read_text(""), 0);
	cr_expect_eq(motd.count, 0);
	motd_free(&motd);
}

Test(console_motd, size_is_bounded)
{
	static char text[MOTD_BYTES_MAX + 2];

	memset(text, 'x', MOTD_BYTES_MAX);
	cr_assert_eq(read_text(text), 0, "%s", error);
	cr_expect_eq(strlen(motd.lines[0]), MOTD_BYTES_MAX);
	motd_free(&motd);
	text[MOTD_BYTES_MAX] = '\n';
	is_refused(text, "/m: cannot be read: it is too long");
	memset(text, '\0', sizeof(text));
	memset(text, '\n', MOTD_LINES_MAX);
	cr_assert_eq(read_text(text), 0);
	cr_expect_eq(motd.count, MOTD_LINES_MAX);
	motd_free(&motd);
	text[MOTD_LINES_MAX] = 'x';
	is_refused(text, "/m:21: more than 20 lines");
}

Test(console_motd, what_is_no_text_is_refused)
{
	is_refused("a\nb\x1b[31m\n", "/m:2: not UTF-8, or a control character");
	is_refused("\xff", "/m:1: not UTF-8");
	cr_expect_eq(motd_read(&motd, "/nonexistent/m", error), -1);
	cr_expect_str_eq(
	    error, "/nonexistent/m: cannot be read: No such file or directory");
}
