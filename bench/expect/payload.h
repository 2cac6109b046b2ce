/*
 * The text of a message that a scenario publishes. It says who published it,
 * its number among that publisher's, and when it was meant to be sent; the rest
 * is a filler drawn from these three. So a text tells by itself what it must
 * be, and a single wrong byte shows, whoever reads it. Printable ASCII, no
 * protocol's special characters. Pure; any thread.
 */
#ifndef BENCH_EXPECT_PAYLOAD_H
#define BENCH_EXPECT_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/wire/span.h"

#define PAYLOAD_BYTES_MIN 40
#define PAYLOAD_BYTES_MAX 2048

struct payload {
	uint64_t due_ns;    /* when it was to be sent, on clock_ns() */
	uint32_t number;    /* from 1 */
	uint16_t publisher; /* from 0 */
};

/* Writes `value` in `digits` hexadecimal digits; returns where they end. */
char *payload_put_hex(char *at, uint64_t value, unsigned digits);

/* Writes the text, `len` bytes from PAYLOAD_BYTES_MIN to PAYLOAD_BYTES_MAX. */
void payload_render(const struct payload *payload, char *out, size_t len);

/* Who has published a text, at a glance: nothing else of it is checked. False
 * when it does not say. */
bool payload_peek(struct span text, uint16_t *publisher);

/*
 * Reads a text into *payload. True only when it is, byte for byte, what
 * payload_render makes of that; else *payload means nothing.
 */
bool payload_parse(struct span text, struct payload *payload);

#endif
