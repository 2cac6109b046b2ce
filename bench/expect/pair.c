#include "bench/expect/pair.h"

#include <stddef.h>

void
pair_open(struct pair *pair, unsigned life)
{
	pair->session++;
	pair->life = life;
	pair->is_up = true;
}

void
pair_close(struct pair *pair)
{
	pair->is_up = false;
	pair->certain = 0;
	pair->before = 0;
}

uint32_t
pair_session(const struct pair *pair, unsigned life)
{
	return pair->is_up && pair->life == life ? pair->session : 0;
}

uint32_t
pair_send(struct pair *pair)
{
	pair->before = pair->certain;
	return ++pair->sent;
}

void
pair_answered(struct pair *pair, uint32_t session)
{
	if (pair->is_up && pair->session == session)
		pair->certain = pair->sent;
}

const char *
pair_hear(struct pair *pair, uint32_t number)
{
	uint32_t heard = pair->heard;

	if (number > pair->sent)
		return "no direct message that nobody sent";
	if (number <= heard)
		return "no direct message twice, or out of order";
	pair->heard = number;
	if (number == pair->sent && pair->before > heard)
		return "the direct message before this one";
	return NULL;
}

bool
pair_has_all(const struct pair *pair)
{
	return pair->certain <= pair->heard;
}
