/* A table written as a new account file, and read back. */
#include "auth/snapshot.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/bans.h"
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
	int64_t now;
	size_t in_batch; /* records since the last mark */
};

/* What the file is to hold. */
struct content {
	const struct entry **entries; /* the array is owned */
	size_t entry_count;
	struct auth_ban *bans; /* owned; NULL when there is none */
	ssize_t ban_count;
};

static void
put(struct writer *w, struct record *record)
{
	check(w->len + RECORD_BYTES_MAX <= BATCH_BYTES_MAX);
	w->len += record_write(w->bytes + w->len, record, &w->chain);
}

static void
put_mark(struct writer *w)
{
	struct record mark = {.op = RECORD_MARK, .time = w->now};

	put(w, &mark);
	w->in_batch = 0;
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

static int
add(struct writer *w, struct record *record)
{
	put(w, record);
	if (++w->in_batch < BATCH_CHANGES_MAX)
		return 0;
	if (flush(w) < 0)
		return -1;
	put_mark(w);
	return 0;
}

static int
add_account(struct writer *w, const struct entry *entry)
{
	struct record record = {
	    .op = RECORD_REGISTER,
	    .name = entry_name(entry),
	    .verifier = entry_verifier(entry),
	    .time = entry->created,
	    .uid = entry->uid,
	};

	return add(w, &record);
}

static int
add_ban(struct writer *w, const struct auth_ban *ban)
{
	struct record record = {
	    .op = record_ban_op(ban->kind),
	    .name = span_of(ban->name),
	    .time = w->now,
	    .until = ban->until,
	};

	return add(w, &record);
}

/* The file ends behind a mark, so that all of it is known to be durable. */
static int
write_all(struct writer *w, const struct content *content, uint64_t seq)
{
	uint64_t id;
	ssize_t ban;
	size_t i;

	randombytes_buf(&id, sizeof(id));
	w->len = record_write_header(w->bytes, id, seq, &w->chain);
	put_mark(w);
	for (i = 0; i < content->entry_count; i++)
		if (add_account(w, content->entries[i]) < 0)
			return -1;
	for (ban = 0; ban < content->ban_count; ban++)
		if (add_ban(w, &content->bans[ban]) < 0)
			return -1;
	if (w->in_batch > 0)
		put_mark(w);
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

/* 0, or -1 with errno. content_fini in either case. */
static int
content_init(struct content *content, struct table *table, int64_t now)
{
	*content = (struct content){
	    .entries = table_collect(table),
	    .entry_count = table_count(table),
	};
	content->ban_count =
	    bans_copy_kept(table_bans(table), now, &content->bans);
	return content->entries && content->ban_count >= 0 ? 0 : -1;
}

static void
content_fini(struct content *content)
{
	free(content->entries);
	free(content->bans);
}

/* 0, or -1 with errno and the step that failed. */
static int
write_and_verify(
    struct writer *w, struct table *table, uint64_t seq, const char **step)
{
	struct content content;
	int result = content_init(&content, table, w->now);

	*step = "written";
	w->bytes = malloc(BATCH_BYTES_MAX);
	if (!w->bytes)
		result = -1;
	if (result == 0)
		result = write_all(w, &content, seq);
	if (result == 0) {
		*step = "read back";
		result = read_back(w);
	}
	content_fini(&content);
	free(w->bytes);
	return result;
}

int
snapshot_write(struct snapshot *snapshot, const struct datafile *file,
    struct table *table, uint64_t seq, char error[AUTH_ERROR_BYTES])
{
	struct writer w = {.io = file->io, .now = time(NULL)};
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
