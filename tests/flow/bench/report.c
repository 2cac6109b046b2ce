/* What throng-bench gives out ($THRONG_BENCH, build/throng-bench): the forms of
 * its report, and its pictures. */
#include "tests/kit/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/setting/options.h"
#include "tests/kit/scratch.h"

static char said[100000]; /* on standard output */

static void
fini(void)
{
	harness_fini();
	scratch_remove();
}

TestSuite(
    bench_report_files, .init = scratch_make, .fini = fini, .timeout = 120);

static const char *
bench_binary(void)
{
	const char *given = getenv("THRONG_BENCH");

	return given ? given : "build/throng-bench";
}

/* Runs the shell's command; returns its exit status. */
__attribute__((format(printf, 1, 2))) static int
run(const char *format, ...)
{
	char command[1000];
	va_list arguments;
	FILE *pipe;
	size_t len;
	int status;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	pipe = popen(command, "re");
	cr_assert_not_null(pipe);
	len = fread(said, 1, sizeof(said) - 1, pipe);
	said[len] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The start of a file in the scratch folder, in `said`; its length. */
static size_t
read_file(const char *name)
{
	char path[200];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s", path);
	len = fread(said, 1, sizeof(said) - 1, file);
	said[len] = '\0';
	fclose(file);
	return len;
}

/* What differs is on the test's standard error. */
Test(bench_report_files, json_agrees_with_text_in_each_scenario)
{
	struct server_process *server;

	if (run("python3 -c 0 2>&1") != 0)
		cr_skip_test("there is no python3 on this machine");
	server = server_process_start("epoll", NULL);
	cr_assert_eq(run("python3 tests/flow/bench/forms.py %s %s >&2",
			 bench_binary(), server->listen[0]),
	    0);
	server_process_stop(server);
}

Test(bench_report_files, picture_is_drawn_as_its_ending_says)
{
	struct server_process *server;

	if (run("gnuplot --version 2>&1") != 0)
		cr_skip_test("there is no gnuplot on this machine");
	server = server_process_start("epoll", NULL);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(run("%s echo -c %s -n 5 -r 20 --warmup 0 "
				 "--plot %s/it.%s 2>&1",
				 bench_binary(), server->listen[0], scratch,
				 i == 0 ? "svg" : "png"),
		    0, "%s", said);
	read_file("it.svg");
	cr_expect_eq(strncmp(said, "<?xml", 5), 0, "%s", said);
	cr_expect_not_null(strstr(said, ">echo: 5 clients (throng), "));
	cr_expect_not_null(strstr(said, ">connect<"));
	read_file("it.png");
	cr_expect_eq(memcmp(said, "\x89PNG\r\n", 6), 0);
	cr_assert_eq(run("ls %s", scratch), 0);
	cr_expect_str_eq(said, "it.png\nit.svg\n");
	server_process_stop(server);
}

/* Nobody listens there: a run would say so on standard output. */
static void
expect_refusal(const char *before, const char *path, const char *why)
{
	cr_expect_eq(run("%s %s echo -c unix:/nowhere --plot %s/%s 2>%s/said",
			 before, bench_binary(), scratch, path, scratch),
	    2);
	cr_expect_str_empty(said, "%s", said);
	read_file("said");
	cr_expect_not_null(strstr(said, why), "%s", said);
}

Test(bench_report_files, picture_that_cannot_be_is_refused_before_the_run)
{
	if (run("mkdir %s/folder.svg", scratch) != 0)
		cr_skip_test("no folder");
	expect_refusal("", "it.gif", "its name must end in .svg or .png");
	expect_refusal("", "svg", "its name must end in .svg or .png");
	expect_refusal("", "none/it.svg", "No such file or directory");
	expect_refusal("", "folder.svg", "Is a directory");
	expect_refusal("PATH=/nowhere", "it.svg", "there is no gnuplot");
	cr_assert_eq(run("rmdir %s/folder.svg; ls %s", scratch, scratch), 0);
	cr_expect_str_eq(said, "said\n");
}

Test(bench_report_files, picture_of_nothing_leaves_what_was_there)
{
	if (run("gnuplot --version 2>&1") != 0)
		cr_skip_test("there is no gnuplot on this machine");
	scratch_write("it.svg", SCRATCH_TEXT("before"));
	cr_expect_eq(run("%s echo -c unix:/nowhere -n 1 --plot %s/it.svg 2>&1",
			 bench_binary(), scratch),
	    1);
	cr_expect_not_null(strstr(said, "it.svg: there is nothing to draw"));
	read_file("it.svg");
	cr_expect_str_eq(said, "before");
}

Test(bench_report_files, version_is_the_servers)
{
	cr_expect_eq(run("%s --version", bench_binary()), 0);
	cr_expect_str_eq(said, "throng-bench " THRONG_VERSION "\n");
}
