/* Notices to all. */
#include "proto/notice.h"

#include <string.h>

#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_output.h"
#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/memory.h"

#define HOLD_MS 1000

struct notice {
	struct hub *hub;
	struct event event;
	struct blob *blobs[FORMAT_COUNT]; /* rendered once someone wants it */
	uint32_t held_from; /* where it is in what the hub holds, plus one; 0:
			       it is not */
	unsigned count;
};

static bool
is_owed(const struct session *session)
{
	return session_is_unknown(session) && session->owed_from > 0;
}

/* It may still begin something else than lines. */
static bool
is_undecided(const struct session *session)
{
	uint32_t now_ms = (uint32_t)reactor_now_ms(session->conn.reactor);

	return session_is_unknown(session) &&
	       now_ms - session->conn.progress_ms < HOLD_MS;
}

/* False: so much waits already that it is passed by. */
static bool
notice_hold(struct notice *notice, struct session *session)
{
	struct hub *hub = notice->hub;
	size_t bound = render_bound(FORMAT_TEXT, &notice->event);

	if (notice->held_from == 0) {
		if (hub->notices_len + bound > GUEST_OUT_BYTES_MAX)
			return false;
		hub->notices =
		    memory_resize(hub->notices, hub->notices_len + bound);
		notice->held_from = hub->notices_len + 1;
		hub->notices_len += (uint32_t)render(FORMAT_TEXT,
		    &notice->event, hub->notices + hub->notices_len);
	}
	if (session->owed_from == 0)
		session->owed_from = notice->held_from;
	if (!timer_is_set(&hub->hold))
		reactor_set_timer(hub->reactor, &hub->hold, HOLD_MS);
	return true;
}

static void
notice_push(struct notice *notice, struct session *session)
{
	enum format format = session->format;
	struct blob **blob = &notice->blobs[format];

	if (!*blob) {
		*blob = blob_new(reactor_blobs(notice->hub->reactor),
		    render_bound(format, &notice->event));
		(*blob)->len =
		    (uint32_t)render(format, &notice->event, (*blob)->bytes);
	}
	conn_push(&session->conn, *blob);
}

static void
notice_tell(struct conn *conn, void *context)
{
	struct notice *notice = context;
	struct session *session = session_of(conn);

	if (session_is_deaf(session) || conn->mute ||
	    !session_has_room(session))
		return;
	/* One behind the other. */
	if (is_undecided(session) || is_owed(session)) {
		notice->count += notice_hold(notice, session);
		return;
	}
	notice_push(notice, session);
	notice->count++;
}

unsigned
notice_tell_all(struct hub *hub, struct span text)
{
	struct notice notice = {
	    .hub = hub,
	    .event = {.kind = EVENT_NOTICE, .text = text},
	};

	reactor_each_conn(hub->reactor, notice_tell, &notice);
	for (int i = 0; i < FORMAT_COUNT; i++)
		if (notice.blobs[i])
			blob_unref(
			    reactor_blobs(hub->reactor), notice.blobs[i]);
	return notice.count;
}

void
notice_tell_held(struct session *session)
{
	const struct hub *hub = session_hub(session);
	uint32_t from;

	if (!is_owed(session))
		return;
	from = session->owed_from - 1;
	session->owed_from = 0;
	check(from < hub->notices_len);
	session_send(session, hub->notices + from, hub->notices_len - from);
}

/* True in *context when somebody has to wait on. */
static void
hold_visit(struct conn *conn, void *context)
{
	struct session *session = session_of(conn);
	bool *waits = context;

	if (!is_owed(session))
		return;
	if (is_undecided(session))
		*waits = true;
	else
		notice_tell_held(session);
}

static void
notice_on_hold(struct timer *timer)
{
	struct hub *hub = list_entry(timer, struct hub, hold);
	bool waits = false;

	check_magic(hub, HUB_MAGIC);
	reactor_each_conn(hub->reactor, hold_visit, &waits);
	if (waits)
		reactor_set_timer(hub->reactor, &hub->hold, HOLD_MS);
	else
		notice_fini(hub);
}

void
notice_init(struct hub *hub)
{
	timer_init(&hub->hold, notice_on_hold);
}

void
notice_fini(struct hub *hub)
{
	free(hub->notices);
	hub->notices = NULL;
	hub->notices_len = 0;
}
