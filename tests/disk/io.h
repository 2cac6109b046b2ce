/*
 * A file-I/O seam that counts and records the calls that pass through it to
 * another one, and makes one of them fail, or that and all that follow.
 */
#ifndef TESTS_DISK_IO_H
#define TESTS_DISK_IO_H

#include <stdbool.h>

#include "auth/fileio.h"

#define FAULTIO_SHORT (-1) /* not an errno: half of the bytes, then fine */

struct faultio {
	struct fileio io; /* first: it is its own seam */
	const struct fileio *under;
	unsigned calls;     /* made so far */
	unsigned fail_at;   /* the call that fails, 1 is the first; 0: none */
	int error;          /* its errno, or FAULTIO_SHORT */
	bool for_ever;      /* those after it fail as well */
	const char *failed; /* the name of the call that has failed, or NULL */
	char trace[8192];   /* names of the calls, each with a space behind */
};

/* Passes all on to `under`, which may be NULL for the real disk. */
void faultio_init(struct faultio *fault, const struct fileio *under);

#endif
