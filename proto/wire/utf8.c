/*
 * Is this text? Most chat is ASCII, so eight bytes at a time are looked at
 * together, and only what is not plain there is decoded, strictly.
 */
#include "proto/wire/utf8.h"

#include <stdint.h>
#include <string.h>

#include "reactor/check.h"

/* The same byte in all eight places of a word. */
#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * True when all eight bytes are printable ASCII. A byte below 0x20 borrows,
 * DEL overflows into its top bit, and any other byte from 0x80 has it set. A
 * borrow or a carry can disturb the next byte, but only out of one that has
 * been caught already, so the answer is exact.
 */
static bool
is_plain(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	uint64_t caught = word | (word - EIGHT(0x20)) | (word + EIGHT(0x01));
	return (caught & EIGHT(0x80)) == 0;
}

static bool
is_between(uint8_t byte, uint8_t low, uint8_t high)
{
	return byte >= low && byte <= high;
}

/*
 * The second byte is where the overlong forms, the surrogates, what is above
 * U+10FFFF and the C1 controls show: it has a narrower range after some of the
 * lead bytes (RFC 3629, section 4).
 */
static bool
is_second(uint8_t lead, uint8_t second)
{
	switch (lead) {
	case 0xC2: /* below: C1 */
	case 0xE0: /* below: overlong */
		return is_between(second, 0xA0, 0xBF);
	case 0xED:
		return is_between(second, 0x80, 0x9F); /* above: surrogates */
	case 0xF0:
		return is_between(second, 0x90, 0xBF); /* below: overlong */
	case 0xF4:
		return is_between(second, 0x80, 0x8F); /* above: U+110000 */
	default:
		return is_between(second, 0x80, 0xBF);
	}
}

/* Length of the sequence that a lead byte over 0x7F begins; 0 for no lead. */
static size_t
sequence_len(uint8_t lead)
{
	if (is_between(lead, 0xC2, 0xDF))
		return 2;
	if (is_between(lead, 0xE0, 0xEF))
		return 3;
	if (is_between(lead, 0xF0, 0xF4))
		return 4;
	return 0;
}

/* Length of the character that the bytes begin with; 0 when it is no text. */
static size_t
character_len(const uint8_t *bytes, size_t len)
{
	if (bytes[0] < 0x80)
		return bytes[0] == '\t' || is_between(bytes[0], 0x20, 0x7E);

	size_t need = sequence_len(bytes[0]);
	if (need == 0 || need > len || !is_second(bytes[0], bytes[1]))
		return 0;
	for (size_t i = 2; i < need; i++) {
		if (!is_between(bytes[i], 0x80, 0xBF))
			return 0;
	}
	return need;
}

bool
utf8_is_text(const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (len - at >= 8 && is_plain(bytes + at)) {
			at += 8;
			continue;
		}
		size_t step =
		    character_len((const uint8_t *)bytes + at, len - at);
		if (step == 0)
			return false;
		at += step;
	}
	check(at == len);
	return true;
}

/* The same of a character that may be a control character. */
static size_t
any_character_len(const uint8_t *bytes, size_t len)
{
	if (bytes[0] < 0x80)
		return 1;
	if (bytes[0] == 0xC2 && len > 1 && is_between(bytes[1], 0x80, 0x9F))
		return 2; /* C1 */
	return character_len(bytes, len);
}

bool
utf8_is_valid(const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t step =
		    any_character_len((const uint8_t *)bytes + at, len - at);

		if (step == 0)
			return false;
		at += step;
	}
	return true;
}
