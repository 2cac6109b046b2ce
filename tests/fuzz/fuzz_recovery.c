/*
 * Any file is refused with a reason, or read; and what was read of it reads
 * again, whole, to the same accounts.
 *
 * The first byte chooses: even, the data is the file; odd, its lines are the
 * words of records, and get numbers and checksums that are right, so that the
 * checks behind those are reached.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "auth/datafile.h"
#include "auth/recovery.h"
#include "auth/table.h"
#include "reactor/check.h"

#define FILE_BYTES_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory behind the seam; of which only reading is asked. */
struct memory {
	struct fileio io;
	char bytes[FILE_BYTES_MAX];
	size_t len;
};

static ssize_t
memory_pread(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	const struct memory *memory = (const struct memory *)io;

	(void)fd;
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
	*out = (struct stat){.st_mode = S_IFREG};
	out->st_size = (off_t)((const struct memory *)io)->len;
	return 0;
}

/* Puts `words` into a line that follows from the one before it. */
static void
add_line(struct memory *memory, struct chain *chain, struct span words)
{
	char *line = memory->bytes + memory->len;
	size_t room = sizeof(memory->bytes) - memory->len;
	int len;

	if (words.len >= 4 && memcmp(words.at, "mark", 4) == 0)
		chain->batch = chain->seq + 1;
	chain->seq++;
	len = snprintf(line, room,
	    "%" PRIu64 " %" PRIu64 " %.*s %016" PRIx64 " ", chain->seq,
	    chain->batch, (int)words.len, words.at, chain->check);
	chain->check = XXH3_64bits(line, (size_t)len);
	len += snprintf(
	    line + len, room - (size_t)len, "%016" PRIx64 "\n", chain->check);
	memory->len += (size_t)len;
}

static void
add_lines(struct memory *memory, const char *at, const char *end)
{
	struct chain chain;

	memory->len = record_write_header(memory->bytes, 1, 0, &chain);
	while (at < end && memory->len + 512 < sizeof(memory->bytes)) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct span words = {at, (size_t)((lf ? lf : end) - at)};

		at += words.len + 1;
		if (words.len > 256)
			words.len = 256;
		add_line(memory, &chain, words);
	}
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
	table_free(&table);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory memory = {
	    .io = {.pread = memory_pread, .fstat = memory_fstat}};
	char error[AUTH_ERROR_BYTES];
	struct recovery found;
	long count;

	check(sodium_init() >= 0);
	if (size == 0 || size > sizeof(memory.bytes))
		return 0;
	memory.len = size - 1;
	memcpy(memory.bytes, data + 1, memory.len);
	if (data[0] & 1)
		add_lines(
		    &memory, (const char *)data + 1, (const char *)data + size);
	count = read_accounts(&memory, &found, error);
	if (count < 0) {
		check(error[0] != '\0');
		return 0;
	}
	check(found.size <= found.file_size);
	memory.len = (size_t)found.size;
	check(read_accounts(&memory, &found, error) == count);
	check(found.size == found.file_size);
	return 0;
}
