/* The control socket's server side. */
#include "console/admin/control.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/admin/admin_input.h"
#include "console/server/supervisor.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"

#define RETRY_MS      100
#define LAST_WORDS_MS 1000 /* for all peers to read their last answers */

struct peer {
	struct list link; /* in the control's peers */
	struct control *control;
	int fd;             /* owned */
	struct watch watch; /* on fd, while there is something to wait for */
	struct admin admin;
	bool broken; /* nothing can be sent to it any more */
	struct admin_input in;
	char *out; /* owned */
	size_t out_len;
	size_t out_cap;
	size_t out_sent;
};

static void
peer_put(struct peer *peer, const char *text, size_t len)
{
	if (peer->broken || len == 0)
		return;
	if (peer->out_len + len > CONTROL_OUT_BYTES_MAX) {
		peer->broken = true;
		return;
	}
	if (peer->out_len + len > peer->out_cap) {
		peer->out_cap = 2 * (peer->out_len + len);
		peer->out = memory_resize(peer->out, peer->out_cap);
	}
	memcpy(peer->out + peer->out_len, text, len);
	peer->out_len += len;
}

static void
peer_put_line(struct peer *peer, const char *before, const char *line)
{
	peer_put(peer, before, strlen(before));
	peer_put(peer, line, strlen(line));
	peer_put(peer, "\n", 1);
}

/* Sends what the socket takes. */
static void
peer_flush(struct peer *peer)
{
	while (!peer->broken && peer->out_sent < peer->out_len) {
		ssize_t sent = send(peer->fd, peer->out + peer->out_sent,
		    peer->out_len - peer->out_sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			peer->out_sent += (size_t)sent;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			peer->broken = true;
	}
	free(peer->out);
	peer->out = NULL;
	peer->out_len = peer->out_cap = peer->out_sent = 0;
}

static void
peer_free(struct peer *peer)
{
	check(peer->admin.errands == 0);
	loop_remove(&peer->control->supervisor->loop, &peer->watch);
	list_remove(&peer->link);
	peer->control->peer_count--;
	close(peer->fd);
	free(peer->out);
	explicit_bzero(peer, sizeof(*peer));
	free(peer);
}

static struct peer *
peer_of(struct admin *admin)
{
	return list_entry(admin, struct peer, admin);
}

static void
peer_say(struct admin *admin, const char *line)
{
	peer_put_line(peer_of(admin), " ", line);
}

static void
peer_fail(struct admin *admin, const char *line)
{
	peer_put_line(peer_of(admin), "ERR ", line);
}

static void
peer_done(struct admin *admin)
{
	struct peer *peer = peer_of(admin);

	if (!admin->failed)
		peer_put_line(peer, "", "OK");
	/* It goes on in the next turn, where it can do no harm to go away. */
	peer->watch.fd = peer->fd;
	peer->watch.events = POLLOUT;
}

static const struct admin_ops peer_ops = {
    .say = peer_say,
    .fail = peer_fail,
    .done = peer_done,
    .waits_for_end = true,
};

static void
peer_wait(struct peer *peer, short events)
{
	/* A descriptor that is looked at tells of a hang-up whether asked or
	 * not, again and again. */
	peer->watch.fd = events && !peer->broken ? peer->fd : -1;
	peer->watch.events = events;
}

/* Runs its lines as far as it may, and sees whether it is through. It may be
 * gone after this. */
static void
peer_go_on(struct peer *peer)
{
	admin_input_run(&peer->in, &peer->admin);
	peer_flush(peer);
	if (peer->broken)
		peer->in.ended = true;
	if (admin_is_busy(&peer->admin))
		peer_wait(peer, peer->out_len > 0 ? POLLOUT : 0);
	else if (peer->out_len > 0 && !peer->broken)
		peer_wait(peer, POLLOUT);
	else if (!peer->in.ended)
		peer_wait(peer, POLLIN);
	else
		peer_free(peer);
}

static void
peer_ready(struct watch *watch, short revents)
{
	struct peer *peer = list_entry(watch, struct peer, watch);
	char *bytes;
	size_t room;
	ssize_t got;

	if (revents & POLLIN) {
		bytes = admin_input_room(&peer->in, &room);
		got = recv(peer->fd, bytes, room, MSG_DONTWAIT);
		if (got > 0)
			peer->in.len += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			peer->in.ended = true;
	} else if (revents & (POLLHUP | POLLERR)) {
		peer->broken = true;
	}
	peer_go_on(peer);
}

/* Root, and whoever this process is: they could do all of it anyway. */
static bool
peer_may(int fd, struct ucred *who)
{
	socklen_t length = sizeof(*who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &length) == 0 &&
	       (who->uid == 0 || who->uid == geteuid());
}

static void
refuse(int fd, const char *answer)
{
	send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void
control_retry(struct timer *timer)
{
	struct control *control = list_entry(timer, struct control, retry);

	control->watch.fd = control->fd;
}

static void
control_ready(struct watch *watch, short revents)
{
	struct control *control = list_entry(watch, struct control, watch);
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who = {0};
	struct peer *peer;

	(void)revents;
	if (fd < 0) {
		/* Out of descriptors: leave it alone for a moment, for it stays
		 * readable. */
		watch->fd = -1;
		loop_set_timer(
		    &control->supervisor->loop, &control->retry, RETRY_MS);
		return;
	}
	if (!peer_may(fd, &who)) {
		refuse(fd, "ERR forbidden to this user\n");
		return;
	}
	if (control->peer_count == CONTROL_PEERS_MAX) {
		refuse(fd, "ERR busy, too many are connected\n");
		return;
	}
	peer = memory_new(sizeof(*peer));
	peer->control = control;
	peer->fd = fd;
	list_init(&peer->link);
	list_append(&control->peers, &peer->link);
	control->peer_count++;
	admin_init(&peer->admin, &peer_ops, control->supervisor);
	snprintf(peer->admin.who, sizeof(peer->admin.who),
	    "control uid=%u pid=%d", who.uid, who.pid);
	loop_add(
	    &control->supervisor->loop, &peer->watch, fd, POLLIN, peer_ready);
}

int
control_open(struct control *control, struct supervisor *supervisor,
    const char *path, char error[LISTEN_ERROR_BYTES])
{
	struct endpoint endpoint;
	char url[PATH_MAX + 8];
	const char *problem;
	int fd;

	snprintf(url, sizeof(url), "unix:%s", path);
	problem = endpoint_parse(url, &endpoint);
	if (problem) {
		snprintf(error, LISTEN_ERROR_BYTES, "--control: %.100s: %s",
		    path, problem);
		return -1;
	}
	if (listen_open(&endpoint, 1, &fd, error) < 0)
		return -1;
	/* Who got in before this is asked who he is all the same. */
	if (chmod(endpoint.path, 0600) < 0) {
		snprintf(error, LISTEN_ERROR_BYTES,
		    "--control: %s: cannot set its mode: %s", endpoint.path,
		    strerrordesc_np(errno));
		listen_remove(&endpoint);
		close(fd);
		return -1;
	}
	*control = (struct control){
	    .supervisor = supervisor, .endpoint = endpoint, .fd = fd};
	list_init(&control->peers);
	timer_init(&control->retry, control_retry);
	loop_add(&supervisor->loop, &control->watch, fd, POLLIN, control_ready);
	return 0;
}

/* Sends what is left to who takes it; the others are left in `fds`. How many.
 */
static unsigned
control_flush(struct control *control, struct pollfd fds[CONTROL_PEERS_MAX])
{
	struct list all;
	struct list *link;
	unsigned count = 0;

	list_init(&all);
	list_move_all(&all, &control->peers);
	while ((link = list_take_first(&all)) != NULL) {
		struct peer *peer = list_entry(link, struct peer, link);

		peer_flush(peer);
		if (peer->out_len == 0) {
			peer_free(peer);
			continue;
		}
		fds[count++] = (struct pollfd){peer->fd, POLLOUT, 0};
		list_append(&control->peers, link);
	}
	return count;
}

/* The server has stopped, which some commands have waited for. Nothing else is
 * going on any more: who still reads has a moment for the last answer. */
static void
control_end_peers(struct control *control)
{
	uint64_t now_ms, end_ms = clock_monotonic_ms() + LAST_WORDS_MS;
	struct pollfd fds[CONTROL_PEERS_MAX];
	struct list *link, *next;
	unsigned count;

	list_for_each_safe (link, next, &control->peers) {
		struct peer *peer = list_entry(link, struct peer, link);

		if (admin_is_busy(&peer->admin))
			admin_errand_ended(&peer->admin);
	}
	do {
		count = control_flush(control, fds);
		now_ms = clock_monotonic_ms();
	} while (count > 0 && now_ms < end_ms &&
		 poll(fds, count, (int)(end_ms - now_ms)) > 0);
	while ((link = list_take_first(&control->peers)) != NULL)
		peer_free(list_entry(link, struct peer, link));
}

void
control_close(struct control *control)
{
	if (!control->supervisor)
		return;
	control_end_peers(control);
	timer_stop(&control->retry);
	loop_remove(&control->supervisor->loop, &control->watch);
	close(control->fd);
	listen_remove(&control->endpoint);
	control->supervisor = NULL;
}
