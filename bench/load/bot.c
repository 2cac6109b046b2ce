/*
 * One connection of the load generator: connecting, reading lines, sending,
 * and its deadline. Its contract is in load.h, with the loop's.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/load/bot_tls.h"
#include "bench/load/load.h"
#include "bench/load/target.h"
#include "reactor/check.h"

static void
bot_lose(struct bot *bot, int error)
{
	bot_close(bot);
	bot->load->ops->on_closed(bot, error);
}

static void
bot_opened(struct bot *bot)
{
	bot->state = BOT_OPEN;
	bot_disarm(bot);
	bot->load->ops->on_open(bot);
}

/* Hands over lines, and takes them off the front of *rest. */
static void
bot_hear_lines(struct bot *bot, struct span *rest)
{
	struct span line;

	while (bot->state == BOT_OPEN && splitter_next(rest, &line))
		bot->load->ops->on_line(bot, line);
}

/* Hands over the buffer's first `len` bytes, and keeps what is not used. */
static void
bot_hear(struct bot *bot, size_t len)
{
	struct load *load = bot->load;
	struct span rest = {load->buffer, len};
	size_t used;
	int error;

	if (load->ops->on_bytes) {
		used = load->ops->on_bytes(bot, rest);
		check(used <= len);
		rest = (struct span){rest.at + used, len - used};
	} else {
		bot_hear_lines(bot, &rest);
	}
	if (bot->state != BOT_OPEN)
		return;
	error = splitter_keep(&bot->in, rest);
	if (error)
		bot_lose(bot, error);
}

static ssize_t
bot_receive(struct bot *bot, char *bytes, size_t room)
{
	return bot->tls ? bot_tls_receive(bot->tls, bytes, room)
			: recv(bot->fd, bytes, room, 0);
}

/*
 * Reads until the socket is empty, as edge-triggering wants it. A short read
 * says so without another call, but for the end of input, which `to_end` has
 * seen coming, and for TLS, which reads a record at a time.
 */
static void
bot_read(struct bot *bot, bool to_end)
{
	struct load *load = bot->load;
	size_t have, room;
	ssize_t got;

	do {
		have = splitter_begin(&bot->in, load->buffer);
		room = sizeof load->buffer - have;
		got = bot_receive(bot, load->buffer + have, room);
		load->now_ns = clock_ns();
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			bot_lose(bot, got < 0 ? errno : 0);
			return;
		}
		bot_hear(bot, have + (size_t)got);
	} while (bot->state == BOT_OPEN && !bot->paused &&
		 (to_end || bot->tls || (size_t)got == room));
}

/* What the socket takes of the bytes; an error shows up when it is read. */
static size_t
bot_write(struct bot *bot, struct span bytes)
{
	ssize_t sent = bot->tls
			   ? bot_tls_send(bot->tls, bytes.at, bytes.len)
			   : send(bot->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

	if (sent < 0)
		return 0;
	return (size_t)sent;
}

static void
bot_keep_unsent(struct bot *bot, struct span bytes)
{
	size_t size = bot->out_len + bytes.len;

	if (bytes.len == 0)
		return;
	check(size <= UINT32_MAX);
	if (size > bot->out_size) {
		bot->out = realloc(bot->out, size);
		if (!bot->out)
			err(EXIT_FAILURE, "memory for unsent bytes");
		bot->out_size = (uint32_t)size;
	}
	memcpy(bot->out + bot->out_len, bytes.at, bytes.len);
	bot->out_len = (uint32_t)size;
}

static void
bot_flush(struct bot *bot)
{
	size_t sent;

	if (bot->out_len == 0)
		return;
	sent = bot_write(bot, (struct span){bot->out, bot->out_len});
	bot->out_len -= (uint32_t)sent;
	if (sent > 0)
		memmove(bot->out, bot->out + sent, bot->out_len);
}

/* Open, or so once TLS's handshake is done, which is a part of connecting. */
static void
bot_connected(struct bot *bot)
{
	struct ssl_ctx_st *context = bot->load->target->tls;
	int error = 0;

	if (context && !bot->tls)
		bot->tls = bot_tls_new(context, bot->fd);
	if (bot->tls)
		error = bot_tls_shake(bot->tls);
	bot->load->now_ns = clock_ns();
	if (!error)
		bot_opened(bot);
	else if (error != EAGAIN)
		bot_lose(bot, error);
}

static void
bot_finish_connect(struct bot *bot)
{
	int error = 0;
	socklen_t len = sizeof error;

	check_zero(getsockopt(bot->fd, SOL_SOCKET, SO_ERROR, &error, &len));
	bot->load->now_ns = clock_ns();
	if (error)
		bot_lose(bot, error);
	else
		bot_connected(bot);
}

/* What epoll is to tell of the bot; a change tells anew what is the case. */
static void
bot_watch(struct bot *bot, int operation)
{
	const uint32_t always = EPOLLOUT | EPOLLET;
	struct epoll_event event = {
	    .events = always | (bot->paused ? 0 : EPOLLIN | EPOLLRDHUP),
	    .data.ptr = bot,
	};

	if (epoll_ctl(bot->load->epoll_fd, operation, bot->fd, &event) < 0)
		err(EXIT_FAILURE, "epoll");
}

/* Takes the result of connect() on from there: `error` is its errno or 0. */
static void
bot_dialled(struct bot *bot, int error)
{
	bot->state = BOT_CONNECTING;
	bot_arm(bot);
	if (!error || error == EINPROGRESS)
		bot_watch(bot, EPOLL_CTL_ADD);
	if (!error)
		bot_connected(bot);
	else if (error != EINPROGRESS)
		bot_lose(bot, error);
}

/* A socket of the load's next source; -1 with errno. */
static int
bot_socket(struct load *load)
{
	int fd = target_socket(load->target);
	int error;

	if (fd < 0 || load->sources.count == 0 ||
	    sources_bind(&load->sources, fd, load->dialled++) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

void
bot_init(struct bot *bot, struct load *load)
{
	*bot = (struct bot){.load = load, .fd = -1, .state = BOT_CLOSED};
	list_init(&bot->link);
}

void
bot_connect(struct bot *bot)
{
	check(bot->state == BOT_CLOSED);
	bot->state = BOT_QUEUED;
	bot->connect_ns = 0;
	list_append(&bot->load->connecting, &bot->link);
}

bool
bot_dial(struct bot *bot)
{
	struct load *load = bot->load;
	const struct target *target = load->target;
	int error = 0;

	check(bot->state == BOT_QUEUED);
	if (bot->connect_ns == 0)
		bot->connect_ns = clock_ns();
	if (bot->fd < 0)
		bot->fd = bot_socket(load);
	if (bot->fd < 0 ||
	    connect(bot->fd, &target->address.any, target->length) < 0)
		error = errno;
	load->now_ns = clock_ns();
	if (error == EAGAIN) {
		if (load->now_ns - bot->connect_ns < load->timeout_ns)
			return false;
		error = ETIMEDOUT;
	}
	list_remove(&bot->link);
	bot_dialled(bot, error);
	return true;
}

void
bot_serve(struct bot *bot, uint32_t events)
{
	const uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

	if (bot->state == BOT_CONNECTING)
		bot_finish_connect(bot);
	if (bot->state != BOT_OPEN)
		return;
	if (events & EPOLLOUT)
		bot_flush(bot);
	if (events & (EPOLLIN | ends) && !bot->paused)
		bot_read(bot, events & ends);
}

void
bot_send(struct bot *bot, struct span bytes)
{
	size_t sent = 0;

	check(bot->state == BOT_OPEN);
	if (bot->out_len == 0)
		sent = bot_write(bot, bytes);
	bot_keep_unsent(bot, (struct span){bytes.at + sent, bytes.len - sent});
}

void
bot_arm(struct bot *bot)
{
	struct load *load = bot->load;

	check(bot->state != BOT_QUEUED);
	list_remove(&bot->link);
	bot->deadline_ns = load->now_ns + load->timeout_ns;
	list_append(&load->deadlines, &bot->link);
}

void
bot_disarm(struct bot *bot)
{
	check(bot->state != BOT_QUEUED);
	list_remove(&bot->link);
}

void
bot_pause(struct bot *bot)
{
	check(bot->state == BOT_OPEN);
	bot->paused = true;
	bot_watch(bot, EPOLL_CTL_MOD);
}

void
bot_resume(struct bot *bot)
{
	check(bot->state == BOT_OPEN);
	bot->paused = false;
	bot_watch(bot, EPOLL_CTL_MOD);
}

void
bot_reset(struct bot *bot)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (bot->fd >= 0)
		check_zero(setsockopt(
		    bot->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
	bot_close(bot);
}

void
bot_close(struct bot *bot)
{
	list_remove(&bot->link);
	splitter_fini(&bot->in);
	free(bot->out);
	bot->out = NULL;
	bot->out_len = 0;
	bot->out_size = 0;
	if (bot->tls)
		bot_tls_free(&bot->tls);
	if (bot->fd >= 0)
		close(bot->fd);
	bot->fd = -1;
	bot->paused = false;
	bot->state = BOT_CLOSED;
}
