/*
 * A strict reader of JSON (RFC 8259), as a judge of what the server writes: one
 * flat object that is the whole text, its strings well-formed UTF-8 without a
 * raw control character.
 */
#ifndef TESTS_FUZZ_JSON_READER_H
#define TESTS_FUZZ_JSON_READER_H

#include "proto/wire/span.h"

/* Ends the program unless the text is such an object with no key twice. */
void json_check(struct span text);

/*
 * The value of a key at the top, of an object that json_check has passed: a
 * string without quotes and escapes, all else as it stands; terminated, for the
 * caller to free. NULL when there is no such key.
 */
char *json_value(struct span text, const char *key);

#endif
