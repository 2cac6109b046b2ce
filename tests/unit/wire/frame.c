/* Heads of frames at every boundary of their length. */
#include <criterion/criterion.h>

#include <string.h>

#include "proto/wire/frame.h"

static void
expect_head(enum frame_kind kind, size_t len, const char *head, size_t bytes)
{
	char out[FRAME_HEAD_BYTES_MAX];

	cr_expect_eq(frame_head_bytes(len), bytes, "%zu", len);
	cr_expect_eq(frame_put_head(out, kind, len), bytes, "%zu", len);
	cr_expect_eq(memcmp(out, head, bytes), 0, "%zu", len);
}

Test(wire_frame, heads_take_the_fewest_bytes)
{
	expect_head(FRAME_TEXT, 0, "\x81\x00", 2);
	expect_head(FRAME_TEXT, 125, "\x81\x7d", 2);
	expect_head(FRAME_TEXT, 126, "\x81\x7e\x00\x7e", 4);
	expect_head(FRAME_TEXT, 255, "\x81\x7e\x00\xff", 4);
	expect_head(FRAME_TEXT, 256, "\x81\x7e\x01\x00", 4);
	expect_head(FRAME_TEXT, 65535, "\x81\x7e\xff\xff", 4);
	expect_head(
	    FRAME_TEXT, 65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
	expect_head(FRAME_TEXT, 0x0102030405060708,
	    "\x81\x7f\x01\x02\x03\x04\x05\x06\x07\x08", 10);
}

Test(wire_frame, control_frames_are_whole)
{
	expect_head(FRAME_CLOSE, 2, "\x88\x02", 2);
	expect_head(FRAME_PING, 0, "\x89\x00", 2);
	expect_head(FRAME_PONG, FRAME_CONTROL_BYTES_MAX, "\x8a\x7d", 2);
}
