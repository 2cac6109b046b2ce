/*
 * Names of accounts and rooms: 1 to 32 of A-Za-z0-9._-, first a letter or
 * digit; the same name in any case is the same name. Pure.
 */
#ifndef PROTO_WIRE_NAME_H
#define PROTO_WIRE_NAME_H

#include <stdbool.h>

#include "proto/limits.h"
#include "proto/wire/span.h"

/* True for a well-formed name. */
bool name_is_valid(struct span name);

/* True for the characters that names and tags are made of. */
bool name_is_character(char c);

/*
 * Writes the name's folded form (ASCII lower case), terminated, to `out` and
 * returns it: the key to compare and hash. `name` has passed name_is_valid.
 */
const char *name_fold(struct span name, char out[NAME_BYTES_MAX + 1]);

/* A room's name as typed, without the # that it may have. */
struct span name_of_room(struct span typed);

/* True if two valid names are the same one, in any case. */
bool name_equals(struct span a, struct span b);

#endif
