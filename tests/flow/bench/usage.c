/* throng-bench ($THRONG_BENCH, build/throng-bench) takes no option that the
 * scenario would make no use of. */
#include "tests/kit/bench_run.h"

#include <criterion/criterion.h>

#include <string.h>

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
		/* Were the option taken, it would find nobody there. */
		cr_expect_eq(
		    bench_run(&said, "%s -c unix:/nowhere", wrong[i].words), 2,
		    "%s: %s", wrong[i].words, said);
		cr_expect_not_null(strstr(said, wrong[i].said), "%s: %s",
		    wrong[i].words, said);
	}
}
