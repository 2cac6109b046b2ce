/*
 * A server at full load for long, half of $TORTURE_SECONDS on each engine:
 * `throng-bench soak` talks, stalls, comes and goes, checks every line, and
 * finds memory and descriptors that grow. Each time that it tells how things
 * are, the server's --metrics are asked how long its turns take: no longer at
 * the end than after a while.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/quartiles.h"
#include "tests/kit/bench_run.h"
#include "tests/torture/torture.h"

#define SAMPLES   40
#define TOLD      "scenario=soak at_s="
#define PROGRESS  "throng-bench: soak "
#define TURN_NAME "throng_turn_seconds_"

/* Grown: by half, and by more than the noise of a short turn. */
#define GROWN_FACTOR   1.5
#define GROWN_SLACK_US 20.0

/* All turns of all reactors up to now. */
struct turns {
	double seconds;
	double count;
};

struct soak {
	char metrics[64]; /* the URL */
	struct turns samples[SAMPLES + 1];
	size_t count;
};

static struct turns
ask_turns(const char *url)
{
	struct test_client *client = test_client_open_at(url);
	struct turns turns = {0};
	const char *line;

	test_client_send(client, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	while ((line = harness_stream_line(&client->in)) != NULL) {
		const char *value = strrchr(line, ' ');

		if (!strncmp(
			line, TURN_NAME "sum", sizeof(TURN_NAME "sum") - 1))
			turns.seconds += atof(value);
		if (!strncmp(
			line, TURN_NAME "count", sizeof(TURN_NAME "count") - 1))
			turns.count += atof(value);
	}
	test_client_close(client);
	return turns;
}

static struct server_process *
start(struct soak *soak, const char *engine)
{
	struct server_process *server =
	    server_process_start(engine, "--metrics=tcp://127.0.0.1:0", NULL);
	const char *line =
	    server_process_expect(server, "\\[METRICS] http://*/metrics");
	const char *host = strstr(line, "://");

	snprintf(soak->metrics, sizeof(soak->metrics), "tcp%.*s",
	    (int)strcspn(host + 3, "/") + 3, host);
	return server;
}

/* The bench talks; each of its lines is shown, and is the time to ask. */
static int
talk(struct soak *soak, const struct server_process *server)
{
	double seconds = torture_seconds() / 2.0;
	FILE *bench = bench_start(
	    "soak --clients 300 --rooms 20 --each 3 --rate 2000 --bytes 200 "
	    "--cuts 10 --joins 20 --logouts 10 --directs 100 --threads 2 "
	    "--timeout 60 --seconds %.1f --interval %.3f --connect %s",
	    seconds, seconds / SAMPLES, server->listen[0]);
	const char *rest;
	char line[1024];

	while (fgets(line, sizeof(line), bench)) {
		if (strncmp(line, PROGRESS, sizeof(PROGRESS) - 1) != 0)
			fputs(line, stdout);
		fflush(stdout);
		if (!strncmp(line, TOLD, sizeof(TOLD) - 1) &&
		    soak->count < SAMPLES + 1)
			soak->samples[soak->count++] = ask_turns(soak->metrics);
	}
	return bench_end(bench, &rest);
}

/* The mean turn of each interval in a quarter of the time, of which the first
 * quartile counts: what else the machine has to do makes some longer, what the
 * server has to do makes all of them so. */
static double
quarter_us(const struct soak *soak, size_t first, size_t count)
{
	uint64_t means_ns[SAMPLES];

	for (size_t i = 0; i < count; i++) {
		const struct turns *from = &soak->samples[first + i];
		double seconds = from[1].seconds - from[0].seconds;
		double turns = from[1].count - from[0].count;

		cr_assert_gt(turns, 0);
		means_ns[i] = (uint64_t)(seconds * 1e9 / turns);
	}
	return quartiles_of(means_ns, count).first / 1000;
}

static void
soak(const char *engine)
{
	static struct soak soak;
	struct server_process *server = start(&soak, engine);
	int status = talk(&soak, server);
	size_t quarter = soak.count / 4, last = soak.count - 1;
	double before, after;
	bool grown;

	cr_assert_geq(quarter, 2);
	before = quarter_us(&soak, quarter, quarter);
	after = quarter_us(&soak, last - quarter, quarter);
	grown = after > before * GROWN_FACTOR + GROWN_SLACK_US;
	printf("soak engine=%s seconds=%u turns=%.0f turn_us_before=%.1f "
	       "turn_us_after=%.1f\n",
	    engine, torture_seconds() / 2, soak.samples[last].count, before,
	    after);
	fflush(stdout);
	cr_expect_eq(status, 0, "the bench ended with %d", status);
	cr_expect(
	    !grown, "turns took %.1f us, and %.1f in the end", before, after);
	server_process_stop(server);
}

TORTURE(soak)
