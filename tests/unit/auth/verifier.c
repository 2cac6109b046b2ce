#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/verifier.h"

#define SALT "c2FsdHNhbHRzYWx0c2FsdA"
#define HASH "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
#define GOOD "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" HASH

static bool
parses(const char *text)
{
	struct argon2_cost cost;

	return verifier_parse(span_of(text), &cost);
}

Test(auth_verifier, well_formed_is_read)
{
	struct argon2_cost cost;

	cr_assert(verifier_parse(span_of(GOOD), &cost));
	cr_assert_eq(cost.memory_kib, 19456);
	cr_assert_eq(cost.passes, 2);
}

Test(auth_verifier, what_libsodium_writes_is_read)
{
	char text[crypto_pwhash_argon2id_STRBYTES];
	struct argon2_cost cost;
	unsigned i;

	cr_assert_geq(sodium_init(), 0);
	for (i = 1; i < 50; i++) {
		cr_assert_eq(crypto_pwhash_argon2id_str(
				 text, "secret", 6, 1 + i % 3, (8 + i) * 1024),
		    0);
		cr_assert(verifier_parse(span_of(text), &cost), "%s", text);
		cr_assert_eq(cost.passes, 1 + i % 3);
		cr_assert_eq(cost.memory_kib, 8 + i);
	}
}

Test(auth_verifier, cost_out_of_bounds_is_refused)
{
	static const char *const costs[] = {"m=7,t=2,p=1", "m=1048577,t=2,p=1",
	    "m=4294967296,t=2,p=1", "m=99999999999999999999,t=1,p=1",
	    "m=8,t=0,p=1", "m=8,t=65,p=1", "m=8,t=4294967297,p=1",
	    "m=8,t=1,p=0", "m=8,t=1,p=2", "m=08,t=1,p=1", "m=8,t=01,p=1",
	    "m=-8,t=1,p=1", "m=+8,t=1,p=1", "m= 8,t=1,p=1", "m=8,t=,p=1",
	    "m=,t=1,p=1", "t=1,m=8,p=1", "m=8,t=1", "m=8,t=1,p=1,x=1"};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		snprintf(text, sizeof(text), "$argon2id$v=19$%s$" SALT "$" HASH,
		    costs[i]);
		cr_assert_not(parses(text), "%s", text);
	}
	cr_assert(parses("$argon2id$v=19$m=1048576,t=64,p=1$" SALT "$" HASH));
	cr_assert(parses("$argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH));
}

Test(auth_verifier, other_hashes_are_refused)
{
	cr_assert_not(parses(""));
	cr_assert_not(parses("-"));
	cr_assert_not(parses("secret"));
	cr_assert_not(parses("$argon2i$v=19$m=19456,t=2,p=1$" SALT "$" HASH));
	cr_assert_not(parses("$argon2id$v=16$m=19456,t=2,p=1$" SALT "$" HASH));
	cr_assert_not(parses("$argon2id$m=19456,t=2,p=1$" SALT "$" HASH));
	cr_assert_not(parses("$2b$12$abcdefghijklmnopqrstuv"));
}

/* Shorter, longer, and with each byte replaced by one that cannot be there. */
Test(auth_verifier, one_byte_wrong_is_refused)
{
	char text[] = GOOD;
	size_t len = sizeof(text) - 1, i;
	struct argon2_cost cost;

	for (i = 0; i < len; i++) {
		struct span prefix = {text, i};
		char kept = text[i];

		cr_assert_not(verifier_parse(prefix, &cost));
		text[i] = '\0';
		cr_assert_not(verifier_parse((struct span){text, len}, &cost));
		text[i] = '!';
		cr_assert_not(verifier_parse((struct span){text, len}, &cost));
		text[i] = kept;
	}
	cr_assert_not(parses(GOOD "A"));
	cr_assert_not(parses(GOOD "="));
}

/* The last digits of salt and hash have bits that nothing may use. */
Test(auth_verifier, base64_with_stray_bits_is_refused)
{
	cr_assert_not(parses("$argon2id$v=19$m=8,t=1,p=1$"
			     "c2FsdHNhbHRzYWx0c2FsdB$" HASH));
	cr_assert_not(parses("$argon2id$v=19$m=8,t=1,p=1$" SALT "$"
			     "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2h"));
}
