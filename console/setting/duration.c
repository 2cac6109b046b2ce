/* Lengths of time, read. */
#include "console/setting/duration.h"

#include <stddef.h>

/* Seconds in a unit; 0: it is none. */
static int64_t
unit_of(char letter)
{
	switch (letter) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

bool
duration_parse(const char *text, int64_t *seconds)
{
	int64_t number = 0, unit;

	for (; *text >= '0' && *text <= '9'; text++) {
		number = number * 10 + (*text - '0');
		if (number > DURATION_S_MAX)
			return false;
	}
	unit = unit_of(*text);
	if (unit == 0 || text[1] || number < 1 ||
	    number > DURATION_S_MAX / unit)
		return false;
	*seconds = number * unit;
	return true;
}
