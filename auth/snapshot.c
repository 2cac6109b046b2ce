#include "auth/snapshot.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/datafile.h"
#include "auth/lines.h"
#include "auth/reason.h"
#include "auth/recovery.h"
#include "auth/table.h"
#include "reactor/check.h"

/* Lines on their way to the file. */
struct writer {
	const struct fileio *io;
	int fd;
	char *bytes; /* BATCH_BYTES_MAX, owned */
	size_t len;
	off_t at; /* where bytes[0] goes */
	struct chain chain;
};

static void
put(struct writer *w, struct record *record)
{
	check(w->len + RECORD_BYTES_MAX <= BATCH_BYTES_MAX);
	w->len += record_write(w->bytes + w->len, record, &w->chain);
}

static void
put_mark(struct writer *w, int64_t now)
{
	struct record mark = {.op = RECORD_MARK, .time = now};

	put(w, &mark);
}

static void
put_account(struct writer *w, const struct entry *entry)
{
	struct record record = {
	    .op = RECORD_REGISTER,
	    .name = entry_name(entry),
	    .verifier = entry_verifier(entry),
	    .time = entry->created,
	    .uid = entry->uid,
	};

	put(w, &record);
}

static int
flush(struct writer *w)
{
	if (fileio_write(w->io, w->fd, w->bytes, w->len, w->at) < 0)
		return -1;
	w->at += (off_t)w->len;
	w->len = 0;
	return 0;
}

/* The file ends behind a mark, so that all of it is known to be durable. */
static int
write_all(struct writer *w, const struct entry *const *entries, size_t count,
    uint64_t seq)
{
	int64_t now = time(NULL);
	uint64_t id;
	size_t i;

	randombytes_buf(&id, sizeof(id));
	w->len = record_write_header(w->bytes, id, seq, &w->chain);
	put_mark(w, now);
	for (i = 0; i < count; i++) {
		put_account(w, entries[i]);
		if ((i + 1) % BATCH_CHANGES_MAX != 0)
			continue;
		if (flush(w) < 0)
			return -1;
		put_mark(w, now);
	}
	if (count % BATCH_CHANGES_MAX != 0)
		put_mark(w, now);
	if (flush(w) < 0)
		return -1;
	return w->io->fsync(w->io, w->fd);
}

/*
 * The same chain at the end means the same lines all the way. 0, or -1 with
 * errno, which is EIO if the file reads but is not what was written.
 */
static int
read_back(const struct writer *w)
{
	struct chain chain = {0};
	struct lines lines;
	struct span line;
	enum lines_result result;
	struct record record;
	bool good;
	off_t at;

	if (lines_init(&lines, w->io, w->fd) < 0)
		return -1;
	result = lines_next(&lines, &line, &at);
	good = result == LINES_LINE &&
	       record_read_header(line, &chain) == HEADER_OK;
	while (good && (result = lines_next(&lines, &line, &at)) == LINES_LINE)
		good = record_is_intact(line) && !record_read(line, &record) &&
		       !record_follow(&record, &chain);
	lines_fini(&lines);
	if (result == LINES_FAILED)
		return -1;
	errno = EIO;
	return good && result == LINES_END && at == w->at &&
		       chain.seq == w->chain.seq &&
		       chain.check == w->chain.check
		   ? 0
		   : -1;
}

/* 0, or -1 with errno and the step that failed. */
static int
write_and_verify(
    struct writer *w, struct table *table, uint64_t seq, const char **step)
{
	const struct entry **entries = table_collect(table);
	int result = -1;

	*step = "written";
	w->bytes = malloc(BATCH_BYTES_MAX);
	if (entries && w->bytes)
		result = write_all(w, entries, table_count(table), seq);
	if (result == 0) {
		*step = "read back";
		result = read_back(w);
	}
	free(entries);
	free(w->bytes);
	return result;
}

int
snapshot_write(struct snapshot *snapshot, const struct datafile *file,
    struct table *table, uint64_t seq, char error[AUTH_ERROR_BYTES])
{
	struct writer w = {.io = file->io};
	const char *step;

	w.fd = datafile_create_new(file, error);
	if (w.fd < 0)
		return -1;
	if (write_and_verify(&w, table, seq, &step) < 0) {
		reason_set(error, file->path,
		    "a new file beside it cannot be %s: %s", step,
		    reason_of(errno));
		w.io->close(w.io, w.fd);
		datafile_remove_new(file);
		return -1;
	}
	*snapshot = (struct snapshot){w.fd, w.chain, w.at};
	return 0;
}
