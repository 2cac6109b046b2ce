#include "bench/crowd/number_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static unsigned
read_milliseconds(struct argp_state *state, const char *name, const char *text,
    const unsigned range[2])
{
	size_t whole = strspn(text, DIGITS);
	size_t decimals = 0;
	double seconds;

	if (text[whole] == '.')
		decimals = strspn(text + whole + 1, DIGITS) + 1;
	seconds = strtod(text, NULL);
	if (whole == 0 || text[whole + decimals] || decimals == 1 ||
	    decimals > 4 || seconds < range[0] || seconds > range[1])
		argp_error(state, "--%s %s: it must be seconds from %u to %u",
		    name, text, range[0], range[1]);
	return (unsigned)(seconds * 1000 + 0.5);
}

error_t
number_option_parse(const struct number_option numbers[], int key,
    const char *argument, struct argp_state *state)
{
	const struct number_option *option = numbers;
	unsigned *number;

	while (option->key && option->key != key)
		option++;
	if (!option->key)
		return ARGP_ERR_UNKNOWN;
	number = (void *)((char *)state->input + option->place);
	*number = option->is_seconds ? read_milliseconds(state, option->name,
					   argument, option->range)
				     : number_option_read(state, option->name,
					   argument, option->range);
	return 0;
}

unsigned
number_option_read(struct argp_state *state, const char *name, const char *text,
    const unsigned range[2])
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (strspn(text, DIGITS) != strlen(text) || !*text || errno ||
	    number < range[0] || number > range[1])
		argp_error(state, "--%s %s: it must be a number from %u to %u",
		    name, text, range[0], range[1]);
	return (unsigned)number;
}
