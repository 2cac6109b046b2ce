/* What is wrong with a file, in one line. */
#include "auth/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reactor/check.h"

#define PATH_SHOWN_BYTES 256 /* half of the line, the rest is the text's */

void
reason_set(
    char out[AUTH_ERROR_BYTES], const char *path, const char *format, ...)
{
	size_t len = strlen(path);
	const char *dots = "";
	int used;
	va_list args;

	if (len > PATH_SHOWN_BYTES) {
		path += len - PATH_SHOWN_BYTES;
		dots = "...";
	}
	used = snprintf(out, AUTH_ERROR_BYTES, "%s%s: ", dots, path);
	check(used > 0);
	check((size_t)used < AUTH_ERROR_BYTES);
	va_start(args, format);
	vsnprintf(out + used, AUTH_ERROR_BYTES - (size_t)used, format, args);
	va_end(args);
}

const char *
reason_of(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "unknown error";
}
