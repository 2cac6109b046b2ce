/* A reactor's side of a listening socket. */
#include "reactor/listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/address.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/reactor_priv.h"

#define RETRY_MS 100 /* after running out of descriptors or memory */

static void
listener_on_retry(struct timer *timer)
{
	listener_start(list_entry(timer, struct listener, retry));
}

void
listener_init(struct listener *listener, struct reactor *reactor, int fd,
    bool passed, enum speaks speaks)
{
	int family = 0;
	socklen_t length = sizeof(family);

	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
	*listener = (struct listener){
	    .fd = fd,
	    .reactor = reactor,
	    .local = family == AF_UNIX,
	    .passed = passed,
	    .speaks = speaks,
	};
	timer_init(&listener->retry, listener_on_retry);
}

bool
listener_name(const struct listener *listener, struct sockaddr_storage *out)
{
	socklen_t length = sizeof(*out);

	return getsockname(listener->fd, (void *)out, &length) == 0;
}

void
listener_start(struct listener *listener)
{
	struct reactor *reactor = listener->reactor;

	if (listener->stopped || listener->armed ||
	    listener->scrapers == LISTENER_SCRAPERS_MAX)
		return;
	listener->armed = true;
	reactor->config.engine->listen(reactor->engine, listener);
}

static void
listener_disarm(struct listener *listener)
{
	struct reactor *reactor = listener->reactor;

	if (listener->armed)
		reactor->config.engine->unlisten(reactor->engine, listener);
	listener->armed = false;
}

void
listener_enter(struct listener *listener)
{
	check(listener->scrapers < LISTENER_SCRAPERS_MAX);
	if (++listener->scrapers == LISTENER_SCRAPERS_MAX)
		listener_disarm(listener);
}

void
listener_leave(struct listener *listener)
{
	check(listener->scrapers > 0);
	listener->scrapers--;
	listener_start(listener);
}

/* Out of descriptors or memory, or shut down by another process that has the
 * socket: leave the queue alone for a moment, since a listener that cannot
 * accept stays readable and would spin. */
static void
listener_pause(struct listener *listener, int error)
{
	struct reactor *reactor = listener->reactor;

	listener_disarm(listener);
	if (listener->stopped)
		return;
	reactor_set_timer(reactor, &listener->retry, RETRY_MS);
	if (census_may_warn(reactor->config.census, reactor->now_ms))
		log_warn("accept-paused",
		    LOG_NUMBER("reactor", reactor->config.index),
		    LOG_ERRNO(error));
}

void
listener_on_accepted(
    struct listener *listener, int result, const struct address *peer)
{
	switch (result) {
	case -EMFILE:
	case -ENFILE:
	case -ENOBUFS:
	case -ENOMEM:
	case -EINVAL:
		listener_pause(listener, -result);
		return;
	}
	/* Other errors are of the one connection, which is gone (accept(2)). */
	if (result >= 0)
		conn_open(listener, result, peer);
}

void
listener_close(struct listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

/* Nobody joins the queue any more, so that it is empty once it was found to be:
 * who came in between would be let in by the kernel, and reset by the close. A
 * Unix socket says no; with TCP the first segment is dropped, which has SYN in
 * byte 13, and the second one is refused. Where filters are not allowed, the
 * moment remains. */
static void
listener_seal(const struct listener *listener)
{
	struct sock_filter drop_syn[] = {
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {
	    sizeof(drop_syn) / sizeof(drop_syn[0]), drop_syn};

	if (listener->passed)
		return;
	if (listener->local)
		shutdown(listener->fd, SHUT_RD);
	else
		setsockopt(listener->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		    sizeof(program));
}

/* Whoever waits in the queue would be reset by the close: they are taken in, so
 * that they hear the goodbye. */
static void
listener_take_in(struct listener *listener)
{
	struct reactor *reactor = listener->reactor;
	struct sockaddr_storage from = {0};
	struct address peer;
	int fd;

	listener_seal(listener);
	for (;;) {
		socklen_t length = sizeof(from);

		fd = accept4(listener->fd, (void *)&from, &length,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			break;
		if (fd < 0)
			continue;
		peer = address_of_peer(&from, fd);
		listener_on_accepted(listener,
		    reactor->config.engine->adopt(reactor->engine, fd), &peer);
	}
}

void
listener_stop(struct listener *listener)
{
	if (listener->stopped)
		return;
	listener->stopped = true;
	timer_stop(&listener->retry);
	listener_disarm(listener);
	/* Scrapers are told none. */
	if (listener->speaks != SPEAKS_METRICS)
		listener_take_in(listener);
	listener_close(listener);
}
