#include "bench/expect/place.h"

#include <stddef.h>

#include "reactor/check.h"

void
place_join(struct place *place)
{
	check(place->state == PLACE_OUT);
	place->state = PLACE_JOINING;
}

void
place_resume(struct place *place, uint64_t since)
{
	check(place->state == PLACE_OUT);
	*place = (struct place){
	    .state = PLACE_RESUMING,
	    .since = since,
	    .next = since + 1,
	    .known = true,
	};
}

void
place_leave(struct place *place)
{
	place->state = PLACE_OUT;
}

const char *
place_forgotten(struct place *place, uint64_t count)
{
	if (place->state != PLACE_RESUMING || place->told || count == 0)
		return "no word of messages that are no longer kept";
	place->told = true;
	place->next += count;
	return NULL;
}

const char *
place_starts_over(struct place *place)
{
	if (place->state != PLACE_RESUMING || place->told)
		return "no word of starting over";
	place->told = true;
	place->over = true;
	place->known = false;
	return NULL;
}

const char *
place_joined(struct place *place, uint64_t seq)
{
	enum place_state asked = place->state;

	place->state = PLACE_IN;
	if (asked == PLACE_JOINING ||
	    (asked == PLACE_RESUMING && !place->known)) {
		place->next = seq + 1;
		place->known = true;
	}
	if (asked == PLACE_JOINING)
		return NULL;
	if (asked != PLACE_RESUMING)
		return "no reply to a join that was not sent";
	if (place->over != (place->since > seq))
		return place->over ? "no word of starting over, for the room "
				     "goes on"
				   : "word that the room starts over";
	if (place->next != seq + 1)
		return "all messages since the number asked for";
	return NULL;
}

const char *
place_hear(struct place *place, uint64_t seq)
{
	if (place->state == PLACE_OUT)
		return "nothing from a room that it is not in";
	if (place->state == PLACE_JOINING)
		return "nothing from the room before the reply to its join";
	if (!place->known) {
		place->known = true;
		place->next = seq;
	}
	place->told = true;
	if (seq < place->next)
		return "no message twice, and none out of order";
	if (seq > place->next)
		return "the messages before this one, or a gap that says how "
		       "many are left out";
	place->next++;
	return NULL;
}

const char *
place_skip(struct place *place, uint64_t after, uint64_t missed)
{
	if (place->state != PLACE_IN)
		return "no gap in a room that it is not in";
	if (after + 1 != place->next || missed == 0)
		return "a gap behind the last message";
	place->next += missed;
	return NULL;
}
