/*
 * Any file is refused with a reason, or read to accounts and bans that could
 * have been made; and what was read of it reads again, whole, to the same
 * accounts. Cut anywhere behind its first line, it is the file of the whole
 * lines before the cut.
 *
 * The first byte chooses: even, the data is the file; odd, its lines are the
 * words of records, and get numbers and checksums that are right, so that the
 * checks behind those are reached; and where the cut is. The second byte says
 * which read of the disk fails, if it is not 0. Words behind a ! are of a line
 * that is damaged afterwards; a * stands for two thousand marks.
 */
/* Covers: auth/recovery.c auth/lines.c auth/replay.c */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "auth/bans.h"
#include "auth/datafile.h"
#include "auth/recovery.h"
#include "auth/table.h"
#include "auth/verifier.h"
#include "proto/wire/name.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define FILE_BYTES_MAX  (256 * 1024)
#define INPUT_BYTES_MAX 65536
#define WORDS_BYTES_MAX 200 /* so that a line is no longer than it may be */
#define LINES_MAX       8192

/* A file in memory behind the seam; of which only reading is asked. */
struct memory {
	struct fileio io;
	char bytes[FILE_BYTES_MAX];
	size_t len;
	unsigned fails; /* the call from now on that does, or 0 */
};

/* Is it this call that fails? */
static bool
fails(const struct fileio *io)
{
	struct memory *memory = (struct memory *)(uintptr_t)io;

	errno = EIO;
	return memory->fails > 0 && --memory->fails == 0;
}

static ssize_t
memory_pread(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	const struct memory *memory = (const struct memory *)io;

	(void)fd;
	if (fails(io))
		return -1;
	if ((size_t)at >= memory->len)
		return 0;
	if (len > memory->len - (size_t)at)
		len = memory->len - (size_t)at;
	memcpy(to, memory->bytes + at, len);
	return (ssize_t)len;
}

static int
memory_fstat(const struct fileio *io, int fd, struct stat *out)
{
	(void)fd;
	if (fails(io))
		return -1;
	*out = (struct stat){.st_mode = S_IFREG};
	out->st_size = (off_t)((const struct memory *)io)->len;
	return 0;
}

/* Puts `words` into a line that follows from the one before it; damaged, its
 * last word is another one. */
static void
add_line(
    struct memory *memory, struct chain *chain, struct span words, bool damaged)
{
	char *line = memory->bytes + memory->len;
	size_t room = sizeof(memory->bytes) - memory->len;
	int len;

	if (words.len >= 4 && memcmp(words.at, "mark", 4) == 0)
		chain->batch = chain->seq + 1;
	chain->seq++;
	len = snprintf(
	    line, room, "%" PRIu64 " %" PRIu64 " ", chain->seq, chain->batch);
	memcpy(line + len, words.at, words.len);
	len += (int)words.len;
	len += snprintf(
	    line + len, room - (size_t)len, " %016" PRIx64 " ", chain->check);
	chain->check = XXH3_64bits(line, (size_t)len);
	line[len - 19] ^= damaged;
	len += snprintf(
	    line + len, room - (size_t)len, "%016" PRIx64 "\n", chain->check);
	memory->len += (size_t)len;
}

/* So that the file is longer than what is read of it at once. */
static void
add_marks(struct memory *memory, struct chain *chain)
{
	for (int i = 0; i < 2000; i++)
		if (memory->len + 512 < sizeof(memory->bytes))
			add_line(
			    memory, chain, span_of("mark - - 1 - 0"), false);
}

/* Were none of them damaged? */
static bool
add_lines(struct memory *memory, const char *at, const char *end)
{
	struct chain chain;
	bool intact = true;

	memory->len = record_write_header(memory->bytes, 1, 0, &chain);
	while (at < end && memory->len + 512 < sizeof(memory->bytes)) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct span words = {at, (size_t)((lf ? lf : end) - at)};
		bool damaged = words.len > 1 && *at == '!';

		at += words.len + 1;
		words.at += damaged;
		words.len -= damaged;
		if (words.len > WORDS_BYTES_MAX)
			words.len = WORDS_BYTES_MAX;
		if (span_equals(words, span_of("*")))
			add_marks(memory, &chain);
		else
			add_line(memory, &chain, words, damaged);
		intact &= !damaged;
	}
	return intact;
}

static void
check_accounts(struct table *table)
{
	struct auth_account_row *rows;
	ssize_t count = table_list(table, &rows);

	check(count == (ssize_t)table_count(table));
	for (ssize_t i = 0; i < count; i++) {
		struct account account;
		struct argon2_cost cost;
		struct span name = span_of(rows[i].name);

		check(name_is_valid(name));
		check(rows[i].uid != 0);
		check(table_find(table, name, &account));
		check(account.uid == rows[i].uid);
		check(verifier_parse(span_of(account.verifier), &cost));
	}
	free(rows);
}

static void
check_bans(struct bans *bans)
{
	for (enum auth_ban_kind kind = 0; kind < BAN_KINDS; kind++) {
		struct auth_ban *list;
		ssize_t count = bans_copy(bans, kind, 0, &list);

		check(count >= 0);
		for (ssize_t i = 0; i < count; i++)
			check(bans_name_is_valid(kind, span_of(list[i].name)));
		free(list);
	}
}

/* One line that says which file, and where in it. */
static void
check_reason(const char *error)
{
	check(utf8_is_text(error, strlen(error)));
	check(!strncmp(error, "/accounts: ", 11));
	check(strstr(error, "is empty") || strstr(error, ": line ") ||
	      strstr(error, "Input/output error"));
}

/* Number of accounts, or -1 with the reason in `error`. */
static long
read_accounts(struct memory *memory, struct recovery *found, char *error)
{
	struct table *table = table_new();
	struct datafile file;
	long count = -1;

	check(table != NULL);
	check_zero(datafile_init(&file, &memory->io, "/accounts", error));
	error[0] = '\0';
	if (recovery_read(found, table, &file, error) == 0)
		count = (long)table_count(table);
	if (count >= 0) {
		check_accounts(table);
		check_bans(table_bans(table));
	}
	table_free(&table);
	return count;
}

/* An account, as a plain second reader keeps it. */
struct plain {
	unsigned long long uid;
	char name[64];
};

static struct plain *
plain_find(struct plain plain[], size_t count, unsigned long long uid)
{
	for (size_t i = 0; i < count; i++)
		if (plain[i].uid == uid)
			return &plain[i];
	return NULL;
}

/* Does to them what an intact line says; how many there are then. */
static size_t
plain_change(struct plain plain[], size_t count, const char *line, uint64_t seq)
{
	struct plain read = {0}, *old;
	char op[16];

	check(sscanf(line, "%*u %*u %15s %63s %*s %*s %*s %llu", op, read.name,
		  &read.uid) == 3);
	old = plain_find(plain, count, read.uid);
	if (!strcmp(op, "register")) {
		check(!old);
		check(read.uid <= seq);
		for (size_t i = 0; i < count; i++)
			check(strcasecmp(plain[i].name, read.name) != 0);
		plain[count] = read;
		return count + 1;
	}
	if (strcmp(op, "passwd") != 0 && strcmp(op, "remove") != 0)
		return count;
	check(old != NULL);
	check(!strcmp(old->name, read.name));
	if (!strcmp(op, "remove"))
		*old = plain[--count];
	return count;
}

/* The lines that were taken are numbered, intact, each chained to the one
 * before, and make so many accounts. */
static void
check_lines(const char *at, const char *end, long expected)
{
	static struct plain plain[LINES_MAX];
	char before[17] = "", hash[17];
	unsigned long long seq = 0, number;
	size_t count = 0;

	for (const char *lf; at < end; at = lf + 1) {
		bool is_first = !*before;

		lf = memchr(at, '\n', (size_t)(end - at));
		check(lf != NULL);
		check(lf - at > 34);
		snprintf(hash, sizeof(hash), "%016" PRIx64,
		    XXH3_64bits(at, (size_t)(lf - at) - 16));
		check(!memcmp(lf - 16, hash, 16));
		check(is_first || !memcmp(lf - 33, before, 16));
		strcpy(before, hash);
		if (is_first) {
			check(sscanf(at, "%*s %*s %*s %llu", &seq) == 1);
			continue;
		}
		check(sscanf(at, "%llu", &number) == 1);
		check(number == ++seq);
		count = plain_change(plain, count, at, seq);
	}
	check((long)count == expected);
}

/* A file that is whole, as a crash might leave it, cut at a byte. */
static void
check_cut(struct memory *memory, size_t size)
{
	char error[AUTH_ERROR_BYTES];
	struct recovery found;
	const char *lf = memchr(memory->bytes, '\n', memory->len);
	const char *last;

	check(lf != NULL);
	if (memory->bytes + size <= lf)
		return;
	memory->len = size;
	check(read_accounts(memory, &found, error) >= 0);
	last = memrchr(memory->bytes, '\n', size);
	check(found.size == last + 1 - memory->bytes);
	check(found.file_size == (off_t)size);
	if (found.size == found.file_size)
		return;
	recovery_describe_torn(
	    &found, &(struct datafile){.path = "/accounts"}, error);
	check_reason(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory memory = {
	    .io = {.pread = memory_pread, .fstat = memory_fstat}};
	char error[AUTH_ERROR_BYTES];
	struct recovery found;
	bool intact = false;
	long count;

	check(sodium_init() >= 0);
	if (size < 2 || size > INPUT_BYTES_MAX)
		return 0;
	memory.fails = data[1];
	memory.len = size - 2;
	memcpy(memory.bytes, data + 2, memory.len);
	if (data[0] & 1)
		intact = add_lines(
		    &memory, (const char *)data + 2, (const char *)data + size);
	count = read_accounts(&memory, &found, error);
	if (count < 0) {
		check_reason(error);
		check(!intact || data[1] || strstr(error, "cannot be taken"));
		return 0;
	}
	check(!intact || data[1] || found.size == found.file_size);
	check(found.size <= found.file_size);
	memory.fails = 0;
	memory.len = (size_t)found.size;
	check(read_accounts(&memory, &found, error) == count);
	check(found.size == found.file_size);
	check_lines(memory.bytes, memory.bytes + memory.len, count);
	check_cut(&memory, memory.len * (data[0] / 2u) / 127);
	return 0;
}
