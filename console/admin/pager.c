/* A long answer, a page at a time. */
#include "console/admin/pager.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "reactor/memory.h"

void
pager_add(struct pager *pager, const char *line)
{
	size_t bytes = strlen(line) + 1;

	if (pager->len + bytes > pager->cap) {
		pager->cap = 2 * (pager->len + bytes);
		pager->lines = memory_resize(pager->lines, pager->cap);
	}
	memcpy(pager->lines + pager->len, line, bytes);
	pager->len += bytes;
	pager->left++;
}

const char *
pager_peek(const struct pager *pager)
{
	return pager->left > 0 ? pager->lines + pager->shown : NULL;
}

const char *
pager_next(struct pager *pager)
{
	const char *line = pager_peek(pager);

	if (!line)
		return NULL;
	pager->shown += strlen(line) + 1;
	pager->left--;
	return line;
}

/* Columns of the character at `text`, whose length is *bytes; a byte that is
 * none counts as one. */
static unsigned
width_of(const char *text, size_t *bytes, mbstate_t *state)
{
	wchar_t wide;
	int width;

	*bytes = mbrtowc(&wide, text, MB_LEN_MAX, state);
	if (*bytes == 0 || *bytes > MB_LEN_MAX) {
		memset(state, 0, sizeof(*state));
		*bytes = 1;
		return 1;
	}
	width = wcwidth(wide);
	return width < 0 ? 1 : (unsigned)width;
}

unsigned
pager_rows(const char *text, unsigned columns)
{
	mbstate_t state = {0};
	unsigned rows = 1, used = 0;

	while (*text && columns > 0) {
		size_t bytes;
		unsigned width = width_of(text, &bytes, &state);

		/* A wide one is not parted: the last column stays empty. */
		if (used + width > columns) {
			rows++;
			used = 0;
		}
		used += width;
		text += bytes;
	}
	return rows;
}

void
pager_clear(struct pager *pager)
{
	free(pager->lines);
	*pager = (struct pager){0};
}

enum pager_key
pager_key_of(char key)
{
	switch (key) {
	case ' ':
	case 'f':
		return PAGER_PAGE;
	case '\r':
	case '\n':
	case 'j':
		return PAGER_LINE;
	case 'q':
	case 'Q':
	case 'D' - '@':
		return PAGER_QUIT;
	default:
		return PAGER_NOTHING;
	}
}
