/*
 * Allocation for objects whose size our own code decides. Linux overcommits:
 * when malloc does say no, the process is at a hard limit and cannot serve its
 * clients any more, so it ends with a clear line instead of limping on. What
 * grows with clients is bounded elsewhere (limits.h, options). A leaf.
 */
#ifndef REACTOR_MEMORY_H
#define REACTOR_MEMORY_H

#include <stdio.h>
#include <stdlib.h>

/* Says how much was wanted, and ends the process; for those below. */
static inline _Noreturn void
memory_exhausted(size_t bytes)
{
	fprintf(stderr, "throng: out of memory (%zu bytes wanted)\n", bytes);
	exit(1);
}

/* `bytes` of zeroed memory; free() gives it back. Any thread. */
static inline void *
memory_new(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		memory_exhausted(bytes);
	return p;
}

/* The same without zeroing, for what is overwritten at once. */
static inline void *
memory_new_raw(size_t bytes)
{
	void *p = malloc(bytes);

	if (!p)
		memory_exhausted(bytes);
	return p;
}

/* As realloc(), never NULL. Not for secrets: the old copy is not wiped. */
static inline void *
memory_resize(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	if (!p)
		memory_exhausted(bytes);
	return p;
}

#endif
