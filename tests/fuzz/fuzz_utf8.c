/*
 * Against a second implementation, which decodes each character in the plain
 * way and then asks whether it was written in its shortest form.
 */
/* Covers: proto/wire/utf8.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

/* How many bytes this code point takes, 0 when it is none. */
static size_t
shortest(uint32_t code)
{
	if (code < 0x80)
		return 1;
	if (code < 0x800)
		return 2;
	if (code < 0x10000)
		return code >= 0xD800 && code < 0xE000 ? 0 : 3;
	return code < 0x110000 ? 4 : 0;
}

/* Length that the lead byte states by its upper bits; 0 for none. */
static size_t
stated(uint8_t lead)
{
	if ((lead & 0x80) == 0x00)
		return 1;
	if ((lead & 0xE0) == 0xC0)
		return 2;
	if ((lead & 0xF0) == 0xE0)
		return 3;
	return (lead & 0xF8) == 0xF0 ? 4 : 0;
}

static bool
is_control(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7F && code < 0xA0);
}

/* `controls`: these may be there. */
static bool
plain_is_text(const uint8_t *bytes, size_t len, bool controls)
{
	while (len > 0) {
		size_t need = stated(bytes[0]);
		if (need == 0 || need > len)
			return false;
		uint32_t code =
		    need == 1 ? bytes[0] : bytes[0] & (0x7Fu >> need);
		for (size_t i = 1; i < need; i++) {
			if ((bytes[i] & 0xC0) != 0x80)
				return false;
			code = code << 6 | (bytes[i] & 0x3F);
		}
		if (shortest(code) != need || (!controls && is_control(code)))
			return false;
		bytes += need;
		len -= need;
	}
	return true;
}

/* The same text behind 0 to 7 letters: at every place of a word. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool expected = plain_is_text(data, size, false);
	bool valid = plain_is_text(data, size, true);

	for (size_t before = 0; before < 8; before++) {
		char *text = malloc(before + size + 1);
		memset(text, 'x', before);
		if (size > 0)
			memcpy(text + before, data, size);
		check(utf8_is_text(text, before + size) == expected);
		check(utf8_is_valid(text, before + size) == valid);
		text[before + size] = '~';
		check(utf8_is_text(text, before + size + 1) == expected);
		free(text);
	}
	return 0;
}
