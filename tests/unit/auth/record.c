#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "auth/record.h"
#include "tests/unit/auth/kit.h"

/* A line without its LF. */
static struct span
line_of(const char *text, size_t len)
{
	cr_assert_eq(text[len - 1], '\n');
	return (struct span){text, len - 1};
}

/* A line with a good checksum around any words. */
static struct span
sealed(const char *words, char out[1024])
{
	int len = snprintf(out, 1000, "%s ", words);

	len += snprintf(out + len, 24, "%016" PRIx64,
	    (uint64_t)XXH3_64bits(out, (size_t)len));
	return (struct span){out, (size_t)len};
}

Test(auth_record, header_reads_as_written)
{
	struct chain written, read;
	char text[RECORD_BYTES_MAX];
	size_t len = record_write_header(text, 0xfeed, 41, &written);

	cr_assert_eq(record_read_header(line_of(text, len), &read), HEADER_OK);
	cr_assert_eq(read.seq, 41);
	cr_assert_eq(read.batch, 0);
	cr_assert_eq(read.check, written.check);
	cr_assert_eq(strncmp(text, "throng-accounts 1 ", 18), 0);
}

Test(auth_record, header_of_others_is_told_apart)
{
	struct chain chain;
	char text[1024];

	cr_assert_eq(
	    record_read_header((struct span){"", 0}, &chain), HEADER_FOREIGN);
	cr_assert_eq(record_read_header(span_of("throng-account"), &chain),
	    HEADER_FOREIGN);
	cr_assert_eq(record_read_header(span_of("throng-accounts "), &chain),
	    HEADER_DAMAGED);
	cr_assert_eq(record_read_header(span_of("throng-accounts 0 x"), &chain),
	    HEADER_DAMAGED);
	cr_assert_eq(record_read_header(span_of("throng-accounts 2 x"), &chain),
	    HEADER_NEWER);
	cr_assert_eq(
	    record_read_header(
		sealed("throng-accounts 1 00000000deadbeef", text), &chain),
	    HEADER_DAMAGED);
	/* No numbers would be left for its records. */
	cr_assert_eq(
	    record_read_header(sealed("throng-accounts 1 00000000deadbeef "
				      "999999999999999999",
				   text),
		&chain),
	    HEADER_DAMAGED);
}

static void
must_read_back(struct record *record, struct chain *chain)
{
	struct chain before = *chain, after = *chain;
	char text[RECORD_BYTES_MAX];
	struct record read;
	struct span line = line_of(text, record_write(text, record, chain));

	cr_assert(record_is_intact(line));
	cr_assert_null(record_read(line, &read));
	cr_assert_eq(read.seq, before.seq + 1);
	cr_assert_eq(read.batch, record->batch);
	cr_assert_eq(read.op, record->op);
	cr_assert(span_equals(read.name, record->name));
	cr_assert(span_equals(read.verifier, record->verifier));
	cr_assert_eq(read.time, record->time);
	cr_assert_eq(read.until, record->until);
	cr_assert_eq(read.uid, record->uid);
	cr_assert_eq(read.previous, before.check);
	cr_assert_null(record_follow(&read, &after));
	cr_assert_eq(after.seq, chain->seq);
	cr_assert_eq(after.batch, chain->batch);
	cr_assert_eq(after.check, chain->check);
}

Test(auth_record, each_operation_reads_as_written)
{
	char verifier[VERIFIER_BYTES_MAX];
	struct chain chain = {.seq = 9, .check = 0x123};
	struct record record = {.op = RECORD_MARK, .time = 1};

	must_read_back(&record, &chain);
	cr_assert_eq(chain.batch, 10);
	record = (struct record){.op = RECORD_REGISTER,
	    .name = span_of("Anna"),
	    .verifier = span_of(kit_verifier(1, verifier)),
	    .time = 1700000000,
	    .uid = 11};
	must_read_back(&record, &chain);
	record.op = RECORD_PASSWD;
	must_read_back(&record, &chain);
	record.op = RECORD_REMOVE;
	record.verifier.len = 0;
	must_read_back(&record, &chain);
	record.op = RECORD_UNBAN;
	record.uid = 0;
	must_read_back(&record, &chain);
	record.op = RECORD_BAN;
	must_read_back(&record, &chain);
	record.until = 1800000000;
	must_read_back(&record, &chain);
	record.op = RECORD_MUTE;
	must_read_back(&record, &chain);
	record.op = RECORD_BAN_ADDRESS;
	record.name = span_of("2001:db8::/32");
	must_read_back(&record, &chain);
	record.until = 0;
	record.op = RECORD_UNBAN_ADDRESS;
	must_read_back(&record, &chain);
	record.op = RECORD_UNMUTE;
	record.name = span_of("Anna");
	must_read_back(&record, &chain);
	cr_assert_eq(chain.batch, 10);
	cr_assert_eq(chain.seq, 20);
}

Test(auth_record, longest_record_fits)
{
	static char verifier[VERIFIER_BYTES_MAX];
	struct chain chain = {.seq = RECORD_SEQ_MAX, .batch = RECORD_SEQ_MAX};
	struct record record = {.op = RECORD_REGISTER,
	    .name = span_of("abcdefghijklmnopqrstuvwxyz012345"),
	    .time = RECORD_NUMBER_MAX,
	    .uid = RECORD_NUMBER_MAX};
	char text[RECORD_BYTES_MAX];

	memset(verifier, 'x', sizeof(verifier) - 1);
	record.verifier = span_of(verifier);
	cr_assert_leq(record_write(text, &record, &chain), RECORD_BYTES_MAX);
	record.op = RECORD_BAN;
	record.verifier.len = 0;
	record.until = RECORD_UNTIL_MAX;
	cr_assert_leq(record_write(text, &record, &chain), RECORD_BYTES_MAX);
	record.op = RECORD_BAN_ADDRESS;
	record.name = span_of("1111:2222:3333:4444:5555:6666:ffff:fffe/127");
	cr_assert_leq(record_write(text, &record, &chain), RECORD_BYTES_MAX);
}

#define V                                                                      \
	"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"                   \
	"aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
#define P "00000000deadbeef"

static const char *const hostile_lines[] = {
    "",
    "3",
    "3 1 register anna " V " 1 - 3", /* words missing */
    "3 1 register anna " V " 1 - 3 " P " more",
    "3 1 register  anna " V " 1 - 3 " P, /* an empty word */
    "03 1 register anna " V " 1 - 3 " P,
    "-3 1 register anna " V " 1 - 3 " P,
    "3000000000000000000 1 register anna " V " 1 - 3 " P,
    "3 0 register anna " V " 1 - 3 " P,
    "3 4 register anna " V " 1 - 3 " P, /* a later batch */
    "3 1 REGISTER anna " V " 1 - 3 " P,
    "3 1 root anna " V " 1 - 3 " P,
    "3 1 register .anna " V " 1 - 3 " P,
    "3 1 register an/na " V " 1 - 3 " P,
    "3 1 register an\033na " V " 1 - 3 " P,
    "3 1 register - " V " 1 - 3 " P,
    "3 1 register abcdefghijklmnopqrstuvwxyz0123456 " V " 1 - 3 " P,
    "3 1 register anna - 1 - 3 " P,
    "3 1 register anna secret 1 - 3 " P,
    "3 1 register anna " V " -1 - 3 " P,
    "3 1 register anna " V " 1 x 3 " P, /* a flag nobody knows */
    "3 1 register anna " V " 1 - 0 " P,
    "3 1 register anna " V " 1 - 3 00000000DEADBEEF",
    "3 1 register anna " V " 1 - 3 deadbeef",
    "3 1 remove anna " V " 1 - 3 " P,
    "3 1 passwd anna - 1 - 3 " P,
    "3 1 register anna " V " 1 5 3 " P, /* accounts do not end */
    "3 1 unban anna - 1 5 0 " P,
    "3 3 mark - - 1 5 0 " P,
    "3 1 ban anna " V " 1 - 0 " P,
    "3 1 ban anna - 1 - 3 " P,
    "3 1 ban - - 1 - 0 " P,
    "3 1 ban an/na - 1 - 0 " P,
    "3 1 ban anna - 1 0 0 " P,
    "3 1 ban anna - 1 -5 0 " P,
    "3 1 ban anna - 1  0 " P,
    "3 1 ban anna - 1 253402300800 0 " P, /* the year 10000 */
    "3 1 ban anna - 1 -- 0 " P,
    "3 1 mute an/na - 1 - 0 " P,
    "3 1 mute anna - 1 - 3 " P,
    "3 1 unmute anna - 1 5 0 " P,
    "3 1 ban-address anna - 1 - 0 " P,
    "3 1 ban-address 192.0.2.7 - 1 - 3 " P,
    "3 1 ban-address 192.0.2.7/32 - 1 - 0 " P, /* not as we write */
    "3 1 ban-address 192.0.2.7/24 - 1 - 0 " P,
    "3 1 ban-address ::1/129 - 1 - 0 " P,
    "3 1 unban-address 192.0.2.7 - 1 5 0 " P,
    "3 3 mark anna - 1 - 0 " P,
    "3 3 mark - " V " 1 - 0 " P,
    "3 3 mark - - 1 - 3 " P,
};

Test(auth_record, hostile_words_are_refused)
{
	struct record record;
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(hostile_lines) / sizeof(hostile_lines[0]); i++) {
		struct span line = sealed(hostile_lines[i], text);

		cr_assert(record_is_intact(line));
		cr_assert_not_null(
		    record_read(line, &record), "%s", hostile_lines[i]);
	}
	cr_assert_null(record_read(
	    sealed("3 1 register anna " V " 1 - 3 " P, text), &record));
}

Test(auth_record, line_changed_anywhere_is_not_intact)
{
	char text[1024];
	struct span line = sealed("3 1 register anna " V " 1 - 3 " P, text);
	size_t i;

	for (i = 0; i < line.len; i++) {
		struct span shorter = {line.at, i};

		text[i] ^= 1;
		cr_assert_not(record_is_intact(line));
		text[i] ^= 1;
		cr_assert_not(record_is_intact(shorter));
	}
	cr_assert(record_is_intact(line));
}

Test(auth_record, out_of_its_place_does_not_follow)
{
	struct chain chain = {.seq = 4, .batch = 2, .check = 99}, kept = chain;
	struct record record = {
	    .seq = 5, .batch = 2, .previous = 99, .op = RECORD_REMOVE};
	struct record wrong = record;

	wrong.seq = 6;
	cr_assert_not_null(record_follow(&wrong, &chain));
	wrong = record;
	wrong.batch = 3;
	cr_assert_not_null(record_follow(&wrong, &chain));
	wrong = record;
	wrong.previous = 98;
	cr_assert_not_null(record_follow(&wrong, &chain));
	wrong = record;
	wrong.op = RECORD_MARK; /* which opens batch 5 */
	cr_assert_not_null(record_follow(&wrong, &chain));
	cr_assert_eq(memcmp(&chain, &kept, sizeof(chain)), 0);
	cr_assert_null(record_follow(&record, &chain));
	cr_assert_eq(chain.seq, 5);
}
