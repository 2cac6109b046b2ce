/* Small text files, line by line. */
#include "console/setting/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/wire/utf8.h"
#include "reactor/memory.h"

#define UTF8_BYTES_MAX 4              /* of one character */
#define MARK           "\xef\xbb\xbf" /* that some editors put in front */

/* Reads up to `max` bytes; how many there were, or -1 with errno. */
static ssize_t
read_all(int fd, char *to, size_t max)
{
	size_t len = 0;

	while (len < max) {
		ssize_t got = read(fd, to + len, max - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* What is wrong with the file as a whole, or NULL. The bytes are owned by the
 * file then and otherwise. */
static const char *
take_bytes(struct textfile *file, int fd, size_t bytes_max)
{
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st) < 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	/* One more than may be there, to see that it is not. */
	file->bytes = memory_new(bytes_max + 2);
	len = read_all(fd, file->bytes, bytes_max + 1);
	if (len < 0)
		return strerrordesc_np(errno);
	if ((size_t)len > bytes_max)
		return "it is too long";
	file->next = file->bytes;
	file->end = file->bytes + len;
	if (!strncmp(file->bytes, MARK, strlen(MARK)))
		file->next += strlen(MARK);
	return NULL;
}

int
textfile_open(struct textfile *file, const char *path, size_t bytes_max,
    char error[TEXTFILE_ERROR_BYTES])
{
	/* A pipe that nobody writes to must not hold the server up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong;

	*file = (struct textfile){.path = path};
	wrong =
	    fd < 0 ? strerrordesc_np(errno) : take_bytes(file, fd, bytes_max);
	if (fd >= 0)
		close(fd);
	if (!wrong)
		return 0;
	snprintf(
	    error, TEXTFILE_ERROR_BYTES, "%s: cannot be read: %s", path, wrong);
	textfile_close(file);
	return -1;
}

int
textfile_next(
    struct textfile *file, char **line, char error[TEXTFILE_ERROR_BYTES])
{
	char *start = file->next;
	char *lf;
	size_t len;

	if (start == file->end)
		return 0;
	lf = memchr(start, '\n', (size_t)(file->end - start));
	file->next = lf ? lf + 1 : file->end;
	file->line++;
	len = (size_t)((lf ? lf : file->end) - start);
	if (len > 0 && start[len - 1] == '\r')
		len--;
	if (len > TEXTFILE_LINE_BYTES_MAX) {
		textfile_complain(file, error, "the line is over %d bytes",
		    TEXTFILE_LINE_BYTES_MAX);
		return -1;
	}
	if (!utf8_is_text(start, len)) {
		textfile_complain(
		    file, error, "not UTF-8, or a control character is in it");
		return -1;
	}
	start[len] = '\0';
	*line = start;
	return 1;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

char *
textfile_strip(char *line)
{
	char *end = line;

	while (*end && !(*end == '#' && (end == line || is_blank(end[-1]))))
		end++;
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	while (is_blank(*line))
		line++;
	return line;
}

/* A limit may have cut a character: what is no text any more becomes ?. */
static void
mend(char *text)
{
	while (*text) {
		size_t len = 1;

		while (len < UTF8_BYTES_MAX && text[len] &&
		       !utf8_is_text(text, len))
			len++;
		if (!utf8_is_text(text, len)) {
			*text = '?';
			len = 1;
		}
		text += len;
	}
}

void
textfile_complain(const struct textfile *file, char error[TEXTFILE_ERROR_BYTES],
    const char *format, ...)
{
	size_t used = (size_t)snprintf(error, TEXTFILE_ERROR_BYTES,
	    "%.*s:%u: ", PATH_MAX, file->path, file->line);
	va_list ap;

	va_start(ap, format);
	vsnprintf(error + used, TEXTFILE_ERROR_BYTES - used, format, ap);
	va_end(ap);
	mend(error + used);
}

void
textfile_close(struct textfile *file)
{
	free(file->bytes);
	*file = (struct textfile){0};
}
