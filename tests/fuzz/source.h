/*
 * An input taken apart into the values that a target needs: numbers of fixed
 * width, texts up to the next NUL. When it is used up there is more of it: all
 * zeros, and empty texts. One thread.
 */
#ifndef TESTS_FUZZ_SOURCE_H
#define TESTS_FUZZ_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/wire/span.h"

/* What libFuzzer calls; every target defines it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
	const uint8_t *at;
	size_t left;
};

/* The next byte, or number; 0 when nothing is left. */
uint8_t source_byte(struct source *source);
uint64_t source_number(struct source *source); /* of eight bytes */

/* Up to the next NUL, in memory of its own, so that a byte too many is seen;
 * terminated. The caller frees it. */
char *source_text(struct source *source);

/* The same, of clean text: what is not becomes `?`. */
char *source_clean_text(struct source *source);

/* Puts `?` in the place of each byte that keeps this from being text, as
 * utf8_is_text has it. */
void text_clean(char *text);

/* The bytes of a byte order mark that they begin with: 3 or 0. */
size_t bytes_mark(const uint8_t *bytes, size_t len);

/* A file in memory with these bytes: its path, for whoever opens files. The
 * same one again and again. */
const char *source_file(const void *bytes, size_t len);

#endif
