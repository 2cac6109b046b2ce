/*
 * The one line in which the store tells an operator what is wrong with a file:
 * path first, then what, where and what to do. Never holds text out of the
 * file: that may be anybody's. Any thread.
 */
#ifndef AUTH_REASON_H
#define AUTH_REASON_H

#include "auth/account.h"

/*
 * Writes "PATH: " and the formatted text. A path too long for the line loses
 * its beginning, never the text behind it.
 */
__attribute__((format(printf, 3, 4))) void reason_set(
    char out[AUTH_ERROR_BYTES], const char *path, const char *format, ...);

/* What errno `error` means, in words that live for ever. */
const char *reason_of(int error);

#endif
