/* The messages that the simulation's clients say: see crowd.h. */
#include <stdio.h>
#include <string.h>

#include "reactor/memory.h"
#include "tests/sim/acts.h"
#include "tests/sim/clock.h"

/* What a message is made of: letters, blanks, quotes, two and four bytes. */
static void
put_words(char *text, size_t len)
{
	static const char *const pieces[] = {"a", "Z", "0", " ", "\"", "\\",
	    "/", "[", "#", "\t", "\xc3\xa9", "\xf0\x9f\x90\x9d", "{", "@"};
	char *at = text;

	while ((size_t)(at - text) + 5 < len) {
		const char *piece =
		    pieces[sim_below(sizeof(pieces) / sizeof(*pieces))];

		at = stpcpy(at, piece);
	}
	/* No blank at the end of a line is lost, but none is needed. */
	strcpy(at, ".");
}

static size_t
any_length(const struct crowd *crowd)
{
	if (crowd->world->setup.curt)
		return 20 + sim_below(100);
	if (sim_chance(4))
		return 3900;
	if (sim_chance(20))
		return 300 + sim_below(600);
	return 20 + sim_below(60);
}

/* A message that nobody else can have said. */
struct said *
act_new_said(struct crowd *crowd, const struct client *client)
{
	size_t len = any_length(crowd);
	struct said *said;
	int start;

	if (crowd->said_count == crowd->said_cap) {
		crowd->said_cap = 2 * crowd->said_cap + 64;
		crowd->said = memory_resize(
		    crowd->said, crowd->said_cap * sizeof(*crowd->said));
	}
	said = &crowd->said[crowd->said_count++];
	*said = (struct said){.client = client->index, .visit = client->visit};
	said->text = memory_new(len + 32);
	start = sprintf(said->text, "s%zu.", crowd->said_count - 1);
	put_words(said->text + start, len);
	return said;
}
