#include "tests/sim/net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "reactor/check.h"
#include "reactor/memory.h"

/* Far from any descriptor of the process. */
#define SOCKET_BASE   (1 << 24)
#define LISTENER_BASE (1 << 23)

static struct net_link links[NET_LINKS_MAX];
static unsigned link_count;
static struct net_listener listeners[NET_LISTENERS_MAX];
static unsigned listener_count;

/* What the linker puts in the place of the two calls. */
int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *length, int flags);
int __wrap_close(int fd);
int __real_close(int fd);

static void
bytes_add(struct net_bytes *bytes, const char *from, size_t len)
{
	if (bytes->len + len > bytes->cap) {
		bytes->cap = 2 * (bytes->len + len);
		bytes->at = memory_resize(bytes->at, bytes->cap);
	}
	memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

static size_t
bytes_take(struct net_bytes *bytes, char *to, size_t len)
{
	if (len > bytes->len)
		len = bytes->len;
	if (len == 0)
		return 0;
	memcpy(to, bytes->at, len);
	bytes->len -= len;
	memmove(bytes->at, bytes->at + len, bytes->len);
	return len;
}

static struct net_listener *
listener_of(int fd)
{
	if (fd < LISTENER_BASE || fd >= LISTENER_BASE + (int)listener_count)
		return NULL;
	return &listeners[fd - LISTENER_BASE];
}

void
net_clear(void)
{
	for (unsigned i = 0; i < link_count; i++) {
		free(links[i].up.at);
		free(links[i].down.at);
		free(links[i].flight);
	}
	memset(links, 0, sizeof(links));
	memset(listeners, 0, sizeof(listeners));
	link_count = listener_count = 0;
}

int
net_listen(void)
{
	check(listener_count < NET_LISTENERS_MAX);
	listeners[listener_count].open = true;
	return LISTENER_BASE + (int)listener_count++;
}

struct net_link *
net_connect(int fd, const struct address *peer)
{
	struct net_listener *listener = listener_of(fd);
	struct net_link *link = &links[link_count];

	check(listener);
	if (!listener->open || link_count == NET_LINKS_MAX)
		return NULL;
	*link = (struct net_link){
	    .socket = SOCKET_BASE + (int)link_count,
	    .peer = *peer,
	    .down_max = SIZE_MAX,
	};
	listener->waiting[listener->count++] = link_count++;
	return link;
}

unsigned
net_link_count(void)
{
	return link_count;
}

struct net_link *
net_link_at(unsigned index)
{
	check(index < link_count);
	return &links[index];
}

struct net_link *
net_link_of(int socket)
{
	check(socket >= SOCKET_BASE);
	return net_link_at((unsigned)(socket - SOCKET_BASE));
}

bool
net_waits(int fd)
{
	const struct net_listener *listener = listener_of(fd);

	return listener && listener->open && listener->count > 0;
}

int
net_accept(int fd)
{
	struct net_listener *listener = listener_of(fd);
	unsigned first;

	check(listener);
	check(listener->open);
	if (listener->count == 0) {
		errno = EAGAIN;
		return -1;
	}
	first = listener->waiting[0];
	listener->count--;
	memmove(listener->waiting, listener->waiting + 1,
	    listener->count * sizeof(*listener->waiting));
	return links[first].socket;
}

int
__wrap_accept4(int fd, struct sockaddr *from, socklen_t *length, int flags)
{
	int socket = net_accept(fd);
	const struct address *peer;

	(void)flags;
	if (socket < 0)
		return -1;
	peer = &net_link_of(socket)->peer;
	memset(from, 0, *length);
	from->sa_family = peer->family;
	memcpy((char *)from + 4, peer->ip, 4); /* sockaddr_in's sin_addr */
	return socket;
}

int
__wrap_close(int fd)
{
	struct net_listener *listener = listener_of(fd);

	if (fd >= SOCKET_BASE) {
		net_server_close(net_link_of(fd));
		return 0;
	}
	if (!listener)
		return __real_close(fd);
	check(listener->open);
	listener->open = false;
	for (unsigned i = 0; i < listener->count; i++)
		links[listener->waiting[i]].reset = true;
	return 0;
}

void
net_client_send(struct net_link *link, const char *bytes, size_t len)
{
	check(!link->up_ended);
	if (!link->reset)
		bytes_add(&link->up, bytes, len);
}

void
net_client_end(struct net_link *link)
{
	link->up_ended = true;
}

void
net_client_reset(struct net_link *link)
{
	link->reset = true;
	link->client_gone = true;
	link->up_ended = true;
}

void
net_client_close(struct net_link *link)
{
	if (link->down.len > 0)
		net_client_reset(link);
	link->client_gone = true;
	link->up_ended = true;
}

size_t
net_client_read(struct net_link *link, char *to, size_t len)
{
	return bytes_take(&link->down, to, len);
}

size_t
net_room(const struct net_link *link)
{
	return link->down.len >= link->down_max
		   ? 0
		   : link->down_max - link->down.len;
}

void
net_server_send(struct net_link *link, const char *bytes, size_t len)
{
	check(!link->down_ended);
	check(len <= net_room(link));
	/* Whom it does not reach any more answers with a reset. */
	if (link->client_gone)
		link->reset = true;
	else
		bytes_add(&link->down, bytes, len);
}

void
net_server_end(struct net_link *link)
{
	link->down_ended = true;
}

void
net_server_close(struct net_link *link)
{
	check(!link->server_gone);
	link->server_gone = true;
	link->down_ended = true;
	if (link->up.len == 0 || link->reset)
		return;
	link->reset = true;
	link->down.len = 0;
}

size_t
net_server_read(struct net_link *link, char *to, size_t len)
{
	return bytes_take(&link->up, to, len);
}
