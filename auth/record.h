/*
 * The lines of an account file. Pure: text to struct and back.
 *
 * The first line names the format; each further one is a record of ten words:
 *
 *   throng-accounts 1 ID SEQ CHECK
 *   SEQ BATCH OP NAME VERIFIER TIME UNTIL UID PREVIOUS CHECK
 *
 *   SEQ       1 more than the line before; goes on when the file is compacted
 *             (the first line has the last one that was used before)
 *   BATCH     SEQ of the mark that opened the batch this line is in
 *   OP        mark, register, passwd, remove; ban, unban, mute, unmute;
 *             ban-address, unban-address
 *   NAME      of the account, as registered; or who is banned or muted; or the
 *             network, as network_format writes it; "-" in a mark
 *   VERIFIER  Argon2id in its usual text form, in a register and a passwd;
 *             else "-"
 *   TIME      seconds since 1970: when it happened; in a register when the
 *             account was created
 *   UNTIL     seconds since 1970, before the year 10000: when a ban or
 *             mute ends; "-" if it does not, and in all others
 *   UID       of the account; 0 where there is none
 *   PREVIOUS  CHECK of the line before: the lines are a chain
 *   CHECK     XXH3 (64 bits, no key) of all of the line before this word, as
 *             16 hexadecimal digits, like ID and PREVIOUS
 *
 * A mark says: every line above this one is on disk. It is written after the
 * sync of the batch before it, or as the first part of the next batch. So a
 * line is known to be durable as soon as any line with a BATCH above its SEQ
 * exists, however much of the file in between is damaged: that is how damage
 * is told from a write that a crash has cut short (recovery.h).
 *
 * CHECK has no key: it finds damage, not forgery. Who can write the file can
 * make accounts, so a line with a good CHECK is still read with suspicion.
 */
#ifndef AUTH_RECORD_H
#define AUTH_RECORD_H

#include "auth/account.h"

#define RECORD_BYTES_MAX                                                       \
	288 /* a line with its LF, all words at their longest */
#define RECORD_NUMBER_MAX 999999999999999999 /* 18 digits: no overflow */
/* No file may begin so high that we could run out of numbers behind it. */
#define RECORD_SEQ_MAX   (RECORD_NUMBER_MAX / 2)
#define RECORD_UNTIL_MAX 253402300799 /* the last second of 9999 */
#define FORMAT_VERSION   1

enum record_op {
	RECORD_MARK,
	RECORD_REGISTER,
	RECORD_PASSWD,
	RECORD_REMOVE,
	/* Two for each enum auth_ban_kind: it holds, it is lifted. */
	RECORD_BAN,
	RECORD_UNBAN,
	RECORD_BAN_ADDRESS,
	RECORD_UNBAN_ADDRESS,
	RECORD_MUTE,
	RECORD_UNMUTE,
};

/* Is it about a ban or a mute, and not about an account? */
static inline bool
record_is_of_ban(enum record_op op)
{
	return op >= RECORD_BAN;
}

/* Of those: the kind of ban, and whether it is lifted. */
static inline enum auth_ban_kind
record_ban_kind(enum record_op op)
{
	return (enum auth_ban_kind)((op - RECORD_BAN) / 2);
}

/* Of those: does it lift one? */
static inline bool
record_lifts_ban(enum record_op op)
{
	return (op - RECORD_BAN) % 2 != 0;
}

/* What says that a ban of this kind holds. */
static inline enum record_op
record_ban_op(enum auth_ban_kind kind)
{
	return (enum record_op)(RECORD_BAN + 2 * kind);
}

struct record {
	uint64_t seq;
	uint64_t batch;
	enum record_op op;
	struct span name;     /* empty in a mark */
	struct span verifier; /* empty where there is none */
	int64_t time;
	int64_t until; /* of a ban or a mute; 0: "-" */
	uint64_t uid;
	uint64_t previous;
	uint64_t check;
};

/* Where a chain of lines ends: what the next line builds on. */
struct chain {
	uint64_t seq;
	uint64_t batch; /* 0: no mark yet, so only a mark can follow */
	uint64_t check;
};

/*
 * Writes the first line of a file, LF included, and starts the chain. `seq` is
 * the last one that was used. The line's length.
 */
size_t record_write_header(
    char out[RECORD_BYTES_MAX], uint64_t id, uint64_t seq, struct chain *chain);

enum header_status {
	HEADER_OK,
	HEADER_FOREIGN, /* not an account file at all */
	HEADER_NEWER,   /* a format of the future */
	HEADER_DAMAGED,
};

/*
 * Reads a first line, without its LF, and starts the chain; `chain` is left
 * alone unless HEADER_OK.
 */
enum header_status record_read_header(struct span line, struct chain *chain);

/*
 * Gives the record the next place in the chain (seq, batch, previous, check),
 * writes its line, LF included, and moves the chain on. The line's length.
 */
size_t record_write(
    char out[RECORD_BYTES_MAX], struct record *record, struct chain *chain);

/*
 * True if a line, without its LF, ends with its own right CHECK: it is as it
 * was written, whatever became of its neighbours.
 */
bool record_is_intact(struct span line);

/*
 * Reads an intact line. NULL, or what is wrong with it, as a static text; then
 * the contents of *record are undefined. Spans point into the line.
 */
const char *record_read(struct span line, struct record *record);

/*
 * Moves the chain on to a record that was read. NULL, or how the record does
 * not fit the line before it, as a static text.
 */
const char *record_follow(const struct record *record, struct chain *chain);

#endif
