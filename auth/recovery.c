/* An account file read: good lines, and what is behind them. */
#include "auth/recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/datafile.h"
#include "auth/lines.h"
#include "auth/reason.h"
#include "auth/replay.h"
#include "reactor/check.h"

#define WORDS 10 /* of a record */

/* The end of a record's tenth word, if that many stand in `text`. */
static const char *
end_of_words(struct span text)
{
	const char *at = text.at, *end = text.at + text.len;
	size_t i;

	for (i = 1; i < WORDS; i++) {
		at = memchr(at, ' ', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	at += 16; /* CHECK */
	return at < end ? at : NULL;
}

/*
 * The highest batch of an intact line in the damaged end of a file. Lines are
 * looked for behind every LF, and behind what would be the end of the first
 * line if its LF is what was damaged.
 */
static uint64_t
highest_batch(struct span rest)
{
	uint64_t highest = 0;
	const char *end = rest.at + rest.len;
	const char *next = end_of_words(rest);
	const char *lf = memchr(rest.at, '\n', rest.len);

	if (!next || (lf && next >= lf))
		next = lf;
	while (next) {
		struct span line;
		struct record record;

		line.at = next + 1;
		next = memchr(line.at, '\n', (size_t)(end - line.at));
		if (!next)
			break;
		line.len = (size_t)(next - line.at);
		if (record_is_intact(line) && !record_read(line, &record) &&
		    record.batch > highest)
			highest = record.batch;
	}
	return highest;
}

/*
 * Is the damage behind the good lines older than the last batch? 1 or 0, or
 * -1 with errno.
 */
static int
is_rotten(const struct datafile *file, const struct recovery *recovery)
{
	off_t len = recovery->file_size - recovery->size;
	uint64_t damaged_seq = recovery->chain.seq + 1;
	char *bytes;
	ssize_t n;
	int result = -1;

	if (len > BATCH_BYTES_MAX)
		return 1;
	bytes = malloc((size_t)len);
	if (!bytes)
		return -1;
	n = fileio_read(file->io, file->fd, bytes, (size_t)len, recovery->size);
	if (n >= 0)
		result = highest_batch((struct span){bytes, (size_t)n}) >
			 damaged_seq;
	free(bytes);
	return result;
}

static int
read_header(struct recovery *recovery, struct lines *lines,
    const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	struct span line = {0};
	enum header_status status = HEADER_FOREIGN;

	switch (lines_next(lines, &line, &recovery->size)) {
	case LINES_LINE:
		status = record_read_header(line, &recovery->chain);
		break;
	case LINES_END:
		reason_set(error, file->path,
		    "is empty, which an account file never is: put back a "
		    "copy, or remove it to start without accounts");
		return -1;
	case LINES_BROKEN:
		break;
	case LINES_FAILED:
		reason_set(error, file->path, "cannot be read at byte 0: %s",
		    reason_of(errno));
		return -1;
	}
	if (status == HEADER_OK) {
		recovery->size = (off_t)line.len + 1;
		recovery->lines = 1;
		return 0;
	}
	if (status == HEADER_NEWER)
		reason_set(error, file->path,
		    "line 1: a newer throng has written it; this one reads "
		    "format %d",
		    FORMAT_VERSION);
	else if (status == HEADER_DAMAGED)
		reason_set(error, file->path,
		    "line 1, byte 0: the first line is damaged: put back a "
		    "copy of the file");
	else
		reason_set(error, file->path,
		    "line 1, byte 0: this is not an account file of throng: "
		    "name another, or one that does not exist yet");
	return -1;
}

static int
refuse_line(const struct datafile *file, struct place place, const char *wrong,
    char error[AUTH_ERROR_BYTES])
{
	reason_set(error, file->path,
	    "line %llu, byte %lld: cannot be taken: %s; see to that, or put "
	    "back a copy of the file",
	    (unsigned long long)place.line, (long long)place.at, wrong);
	return -1;
}

/* Takes one intact line, or returns why it cannot be. */
static const char *
take_line(struct recovery *recovery, struct replay *replay, struct span line)
{
	struct place place = {recovery->lines + 1, recovery->size};
	struct record record;
	const char *wrong = record_read(line, &record);

	replay->failed = place;
	if (!wrong)
		wrong = record_follow(&record, &recovery->chain);
	if (!wrong)
		wrong = replay_record(replay, &record, place);
	if (wrong)
		return wrong;
	recovery->size += (off_t)line.len + 1;
	recovery->lines++;
	recovery->at_mark = record.op == RECORD_MARK;
	return NULL;
}

/*
 * Takes lines as long as they are intact. 0, with *wrong if one makes no
 * sense, or -1 with errno if the file cannot be read.
 */
static int
take_lines(struct recovery *recovery, struct replay *replay,
    struct lines *lines, const char **wrong)
{
	struct span line;
	off_t at;

	*wrong = NULL;
	while (!*wrong) {
		enum lines_result result = lines_next(lines, &line, &at);

		check(at == recovery->size);
		if (result == LINES_FAILED)
			return -1;
		if (result != LINES_LINE || !record_is_intact(line)) {
			*wrong = replay_finish(replay);
			break;
		}
		*wrong = take_line(recovery, replay, line);
	}
	return 0;
}

static int
read_lines(struct recovery *recovery, struct table *table,
    const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	struct lines lines;
	struct replay replay;
	const char *wrong = NULL;
	int result;

	if (lines_init(&lines, file->io, file->fd) < 0) {
		reason_set(error, file->path, "no memory to read it");
		return -1;
	}
	result = read_header(recovery, &lines, file, error);
	replay_init(&replay, table);
	if (result == 0 &&
	    (result = take_lines(recovery, &replay, &lines, &wrong)) < 0)
		reason_set(error, file->path, "cannot be read at byte %lld: %s",
		    (long long)recovery->size, reason_of(errno));
	lines_fini(&lines);
	return wrong ? refuse_line(file, replay.failed, wrong, error) : result;
}

int
recovery_read(struct recovery *recovery, struct table *table,
    const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	struct stat st;
	int rotten;

	*recovery = (struct recovery){0};
	if (file->io->fstat(file->io, file->fd, &st) < 0) {
		reason_set(error, file->path, "cannot be examined: %s",
		    reason_of(errno));
		return -1;
	}
	if (read_lines(recovery, table, file, error) < 0)
		return -1;
	/* A file that is being appended to may have grown in the meantime. */
	recovery->file_size =
	    st.st_size > recovery->size ? st.st_size : recovery->size;
	if (recovery->size == recovery->file_size)
		return 0;
	rotten = is_rotten(file, recovery);
	if (rotten == 0)
		return 0;
	if (rotten < 0)
		reason_set(error, file->path, "cannot be read at byte %lld: %s",
		    (long long)recovery->size, reason_of(errno));
	else
		reason_set(error, file->path,
		    "line %llu, byte %lld: damaged, and not by a crash: what "
		    "follows was written after it was safe on disk; put back "
		    "a copy of the file",
		    (unsigned long long)recovery->lines + 1,
		    (long long)recovery->size);
	return -1;
}

void
recovery_describe_torn(const struct recovery *recovery,
    const struct datafile *file, char error[AUTH_ERROR_BYTES])
{
	check(recovery->size < recovery->file_size);
	reason_set(error, file->path,
	    "line %llu, byte %lld: a crash has cut a write short; the %lld "
	    "bytes from there on, promised to nobody, go to the .torn file "
	    "beside it",
	    (unsigned long long)recovery->lines + 1, (long long)recovery->size,
	    (long long)(recovery->file_size - recovery->size));
}
