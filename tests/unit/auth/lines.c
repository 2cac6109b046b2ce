#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "auth/lines.h"
#include "auth/record.h"
#include "tests/disk/io.h"
#include "tests/kit/simdisk.h"

/* A file with these bytes, read to its end; what ends it. */
static enum lines_result
read_all(const char *bytes, size_t len, size_t *count, off_t *at)
{
	struct simdisk *disk = simdisk_new();
	enum lines_result result;
	struct lines lines;
	struct span line;
	int fd;

	simdisk_put(disk, "f", bytes, len);
	fd = disk->io.open(&disk->io, "f", O_RDONLY);
	cr_assert_eq(lines_init(&lines, &disk->io, fd), 0);
	for (*count = 0;; ++*count) {
		result = lines_next(&lines, &line, at);
		if (result != LINES_LINE)
			break;
		cr_assert_arr_eq(line.at, bytes + *at, line.len);
		cr_assert_eq(bytes[(size_t)*at + line.len], '\n');
	}
	lines_fini(&lines);
	disk->io.close(&disk->io, fd);
	simdisk_free(&disk);
	return result;
}

Test(auth_lines, empty_file_ends_at_once)
{
	size_t count;
	off_t at;

	cr_assert_eq(read_all("", 0, &count, &at), LINES_END);
	cr_assert_eq(count, 0);
	cr_assert_eq(at, 0);
}

Test(auth_lines, last_line_without_its_end_is_broken)
{
	size_t count;
	off_t at;

	cr_assert_eq(read_all("one\n\ntwo\n", 9, &count, &at), LINES_END);
	cr_assert_eq(count, 3);
	cr_assert_eq(at, 9);
	cr_assert_eq(read_all("one\ntwo", 7, &count, &at), LINES_BROKEN);
	cr_assert_eq(count, 1);
	cr_assert_eq(at, 4);
}

Test(auth_lines, too_long_line_is_broken)
{
	static char text[4 * RECORD_BYTES_MAX];
	size_t count;
	off_t at;

	memset(text, 'x', sizeof(text));
	text[RECORD_BYTES_MAX - 1] = '\n';
	text[sizeof(text) - 1] = '\n';
	cr_assert_eq(read_all(text, sizeof(text), &count, &at), LINES_BROKEN);
	cr_assert_eq(count, 1);
	cr_assert_eq(at, RECORD_BYTES_MAX);
}

/* Several buffers, with lines across their borders at every distance. */
Test(auth_lines, large_file_has_all_its_lines)
{
	size_t len = 1000003, i, count, lines = 0;
	char *text = malloc(len);
	uint64_t seed = 3;
	off_t at;

	cr_assert_not_null(text);
	memset(text, 'x', len);
	for (i = 0; i < len; i += 1 + simdisk_random(&seed) % 250) {
		text[i] = '\n';
		lines++;
	}
	lines += text[len - 1] != '\n';
	text[len - 1] = '\n';
	cr_assert_eq(read_all(text, len, &count, &at), LINES_END);
	cr_assert_eq(count, lines);
	cr_assert_eq(at, (off_t)len);
	free(text);
}

Test(auth_lines, failing_read_is_told)
{
	struct simdisk *disk = simdisk_new();
	struct faultio fault;
	struct lines lines;
	struct span line;
	off_t at;
	int fd;

	simdisk_put(disk, "f", "one\n", 4);
	faultio_init(&fault, &disk->io);
	fault.fail_at = 2;
	fault.error = EIO;
	fd = fault.io.open(&fault.io, "f", O_RDONLY);
	cr_assert_eq(lines_init(&lines, &fault.io, fd), 0);
	cr_assert_eq(lines_next(&lines, &line, &at), LINES_FAILED);
	cr_assert_eq(errno, EIO);
	lines_fini(&lines);
	simdisk_free(&disk);
}
