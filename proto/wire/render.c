/* The one door to all formats. */
#include "proto/wire/render.h"

#include "proto/wire/frame.h"
#include "proto/wire/render_priv.h"
#include "reactor/check.h"

static const char *const code_texts[REPLY_COUNT] = {
#define REPLY(id, code) code,
#include "proto/replies.def"
#undef REPLY
};

const char *
reply_code_text(enum reply_code code)
{
	check(code < REPLY_COUNT);
	return code_texts[code];
}

size_t
render_bound(enum format format, const struct event *event)
{
	size_t bound = format & FORMAT_JSON ? render_json_bound(event)
					    : render_text_bound(event);

	return format & FORMAT_WEB ? bound + FRAME_HEAD_BYTES_MAX : bound;
}

static char *
render_bare(enum format format, const struct event *event, char *out)
{
	return format & FORMAT_JSON ? render_json(event, out)
				    : render_text(event, out);
}

/* Most frames have a head of FRAME_HEAD_BYTES_USUAL: only the others move. */
static size_t
render_frame(enum format format, const struct event *event, char *out)
{
	char *line = out + FRAME_HEAD_BYTES_USUAL;
	size_t len = (size_t)(render_bare(format, event, line) - line);
	size_t head = frame_head_bytes(len);

	if (head != FRAME_HEAD_BYTES_USUAL)
		memmove(out + head, line, len);
	frame_put_head(out, FRAME_TEXT, len);
	return head + len;
}

size_t
render(enum format format, const struct event *event, char *out)
{
	size_t written;

	if (format & FORMAT_WEB) {
		written = render_frame(format, event, out);
	} else {
		char *end = render_bare(format, event, out);

		*end++ = '\n';
		written = (size_t)(end - out);
	}
	check(written <= render_bound(format, event));
	return written;
}
