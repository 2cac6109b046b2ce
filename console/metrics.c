/* HTTP for Prometheus. */
#include "console/metrics.h"

#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/metrics_page.h"
#include "reactor/address.h"
#include "reactor/check.h"

#define PEER_BYTES 8192 /* for a request's line and headers */
#define ROUNDS_MAX 8    /* of work in one turn of the loop */
#define REST_MS    20   /* after so many */

#define NOT_FOUND   "not here: /metrics is\n"
#define NOT_ALLOWED "only GET and HEAD\n"

static enum MHD_Result
answer(struct MHD_Connection *peer, unsigned status, const char *type,
    struct MHD_Response *response)
{
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO; /* no memory: the connection is closed */
	if (MHD_add_response_header(
		response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
	    (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
		MHD_add_response_header(
		    response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
		result = MHD_queue_response(peer, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
answer_error(struct MHD_Connection *peer, unsigned status, const char *text)
{
	return answer(peer, status, "text/plain; charset=utf-8",
	    MHD_create_response_from_buffer(
		strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT));
}

/* The headers of a request have come. It is answered at once, so that a body is
 * never read. */
static enum MHD_Result
on_request(void *context, struct MHD_Connection *peer, const char *path,
    const char *method, const char *version, const char *body, size_t *body_len,
    void **state)
{
	struct metrics *metrics = context;
	char *page;
	size_t len;

	(void)version;
	(void)body;
	(void)body_len;
	(void)state;
	if (strcmp(path, "/metrics"))
		return answer_error(peer, MHD_HTTP_NOT_FOUND, NOT_FOUND);
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_error(
		    peer, MHD_HTTP_METHOD_NOT_ALLOWED, NOT_ALLOWED);
	len = metrics_page(metrics->server, metrics->files, &page);
	return answer(peer, MHD_HTTP_OK, METRICS_PAGE_TYPE,
	    MHD_create_response_from_buffer(len, page, MHD_RESPMEM_MUST_FREE));
}

static unsigned
peer_count(const struct metrics *metrics)
{
	return MHD_get_daemon_info(
	    metrics->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	    ->num_connections;
}

static int
epoll_descriptor(const struct metrics *metrics)
{
	return MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD)
	    ->epoll_fd;
}

static bool
is_ready(const struct metrics *metrics)
{
	struct pollfd fd = {.fd = epoll_descriptor(metrics), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/*
 * Does what there is to do, and returns whether some is left. Who was at the
 * limit begins to listen again only in the next round after a connection has
 * gone, hence there is always one.
 */
static bool
metrics_work(struct metrics *metrics)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		unsigned before = peer_count(metrics);

		MHD_run(metrics->daemon);
		if (peer_count(metrics) >= before && !is_ready(metrics))
			return false;
	}
	return true;
}

/* Whoever asks without a pause is given one, and so is a listening socket that
 * stays readable since there is no descriptor left to accept with. */
static void
metrics_run(struct metrics *metrics)
{
	bool rests = metrics_work(metrics);
	MHD_UNSIGNED_LONG_LONG wait_ms;

	metrics->watch.fd = rests ? -1 : epoll_descriptor(metrics);
	timer_stop(&metrics->timer);
	if (rests)
		loop_set_timer(metrics->loop, &metrics->timer, REST_MS);
	else if (MHD_get_timeout(metrics->daemon, &wait_ms) == MHD_YES)
		loop_set_timer(metrics->loop, &metrics->timer, wait_ms);
}

static void
metrics_ready(struct watch *watch, short revents)
{
	(void)revents;
	metrics_run(list_entry(watch, struct metrics, watch));
}

static void
metrics_on_timer(struct timer *timer)
{
	metrics_run(list_entry(timer, struct metrics, timer));
}

int
metrics_open(struct metrics *metrics, struct loop *loop,
    const struct server *server, const struct endpoint *endpoint,
    char error[LISTEN_ERROR_BYTES])
{
	struct endpoint opened = *endpoint;
	char text[ENDPOINT_TEXT_BYTES];
	int fd;

	check(!endpoint->path[0]);
	if (listen_open(&opened, 1, &fd, error) < 0)
		return -1;
	*metrics = (struct metrics){.loop = loop, .server = server};
	/* It owns the socket from here on, also when it fails. */
	metrics->daemon =
	    MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, metrics,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)METRICS_PEERS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)METRICS_SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)PEER_BYTES, MHD_OPTION_END);
	if (!metrics->daemon) {
		snprintf(error, LISTEN_ERROR_BYTES,
		    "--metrics: cannot start to speak HTTP");
		return -1;
	}
	metrics->files = process_files_open();
	snprintf(metrics->url, sizeof(metrics->url), "http%s/metrics",
	    endpoint_format(&opened, text) + strlen("tcp"));
	timer_init(&metrics->timer, metrics_on_timer);
	loop_add(loop, &metrics->watch, epoll_descriptor(metrics), POLLIN,
	    metrics_ready);
	return 0;
}

void
metrics_close(struct metrics *metrics)
{
	if (!metrics->daemon)
		return;
	timer_stop(&metrics->timer);
	loop_remove(metrics->loop, &metrics->watch);
	MHD_stop_daemon(metrics->daemon);
	metrics->daemon = NULL;
	process_files_close(&metrics->files);
}
