/*
 * What is text and what is not: every code point, every class of malformed
 * bytes, and every place of the eight that are looked at together.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdlib.h>

#include "proto/wire/utf8.h"

/* The bytes end where their memory ends, so that a read beyond is seen. */
static bool
is_text(const char *bytes, size_t len)
{
	char *exact = malloc(len);

	memcpy(exact, bytes, len);
	bool result = utf8_is_text(exact, len);
	free(exact);
	return result;
}

#define IS_TEXT(literal) is_text((literal), sizeof(literal) - 1)

/* Any number, also those that must not be encoded, in `len` bytes. */
static void
encode(uint32_t code, size_t len, char out[4])
{
	static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3F));
		code >>= 6;
	}
	out[0] = (char)(marks[len] | code);
}

Test(utf8, empty_is_text)
{
	cr_assert(utf8_is_text("", 0));
	cr_assert(utf8_is_text(NULL, 0));
}

Test(utf8, every_ascii_byte_at_every_place_is_judged)
{
	char text[20];

	for (size_t place = 0; place < sizeof(text); place++) {
		for (int c = 0; c < 0x80; c++) {
			memset(text, 'x', sizeof(text));
			text[place] = (char)c;
			bool control = (c < 0x20 && c != '\t') || c == 0x7F;
			cr_assert_eq(is_text(text, sizeof(text)), !control,
			    "byte %02x at %zu", (unsigned)c, place);
		}
	}
}

Test(utf8, every_length_with_one_bad_byte_is_refused)
{
	static const char bad[] = {'\0', '\r', '\x1F', '\x7F', '\x80', '\xFF'};
	char text[40];

	for (size_t len = 1; len <= sizeof(text); len++) {
		memset(text, '~', sizeof(text));
		cr_assert(is_text(text, len));
		for (size_t place = 0; place < len; place++) {
			for (size_t i = 0; i < sizeof(bad); i++) {
				text[place] = bad[i];
				cr_assert_not(is_text(text, len));
			}
			text[place] = '~';
		}
	}
}

Test(utf8, every_code_point_is_judged)
{
	char bytes[4];

	for (uint32_t code = 0x80; code <= 0x1FFFFF; code++) {
		size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
		encode(code, len, bytes);
		bool text = code >= 0xA0 && code <= 0x10FFFF &&
			    (code < 0xD800 || code > 0xDFFF);
		cr_assert_eq(utf8_is_text(bytes, len), text, "U+%04X", code);
	}
}

Test(utf8, every_overlong_form_is_refused)
{
	char bytes[4];

	for (uint32_t code = 0; code < 0x80; code++) {
		encode(code, 2, bytes);
		cr_assert_not(utf8_is_text(bytes, 2), "%x in two", code);
	}
	for (uint32_t code = 0; code < 0x800; code++) {
		encode(code, 3, bytes);
		cr_assert_not(utf8_is_text(bytes, 3), "%x in three", code);
	}
	for (uint32_t code = 0; code < 0x10000; code++) {
		encode(code, 4, bytes);
		cr_assert_not(utf8_is_text(bytes, 4), "%x in four", code);
	}
}

Test(utf8, bytes_that_begin_nothing_are_refused)
{
	char bytes[] = {0, '\x80', '\x80', '\x80', '\x80', '\x80'};

	for (int lead = 0x80; lead <= 0xFF; lead++) {
		if (lead >= 0xC2 && lead <= 0xF4)
			continue;
		bytes[0] = (char)lead;
		for (size_t len = 1; len <= sizeof(bytes); len++)
			cr_assert_not(
			    is_text(bytes, len), "lead %02x", (unsigned)lead);
	}
}

Test(utf8, every_sequence_cut_short_is_refused)
{
	static const char *const whole[] = {
	    "\xC2\xA0", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(whole[i]);
		cr_assert(is_text(whole[i], len));
		for (size_t cut = 1; cut < len; cut++) {
			char text[16];
			memcpy(text, whole[i], cut);
			memcpy(text + cut, "and more", 8);
			cr_assert_not(is_text(whole[i], cut));
			cr_assert_not(is_text(text, cut + 8));
			cr_assert_not(is_text(whole[i] + cut, len - cut));
		}
	}
}

Test(utf8, every_byte_that_continues_nothing_is_refused)
{
	static const char *const whole[] = {
	    "\xC2\xA0", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
	char text[4];

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(whole[i]);
		for (size_t place = 1; place < len; place++) {
			memcpy(text, whole[i], len);
			for (int c = 0; c <= 0xFF; c++) {
				text[place] = (char)c;
				if (c < 0x80 || c > 0xBF)
					cr_assert_not(is_text(text, len));
			}
		}
	}
}

Test(utf8, named_examples_are_judged)
{
	cr_assert(IS_TEXT("\tgr\xC3\xBC\xC3\x9F dich, \xE4\xB8\x96\xE7\x95\x8C"
			  " \xF0\x9F\x91\x8B"));
	cr_assert(IS_TEXT("\xEF\xBF\xBE")); /* a noncharacter is well-formed */
	cr_assert(IS_TEXT("\xED\x9F\xBF"));
	cr_assert(IS_TEXT("\xEE\x80\x80"));
	cr_assert(IS_TEXT("\xF4\x8F\xBF\xBF"));
	cr_assert_not(IS_TEXT("\xF4\x90\x80\x80")); /* U+110000 */
	cr_assert_not(IS_TEXT("\xED\xA0\x80"));     /* U+D800 */
	cr_assert_not(IS_TEXT("\xED\xBF\xBF"));     /* U+DFFF */
	cr_assert_not(IS_TEXT("\xC0\x80"));         /* NUL, overlong */
	cr_assert_not(IS_TEXT("\xC0\xAF"));         /* slash, overlong */
	cr_assert_not(IS_TEXT("\xC2\x80"));         /* the first C1 */
	cr_assert_not(IS_TEXT("\xC2\x9F"));         /* the last C1 */
	cr_assert_not(IS_TEXT("\xF8\x88\x80\x80\x80"));
	cr_assert_not(IS_TEXT("caf\xE9"));
}

Test(utf8, characters_across_words_are_text)
{
	char text[40];

	for (size_t before = 0; before < 20; before++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + before, "\xF0\x9F\x98\x80", 4);
		cr_assert(is_text(text, sizeof(text)));
		cr_assert(is_text(text, before + 4));
		cr_assert_not(is_text(text, before + 3));
		text[before + 4] = '\xBF';
		cr_assert_not(is_text(text, sizeof(text)));
	}
}

Test(utf8, what_is_no_text_may_be_valid)
{
	static const char *const valid[] = {"", "a", "\n", "\x7f", "\xc2\x80",
	    "\xc2\x9f", "\xc3\xa9", "\xf0\x9f\x98\x80", "eight bytes\x01"};
	static const char *const broken[] = {"\x80", "\xc2", "\xc0\xaf",
	    "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xffz", "\xf0\x9f\x98"};

	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++)
		cr_expect(utf8_is_valid(valid[i], strlen(valid[i])), "%zu", i);
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		cr_expect_not(
		    utf8_is_valid(broken[i], strlen(broken[i])), "%zu", i);
	cr_expect(utf8_is_valid("\0", 1));
}
