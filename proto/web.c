/* HTTP: requests, answers, time. */
#include "proto/web.h"

#include <string.h>
#include <strings.h>

#include "proto/limits.h"
#include "proto/session.h"
#include "proto/session_output.h"
#include "proto/web_page.h"
#include "proto/web_priv.h"
#include "proto/web_question.h"
#include "reactor/check.h"
#include "reactor/memory.h"

/* A head has this part of the silence that a WebSocket may keep: ten seconds
 * of thirty. */
#define HEAD_PART 3

static uint32_t
web_ms(const struct session *session)
{
	return session_hub(session)->options.web_ms;
}

/* The head of its next request has so much time. */
static void
web_start_head(struct session *session)
{
	reactor_set_timer(session->conn.reactor, &session->silence,
	    web_ms(session) / HEAD_PART);
}

void
web_start(struct session *session)
{
	struct web *web = memory_new(sizeof(*web));

	check(!session->is_web);
	web->magic = WEB_MAGIC;
	session->web = web;
	session->is_web = true;
	session->greeted = true;
	session->format = FORMAT_TEXT;
	conn_unmute(&session->conn);
	web_start_head(session);
}

void
web_end(struct session *session)
{
	struct web *web = session->web;

	check_magic(web, WEB_MAGIC);
	web_socket_fini(&web->socket);
	web->magic = 0;
	free(web);
	session->web = NULL;
}

/* A scraper has a connection for each, so that idle ones keep nobody out. */
static bool
web_keeps(struct session *session, const struct request *request)
{
	return request->keeps && !conn_is_scraper(&session->conn) &&
	       ++session->web->requests < WEB_REQUESTS_MAX;
}

static void
web_answer_file(struct session *session, const struct request *request,
    const struct page_file *file, bool keeps)
{
	char etag[PAGE_ETAG_BYTES], headers[128];
	struct web_answer answer = {
	    .status = 200,
	    .type = file->type,
	    .body = {file->begin, (size_t)(file->end - file->begin)},
	    .headers = headers,
	};

	page_etag(file, etag);
	/* It may be a list, or have W/ before it: then it says so as well. */
	if (request->if_none_match.len > 0 &&
	    memmem(request->if_none_match.at, request->if_none_match.len, etag,
		strlen(etag)))
		answer.status = 304;
	/* It is kept, but asked for anew: after an update the page's files
	 * belong together. */
	snprintf(headers, sizeof(headers),
	    "ETag: %s\r\nCache-Control: no-cache\r\n", etag);
	web_send_answer(session, &answer, request->is_head, keeps);
}

/* True when it was the page, or its WebSocket, which scrapers have not. */
static bool
web_answer_page(
    struct session *session, const struct request *request, bool keeps)
{
	const struct page_file *file = page_file(request->path);

	if (conn_is_scraper(&session->conn))
		return false;
	if (span_equals(request->path, span_of("/ws")))
		web_upgrade(session, request);
	else if (file)
		web_answer_file(session, request, file, keeps);
	else
		return false;
	return true;
}

/* What is counted is not for strangers, and to them it is not there. Another
 * site's page in a browser of this machine is one. */
static bool
web_tells_counts(const struct session *session, const struct request *request)
{
	const struct hub *hub = session_hub(session);

	if (!hub->config->questions)
		return false;
	return conn_is_scraper(&session->conn) ||
	       hub->options.web_counts == WEB_COUNTS_ON ||
	       (hub->options.web_counts == WEB_COUNTS_LOCAL &&
		   address_is_local(&session->conn.peer) &&
		   web_host_is_ours(session, request->host));
}

/* True when it was one of those that are for scrapers, and that --web-metrics
 * lets others ask. */
static bool
web_answer_counts(
    struct session *session, const struct request *request, bool keeps)
{
	struct web_answer health = {
	    .status = 200,
	    .type = "text/plain; charset=utf-8",
	    .body = span_of("ok\n"),
	    .headers = "Cache-Control: no-store\r\n",
	};

	if (!web_tells_counts(session, request))
		return false;
	if (span_equals(request->path, span_of("/metrics")))
		web_ask(session, request, keeps);
	else if (span_equals(request->path, span_of("/healthz")))
		web_send_answer(session, &health, request->is_head, keeps);
	else
		return false;
	return true;
}

/* One whole request. */
static void
web_answer_request(struct session *session, const char *head, size_t len)
{
	struct request request;
	int status = request_parse(head, len, &request);
	bool keeps = web_keeps(session, &request);

	if (status)
		web_refuse(session, status, request.is_head);
	else if (!web_answer_page(session, &request, keeps) &&
		 !web_answer_counts(session, &request, keeps))
		web_refuse(session, 404, request.is_head);
	if (session_is_deaf(session))
		web_start_head(session);
}

static size_t
web_pump_requests(struct session *session, const char *bytes, size_t len)
{
	struct web *web = session->web;
	size_t done = 0;

	while (!session->waits && conn_is_open(&session->conn) &&
	       session_is_deaf(session)) {
		size_t rest = len - done;
		size_t head;

		if (rest > REQUEST_BYTES_MAX)
			rest = REQUEST_BYTES_MAX;
		head = request_head_bytes(bytes + done, rest, web->scanned);
		web->scanned = head ? 0 : (uint32_t)rest;
		if (head)
			web_answer_request(session, bytes + done, head);
		else if (rest == REQUEST_BYTES_MAX)
			web_refuse(session, 431, false);
		else
			break;
		done += head;
		session_check_output(session);
	}
	return done;
}

size_t
web_pump(struct session *session, char *bytes, size_t len)
{
	size_t done = 0;

	check_magic(session->web, WEB_MAGIC);
	if (session_is_deaf(session))
		done = web_pump_requests(session, bytes, len);
	if (!session_is_deaf(session))
		done += web_socket_pump(session, bytes + done, len - done);
	return done;
}

void
web_on_sign(struct session *session)
{
	check_magic(session->web, WEB_MAGIC);
	session->web->heard_ms =
	    (uint32_t)reactor_now_ms(session->conn.reactor);
	session->web->pinged = false;
}

/* It has not sent a whole head in time, or no further one. */
static void
web_give_up_request(struct session *session)
{
	if (session->waits)
		web_start_head(session);
	else if (session->input.len > 0)
		web_refuse(session, 408, false);
	else
		session_close(session, CLOSE_HTTP);
}

void
web_on_silence(struct session *session)
{
	struct web *web = session->web;
	uint32_t now_ms = (uint32_t)reactor_now_ms(session->conn.reactor);
	uint32_t limit_ms = web_ms(session);
	uint32_t silent_ms = now_ms - web->heard_ms;

	check_magic(web, WEB_MAGIC);
	if (!conn_is_open(&session->conn))
		return;
	if (session_is_deaf(session)) {
		web_give_up_request(session);
		return;
	}
	/* While it waits it is not listened to. */
	if (session->waits)
		silent_ms = 0;
	else if (web->pinged)
		session_close(session, CLOSE_SILENT);
	else if (silent_ms >= limit_ms)
		web_socket_ping(session);
	reactor_set_timer(session->conn.reactor, &session->silence,
	    silent_ms < limit_ms ? limit_ms - silent_ms : limit_ms);
}

void
web_say_end(struct session *session, enum close_reason reason)
{
	if (!session_is_deaf(session))
		web_socket_say_end(session, reason == CLOSE_GOING_DOWN
						? WEB_END_GOING_DOWN
						: WEB_END_NORMAL);
}
