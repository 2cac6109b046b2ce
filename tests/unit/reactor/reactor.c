/*
 * The loop, on both engines: mail between reactors and from outside, timers,
 * the phases of a turn, and a stop that everybody hears of.
 */
#include "tests/unit/reactor/rig.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/list.h"
#include "reactor/mailbox.h"
#include "reactor/timer.h"

#define HOPS   2000
#define BURST  500
#define CROWD  20
#define QUEUED 30

/* --- mail --- */

struct ball {
	struct envelope envelope;
	struct rig *rig;
	unsigned hops;
	unsigned wrong; /* hops at a reactor that it was not sent to */
	unsigned at;    /* the reactor that it is sent to */
	sem_t done;
};

static void
on_ball(struct envelope *envelope, void *owner)
{
	struct ball *ball = (struct ball *)envelope;
	struct rig_owner *here = owner;

	ball->wrong += here->index != ball->at;
	if (++ball->hops == HOPS) {
		sem_post(&ball->done);
		return;
	}
	/* Now and then to itself: that is mail for a later turn as well. */
	ball->at = ball->hops % 7 ? 1 - here->index : here->index;
	reactor_post(ball->rig->reactors[here->index], ball->at, envelope);
}

RIG_TEST(posts_go_to_the_reactor_they_are_for, .reactors = 2)
{
	static struct ball ball;

	ball = (struct ball){.envelope = {.handle = on_ball}, .rig = rig};
	sem_init(&ball.done, 0, 0);
	reactor_send(rig->reactors[0], &ball.envelope);
	rig_await(&ball.done);
	cr_assert_eq(ball.wrong, 0);
}

struct note {
	struct envelope envelope;
	unsigned number;
};

static struct note notes[BURST];
static unsigned next_note;
static unsigned misplaced;
static unsigned turns_of_notes; /* turns of the receiver that had some */
static unsigned last_turn;
static sem_t all_noted;

static void
on_note(struct envelope *envelope, void *owner)
{
	struct note *note = (struct note *)envelope;
	struct rig_owner *here = owner;

	misplaced += note->number != next_note;
	if (next_note == 0 || here->turn_ends != last_turn)
		turns_of_notes++;
	last_turn = here->turn_ends;
	if (++next_note == BURST)
		sem_post(&all_noted);
}

static void
post_burst(struct rig *rig, void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < BURST; i++) {
		notes[i] = (struct note){{.handle = on_note}, i};
		reactor_post(rig->reactors[0], 1, &notes[i].envelope);
	}
}

RIG_TEST(posts_of_one_turn_arrive_together_and_in_order, .reactors = 2)
{
	sem_init(&all_noted, 0, 0);
	rig_call(rig, 0, post_burst, NULL);
	rig_await(&all_noted);
	cr_assert_eq(misplaced, 0);
	cr_assert_eq(turns_of_notes, 1);
}

struct told {
	struct envelope envelope;
	void *owner;
	struct envelope *then; /* posted to the other reactor */
};

static void
on_told(struct envelope *envelope, void *owner)
{
	struct told *told = (struct told *)envelope;
	struct rig_owner *here = owner;

	told->owner = owner;
	if (told->then)
		reactor_post(here->rig->reactors[here->index], 1, told->then);
}

/* Mail that comes when the threads have ended is not lost: whoever waits for
 * an envelope to come back, or to be freed, gets it. */
RIG_TEST(mail_after_the_end_is_handled, .reactors = 2)
{
	struct told second = {.envelope.handle = on_told};
	struct told first = {
	    .envelope.handle = on_told, .then = &second.envelope};

	rig_ask_to_stop(rig);
	rig_join(rig);
	cr_assert_eq(reactor_drain_mail(rig->reactors[0]), 0);
	reactor_send(rig->reactors[0], &first.envelope);
	cr_assert_eq(reactor_drain_mail(rig->reactors[0]), 1);
	cr_assert_eq(first.owner, &rig->owners[0]);
	cr_assert_eq(reactor_drain_mail(rig->reactors[1]), 1);
	cr_assert_eq(second.owner, &rig->owners[1]);
	cr_assert_eq(reactor_drain_mail(rig->reactors[1]), 0);
}

/* --- timers --- */

struct tick {
	struct timer timer;
	struct rig *rig;
	uint64_t delay_ms;
	uint64_t set_ms;
	unsigned fired;
	unsigned times; /* to be fired in all */
	unsigned early; /* times that it was */
	unsigned place; /* among all that have fired */
	sem_t done;
};

static struct tick ticks[3];
static unsigned ticked;

static void
set_tick(struct tick *tick)
{
	tick->set_ms = reactor_now_ms(tick->rig->reactors[0]);
	reactor_set_timer(tick->rig->reactors[0], &tick->timer, tick->delay_ms);
}

static void
on_tick(struct timer *timer)
{
	struct tick *tick = list_entry(timer, struct tick, timer);
	uint64_t now_ms = reactor_now_ms(tick->rig->reactors[0]);

	tick->early += now_ms < tick->set_ms + tick->delay_ms;
	tick->place = ticked++;
	if (++tick->fired < tick->times)
		set_tick(tick);
	else
		sem_post(&tick->done);
}

static void
set_ticks(struct rig *rig, void *argument)
{
	static const struct {
		unsigned delay_ms, times;
	} what[3] = {{120, 1}, {10, 5}, {0, 1}};

	(void)argument;
	for (int i = 0; i < 3; i++) {
		ticks[i] = (struct tick){.rig = rig,
		    .delay_ms = what[i].delay_ms,
		    .times = what[i].times};
		sem_init(&ticks[i].done, 0, 0);
		timer_init(&ticks[i].timer, on_tick);
		set_tick(&ticks[i]);
	}
}

/* Nobody is connected and no mail comes: the timers alone wake it. */
RIG_TEST(timers_wake_a_sleeping_reactor)
{
	rig_call(rig, 0, set_ticks, NULL);
	for (int i = 0; i < 3; i++) {
		rig_await(&ticks[i].done);
		cr_assert_eq(ticks[i].fired, ticks[i].times);
		cr_assert_eq(ticks[i].early, 0);
	}
	cr_assert_lt(ticks[2].place, ticks[0].place);
}

static void
read_turns(struct rig *rig, void *turns)
{
	*(uint64_t *)turns =
	    counter_read(&reactor_read_counters(rig->reactors[0])->turns);
}

/* The wheel may look a few times more than timers fire; a reactor that does not
 * sleep would take many thousand turns. */
RIG_TEST(waiting_for_a_timer_takes_few_turns)
{
	uint64_t before;
	uint64_t after;

	rig_call(rig, 0, read_turns, &before);
	rig_call(rig, 0, set_ticks, NULL);
	rig_await(&ticks[0].done);
	rig_call(rig, 0, read_turns, &after);
	cr_assert_lt(after - before, 60);
}

/* --- each turn --- */

static void
read_turn_ends(struct rig *rig, void *turn_ends)
{
	*(unsigned *)turn_ends = rig->owners[0].turn_ends;
}

RIG_TEST(turn_end_is_told_each_turn)
{
	unsigned first;
	unsigned second;

	rig_call(rig, 0, read_turn_ends, &first);
	rig_call(rig, 0, read_turn_ends, &second);
	cr_assert_gt(second, first);
}

struct visits {
	unsigned count;
	unsigned closed; /* visited though they are no longer open */
};

static void
visit(struct conn *conn, void *context)
{
	struct visits *visits = context;

	visits->count++;
	visits->closed += !conn_is_open(conn);
	if (visits->count % 2)
		conn_close(conn, CLOSE_KICKED);
}

static void
visit_all(struct rig *rig, void *visits)
{
	reactor_each_conn(rig->reactors[0], visit, visits);
}

RIG_TEST(each_conn_visits_the_open_ones_and_may_close_them)
{
	struct visits first = {0};
	struct visits second = {0};
	int fds[CROWD];

	for (int i = 0; i < CROWD; i++)
		fds[i] = rig_connect(rig);
	rig_call(rig, 0, visit_all, &first);
	rig_call(rig, 0, visit_all, &second);
	cr_assert_eq(first.count, CROWD);
	cr_assert_eq(second.count, CROWD / 2);
	cr_assert_eq(first.closed + second.closed, 0);
	for (int i = 0; i < CROWD; i++)
		close(fds[i]);
}

/* --- stop --- */

RIG_TEST(stop_without_anybody_ends, .reactors = 2)
{
	rig_ask_to_stop(rig);
	rig_join(rig);
}

/* Those who are served, also with input that nobody has read, and those who
 * wait in the kernel's queue because the reactors are busy: all of them hear
 * the goodbye, whole and before the end. */
RIG_TEST(stop_says_goodbye_to_everybody, .reactors = 2,
    .limits.stop_ms = 1000 * 1000)
{
	int fds[CROWD + QUEUED];

	for (int i = 0; i < CROWD; i++)
		fds[i] = rig_connect(rig);
	rig_hold(rig, 0);
	for (int i = 0; i < QUEUED; i++)
		fds[CROWD + i] = rig_connect_with(rig, 0);
	for (int i = 0; i < CROWD; i++)
		rig_write_pattern(fds[i], 0, 10);
	rig_ask_to_stop(rig);
	rig_release(rig);
	for (int i = 0; i < CROWD + QUEUED; i++) {
		rig_expect_last(fds[i], "bye\n");
		close(fds[i]);
	}
	rig_join(rig);
	cr_assert_eq(rig_counter(rig, accepted), CROWD + QUEUED);
}

/* The stop has been asked for, and before the reactor comes to it somebody
 * connects: closing the socket would reset whoever waits in its queue. */
RIG_TEST(stop_takes_in_those_who_wait_and_says_goodbye,
    .limits.stop_ms = 1000 * 1000)
{
	int fds[QUEUED];

	rig_hold(rig, 0);
	rig_hold_next(rig, 0);
	rig_ask_to_stop(rig);
	rig_release(rig);
	rig_await(&rig->held);
	/* Now it has the second hold and the stop in its hands. */
	for (int i = 0; i < QUEUED; i++)
		fds[i] = rig_connect_with(rig, 0);
	rig_release(rig);
	for (int i = 0; i < QUEUED; i++) {
		rig_expect(fds[i], "bye\n");
		rig_expect_end(fds[i]);
		close(fds[i]);
	}
	rig_join(rig);
	cr_assert_eq(rig_counter(rig, accepted), QUEUED);
}

/* The others may still need an answer from one that is empty. */
RIG_TEST(empty_reactor_still_answers_until_it_is_joined, .reactors = 2)
{
	static struct ball ball;

	ball = (struct ball){.envelope = {.handle = on_ball}, .rig = rig};
	sem_init(&ball.done, 0, 0);
	rig_ask_to_stop(rig);
	rig_wait_empty(rig);
	reactor_send(rig->reactors[0], &ball.envelope);
	rig_await(&ball.done);
	cr_assert_eq(ball.wrong, 0);
}

static void
queue_much(struct rig *rig, void *argument)
{
	size_t len = 4 * 1024 * 1024;
	struct conn *conn = &atomic_load(&rig->newest)->conn;

	(void)argument;
	memset(conn_reserve(conn, len), 'x', len);
	conn_commit(conn, len);
}

RIG_TEST(stop_does_not_wait_for_those_who_do_not_read, .limits.stop_ms = 50)
{
	int fd = rig_connect(rig);

	rig_call(rig, 0, queue_much, NULL);
	rig_ask_to_stop(rig);
	rig_join(rig);
	cr_assert_eq(rig->last.conn.reason, CLOSE_GOING_DOWN);
	close(fd);
}

/* --- a start that fails --- */

static struct engine *
no_engine(struct reactor *reactor)
{
	(void)reactor;
	errno = ENOMEM;
	return NULL;
}

Test(reactor_reactor, start_without_an_engine_fails_and_leaves_nothing)
{
	const struct engine_ops engine = {.name = "none", .make = no_engine};
	struct census census = {0};
	const struct reactor_ops ops = {0};
	const struct reactor_config config = {
	    .count = 1,
	    .engine = &engine,
	    .ops = &ops,
	    .conn_bytes = sizeof(struct conn),
	    .census = &census,
	};
	struct reactor *reactor = reactor_new(&config);

	cr_assert_not_null(reactor);
	reactor_set_peers(reactor, &reactor);
	cr_assert_eq(reactor_start(reactor), -ENOMEM);
	cr_assert_eq(reactor_drain_mail(reactor), 0);
	reactor_free(&reactor);
	cr_assert_null(reactor);
}

Test(reactor_reactor, one_that_never_ran_is_freed)
{
	struct census census = {0};
	const struct reactor_config config = {
	    .count = 1,
	    .engine = &engine_epoll,
	    .conn_bytes = sizeof(struct conn),
	    .census = &census,
	};
	struct reactor *reactor = reactor_new(&config);

	cr_assert_not_null(reactor);
	reactor_free(&reactor);
}
