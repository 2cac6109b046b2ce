#include "bench/crowd/batches.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/load/splitter.h"
#include "reactor/check.h"

/* Read at once; by far more than a line, so each piece has whole ones. */
#define PIECE_BYTES 65536

/* The third word of a line; empty when there is none. */
static struct span
third_word(struct span line)
{
	const char *end = line.at + line.len;
	const char *space;

	for (int i = 0; i < 2; i++) {
		space = memchr(line.at, ' ', line.len);
		if (!space)
			return (struct span){end, 0};
		line.at = space + 1;
		line.len = (size_t)(end - line.at);
	}
	space = memchr(line.at, ' ', line.len);
	if (space)
		line.len = (size_t)(space - line.at);
	return line;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Where the first line begins at or behind `at`, which may be amidst one that
 * is being written; -1 when there is no telling. */
static off_t
first_line(int fd, off_t at)
{
	char piece[PIECE_BYTES];
	const char *end;
	ssize_t got;

	if (at == 0)
		return 0;
	got = pread(fd, piece, sizeof piece, at - 1);
	end = got > 0 ? memchr(piece, '\n', (size_t)got) : NULL;
	return end ? at + (end - piece) : -1;
}

/* False when what it reads is not lines, or cannot be read. */
static bool
count_part(int fd, off_t begin, off_t end, struct batches_count *count)
{
	char piece[PIECE_BYTES];
	off_t at = begin;
	size_t want, used;
	ssize_t got;

	while (at < end) {
		want = sizeof piece;
		if (end - at < (off_t)want)
			want = (size_t)(end - at);
		got = pread(fd, piece, want, at);
		if (got <= 0)
			return false;
		used = batches_count_lines(
		    count, (struct span){piece, (size_t)got});
		if (used == 0)
			return at + got == end;
		at += (off_t)used;
	}
	return true;
}

int
batches_open(struct batches *batches, const char *path)
{
	*batches = (struct batches){.path = path, .begin = -1};
	batches->fd = open(path, O_RDONLY | O_CLOEXEC);
	return batches->fd < 0 ? -1 : 0;
}

void
batches_close(struct batches *batches)
{
	if (batches->fd >= 0)
		close(batches->fd);
	batches->fd = -1;
}

void
batches_begin(struct batches *batches)
{
	struct stat file;

	check(batches->fd >= 0);
	batches->begin = -1;
	if (fstat(batches->fd, &file) == 0)
		batches->begin = file.st_size;
}

bool
batches_read(const struct batches *batches, struct batches_count *count)
{
	struct stat file, now;
	off_t begin;

	check(batches->fd >= 0);
	*count = (struct batches_count){0};
	if (batches->begin < 0 || fstat(batches->fd, &file) < 0 ||
	    stat(batches->path, &now) < 0)
		return false;
	if (!is_same_file(&file, &now) || file.st_size < batches->begin)
		return false;
	begin = first_line(batches->fd, batches->begin);
	return begin >= 0 &&
	       count_part(batches->fd, begin, file.st_size, count);
}

size_t
batches_count_lines(struct batches_count *count, struct span piece)
{
	struct span rest = piece;
	struct span line, word;

	while (splitter_next(&rest, &line)) {
		word = third_word(line);
		count->batches += span_equals(word, span_of("mark"));
		count->registered += span_equals(word, span_of("register"));
	}
	return piece.len - rest.len;
}
