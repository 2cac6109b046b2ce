/* Heads of frames. */
#include "proto/wire/frame.h"

#include <stdint.h>

#define FINAL      0x80 /* no fragment follows */
#define LENGTH_16  126  /* the length is in the next two bytes */
#define LENGTH_64  127  /* or in the next eight */
#define MAX_16_BIT 0xffff

size_t
frame_head_bytes(size_t len)
{
	if (len < LENGTH_16)
		return 2;
	return len <= MAX_16_BIT ? 4 : 10;
}

size_t
frame_put_head(char *out, enum frame_kind kind, size_t len)
{
	size_t head = frame_head_bytes(len);
	uint64_t left = len;

	out[0] = (char)(FINAL | kind);
	out[1] = (char)(head == 2 ? len : head == 4 ? LENGTH_16 : LENGTH_64);
	for (size_t i = head - 1; i >= 2; i--) {
		out[i] = (char)(left & 0xff);
		left >>= 8;
	}
	return head;
}
