/* throng-bench ($THRONG_BENCH, build/throng-bench) takes no option that the
 * scenario would make no use of. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Its exit status; what it has said is in a static buffer. Were the option
 * taken, it would find nobody at that address. */
static int
run_bench(const char *words, const char **said)
{
	static char text[4000];
	const char *binary = getenv("THRONG_BENCH");
	char command[500];
	FILE *bench;
	size_t len;
	int status;

	snprintf(command, sizeof(command), "exec %s %s -c unix:/nowhere 2>&1",
	    binary ? binary : "build/throng-bench", words);
	bench = popen(command, "re");
	cr_assert_not_null(bench);
	len = fread(text, 1, sizeof(text) - 1, bench);
	text[len] = '\0';
	*said = text;
	status = pclose(bench);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

Test(bench_usage, option_that_is_not_used_is_refused)
{
	static const struct {
		const char *words;
		const char *said;
	} wrong[] = {
	    {"idle --seconds=1", "unrecognized option '--seconds=1'"},
	    {"idle --warmup=1", "unrecognized option '--warmup=1'"},
	    {"echo --accounts=3", "unrecognized option '--accounts=3'"},
	    {"echo --names=x", "unrecognized option '--names=x'"},
	    {"echo --requests=1 --seconds=1", "--seconds: "},
	    {"fanout --messages=1 --seconds=1", "--seconds: "},
	    {"rooms --seconds=1", "unrecognized option '--seconds=1'"},
	    {"fanout --rate=10 --window=3", "--window: "},
	    {"fanout --peer=redis --accounts=3",
		"--accounts: --peer redis has no accounts"},
	    {"idle --names=x --peer=irc",
		"--names: --peer irc has no accounts"},
	    {"lab --seconds=1", "unrecognized option '--seconds=1'"},
	    {"guess --pid=1", "unrecognized option '--pid=1'"},
	};
	const char *said;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_expect_eq(run_bench(wrong[i].words, &said), 2, "%s: %s",
		    wrong[i].words, said);
		cr_expect_not_null(strstr(said, wrong[i].said), "%s: %s",
		    wrong[i].words, said);
	}
}
