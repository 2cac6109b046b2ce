#include "bench/expect/payload.h"

#include <string.h>

#include "reactor/check.h"

/* The head: "p0000 n00000000 t0000000000000000 ". */
#define PUBLISHER_DIGITS 4
#define NUMBER_DIGITS    8
#define DUE_DIGITS       16
#define HEAD_BYTES       (PUBLISHER_DIGITS + NUMBER_DIGITS + DUE_DIGITS + 6)

_Static_assert(HEAD_BYTES < PAYLOAD_BYTES_MIN, "there is always a filler");

/* splitmix64: equal counters give equal numbers, others unlike ones. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void
fill(char *at, size_t len, uint64_t seed)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM"
				      "NOPQRSTUVWXYZ0123456789+-";
	uint64_t drawn = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			drawn = seed = mix(seed);
		at[i] = letters[drawn & 63];
		drawn >>= 8;
	}
}

/* Takes a field: its mark, `digits` digits and a space. */
static bool
take_field(const char **at, char mark, unsigned digits, uint64_t *value)
{
	const char *from = *at;

	if (*from++ != mark)
		return false;
	*value = 0;
	for (unsigned i = 0; i < digits; i++) {
		char c = *from++;

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*at = from + 1;
	return *from == ' ';
}

char *
payload_put_hex(char *at, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value >>= 4)
		at[i] = "0123456789abcdef"[value & 15];
	return at + digits;
}

void
payload_render(const struct payload *payload, char *out, size_t len)
{
	char *at = out;

	check(len >= PAYLOAD_BYTES_MIN);
	check(len <= PAYLOAD_BYTES_MAX);
	*at++ = 'p';
	at = payload_put_hex(at, payload->publisher, PUBLISHER_DIGITS);
	*at++ = ' ';
	*at++ = 'n';
	at = payload_put_hex(at, payload->number, NUMBER_DIGITS);
	*at++ = ' ';
	*at++ = 't';
	at = payload_put_hex(at, payload->due_ns, DUE_DIGITS);
	*at++ = ' ';
	fill(at, len - HEAD_BYTES,
	    mix(payload->due_ns) ^ payload->number ^
		(uint64_t)payload->publisher << 32);
}

bool
payload_peek(struct span text, uint16_t *publisher)
{
	const char *at = text.at;
	uint64_t value;

	if (text.len < PAYLOAD_BYTES_MIN ||
	    !take_field(&at, 'p', PUBLISHER_DIGITS, &value))
		return false;
	*publisher = (uint16_t)value;
	return true;
}

bool
payload_parse(struct span text, struct payload *payload)
{
	char expected[PAYLOAD_BYTES_MAX];
	const char *at = text.at;
	uint64_t publisher, number;

	if (text.len < PAYLOAD_BYTES_MIN || text.len > PAYLOAD_BYTES_MAX)
		return false;
	if (!take_field(&at, 'p', PUBLISHER_DIGITS, &publisher) ||
	    !take_field(&at, 'n', NUMBER_DIGITS, &number) ||
	    !take_field(&at, 't', DUE_DIGITS, &payload->due_ns))
		return false;
	payload->publisher = (uint16_t)publisher;
	payload->number = (uint32_t)number;
	payload_render(payload, expected, text.len);
	return !memcmp(expected, text.at, text.len);
}
