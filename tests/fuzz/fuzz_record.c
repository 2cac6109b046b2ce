/*
 * A line of the account file: what is read and written again is the same line,
 * and what is written and read again is the same record. A verifier that is
 * accepted is one to libsodium as well, at the cost that was read.
 *
 * The data are a line, which is tried as it stands, and with a checksum that is
 * right; from a first byte of 0xFF on, a record's words.
 */
/* Covers: auth/record.c auth/verifier.c */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "auth/bans.h"
#include "auth/record.h"
#include "auth/verifier.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define CHECK_DIGITS 16

static void
check_verifier(struct span text)
{
	struct argon2_cost cost = {0};
	char copy[VERIFIER_BYTES_MAX];

	if (!verifier_parse(text, &cost))
		return;
	check(cost.passes >= 1);
	check(cost.passes <= ARGON2_PASSES_MAX);
	check(cost.memory_kib >= ARGON2_MEMORY_KIB_MIN);
	check(cost.memory_kib <= ARGON2_MEMORY_KIB_MAX);
	check(text.len < sizeof(copy));
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	check_zero(crypto_pwhash_str_needs_rehash(
	    copy, cost.passes, (size_t)cost.memory_kib * 1024));
}

static void
check_header(struct span line)
{
	struct chain chain = {1, 2, 3}, before = chain;
	char out[RECORD_BYTES_MAX];
	unsigned long long id;
	struct chain again;

	if (record_read_header(line, &chain) != HEADER_OK) {
		check(!memcmp(&chain, &before, sizeof(chain)));
		return;
	}
	check(record_is_intact(line));
	check(chain.batch == 0);
	check(chain.seq <= RECORD_SEQ_MAX);
	check(sscanf(line.at, "throng-accounts 1 %16llx", &id) == 1);
	check(record_write_header(out, id, chain.seq, &again) == line.len + 1);
	check(!memcmp(out, line.at, line.len));
	check(!memcmp(&chain, &again, sizeof(chain)));
}

static void
check_words(const struct record *record)
{
	bool is_mark = record->op == RECORD_MARK;

	check((record->name.len == 0) == is_mark);
	if (record_is_of_ban(record->op))
		check(bans_name_is_valid(
		    record_ban_kind(record->op), record->name));
	else if (!is_mark)
		check(name_is_valid(record->name));
	if (record->verifier.len > 0)
		check_verifier(record->verifier);
}

static void
check_line(struct span line)
{
	struct record record, copy;
	struct chain chain, after;
	char out[RECORD_BYTES_MAX];
	const char *wrong = record_read(line, &record);
	size_t len;

	if (wrong) {
		check(*wrong != '\0');
		return;
	}
	check_words(&record);
	if (!record_is_intact(line))
		return;
	chain = (struct chain){record.seq - 1,
	    record.op == RECORD_MARK ? 0 : record.batch, record.previous};
	after = chain;
	if (record_follow(&record, &after))
		return;
	check(after.seq == record.seq);
	check(after.batch == record.batch);
	check(after.check == record.check);
	copy = record;
	len = record_write(out, &copy, &chain);
	check(len == line.len + 1);
	check(out[line.len] == '\n');
	check(!memcmp(out, line.at, line.len));
}

/* A lone one has no place in the chain of another. */
static void
check_follow(const struct record *record, const struct chain *chain)
{
	struct chain other = *chain;

	other.check ^= 1;
	check(record_follow(record, &other) != NULL);
	other = *chain;
	other.seq++;
	check(record_follow(record, &other) != NULL);
	other = *chain;
	other.batch += record->op != RECORD_MARK;
	check((record_follow(record, &other) == NULL) ==
	      (record->op == RECORD_MARK && record->seq <= RECORD_SEQ_MAX));
}

static void
take_record(struct source *source, struct record *record, struct chain *chain)
{
	record->op = source_byte(source) % (RECORD_UNMUTE + 1);
	record->time =
	    (int64_t)(source_number(source) % (RECORD_NUMBER_MAX + 1ull));
	record->until =
	    (int64_t)(source_number(source) % (RECORD_UNTIL_MAX + UINT64_C(1)));
	if (!record_is_of_ban(record->op))
		record->until = 0;
	record->uid = source_number(source) % (RECORD_NUMBER_MAX + 1ull);
	chain->seq = source_number(source) % RECORD_NUMBER_MAX;
	chain->batch = 1 + source_number(source) % (chain->seq + 1);
	chain->check = source_number(source);
}

/* What a caller promises. */
static bool
fits(const struct record *record)
{
	if (record_is_of_ban(record->op))
		return record->name.len < NETWORK_TEXT_BYTES &&
		       record->verifier.len == 0;
	return record->name.len <= NAME_BYTES_MAX &&
	       record->verifier.len < VERIFIER_BYTES_MAX;
}

/* Written from its parts, of which some may be none; then it is not read. */
static void
check_record(struct source *source)
{
	struct record record = {0}, again;
	struct chain chain, before;
	char out[RECORD_BYTES_MAX];
	char *name, *verifier;
	struct span line;

	take_record(source, &record, &chain);
	before = chain;
	name = source_text(source);
	verifier = source_text(source);
	if (strcmp(name, "-") != 0) /* that is how none is written */
		record.name = span_of(name);
	if (strcmp(verifier, "-") != 0)
		record.verifier = span_of(verifier);
	if (fits(&record)) {
		line = (struct span){out, record_write(out, &record, &chain)};
		line.len--;
		check(record_is_intact(line));
		check_line(line);
		if (record_read(line, &again) == NULL) {
			check(again.op == record.op);
			check(again.time == record.time);
			check(again.until == record.until);
			check(again.uid == record.uid);
			check(span_equals(again.name, record.name));
			check(span_equals(again.verifier, record.verifier));
			check_follow(&again, &before);
		}
	}
	free(name);
	free(verifier);
}

/* Any line that the loader would look at, in memory of its own. */
static void
check_lines(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct span line = {copy, size};

	check(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	check_header(line);
	check_line(line);
	if (size > CHECK_DIGITS) {
		snprintf(copy + size - CHECK_DIGITS, CHECK_DIGITS + 1,
		    "%016" PRIx64, XXH3_64bits(copy, size - CHECK_DIGITS));
		check(record_is_intact(line));
		check_header(line);
		check_line(line);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};

	check(sodium_init() >= 0);
	check_verifier((struct span){(const char *)data, size});
	if (size > 0 && data[0] == 0xFF) {
		source_byte(&source);
		check_record(&source);
	} else if (size < RECORD_BYTES_MAX) { /* as lines.c has them */
		check_lines(data, size);
	}
	return 0;
}
