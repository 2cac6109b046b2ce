/* The greeting. */
#include "console/setting/motd.h"

int
motd_read(struct motd *motd, const char *path, char error[TEXTFILE_ERROR_BYTES])
{
	char *line;
	int result;

	*motd = (struct motd){0};
	if (textfile_open(&motd->file, path, MOTD_BYTES_MAX, error) < 0)
		return -1;
	while ((result = textfile_next(&motd->file, &line, error)) > 0) {
		if (motd->count == MOTD_LINES_MAX) {
			textfile_complain(&motd->file, error,
			    "more than %d lines", MOTD_LINES_MAX);
			result = -1;
			break;
		}
		motd->lines[motd->count++] = line;
	}
	if (result < 0)
		motd_free(motd);
	return result;
}

void
motd_free(struct motd *motd)
{
	textfile_close(&motd->file);
	*motd = (struct motd){0};
}
