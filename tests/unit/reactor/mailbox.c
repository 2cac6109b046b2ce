/*
 * The mailbox. Order and bell one call at a time; then the proof: some senders
 * push for all they are worth, by ones and in bursts, and one owner that sleeps
 * on the bell gets every message, once, each sender's in order. A lost ring
 * shows as an owner that sleeps past its deadline.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "reactor/mailbox.h"

#define SENDERS     4
#define DEADLINE_MS 60000 /* bounds a failure */
#define BURST_MAX   64
#define POOL        1024 /* messages that a sender has under way at most */

#if defined(__SANITIZE_THREAD__)
#define MESSAGES 1000000u
#else
#define MESSAGES 10000000u
#endif

struct letter {
	struct envelope envelope;
	int number;
};

static struct mailbox mailbox;
static struct letter letters[8];
static char got[64];
static size_t got_len;

static void
note(struct envelope *envelope, void *owner)
{
	struct letter *letter = (struct letter *)envelope;

	cr_assert_eq(owner, &mailbox);
	got[got_len++] = (char)('0' + letter->number);
	got[got_len] = '\0';
}

static void
setup(void)
{
	cr_assert_eq(mailbox_init(&mailbox), 0);
	for (int i = 0; i < 8; i++)
		letters[i] = (struct letter){{NULL, note}, i};
}

static void
teardown(void)
{
	mailbox_fini(&mailbox);
}

TestSuite(reactor_mailbox, .init = setup, .fini = teardown);

static bool
bell_rings(int timeout_ms)
{
	struct pollfd bell = {.fd = mailbox.bell, .events = POLLIN};

	return poll(&bell, 1, timeout_ms) == 1;
}

static void
push(int i)
{
	mailbox_push(&mailbox, &letters[i].envelope);
}

static unsigned
drain(void)
{
	got_len = 0;
	got[0] = '\0';
	return mailbox_drain(&mailbox, &mailbox);
}

Test(reactor_mailbox, empty_one_is_silent)
{
	cr_assert_not(bell_rings(0));
	cr_assert_eq(drain(), 0);
	mailbox_hush(&mailbox);
	cr_assert_not(bell_rings(0));
}

Test(reactor_mailbox, oldest_comes_first)
{
	for (int i = 0; i < 5; i++)
		push(i);
	cr_assert_eq(drain(), 5);
	cr_assert_str_eq(got, "01234");
	cr_assert_eq(drain(), 0);
}

static uint64_t depth_inside;

static void
note_depth(struct envelope *envelope, void *owner)
{
	(void)envelope;
	(void)owner;
	depth_inside = mailbox_depth(&mailbox);
}

Test(reactor_mailbox, depth_is_what_is_not_handled_yet)
{
	struct outbox outbox = {0};

	cr_assert_eq(mailbox_depth(&mailbox), 0);
	push(0);
	cr_assert_eq(mailbox_depth(&mailbox), 1);
	letters[1].envelope.handle = note_depth;
	for (int i = 1; i < 4; i++)
		outbox_add(&outbox, &letters[i].envelope);
	cr_assert_eq(mailbox_depth(&mailbox), 1, "not handed over yet");
	mailbox_push_all(&mailbox, &outbox);
	cr_assert_eq(mailbox_depth(&mailbox), 4);
	cr_assert_eq(drain(), 4);
	cr_assert_eq(depth_inside, 4, "not while they are handled");
	cr_assert_eq(mailbox_depth(&mailbox), 0);
	outbox_add(&outbox, &letters[4].envelope);
	mailbox_push_all(&mailbox, &outbox);
	cr_assert_eq(mailbox_depth(&mailbox), 1, "a burst begins at nothing");
	cr_assert_eq(drain(), 1);
}

Test(reactor_mailbox, burst_keeps_its_order_among_single_ones)
{
	struct outbox outbox = {0};

	push(0);
	for (int i = 1; i < 4; i++)
		outbox_add(&outbox, &letters[i].envelope);
	push(4);
	mailbox_push_all(&mailbox, &outbox);
	push(5);
	cr_assert_eq(drain(), 6);
	cr_assert_str_eq(got, "041235");
}

Test(reactor_mailbox, outbox_is_empty_after_it_was_pushed)
{
	struct outbox outbox = {0};

	outbox_add(&outbox, &letters[0].envelope);
	mailbox_push_all(&mailbox, &outbox);
	mailbox_push_all(&mailbox, &outbox);
	cr_assert_eq(drain(), 1);
	outbox_add(&outbox, &letters[1].envelope);
	mailbox_push_all(&mailbox, &outbox);
	cr_assert_eq(drain(), 1);
	cr_assert_str_eq(got, "1");
}

Test(reactor_mailbox, empty_outbox_does_not_ring)
{
	struct outbox outbox = {0};

	mailbox_push_all(&mailbox, &outbox);
	cr_assert_not(bell_rings(0));
}

Test(reactor_mailbox, bell_rings_when_it_was_empty_and_only_then)
{
	struct outbox outbox = {0};

	push(0);
	cr_assert(bell_rings(0));
	mailbox_hush(&mailbox);
	cr_assert_not(bell_rings(0));
	push(1);
	outbox_add(&outbox, &letters[2].envelope);
	mailbox_push_all(&mailbox, &outbox);
	cr_assert_not(bell_rings(0), "it was not empty");
	cr_assert_eq(drain(), 3);
	push(3);
	cr_assert(bell_rings(0));
	cr_assert_eq(drain(), 1);
	mailbox_hush(&mailbox);
	outbox_add(&outbox, &letters[4].envelope);
	outbox_add(&outbox, &letters[5].envelope);
	mailbox_push_all(&mailbox, &outbox);
	cr_assert(bell_rings(0));
	cr_assert_eq(drain(), 2);
}

/* A turn that finds mail without having been woken leaves the bell ringing;
 * the worst that may come of it is a turn for nothing. */
Test(reactor_mailbox, drain_without_hush_leaves_the_bell)
{
	push(0);
	cr_assert_eq(drain(), 1);
	cr_assert(bell_rings(0));
	mailbox_hush(&mailbox);
	cr_assert_eq(drain(), 0);
	cr_assert_not(bell_rings(0));
}

static void
note_and_push_next(struct envelope *envelope, void *owner)
{
	struct letter *letter = (struct letter *)envelope;

	note(envelope, owner);
	if (letter->number < 3)
		push(letter->number + 1);
}

Test(reactor_mailbox, push_while_draining_is_for_the_next_drain)
{
	for (int i = 0; i < 4; i++)
		letters[i].envelope.handle = note_and_push_next;
	push(0);
	mailbox_hush(&mailbox);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(drain(), 1);
		cr_assert_eq(got[0], '0' + i);
		cr_assert_eq(bell_rings(0), i < 3, "rung for the next");
		mailbox_hush(&mailbox);
	}
	cr_assert_eq(drain(), 0);
}

static void
free_letter(struct envelope *envelope, void *owner)
{
	note(envelope, owner);
	free(envelope);
}

Test(reactor_mailbox, handler_owns_its_envelope_and_may_free_it)
{
	for (int i = 0; i < 3; i++) {
		struct letter *letter = calloc(1, sizeof(*letter));

		*letter = (struct letter){{NULL, free_letter}, i};
		mailbox_push(&mailbox, &letter->envelope);
	}
	cr_assert_eq(drain(), 3);
	cr_assert_str_eq(got, "012");
}

/* --- the proof --- */

struct message {
	struct envelope envelope;
	unsigned sender;
	unsigned number;
	_Atomic bool under_way; /* false: the sender may use it again */
};

struct sender {
	pthread_t thread;
	unsigned index;
	struct message pool[POOL];
};

/* What the owner has seen; its thread only. */
struct owner {
	unsigned next[SENDERS]; /* the number that must come now */
	unsigned wrong;         /* lost, doubled or out of order */
	unsigned total;
};

static struct sender senders[SENDERS];
static struct owner owner;
static _Atomic bool given_up;

static void
on_message(struct envelope *envelope, void *context)
{
	struct message *message = (struct message *)envelope;
	struct owner *o = context;

	o->wrong += message->number != o->next[message->sender];
	o->next[message->sender] = message->number + 1;
	o->total++;
	/* Release: the sender writes it again only after we have read it. */
	atomic_store_explicit(&message->under_way, false, memory_order_release);
}

/* The sender's next message, once the owner is done with it. */
static struct message *
message_next(struct sender *s, unsigned number)
{
	struct message *message = &s->pool[number % POOL];

	while (
	    atomic_load_explicit(&message->under_way, memory_order_acquire)) {
		if (atomic_load_explicit(&given_up, memory_order_relaxed))
			return NULL;
		sched_yield();
	}
	message->envelope.handle = on_message;
	message->sender = s->index;
	message->number = number;
	atomic_store_explicit(&message->under_way, true, memory_order_relaxed);
	return message;
}

/* Ones and bursts of every length in turn, different for each sender. */
static void *
sender_main(void *argument)
{
	struct sender *s = argument;
	unsigned burst = s->index * 7;
	unsigned sent = 0;

	while (sent < MESSAGES / SENDERS) {
		struct outbox outbox = {0};
		unsigned left = burst++ % BURST_MAX;
		struct message *message = message_next(s, sent++);

		if (!message)
			return NULL;
		mailbox_push(&mailbox, &message->envelope);
		for (; left > 0 && sent < MESSAGES / SENDERS; left--) {
			message = message_next(s, sent++);
			if (!message)
				return NULL;
			outbox_add(&outbox, &message->envelope);
		}
		mailbox_push_all(&mailbox, &outbox);
	}
	return NULL;
}

Test(reactor_mailbox, senders_lose_double_and_reorder_nothing, .timeout = 300)
{
	bool woken = true;

	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i].index = i;
		cr_assert_eq(pthread_create(&senders[i].thread, NULL,
				 sender_main, &senders[i]),
		    0);
	}
	/* As a reactor does: sleep, clear the bell, empty the mailbox. */
	while (owner.total < MESSAGES && woken) {
		woken = bell_rings(DEADLINE_MS);
		mailbox_hush(&mailbox);
		mailbox_drain(&mailbox, &owner);
	}
	atomic_store(&given_up, true);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(senders[i].thread, NULL);
	cr_assert(woken, "no ring though mail was there or to come");
	cr_assert_eq(owner.total, MESSAGES);
	cr_assert_eq(owner.wrong, 0);
	for (unsigned i = 0; i < SENDERS; i++)
		cr_assert_eq(owner.next[i], MESSAGES / SENDERS);
	cr_assert_eq(mailbox_drain(&mailbox, &owner), 0);
}

/* One message at a time, back and forth between two: the owner is asleep, or
 * about to be, at nearly every push. */
struct echo {
	struct envelope envelope;
	struct mailbox *back;
};

static void
on_echo(struct envelope *envelope, void *context)
{
	struct echo *echo = (struct echo *)envelope;
	struct mailbox *here = context;
	struct mailbox *to = echo->back;

	echo->back = here;
	mailbox_push(to, envelope);
}

struct player {
	struct mailbox mailbox;
	unsigned rounds;
	bool failed;
};

static void *
player_main(void *argument)
{
	struct player *p = argument;

	while (p->rounds < MESSAGES / 100 && !p->failed) {
		struct pollfd bell = {.fd = p->mailbox.bell, .events = POLLIN};

		p->failed = poll(&bell, 1, DEADLINE_MS) != 1;
		mailbox_hush(&p->mailbox);
		p->rounds += mailbox_drain(&p->mailbox, &p->mailbox);
	}
	return NULL;
}

static void
drop_message(struct envelope *envelope, void *context)
{
	(void)envelope;
	(void)context;
}

Test(reactor_mailbox, ping_pong_never_sleeps_through_a_ring, .timeout = 300)
{
	struct player players[2] = {0};
	struct echo echo = {{NULL, on_echo}, &players[1].mailbox};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		cr_assert_eq(mailbox_init(&players[i].mailbox), 0);
	mailbox_push(&players[0].mailbox, &echo.envelope);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, player_main, &players[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		cr_assert_not(players[i].failed);
		echo.envelope.handle = drop_message;
		mailbox_drain(&players[i].mailbox, NULL);
		mailbox_fini(&players[i].mailbox);
	}
}
