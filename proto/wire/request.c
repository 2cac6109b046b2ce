/* Heads of HTTP requests, by http-parser. */
#include "proto/wire/request.h"

#include <http_parser.h>
#include <string.h>
#include <strings.h>

#include "proto/wire/host.h"

struct reading {
	struct request *request;
	struct span target;
	struct span name; /* of the header whose value is next */
	bool is_done;     /* the end of the head was seen */
	int status;       /* to refuse it with; 0: none */
};

size_t
request_head_bytes(const char *bytes, size_t len, size_t from)
{
	/* The end may have begun among those known. */
	const char *at = bytes + (from > 2 ? from - 2 : 0);
	const char *end = bytes + len;

	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at + 1 - bytes);
		if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
			return (size_t)(at + 2 - bytes);
	}
	return 0;
}

static bool
equals(struct span a, const char *b)
{
	return a.len == strlen(b) && !strncasecmp(a.at, b, a.len);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span text)
{
	while (text.len > 0 && is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Is it one of a list of words with commas between? */
static bool
has_word(struct span list, const char *word)
{
	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.at) : list.len;

		if (equals(trim((struct span){list.at, len}), word))
			return true;
		len += comma != NULL;
		list = (struct span){list.at + len, list.len - len};
	}
	return false;
}

/* A header that there can be once. */
static void
take_once(struct reading *reading, struct span *to, struct span value)
{
	if (to->at)
		reading->status = 400;
	*to = value;
}

static void
take_header(struct reading *reading, struct span name, struct span value)
{
	struct request *request = reading->request;

	if (equals(name, "Host"))
		take_once(reading, &request->host, value);
	else if (equals(name, "Origin"))
		take_once(reading, &request->origin, value);
	else if (equals(name, "If-None-Match"))
		take_once(reading, &request->if_none_match, value);
	else if (equals(name, "Sec-WebSocket-Key"))
		take_once(reading, &request->key, value);
	else if (equals(name, "Sec-WebSocket-Version"))
		take_once(reading, &request->version, value);
	else if (equals(name, "Connection"))
		request->wants_upgrade |= has_word(value, "upgrade");
	else if (equals(name, "Upgrade"))
		request->to_websocket |= has_word(value, "websocket");
	else if (equals(name, "Transfer-Encoding"))
		reading->status = 400; /* it is a body's */
}

static int
on_target(http_parser *parser, const char *at, size_t len)
{
	struct reading *reading = parser->data;

	reading->target = (struct span){at, len};
	return 0;
}

static int
on_name(http_parser *parser, const char *at, size_t len)
{
	struct reading *reading = parser->data;

	reading->name = (struct span){at, len};
	return 0;
}

/* Without control characters but tabs (RFC 9110, section 5.5). */
static bool
is_clean(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') ||
		    value.at[i] == 0x7f)
			return false;
	return true;
}

static int
on_value(http_parser *parser, const char *at, size_t len)
{
	struct reading *reading = parser->data;
	struct span value = {at, len};

	/* A value that goes on in the next line, a blank in a name and control
	 * characters, which http-parser lets pass, are what others may read in
	 * another way (RFC 9112, sections 5.1 and 5.2). */
	if (reading->name.len == 0 ||
	    memchr(reading->name.at, ' ', reading->name.len) ||
	    !is_clean(value))
		reading->status = 400;
	else
		take_header(reading, reading->name, trim(value));
	reading->name = (struct span){0};
	return 0;
}

/* Nothing that is here takes a body. */
static bool
has_body(const http_parser *parser)
{
	return (parser->flags & F_CHUNKED) ||
	       ((parser->flags & F_CONTENTLENGTH) &&
		   parser->content_length > 0);
}

static int
on_head(http_parser *parser)
{
	struct reading *reading = parser->data;
	struct request *request = reading->request;

	reading->is_done = true;
	if (parser->http_major != 1)
		reading->status = 505;
	else if (parser->method != HTTP_GET && parser->method != HTTP_HEAD)
		reading->status = 405;
	else if (has_body(parser) || !host_is_valid(request->host) ||
		 (parser->http_minor > 0 && !request->host.at))
		reading->status = 400;
	request->is_head = parser->method == HTTP_HEAD;
	request->keeps =
	    parser->http_minor > 0 && http_should_keep_alive(parser);
	/* Before 1.1 there is none (RFC 9110, section 7.8). */
	request->to_websocket &= parser->http_minor > 0;
	return 2; /* no body follows, whatever it says */
}

static bool
has_part(const struct http_parser_url *url, int part)
{
	return url->field_set & (1 << part);
}

/* A target with a host of its own is for that one, whatever Host says, and its
 * path may be left out (RFC 9112, section 3.2.2). */
static bool
take_host(struct reading *reading, const struct http_parser_url *url)
{
	struct request *request = reading->request;
	struct span target = reading->target;
	size_t slash = url->field_data[UF_SCHEMA].len + 2u; /* of :// */
	struct span host = {target.at + slash + 1, 0};

	while (host.at + host.len < target.at + target.len &&
	       host.at[host.len] != '/' && host.at[host.len] != '?')
		host.len++;
	request->host = host;
	/* Where there is no other. */
	request->path = (struct span){target.at + slash, 1};
	return host_is_valid(host);
}

static bool
take_target(struct reading *reading)
{
	struct span target = reading->target;
	struct http_parser_url url;

	http_parser_url_init(&url);
	if (http_parser_parse_url(target.at, target.len, 0, &url) ||
	    memchr(target.at, '#', target.len) ||
	    (has_part(&url, UF_HOST) && !take_host(reading, &url)))
		return false;
	if (has_part(&url, UF_PATH))
		reading->request->path =
		    (struct span){target.at + url.field_data[UF_PATH].off,
			url.field_data[UF_PATH].len};
	return has_part(&url, UF_PATH) || has_part(&url, UF_HOST);
}

int
request_parse(const char *head, size_t len, struct request *request)
{
	static const http_parser_settings settings = {
	    .on_url = on_target,
	    .on_header_field = on_name,
	    .on_header_value = on_value,
	    .on_headers_complete = on_head,
	};
	struct reading reading = {.request = request};
	http_parser parser;

	*request = (struct request){0};
	http_parser_init(&parser, HTTP_REQUEST);
	parser.data = &reading;
	http_parser_execute(&parser, &settings, head, len);
	if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_METHOD)
		return 405;
	if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_VERSION)
		return 505;
	if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || !reading.is_done)
		return 400;
	if (reading.status)
		return reading.status;
	return take_target(&reading) ? 0 : 400;
}
