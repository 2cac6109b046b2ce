/*
 * Assertion words, and the magic numbers that long-lived objects carry.
 *
 * check() is for our own mistakes only, and it stays on in release builds: a
 * broken invariant ends the process at once instead of corrupting a room.
 * Nothing that comes from the network, the disk or the operator may reach it;
 * those get an error. A leaf: includes libc alone.
 */
#ifndef REACTOR_CHECK_H
#define REACTOR_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* Says which condition and where, and ends the process; for check(). */
static inline _Noreturn void
check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "throng: %s:%d: check failed: %s\n", file, line, what);
	abort();
}

/* The condition holds, or the program is wrong: one condition per check. */
#define check(condition)                                                       \
	((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

/* A call that can only fail if we misuse it. */
#define check_zero(call)    check((call) == 0)
#define check_nonzero(call) check((call) != 0)

/* Control never comes here; the text says why. */
#define unreachable(why) check_failed(__FILE__, __LINE__, "unreachable: " why)

/* After a cast from void *, and on entry: is this really that object? */
#define check_magic(object, number) check((object)->magic == (number))

#endif
