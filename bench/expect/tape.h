/*
 * What the members of a room must hear: the order of its messages, and the
 * bytes of the newest of them. Whoever hears a message first has it checked
 * and put on the tape (tape_accept); all others compare what they receive with
 * it, many messages in one memcmp (tape_match). That is the check of loss,
 * doubles, corruption and order at once, and it is exact: it compares all
 * bytes. All members of a tape hear the same bytes, since a server's frame
 * around a text tells only about its publisher; a tape learns those frames.
 * Where it tells more, as a message's number and time, that is believed of the
 * first to hear it, and all others have to hear the same.
 *
 * The order is kept for the whole run, so that a member that is far behind is
 * checked as strictly: its bytes are made anew from the order. Where a server
 * skips messages, a member may be ahead of all others: what it has not heard
 * is left unknown until another one hears it. That is believed of so many
 * messages at once only as any server could skip.
 *
 * One thread owns a tape. Memory: 32 bytes a message, and the ring.
 */
#ifndef BENCH_EXPECT_TAPE_H
#define BENCH_EXPECT_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/expect/payload.h"

#define TAPE_AROUND_BYTES_MAX 256        /* of a frame without its text */
#define TAPE_SKIPPED_MAX      (1u << 24) /* 512 MiB of them */
#define TAPE_FRAME_BYTES_MAX  (PAYLOAD_BYTES_MAX + TAPE_AROUND_BYTES_MAX)

struct tape_entry {
	uint64_t end; /* offset of its frame's end, if it is in the ring */
	uint64_t due_ns;
	uint64_t last_ns; /* when it was last heard; the scenario's */
	uint32_t number;  /* 0: not known yet */
	uint32_t publisher;
};

/* What a server puts around all texts of one publisher. */
struct tape_voice {
	char around[TAPE_AROUND_BYTES_MAX]; /* head, then tail */
	uint16_t head_len;
	uint16_t tail_len;
	uint32_t last; /* the highest number on the tape; 0: none */
};

/* What a tape is made for. */
struct tape_size {
	unsigned publishers;
	size_t text_bytes;
	size_t ring_bytes; /* a power of two, some pages */
	bool varies;       /* a frame tells more than its publisher */
};

struct tape {
	struct tape_entry *entries; /* owned; the order so far */
	size_t count;
	size_t size;
	size_t unknown;     /* entries with number 0 */
	size_t ring_first;  /* from this entry on bytes are kept */
	uint64_t ring_from; /* offset of that entry's first byte */
	uint64_t head;      /* offset behind the newest byte */
	size_t ring_bytes;
	char *ring;                /* owned; mapped twice, so no span wraps */
	struct tape_voice *voices; /* owned */
	unsigned voice_count;
	size_t text_bytes;
	bool varies;
	char expected[TAPE_FRAME_BYTES_MAX];
};

/* One delivery as a member has received it. */
struct tape_frame {
	struct span bytes; /* all of it */
	struct span text;  /* within bytes: the payload */
};

/* Makes an empty tape. Ends the process when there is no memory. */
void tape_init(struct tape *tape, const struct tape_size *size);
void tape_fini(struct tape *tape);

/*
 * A member that has heard *heard messages has received `bytes`. Moves *heard
 * past those that follow on the tape and agree to the byte, and returns how
 * many bytes these have; what comes then is not whole, not on the tape, or not
 * a delivery.
 */
size_t tape_match(const struct tape *tape, uint64_t *heard, struct span bytes);

/*
 * A member that has heard `heard` messages receives this one: the slow way, for
 * the first to hear it and for those that tape_match cannot serve. True when
 * it is right; else *expected is what should have come, or words for it, valid
 * until the next call.
 */
bool tape_accept(struct tape *tape, uint64_t heard,
    const struct tape_frame *frame, struct span *expected);

/*
 * All is over, and each publisher has published that many. The tape may have no
 * more messages than these, each publisher's in its order; so when it has as
 * many and none is unknown, it has each of them once. NULL when so, else what
 * is wrong, a constant text.
 */
const char *tape_audit(const struct tape *tape, const uint32_t published[]);

/* True when two tapes of one run have the same order, as far as each knows. */
bool tape_same_order(const struct tape *a, const struct tape *b);

#endif
