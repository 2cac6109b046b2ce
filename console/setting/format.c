/* Values, as the operator is shown them. */
#include "console/setting/format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *
format_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

const char *
format_until(int64_t until, char text[FORMAT_UNTIL_BYTES])
{
	struct tm tm;

	if (until == AUTH_FOREVER || !localtime_r(&until, &tm)) {
		strcpy(text, "for ever");
		return text;
	}
	strftime(text, FORMAT_UNTIL_BYTES, "until %Y-%m-%d %H:%M:%S", &tm);
	return text;
}

const char *
format_report(const struct auth_report *report, char text[FORMAT_REPORT_BYTES])
{
	snprintf(text, FORMAT_REPORT_BYTES,
	    "%zu account%s, %zu ban%s and %zu mute%s in %llu line%s, "
	    "%llu bytes",
	    report->accounts, format_plural(report->accounts), report->bans,
	    format_plural(report->bans), report->mutes,
	    format_plural(report->mutes), (unsigned long long)report->lines,
	    format_plural(report->lines), (unsigned long long)report->bytes);
	return text;
}
