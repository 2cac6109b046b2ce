/*
 * Every bound of the protocol, with its why. What an operator can change is an
 * option instead (console/options.h); these are part of the contract.
 */
#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

/* A line without its ending: a screenful of text, and one page of memory. */
#define LINE_BYTES_MAX 4096

/* Names show in every message, so they are short; shells and file names take
 * all the characters that they may have. */
#define NAME_BYTES_MAX 32

/* A tag is echoed before every answer to its command. */
#define TAG_BYTES_MAX 32

/* The shortest is an option as well (--min-password); this is its default.
 * The longest keeps the work of hashing independent of the client. */
#define PASSWORD_BYTES_MIN 8
#define PASSWORD_BYTES_MAX 128

/* No command takes more arguments than this. */
#define ARGUMENTS_MAX 4

/* Output that may wait for a client that has not logged in. */
#define GUEST_OUT_BYTES_MAX (16 * 1024)

/* Silence after which a client that has never sent a LF has ended its line. */
#define UNTERMINATED_MS 100

#endif
