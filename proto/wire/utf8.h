/* Is this text? Pure. */
#ifndef PROTO_WIRE_UTF8_H
#define PROTO_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True when the bytes are well-formed UTF-8 (RFC 3629: no overlong form, no
 * surrogate, nothing above U+10FFFF) without NUL and without control
 * characters (C0, DEL, C1) other than TAB. The empty text is text.
 */
bool utf8_is_text(const char *bytes, size_t len);

/* The same with every control character: UTF-8, if no text. */
bool utf8_is_valid(const char *bytes, size_t len);

#endif
