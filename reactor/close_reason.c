/* The reasons' words and texts. */
#include "reactor/close_reason.h"

#include "reactor/check.h"

const char *
close_reason_text(enum close_reason reason)
{
	static const char *const texts[] = {
#define REASON(id, word, text) [CLOSE_##id] = text,
#include "reactor/close_reason.def"
#undef REASON
	};

	check(reason < CLOSE_COUNT);
	return texts[reason];
}

const char *
close_reason_word(enum close_reason reason)
{
	static const char *const words[] = {
#define REASON(id, word, text) [CLOSE_##id] = word,
#include "reactor/close_reason.def"
#undef REASON
	};

	check(reason < CLOSE_COUNT);
	return words[reason];
}
