/* throng's JSON format by WebSocket, as a browser has it. */
#include <stdio.h>
#include <string.h>

#include "bench/peer/peer.h"
#include "proto/limits.h"
#include "reactor/check.h"

/* A client has to mask what it sends, and may take zeros for that. The key is
 * RFC 6455's example. */
#define MASK "\0\0\0\0"
#define UPGRADE                                                                \
	"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"            \
	"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                 \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define UPGRADED  "HTTP/1.1 101 "
#define TEXT      0x81 /* a whole text frame */
#define PING      0x89
#define MASKED    0x80
#define LENGTH_16 126

/* A text frame of two parts. */
static size_t
put_frame(char *out, struct span before, struct span text)
{
	size_t len = before.len + text.len;
	char *at = out;

	check(len <= 0xffff);
	*at++ = (char)TEXT;
	*at++ = (char)(MASKED | (len < LENGTH_16 ? len : LENGTH_16));
	if (len >= LENGTH_16) {
		*at++ = (char)(len >> 8);
		*at++ = (char)(len & 0xff);
	}
	at = peer_put(at, (struct span){MASK, 4});
	at = peer_put(peer_put(at, before), text);
	return (size_t)(at - out);
}

/* All of it at once: the frames are read when the connection is one of those.
 */
static size_t
web_hello(char out[PEER_HELLO_BYTES], enum peer_role role,
    const struct peer_login *who)
{
	char *at = peer_put(out, span_of(UPGRADE));
	char line[PEER_HELLO_BYTES / 2];
	int len;

	if (role == PEER_GUEST)
		len = snprintf(line, sizeof(line), "/ping " PEER_TOKEN);
	else
		len = snprintf(line, sizeof(line), "/%s %s secret-%s",
		    role == PEER_NEW ? "register" : "login", who->account,
		    who->account);
	check(len < (int)sizeof(line));
	at += put_frame(at, (struct span){line, (size_t)len}, span_of(""));
	return (size_t)(at - out);
}

static size_t
web_request(char *out, struct span text)
{
	return put_frame(out, span_of(""), text);
}

static size_t
web_publish(char *out, struct span text)
{
	return put_frame(out, span_of("/b "), text);
}

/* The answer to the upgrade. */
static enum peer_kind
read_head(struct span bytes, struct peer_frame *frame)
{
	static const char end[] = "\r\n\r\n";
	const char *at = memmem(bytes.at, bytes.len, end, sizeof(end) - 1);

	if (!at)
		return PEER_MORE;
	frame->len = (size_t)(at - bytes.at) + sizeof(end) - 1;
	return peer_skip(&bytes, UPGRADED) ? PEER_NOTHING : PEER_WRONG;
}

static enum peer_kind
web_read(struct span bytes, struct peer_frame *frame)
{
	const unsigned char *byte = (const unsigned char *)bytes.at;
	struct span line = {bytes.at + 2, 0};

	if (bytes.len > 0 && byte[0] == 'H')
		return read_head(bytes, frame);
	if (bytes.len < 2 || (byte[1] == LENGTH_16 && bytes.len < 4))
		return PEER_MORE;
	line.len = byte[1];
	if (byte[1] == LENGTH_16) {
		line.at += 2;
		line.len = (size_t)(byte[2] << 8 | byte[3]);
	}
	frame->len = (size_t)(line.at - bytes.at) + line.len;
	frame->text = line;
	if (byte[1] <= LENGTH_16 && bytes.len < frame->len)
		return PEER_MORE;
	if (byte[0] == PING && byte[1] < LENGTH_16)
		return PEER_NOTHING;
	if (byte[0] != TEXT || byte[1] > LENGTH_16)
		return PEER_WRONG;
	return peer_read_json(line, frame);
}

const struct peer peer_web = {
    .name = "web",
    .has_accounts = true,
    .hears_itself = true,
    .has_one_order = true,
    .varies = true,
    .returns_text = true,
    .text_max = LINE_BYTES_MAX - 16,
    .idle_role = PEER_MEMBER,
    .hello = web_hello,
    .request = web_request,
    .publish = web_publish,
    .read = web_read,
};
