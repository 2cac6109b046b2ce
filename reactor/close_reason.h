/* Why a connection ended; what there is to say is in close_reason.def. Any
 * thread. */
#ifndef REACTOR_CLOSE_REASON_H
#define REACTOR_CLOSE_REASON_H

enum close_reason {
#define REASON(id, word, text) CLOSE_##id,
#include "reactor/close_reason.def"
#undef REASON
	CLOSE_COUNT
};

/* For people, and one word for the log; terminated. */
const char *close_reason_text(enum close_reason reason);
const char *close_reason_word(enum close_reason reason);

#endif
