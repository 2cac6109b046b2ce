/*
 * What the account store costs: loading a file, finding names, memory. Makes a
 * file of N accounts in a folder, opens it again and again, then finds all of
 * its names in random order, one by one and with auth_prefetch. No server, no
 * network. One key=value line per N; each figure is the median of the rounds.
 *
 *   throng-bench-accounts [--keep] FOLDER [N...]
 *                                           (default: 1000 100000 1000000)
 *
 * With --keep the files stay, FOLDER/N each: a server can start with them.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "bench/crowd/process.h"
#include "bench/report/machine.h"
#include "bench/report/quartiles.h"
#include "reactor/check.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ACCOUNTS_MAX 10000000
#define ROUNDS       5
#define BATCH        256 /* changes that share a sync */
#define AHEAD        16  /* names that are prefetched together */
#define NAME_BYTES   16  /* of the names here, NUL included */

/* A round must last, or the clock's grain and an interrupt are all we see. */
#define FINDS_MIN 1000000

struct bench {
	char path[4096];
	struct auth_options options;
	unsigned accounts;
	unsigned seed;
	char (*names)[NAME_BYTES]; /* owned; in random order */
	size_t string_bytes;       /* of all names and verifiers */
};

/* In all of a round. */
struct figures {
	uint64_t load_ns[ROUNDS];
	uint64_t find_ps[ROUNDS]; /* picoseconds a name */
	uint64_t find_ahead_ps[ROUNDS];
	uint64_t bytes[ROUNDS]; /* beyond the strings */
};

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static unsigned
random_below(struct bench *bench, unsigned limit)
{
	check(limit > 0);
	return (unsigned)(((uint64_t)rand_r(&bench->seed) << 31 |
			      (uint64_t)rand_r(&bench->seed)) %
			  limit);
}

static struct auth *
open_store(struct bench *bench)
{
	char error[AUTH_ERROR_BYTES];
	struct auth *auth;

	if (auth_open(&auth, &bench->options, error) < 0)
		errx(EXIT_FAILURE, "%s", error);
	return auth;
}

/* One real hash, then another salt for each: a million would take hours. */
static void
vary(char *verifier, unsigned number)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef";
	char *salt = strstr(verifier, "p=1$") + 4;
	int i;

	for (i = 0; i < 7; i++, number >>= 5)
		salt[i] = digits[number & 31];
}

static void
fill(struct bench *bench)
{
	struct auth *auth = open_store(bench);
	struct auth_change *changes = calloc(BATCH, sizeof(*changes));
	struct auth_change *batch[BATCH];
	unsigned i, n = 0;

	if (!changes)
		err(EXIT_FAILURE, "memory");
	if (auth_hash(auth, span_of("password"), changes[0].verifier))
		errx(EXIT_FAILURE, "auth_hash failed");
	for (i = 0; i < bench->accounts; i++) {
		batch[n] = &changes[n];
		changes[n].kind = AUTH_REGISTER;
		snprintf(changes[n].name, NAME_BYTES, "user%u", i);
		strcpy(changes[n].verifier, changes[0].verifier);
		vary(changes[n].verifier, i);
		bench->string_bytes += strlen(changes[n].name);
		bench->string_bytes += strlen(changes[n].verifier);
		strcpy(bench->names[i], changes[n].name);
		if (auth_reserve(auth, span_of(changes[n].name)) != AUTH_OK)
			errx(EXIT_FAILURE, "%s: taken", changes[n].name);
		if (++n < BATCH && i + 1 < bench->accounts)
			continue;
		auth_commit(auth, batch, n);
		if (batch[n - 1]->status != AUTH_OK)
			errx(EXIT_FAILURE, "%s", auth_error(auth));
		n = 0;
	}
	free(changes);
	auth_close(&auth);
}

static void
shuffle(struct bench *bench)
{
	char name[NAME_BYTES];
	unsigned i, j;

	for (i = bench->accounts - 1; i > 0; i--) {
		j = random_below(bench, i + 1);
		memcpy(name, bench->names[i], NAME_BYTES);
		memcpy(bench->names[i], bench->names[j], NAME_BYTES);
		memcpy(bench->names[j], name, NAME_BYTES);
	}
}

/* Picoseconds a name. */
static uint64_t
find_all(struct bench *bench, struct auth *auth, unsigned ahead)
{
	unsigned finds = bench->accounts, i = 0, next = 0, k;
	struct span names[AHEAD];
	struct account account;
	double begin = now_s();

	while (finds < FINDS_MIN)
		finds += bench->accounts;
	for (i = 0; i < finds; i += ahead ? ahead : 1) {
		for (k = 0; k < ahead; k++)
			names[k] =
			    span_of(bench->names[(next + k) % bench->accounts]);
		if (ahead > 0)
			auth_prefetch(auth, names, ahead);
		for (k = 0; k < (ahead ? ahead : 1); k++) {
			if (auth_find(auth, span_of(bench->names[next]),
				&account) != AUTH_OK)
				errx(EXIT_FAILURE, "%s is not found",
				    bench->names[next]);
			if (++next == bench->accounts)
				next = 0;
		}
	}
	return (uint64_t)((now_s() - begin) * 1e12 / i);
}

static void
measure(struct bench *bench, struct figures *figures, int round)
{
	uint64_t before = 0, after = 0;
	struct auth *auth;
	double begin;

	process_read_memory(getpid(), &before);
	begin = now_s();
	auth = open_store(bench);
	figures->load_ns[round] = (uint64_t)((now_s() - begin) * 1e9);
	process_read_memory(getpid(), &after);
	if (auth_count(auth) != bench->accounts)
		errx(EXIT_FAILURE, "%zu accounts were loaded, not %u",
		    auth_count(auth), bench->accounts);
	figures->bytes[round] = after - before > bench->string_bytes
				    ? after - before - bench->string_bytes
				    : 0;
	figures->find_ps[round] = find_all(bench, auth, 0);
	figures->find_ahead_ps[round] = find_all(bench, auth, AHEAD);
	auth_close(&auth);
}

/* What was made goes again, or stays under its number. */
static void
leave(const struct bench *bench, const char *folder, bool keep)
{
	char other[sizeof(bench->path) + 8];

	snprintf(other, sizeof(other), "%s.lock", bench->path);
	unlink(other);
	snprintf(other, sizeof(other), "%s/%u", folder, bench->accounts);
	if (!keep)
		unlink(bench->path);
	else if (rename(bench->path, other) < 0)
		err(EXIT_FAILURE, "%s", other);
}

static void
run(const char *folder, unsigned accounts, bool keep)
{
	struct bench bench = {.accounts = accounts, .seed = 1};
	struct figures figures;
	double load_ns;
	int round;

	snprintf(bench.path, sizeof(bench.path), "%s/bench-accounts-%d", folder,
	    (int)getpid());
	bench.options.path = bench.path;
	bench.options.cost = (struct argon2_cost){1, 8};
	bench.names = malloc((size_t)accounts * NAME_BYTES);
	if (!bench.names)
		err(EXIT_FAILURE, "memory");
	fill(&bench);
	shuffle(&bench);
	for (round = 0; round < ROUNDS; round++)
		measure(&bench, &figures, round);
	load_ns = quartiles_of(figures.load_ns, ROUNDS).median;
	printf("accounts=%u load_s=%.3f load_ns=%.0f finds_per_s=%.0f "
	       "finds_ahead_per_s=%.0f bytes_beyond_strings=%.0f\n",
	    accounts, load_ns / 1e9, load_ns / accounts,
	    1e12 / quartiles_of(figures.find_ps, ROUNDS).median,
	    1e12 / quartiles_of(figures.find_ahead_ps, ROUNDS).median,
	    quartiles_of(figures.bytes, ROUNDS).median / accounts);
	leave(&bench, folder, keep);
	free(bench.names);
}

int
main(int argc, char **argv)
{
	static const unsigned usual[] = {1000, 100000, 1000000};
	struct machine machine;
	bool keep = argc > 1 && !strcmp(argv[1], "--keep");
	const char *folder = argv[1 + keep];
	int first = 2 + keep;

	if (argc < first)
		errx(2, "usage: throng-bench-accounts [--keep] FOLDER [N...]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	machine_read(&machine);
	machine_print(&machine);
	for (size_t i = 0; argc == first && i < COUNT(usual); i++)
		run(folder, usual[i], keep);
	for (int i = first; i < argc; i++) {
		char *end;
		unsigned long n = strtoul(argv[i], &end, 10);

		if (*end || n < 1 || n > ACCOUNTS_MAX)
			errx(2, "%s: not a number from 1 to %d", argv[i],
			    ACCOUNTS_MAX);
		run(folder, (unsigned)n, keep);
	}
	return 0;
}
