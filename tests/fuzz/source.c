/* Values out of an input. */
#include "tests/fuzz/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/wire/utf8.h"
#include "reactor/check.h"

uint8_t
source_byte(struct source *source)
{
	if (source->left == 0)
		return 0;
	source->left--;
	return *source->at++;
}

uint64_t
source_number(struct source *source)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | source_byte(source);
	return number;
}

char *
source_text(struct source *source)
{
	size_t len = strnlen((const char *)source->at, source->left);
	char *text = malloc(len + 1);

	check(text != NULL);
	if (len > 0)
		memcpy(text, source->at, len);
	text[len] = '\0';
	len += len < source->left;
	source->at += len;
	source->left -= len;
	return text;
}

void
text_clean(char *text)
{
	while (*text) {
		size_t len = 1, left = strnlen(text, 4);

		while (len < left && !utf8_is_text(text, len))
			len++;
		if (!utf8_is_text(text, len)) {
			*text = '?';
			len = 1;
		}
		text += len;
	}
}

char *
source_clean_text(struct source *source)
{
	char *text = source_text(source);

	text_clean(text);
	return text;
}

size_t
bytes_mark(const uint8_t *bytes, size_t len)
{
	return len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
}

const char *
source_file(const void *bytes, size_t len)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		check(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	check_zero(ftruncate(fd, 0));
	check(pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return path;
}
