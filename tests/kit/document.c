#include "tests/kit/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/harness.h"

void
document_read(struct document *document, const char *path)
{
	FILE *file = fopen(path, "r");
	long size;

	if (!file)
		harness_fail("%s: %s", path, strerror(errno));
	cr_assert_eq(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	document->path = path;
	document->text = calloc(1, (size_t)size + 1);
	cr_assert_not_null(document->text);
	cr_assert_eq(
	    fread(document->text, 1, (size_t)size, file), (size_t)size);
	fclose(file);
}

void
document_cut(struct document *document)
{
	char *at = document->text;

	document->line_count = 0;
	while (*at) {
		size_t len = strcspn(at, "\n");

		cr_assert_lt(document->line_count, DOCUMENT_LINES_MAX);
		document->lines[++document->line_count] = at;
		at += len;
		if (*at)
			*at++ = '\0';
	}
}

void
document_free(struct document *document)
{
	free(document->text);
	document->text = NULL;
}
