/*
 * The head of a WebSocket frame as a server sends it (RFC 6455, section 5.2):
 * whole messages, never masked. Pure.
 */
#ifndef PROTO_WIRE_FRAME_H
#define PROTO_WIRE_FRAME_H

#include <stddef.h>

enum frame_kind {
	FRAME_TEXT = 0x1,
	FRAME_CLOSE = 0x8,
	FRAME_PING = 0x9,
	FRAME_PONG = 0xa,
};

#define FRAME_HEAD_BYTES_MAX   10
#define FRAME_HEAD_BYTES_USUAL 4 /* from 126 bytes on, below 64 KiB */

/* What close and its like may hold. */
#define FRAME_CONTROL_BYTES_MAX 125

/* Bytes of the head of a frame with `len` bytes. */
size_t frame_head_bytes(size_t len);

/* Writes it to `out`, and returns frame_head_bytes(len). */
size_t frame_put_head(char *out, enum frame_kind kind, size_t len);

#endif
