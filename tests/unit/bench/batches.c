#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/crowd/batches.h"

#define HEADER "throng-accounts 1 00000000000000aa 0 00000000000000bb\n"
#define MARK   "1 1 mark - - 1790000000 - 0 00000000000000bb 00000000000000cc\n"
#define NEW(name)                                                              \
	"2 1 register " name " $argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA "      \
	"1790000000 - 2 00000000000000cc 00000000000000dd\n"
#define GONE                                                                   \
	"3 1 remove ann - 1790000000 - 2 00000000000000dd 00000000000000ee\n"

/* One file, which its test writes; it is removed with its folder. */
static char folder[32], path[64], other[64];
static struct batches batches = {.fd = -1};

static void
set_up(void)
{
	strcpy(folder, "/tmp/throng-test.XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/accounts", folder);
	snprintf(other, sizeof other, "%s/accounts.new", folder);
}

static void
tear_down(void)
{
	batches_close(&batches);
	unlink(path);
	unlink(other);
	rmdir(folder);
}

static void
append(const char *to, const char *text)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* What is counted once `text` has been appended. */
static struct batches_count
count_appended(const char *text)
{
	struct batches_count count;

	append(path, text);
	cr_assert(batches_read(&batches, &count));
	return count;
}

static void
expect_counts(const char *text, uint64_t marks, uint64_t registered)
{
	struct batches_count count = {0};
	size_t used = batches_count_lines(&count, span_of(text));

	cr_expect_eq(count.batches, marks, "%s", text);
	cr_expect_eq(count.registered, registered, "%s", text);
	cr_expect(used == 0 || text[used - 1] == '\n');
	cr_expect_null(strchr(text + used, '\n'));
}

Test(bench_batches, third_word_tells_what_a_line_is)
{
	expect_counts(HEADER, 0, 0);
	expect_counts(HEADER MARK NEW("ann") NEW("ben") GONE MARK, 2, 2);
	/* Names are no operations. */
	expect_counts(NEW("mark") NEW("register"), 0, 2);
	expect_counts("1 mark - -\nmark\n1 1\n1 1 marks\n1 1 mark\n", 1, 0);
	expect_counts("1 1  mark\n1 1 -mark\n\n \n  \n", 0, 0);
}

Test(bench_batches, line_without_its_end_is_not_counted)
{
	static const char text[] = MARK NEW("ann") MARK;

	for (size_t len = 0; len < sizeof text; len++) {
		struct batches_count count = {0};
		size_t first = strlen(MARK);
		size_t second = first + strlen(NEW("ann"));

		batches_count_lines(&count, (struct span){text, len});
		cr_expect_eq(
		    count.batches, (len >= first) + (len == sizeof text - 1u));
		cr_expect_eq(count.registered, len >= second);
	}
}

Test(bench_batches, pieces_add_up_wherever_they_are_cut)
{
	static const char text[] = HEADER MARK NEW("ann") NEW("ben") MARK;

	for (size_t cut = 0; cut < sizeof text; cut++) {
		struct batches_count count = {0};
		size_t used =
		    batches_count_lines(&count, (struct span){text, cut});

		used += batches_count_lines(&count, span_of(text + used));
		cr_expect_eq(used, strlen(text));
		cr_expect_eq(count.batches, 2);
		cr_expect_eq(count.registered, 2);
	}
}

Test(bench_batches, only_what_was_appended_counts, .init = set_up,
    .fini = tear_down)
{
	struct batches_count count;

	append(path, HEADER MARK NEW("ann") MARK);
	cr_assert_eq(batches_open(&batches, path), 0);
	batches_begin(&batches);
	count = count_appended("");
	cr_expect_eq(count.batches + count.registered, 0);
	count = count_appended(NEW("ben") NEW("cat") MARK NEW("dan"));
	cr_expect_eq(count.batches, 1);
	cr_expect_eq(count.registered, 3);
	count = count_appended("2 1 register eve");
	cr_expect_eq(count.registered, 3);
	batches_begin(&batches);
	/* The end of a line that was cut is no line. */
	count = count_appended(" register register -\n" MARK);
	cr_expect_eq(count.batches, 1);
	cr_expect_eq(count.registered, 0);
}

Test(bench_batches, part_longer_than_a_piece_is_counted, .init = set_up,
    .fini = tear_down)
{
	struct batches_count count = {0};
	unsigned lines = 0;

	append(path, HEADER);
	cr_assert_eq(batches_open(&batches, path), 0);
	batches_begin(&batches);
	for (; lines < 1000; lines++)
		append(path, NEW("ann"));
	cr_assert(batches_read(&batches, &count));
	cr_expect_eq(count.registered, lines);
	cr_expect_eq(count.batches, 0);
}

Test(bench_batches, file_that_was_replaced_or_cut_is_not_told, .init = set_up,
    .fini = tear_down)
{
	struct batches_count count;

	append(path, HEADER MARK);
	cr_assert_eq(batches_open(&batches, path), 0);
	cr_expect_not(batches_read(&batches, &count)); /* not begun */
	batches_begin(&batches);
	cr_assert_eq(truncate(path, (off_t)strlen(HEADER)), 0);
	cr_expect_not(batches_read(&batches, &count));
	append(path, MARK);
	cr_expect(batches_read(&batches, &count));
	append(other, HEADER MARK MARK MARK);
	cr_assert_eq(rename(other, path), 0);
	cr_expect_not(batches_read(&batches, &count));
	cr_assert_eq(unlink(path), 0);
	cr_expect_not(batches_read(&batches, &count));
}

Test(bench_batches, file_that_is_no_lines_is_not_told, .init = set_up,
    .fini = tear_down)
{
	struct batches_count count;
	static char text[200000];

	memset(text, 'x', sizeof text - 1);
	append(path, HEADER);
	cr_assert_eq(batches_open(&batches, path), 0);
	batches_begin(&batches);
	append(path, text);
	cr_expect_not(batches_read(&batches, &count));
}

Test(bench_batches, file_that_is_not_there_is_not_opened)
{
	cr_expect_eq(batches_open(&batches, "/nowhere/accounts"), -1);
	batches_close(&batches);
}
