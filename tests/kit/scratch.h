/* A folder for the files of one test, which runs in a process of its own. */
#ifndef TESTS_KIT_SCRATCH_H
#define TESTS_KIT_SCRATCH_H

#include <stddef.h>

extern char scratch[64]; /* its path; empty while there is none */

/* For .init and .fini; made once, removed with the files in it. */
void scratch_make(void);
void scratch_remove(void);

/* Makes or replaces a file in it; its path, the same static text each time. */
const char *scratch_write(const char *name, const char *bytes, size_t len);

/* The last two of scratch_write, of a string literal. */
#define SCRATCH_TEXT(text) text, sizeof(text) - 1

#endif
