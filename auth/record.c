/* Lines of an account file, word for word, and their chain. */
#include "auth/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

#include "auth/bans.h"
#include "auth/verifier.h"
#include "proto/wire/name.h"
#include "reactor/check.h"

#define MAGIC        "throng-accounts "
#define CHECK_DIGITS 16

/* Ten words at their longest: four numbers, "-", op, ...; separators, LF. A
 * ban has five numbers and longer words, but no verifier. */
_Static_assert(4 * 18 + 1 + 8 + NAME_BYTES_MAX + VERIFIER_BYTES_MAX +
		       2 * CHECK_DIGITS + 10 <=
		   RECORD_BYTES_MAX,
    "a record fits");
_Static_assert(5 * 18 + 1 + 13 + NETWORK_TEXT_BYTES + 2 * CHECK_DIGITS + 10 <=
		   RECORD_BYTES_MAX,
    "a ban fits");

static const char *const op_words[] = {
    [RECORD_MARK] = "mark",
    [RECORD_REGISTER] = "register",
    [RECORD_PASSWD] = "passwd",
    [RECORD_REMOVE] = "remove",
    [RECORD_BAN] = "ban",
    [RECORD_UNBAN] = "unban",
    [RECORD_BAN_ADDRESS] = "ban-address",
    [RECORD_UNBAN_ADDRESS] = "unban-address",
    [RECORD_MUTE] = "mute",
    [RECORD_UNMUTE] = "unmute",
};

#define OPS (sizeof(op_words) / sizeof(op_words[0]))

/* Ends the line whose first `len` bytes stand in `out` by CHECK and LF. */
static size_t
seal(char out[RECORD_BYTES_MAX], size_t len, uint64_t *check_out)
{
	*check_out = XXH3_64bits(out, len);
	len += (size_t)snprintf(
	    out + len, RECORD_BYTES_MAX - len, "%016" PRIx64 "\n", *check_out);
	check(len < RECORD_BYTES_MAX);
	return len;
}

/* Takes the next word off the line; a word ends at a space or the end. */
static bool
take_word(struct span *line, struct span *word)
{
	const char *space;

	if (line->len == 0)
		return false;
	space = memchr(line->at, ' ', line->len);
	word->at = line->at;
	word->len = space ? (size_t)(space - line->at) : line->len;
	line->at += word->len + (space != NULL);
	line->len -= word->len + (space != NULL);
	return word->len > 0;
}

/* A decimal number of at most 18 digits without leading zeros. */
static bool
take_number(struct span *line, uint64_t *out)
{
	struct span word;
	uint64_t number = 0;
	size_t i;

	if (!take_word(line, &word) || word.len > 18)
		return false;
	for (i = 0; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(word.at[i] - '0');
	}
	*out = number;
	return word.len == 1 || word.at[0] != '0';
}

/* Value of a hexadecimal digit plus one; 0 for what is none. */
static const unsigned char hex_values[256] = {
    ['0'] = 1,
    ['1'] = 2,
    ['2'] = 3,
    ['3'] = 4,
    ['4'] = 5,
    ['5'] = 6,
    ['6'] = 7,
    ['7'] = 8,
    ['8'] = 9,
    ['9'] = 10,
    ['a'] = 11,
    ['b'] = 12,
    ['c'] = 13,
    ['d'] = 14,
    ['e'] = 15,
    ['f'] = 16,
};

static bool
take_check(struct span *line, uint64_t *out)
{
	struct span word;
	uint64_t number = 0;
	size_t i;

	if (!take_word(line, &word) || word.len != CHECK_DIGITS)
		return false;
	for (i = 0; i < CHECK_DIGITS; i++) {
		unsigned value = hex_values[(unsigned char)word.at[i]];

		if (value == 0)
			return false;
		number = number << 4 | (value - 1);
	}
	*out = number;
	return true;
}

static bool
take_op(struct span *line, enum record_op *out)
{
	struct span word;
	size_t i;

	if (!take_word(line, &word))
		return false;
	for (i = 0; i < OPS; i++)
		if (span_equals(word, span_of(op_words[i])))
			break;
	*out = (enum record_op)i;
	return i < OPS;
}

static bool
is_dash(struct span word)
{
	return word.len == 1 && word.at[0] == '-';
}

size_t
record_write_header(
    char out[RECORD_BYTES_MAX], uint64_t id, uint64_t seq, struct chain *chain)
{
	int len = snprintf(out, RECORD_BYTES_MAX,
	    MAGIC "%d %016" PRIx64 " %" PRIu64 " ", FORMAT_VERSION, id, seq);

	check(len > 0);
	check(seq <= RECORD_NUMBER_MAX);
	chain->seq = seq;
	chain->batch = 0;
	return seal(out, (size_t)len, &chain->check);
}

enum header_status
record_read_header(struct span line, struct chain *chain)
{
	const size_t magic_len = sizeof(MAGIC) - 1;
	struct span rest = line;
	struct chain read = {0};
	uint64_t version, id;

	if (line.len < magic_len || memcmp(line.at, MAGIC, magic_len) != 0)
		return HEADER_FOREIGN;
	rest.at += magic_len;
	rest.len -= magic_len;
	if (!take_number(&rest, &version) || version == 0)
		return HEADER_DAMAGED;
	if (version > FORMAT_VERSION)
		return HEADER_NEWER;
	if (!record_is_intact(line) || !take_check(&rest, &id) ||
	    !take_number(&rest, &read.seq) || !take_check(&rest, &read.check) ||
	    rest.len != 0 || read.seq > RECORD_SEQ_MAX)
		return HEADER_DAMAGED;
	*chain = read;
	return HEADER_OK;
}

size_t
record_write(
    char out[RECORD_BYTES_MAX], struct record *record, struct chain *chain)
{
	struct span name = record->name.len ? record->name : span_of("-");
	struct span verifier =
	    record->verifier.len ? record->verifier : span_of("-");
	char until[32] = "-";
	int len;

	check(chain->seq < RECORD_NUMBER_MAX);
	check(record->op < OPS);
	check(record->until <= RECORD_UNTIL_MAX);
	record->seq = chain->seq + 1;
	record->batch = record->op == RECORD_MARK ? record->seq : chain->batch;
	check(record->batch != 0);
	record->previous = chain->check;
	if (record->until)
		snprintf(until, sizeof(until), "%" PRId64, record->until);
	len = snprintf(out, RECORD_BYTES_MAX,
	    "%" PRIu64 " %" PRIu64 " %s %.*s %.*s %" PRId64 " %s %" PRIu64
	    " %016" PRIx64 " ",
	    record->seq, record->batch, op_words[record->op], (int)name.len,
	    name.at, (int)verifier.len, verifier.at, record->time, until,
	    record->uid, record->previous);
	check(len > 0);
	*chain = (struct chain){record->seq, record->batch, 0};
	len = (int)seal(out, (size_t)len, &chain->check);
	record->check = chain->check;
	return (size_t)len;
}

bool
record_is_intact(struct span line)
{
	struct span last;
	uint64_t stored;

	if (line.len <= CHECK_DIGITS)
		return false;
	last = (struct span){line.at + line.len - CHECK_DIGITS, CHECK_DIGITS};
	if (!take_check(&last, &stored))
		return false;
	return stored == XXH3_64bits(line.at, line.len - CHECK_DIGITS);
}

static bool
has_its_name(const struct record *r)
{
	if (r->op == RECORD_MARK)
		return is_dash(r->name);
	if (record_is_of_ban(r->op))
		return bans_name_is_valid(record_ban_kind(r->op), r->name);
	return name_is_valid(r->name);
}

/* The words of a line as the operation wants them. */
static const char *
validate(const struct record *r)
{
	struct argon2_cost cost;
	bool is_ban = record_is_of_ban(r->op);
	bool has_verifier = r->op == RECORD_REGISTER || r->op == RECORD_PASSWD;
	bool has_uid = r->op != RECORD_MARK && !is_ban;
	bool can_end = is_ban && !record_lifts_ban(r->op);

	if (!has_its_name(r))
		return "the name is not one";
	if (has_verifier ? !verifier_parse(r->verifier, &cost)
			 : !is_dash(r->verifier))
		return "the verifier is not Argon2id at a cost we accept";
	if (has_uid ? r->uid == 0 : r->uid != 0)
		return "the uid is not one";
	if (r->until != 0 && !can_end)
		return "it cannot end";
	if (r->batch == 0 || r->batch > r->seq)
		return "the batch is not one";
	return NULL;
}

/* A number but 0, or "-" for 0. */
static bool
take_until(struct span *line, int64_t *out)
{
	uint64_t number = 0;

	if (line->len >= 2 && line->at[0] == '-' && line->at[1] == ' ') {
		line->at += 2;
		line->len -= 2;
	} else if (!take_number(line, &number) || number == 0 ||
		   number > RECORD_UNTIL_MAX) {
		return false;
	}
	*out = (int64_t)number;
	return true;
}

const char *
record_read(struct span line, struct record *record)
{
	uint64_t time;
	const char *wrong;

	if (!take_number(&line, &record->seq) ||
	    !take_number(&line, &record->batch) ||
	    !take_op(&line, &record->op) || !take_word(&line, &record->name) ||
	    !take_word(&line, &record->verifier) ||
	    !take_number(&line, &time) || !take_until(&line, &record->until) ||
	    !take_number(&line, &record->uid) ||
	    !take_check(&line, &record->previous) ||
	    !take_check(&line, &record->check) || line.len != 0)
		return "it is not a record";
	record->time = (int64_t)time;
	wrong = validate(record);
	if (is_dash(record->name))
		record->name.len = 0;
	if (is_dash(record->verifier))
		record->verifier.len = 0;
	return wrong;
}

const char *
record_follow(const struct record *record, struct chain *chain)
{
	uint64_t batch = record->op == RECORD_MARK ? record->seq : chain->batch;

	if (record->seq != chain->seq + 1)
		return "its number does not follow";
	if (record->seq > RECORD_SEQ_MAX)
		return "its number is too high";
	if (record->batch != batch)
		return "it is in no batch";
	if (record->previous != chain->check)
		return "it was written behind another line";
	*chain = (struct chain){record->seq, record->batch, record->check};
	return NULL;
}
