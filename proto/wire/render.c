/* The one door to both formats. */
#include "proto/wire/render.h"

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
	if (format == FORMAT_JSON)
		return render_json_bound(event);
	return render_text_bound(event);
}

size_t
render(enum format format, const struct event *event, char *out)
{
	char *end = format == FORMAT_JSON ? render_json(event, out)
					  : render_text(event, out);
	size_t written;

	*end++ = '\n';
	written = (size_t)(end - out);
	check(written <= render_bound(format, event));
	return written;
}
