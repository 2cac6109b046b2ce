#include "bench/crowd/number_option.h"

#include "bench/crowd/options.h"

bool
number_option_parse(const struct number_option numbers[], size_t count, int key,
    const char *argument, struct argp_state *state)
{
	for (size_t i = 0; i < count; i++) {
		unsigned *number =
		    (void *)((char *)state->input + numbers[i].place);

		if (numbers[i].key != key)
			continue;
		*number = bench_option_number(
		    state, numbers[i].name, argument, numbers[i].range);
		return true;
	}
	return false;
}
