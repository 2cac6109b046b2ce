/*
 * The manual pages name all there is, and nothing that is not: options and
 * scenarios as the programs' --help has them ($THRONG_BIN, $THRONG_BENCH), the
 * console's commands as admin.def has them. Tests run at the tree's top.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define THRONG_PAGE "console/throng.8"
#define BENCH_PAGE  "bench/throng-bench.1"
#define SCENARIOS   "Scenarios:\n"
#define SPACE       " \t\n"

enum {
	NAME_BYTES = 64,
	TEXT_BYTES = 65536
};

static char page[TEXT_BYTES];
static char help[TEXT_BYTES]; /* of all that the page is about */

/* All of a file or pipe, behind what is in `text`. */
static void
append(char text[TEXT_BYTES], FILE *from)
{
	size_t len = strlen(text);

	cr_assert_not_null(from);
	len += fread(text + len, 1, TEXT_BYTES - 1 - len, from);
	cr_assert_lt(len, TEXT_BYTES - 1);
	text[len] = '\0';
}

static void
page_read(const char *path)
{
	FILE *file = fopen(path, "re");

	page[0] = '\0';
	append(page, file);
	fclose(file);
}

/* Appends what the command has written; returns its exit status. */
static int
run(char text[TEXT_BYTES], const char *command)
{
	FILE *pipe = popen(command, "re");
	int status;

	append(text, pipe);
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
ask_for_help(const char *variable, const char *binary, const char *scenario)
{
	const char *given = getenv(variable);
	char command[1000];

	snprintf(command, sizeof(command), "%s %s --help",
	    given ? given : binary, scenario);
	cr_assert_eq(run(help, command), 0, "%s", command);
}

/* Is `word` there with `end` or white space behind it? */
static bool
has_word(const char *text, const char *word, const char *end)
{
	size_t len = strlen(word);

	for (; (text = strstr(text, word)); text++)
		if (strchr(SPACE, text[len]) || strchr(end, text[len]))
			return true;
	return false;
}

/* Puts what follows the first `before` into `name`, as far as it is lower-case
 * letters and dashes; returns where that ends, NULL if there is none. */
static const char *
next_name(const char *text, const char *before, char name[NAME_BYTES])
{
	const char *at = strstr(text, before);
	size_t len;

	if (!at)
		return NULL;
	at += strlen(before);
	len = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
	cr_assert_lt(len, NAME_BYTES);
	memcpy(name, at, len);
	name[len] = '\0';
	return at + len;
}

static void
options_are_the_same(void)
{
	char name[NAME_BYTES], word[NAME_BYTES + 16];
	const char *at = help;
	int count = 0;

	while ((at = next_name(at, " --", name))) {
		snprintf(word, sizeof(word), "Fl -%s", name);
		cr_expect(has_word(page, word, ""), "no --%s", name);
		count++;
	}
	cr_assert_gt(count, 3);
	for (at = page; (at = next_name(at, "Fl -", name));) {
		snprintf(word, sizeof(word), "--%s", name);
		cr_expect(has_word(help, word, "='"), "--%s is none", name);
	}
}

Test(console_manual, throng_has_every_option)
{
	page_read(THRONG_PAGE);
	ask_for_help("THRONG_BIN", "build/throng", "");
	options_are_the_same();
}

Test(console_manual, throng_has_every_command)
{
	static const char *const names[] = {
#define ADMIN(name, min, max, flags, completes, usage, help) #name,
#include "console/admin/admin.def"
#undef ADMIN
	};
	char word[NAME_BYTES];

	page_read(THRONG_PAGE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(word, sizeof(word), ".It Ic %s", names[i]);
		cr_expect(has_word(page, word, ""), "no %s", names[i]);
	}
}

Test(console_manual, throng_has_every_reason_of_an_end)
{
	static const char *const words[] = {
#define REASON(id, word, text) word,
#include "reactor/close_reason.def"
#undef REASON
	};
	char line[NAME_BYTES];

	page_read(THRONG_PAGE);
	/* The first is that of a connection which has not ended. */
	for (size_t i = 1; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line), "\n.It Li %s\n", words[i]);
		cr_expect(strstr(page, line), "no %s", words[i]);
	}
}

Test(console_manual, bench_has_every_scenario_and_option)
{
	static char list[TEXT_BYTES];
	char name[NAME_BYTES], word[NAME_BYTES + 16];
	const char *at, *end;

	page_read(BENCH_PAGE);
	ask_for_help("THRONG_BENCH", "build/throng-bench", "");
	strcpy(list, help);
	at = strstr(list, SCENARIOS);
	cr_assert_not_null(at);
	at += strlen(SCENARIOS) - 1;
	end = strstr(at, "\n\n");
	cr_assert_not_null(end);
	for (; at < end; at = strchr(at, '\n')) {
		at = next_name(at, "\n  ", name);
		cr_assert_not_null(at);
		snprintf(word, sizeof(word), ".It Ic %s", name);
		cr_expect(has_word(page, word, ""), "no %s", name);
		ask_for_help("THRONG_BENCH", "build/throng-bench", name);
	}
	options_are_the_same();
}

Test(console_manual, pages_are_clean)
{
	static char said[TEXT_BYTES];

	if (run(said, "command -v mandoc") != 0)
		cr_skip_test("there is no mandoc on this machine");
	said[0] = '\0';
	cr_expect_eq(run(said, "mandoc -Tlint -W warning " THRONG_PAGE
			       " " BENCH_PAGE " 2>&1"),
	    0);
	cr_expect_str_empty(said, "%s", said);
}
