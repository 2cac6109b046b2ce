/*
 * What the Tab key can make of a command line: names of commands, and what
 * admin.def says of their first argument. The main thread only.
 */
#ifndef CONSOLE_ADMIN_COMPLETE_H
#define CONSOLE_ADMIN_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct supervisor;

#define COMPLETE_WORDS_MAX  64
#define COMPLETE_WORD_BYTES 64

struct completion {
	size_t typed; /* bytes of the word, at the end of the line, so far */
	unsigned count;
	bool more; /* than there is room for */
	char words[COMPLETE_WORDS_MAX][COMPLETE_WORD_BYTES];
};

/* The words that the last one of the line's `len` bytes can become; the order
 * is the alphabet's. */
void complete_line(struct supervisor *supervisor, const char *line, size_t len,
    struct completion *out);

/* Bytes that all words begin with, in any case; at least `typed` with a word,
 * and no more where there are others. */
size_t complete_common(const struct completion *completion);

#endif
