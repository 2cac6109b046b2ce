/* The text form of an Argon2id hash, read strictly. */
#include "auth/verifier.h"

#include <string.h>

/* 16 and 32 bytes in base64 without padding, as libsodium has them. */
#define SALT_DIGITS 22
#define HASH_DIGITS 43

static bool
take_text(struct span *rest, const char *text)
{
	size_t len = strlen(text);

	if (rest->len < len || memcmp(rest->at, text, len) != 0)
		return false;
	rest->at += len;
	rest->len -= len;
	return true;
}

/* At most 8 digits and no leading zero, so one number has one spelling. */
static bool
take_number(struct span *rest, uint32_t *out)
{
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < rest->len && i < 8; i++) {
		char c = rest->at[i];

		if (c < '0' || c > '9')
			break;
		number = number * 10 + (uint32_t)(c - '0');
	}
	if (i == 0 || rest->at[0] == '0')
		return false;
	rest->at += i;
	rest->len -= i;
	*out = number;
	return true;
}

/* The value of a base64 digit, 64 for what is none. */
static unsigned
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/*
 * `unused` are the low bits of the last digit that carry no data: libsodium
 * refuses a text that sets one, so such an account could never log in.
 */
static bool
take_base64(struct span *rest, size_t digits, unsigned unused)
{
	unsigned last = 0;
	size_t i;

	if (rest->len < digits)
		return false;
	for (i = 0; i < digits; i++) {
		last = digit_value(rest->at[i]);
		if (last > 63)
			return false;
	}
	rest->at += digits;
	rest->len -= digits;
	return (last & ((1u << unused) - 1)) == 0;
}

bool
verifier_cost_is_valid(struct argon2_cost cost)
{
	return cost.passes >= 1 && cost.passes <= ARGON2_PASSES_MAX &&
	       cost.memory_kib >= ARGON2_MEMORY_KIB_MIN &&
	       cost.memory_kib <= ARGON2_MEMORY_KIB_MAX;
}

bool
verifier_parse(struct span text, struct argon2_cost *cost)
{
	struct argon2_cost read;

	if (!take_text(&text, "$argon2id$v=19$m=") ||
	    !take_number(&text, &read.memory_kib) || !take_text(&text, ",t=") ||
	    !take_number(&text, &read.passes) || !take_text(&text, ",p=1$") ||
	    !take_base64(&text, SALT_DIGITS, 4) || !take_text(&text, "$") ||
	    !take_base64(&text, HASH_DIGITS, 2) || text.len != 0)
		return false;
	if (!verifier_cost_is_valid(read))
		return false;
	*cost = read;
	return true;
}
