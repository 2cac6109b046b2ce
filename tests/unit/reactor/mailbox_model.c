/*
 * The mailbox, in every order that its steps can come in. Its source is
 * compiled here once more, with each atomic operation and each call on the bell
 * made a step: two senders and the owner run on stacks of their own, and a
 * search goes through all ways to interleave them. Nowhere may the owner sleep,
 * the bell be silent and mail be there that nobody is about to ring for.
 *
 * A load that orders nothing may be late: it may miss mail that the owner has
 * not been rung for. Threads differ only by what their steps have told them, so
 * a state in which they were told the same is not gone into again. The same
 * search has to find what is wrong with mailboxes that are nearly this one, or
 * it would prove nothing.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <ucontext.h>
#include <unistd.h>
#include <xxhash.h>

#include "reactor/check.h"
#include "reactor/counters.h"

/* --- the source, step by step --- */

struct envelope;

static struct envelope *step_load(_Atomic(struct envelope *) *at);
static struct envelope *
step_exchange(_Atomic(struct envelope *) *at, struct envelope *with);
static bool step_exchange_if(_Atomic(struct envelope *) *at,
    struct envelope **expected, struct envelope *with);
static ssize_t step_read(int bell, void *bytes, size_t len);
static ssize_t step_write(int bell, const void *bytes, size_t len);

#undef atomic_load_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_weak_explicit
#define atomic_load_explicit(at, order)           step_load(at)
#define atomic_exchange_explicit(at, with, order) step_exchange(at, with)
#define atomic_compare_exchange_weak_explicit(at, expected, with, yes, no)     \
	step_exchange_if(at, expected, with)
#define read             step_read
#define write            step_write
#define mailbox_init     model_init
#define mailbox_fini     model_fini
#define mailbox_push     model_push
#define mailbox_push_all model_push_all
#define mailbox_hush     model_hush
#define mailbox_drain    model_drain
#define mailbox_depth    model_depth
#define outbox_add       model_outbox_add
#include "reactor/mailbox.c"

#define SENDERS     2
#define OWNER       SENDERS
#define THREADS     (SENDERS + 1)
#define LETTERS_MAX 3 /* of one sender */
#define STRAYS      1 /* times that the owner is woken by something else */
#define STEPS_MAX   100
#define STACK_BYTES (64 * 1024)
#define STATES_ROOM (1u << 20) /* a power of two */

/* Ways that a step can go; bits. */
enum {
	WAY_PLAIN = 1,
	WAY_ODD = 2, /* the load is late; the exchange fails for nothing */
	WAY_RUNG = 1,
	WAY_STRAY = 2,
	WAYS = 2,
};

struct letter {
	struct envelope envelope;
	unsigned sender;
	unsigned number;
};

struct thread {
	ucontext_t context;
	uint64_t told;  /* hash of what its steps have told it */
	unsigned ways;  /* that its next step can go; 0: asleep, or over */
	unsigned way;   /* that it goes */
	unsigned found; /* which time it found the mailbox empty */
	bool failed;    /* the first: its exchange has failed for nothing */
};

/* A mailbox's use. */
struct design {
	void (*push)(struct mailbox *m, struct envelope *envelope);
	void (*turn)(struct mailbox *m); /* of an owner that was rung for */
	unsigned letters[SENDERS];
	bool burst; /* the last sender's go all at once */
};

/* All that a run changes. */
static struct {
	struct mailbox mailbox;
	struct thread threads[THREADS];
	struct letter letters[SENDERS][LETTERS_MAX];
	unsigned due[SENDERS]; /* the number that comes next */
	unsigned wrong;        /* doubled or out of order */
	unsigned rings;        /* that the bell has */
	unsigned empty;        /* times that a sender found the mailbox so */
	unsigned rung;         /* the last of them that was rung for */
	unsigned heard;        /* and that the owner has heard of */
	unsigned strays;
} now;

static const struct design *design;
static struct thread *running;
static ucontext_t searching;
static char stacks[THREADS][STACK_BYTES];

/* Lets the search say who goes on. Returns which of the ways it goes. */
static unsigned
step(unsigned ways)
{
	struct thread *self = running;

	self->ways = ways;
	swapcontext(&self->context, &searching);
	return self->way;
}

static void
tell(uint64_t what)
{
	const uint64_t all[] = {running->told, what};

	running->told = XXH3_64bits(all, sizeof(all));
}

static struct envelope *
step_load(_Atomic(struct envelope *) *at)
{
	bool owner = running == &now.threads[OWNER];
	unsigned way = step(owner ? WAY_PLAIN | WAY_ODD : WAY_PLAIN);
	bool late = way == WAY_ODD && now.heard < now.empty;
	struct envelope *value = late ? NULL : *at;

	tell((uintptr_t)value);
	return value;
}

static struct envelope *
step_exchange(_Atomic(struct envelope *) *at, struct envelope *with)
{
	struct envelope *value;

	step(WAY_PLAIN);
	value = *at;
	*at = with;
	tell((uintptr_t)value);
	return value;
}

static bool
step_exchange_if(_Atomic(struct envelope *) *at, struct envelope **expected,
    struct envelope *with)
{
	bool may_fail = running == now.threads && !running->failed;
	unsigned way = step(may_fail ? WAY_PLAIN | WAY_ODD : WAY_PLAIN);

	running->failed |= way == WAY_ODD;
	if (way == WAY_ODD || *at != *expected) {
		*expected = *at;
		tell((uintptr_t)*expected);
		return false;
	}
	if (!*expected)
		running->found = ++now.empty;
	*at = with;
	tell(true);
	return true;
}

static ssize_t
step_write(int bell, const void *bytes, size_t len)
{
	(void)bell;
	(void)bytes;
	step(WAY_PLAIN);
	now.rings++;
	if (running->found > now.rung)
		now.rung = running->found;
	tell(true);
	return (ssize_t)len;
}

static ssize_t
step_read(int bell, void *bytes, size_t len)
{
	bool rings;

	(void)bell;
	(void)bytes;
	step(WAY_PLAIN);
	rings = now.rings > 0;
	now.rings = 0;
	now.heard = now.rung;
	tell(rings);
	errno = EAGAIN;
	return rings ? (ssize_t)len : -1;
}

/* --- the threads --- */

static void
on_letter(struct envelope *envelope, void *owner)
{
	struct letter *letter = (struct letter *)envelope;

	(void)owner;
	now.wrong += letter->number != now.due[letter->sender];
	now.due[letter->sender] = letter->number + 1;
}

static void
sender_main(int index)
{
	struct outbox outbox = {0};

	for (unsigned i = 0; i < design->letters[index]; i++) {
		struct letter *letter = &now.letters[index][i];

		*letter =
		    (struct letter){{NULL, on_letter}, (unsigned)index, i};
		if (design->burst && index == SENDERS - 1)
			outbox_add(&outbox, &letter->envelope);
		else
			design->push(&now.mailbox, &letter->envelope);
	}
	mailbox_push_all(&now.mailbox, &outbox);
	step(0);
}

/* Its sleep is a step as well, which search_ways() has the ways of. */
static void
owner_main(int index)
{
	(void)index;
	for (;;) {
		unsigned way = step(0);

		tell(way);
		if (way == WAY_RUNG) {
			design->turn(&now.mailbox);
		} else {
			now.strays++;
			mailbox_drain(&now.mailbox, NULL);
		}
		tell(0);
	}
}

/* --- the search --- */

struct choice {
	unsigned left; /* bits: thread * WAYS + way, not gone yet */
	unsigned taken;
};

struct outcome {
	unsigned states;
	unsigned stuck; /* the owner sleeps on mail for ever */
	unsigned wrong; /* letters that came doubled or out of order */
};

static uint64_t met[STATES_ROOM]; /* 0: free */

/* Up to its first step. */
static void
thread_begin(struct thread *thread, int index)
{
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = stacks[index];
	thread->context.uc_stack.ss_size = STACK_BYTES;
	makecontext(&thread->context,
	    (void (*)(void))(index == OWNER ? owner_main : sender_main), 1,
	    index);
	running = thread;
	swapcontext(&searching, &thread->context);
}

static void
search_begin_run(void)
{
	memset(&now, 0, sizeof(now));
	for (int i = 0; i < THREADS; i++)
		thread_begin(&now.threads[i], i);
}

static void
search_step(unsigned taken)
{
	running = &now.threads[taken / WAYS];
	running->way = 1u << taken % WAYS;
	swapcontext(&searching, &running->context);
}

/* Is every sender done, and the owner asleep? */
static bool
search_is_quiet(void)
{
	for (int i = 0; i < THREADS; i++)
		if (now.threads[i].ways != 0)
			return false;
	return true;
}

static unsigned
search_ways(void)
{
	unsigned ways = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		unsigned own = now.threads[i].ways;

		if (i == OWNER && own == 0)
			own = (now.rings > 0 ? WAY_RUNG : 0) |
			      (now.strays < STRAYS ? WAY_STRAY : 0);
		ways |= own << i * WAYS;
	}
	return ways;
}

/* False when this state was met before. */
static bool
search_is_new(struct outcome *outcome)
{
	uint64_t all[3 * THREADS + 16] = {
	    now.rings, now.rung, now.heard, now.empty, now.strays, now.wrong};
	size_t count = 6;
	uint64_t hash;

	for (int i = 0; i < THREADS; i++) {
		all[count++] = now.threads[i].told;
		all[count++] = now.threads[i].found;
		all[count++] = now.threads[i].ways;
	}
	for (struct envelope *at = now.mailbox.head; at; at = at->next)
		all[count++] = (uint64_t)(uintptr_t)at;
	hash = XXH3_64bits(all, count * sizeof(*all)) | 1;
	for (size_t at = hash / 2;; at++) {
		uint64_t *place = &met[at % STATES_ROOM];

		if (*place == hash)
			return false;
		if (*place)
			continue;
		*place = hash;
		cr_assert_lt(++outcome->states, STATES_ROOM / 2);
		return true;
	}
}

/* Notes what is wrong with the state. True if it is to be gone on from. */
static bool
search_enters(struct outcome *outcome)
{
	outcome->wrong += now.wrong;
	outcome->stuck +=
	    search_is_quiet() && now.rings == 0 && now.mailbox.head;
	return search_is_new(outcome) && search_ways() != 0;
}

static void
choice_take(struct choice *choice)
{
	choice->taken = (unsigned)__builtin_ctz(choice->left);
	choice->left &= choice->left - 1;
}

/* Through all states, or until something is wrong. */
static struct outcome
search(const struct design *what)
{
	static struct choice path[STEPS_MAX];
	struct outcome outcome = {0};
	unsigned depth = 0;

	design = what;
	memset(met, 0, sizeof(met));
	do {
		search_begin_run();
		for (unsigned i = 0; i < depth; i++)
			search_step(path[i].taken);
		while (search_enters(&outcome)) {
			cr_assert_lt(depth, STEPS_MAX);
			path[depth].left = search_ways();
			choice_take(&path[depth]);
			search_step(path[depth++].taken);
		}
		while (depth > 0 && path[depth - 1].left == 0)
			depth--;
		if (depth > 0)
			choice_take(&path[depth - 1]);
	} while (depth > 0 && !outcome.stuck && !outcome.wrong);
	return outcome;
}

/* --- as it is --- */

static void
turn(struct mailbox *m)
{
	mailbox_hush(m);
	mailbox_drain(m, NULL);
}

static void
loses_nothing(const struct design *what)
{
	struct outcome outcome = search(what);

	cr_expect_eq(outcome.stuck, 0);
	cr_expect_eq(outcome.wrong, 0);
	cr_expect_gt(outcome.states, 1000);
}

Test(reactor_mailbox_model, threads_no_wakeup_is_lost_in_any_order)
{
	loses_nothing(&(struct design){mailbox_push, turn, {2, 1}, false});
}

Test(reactor_mailbox_model, threads_no_wakeup_is_lost_in_any_order_of_bursts)
{
	loses_nothing(&(struct design){mailbox_push, turn, {1, 3}, true});
}

/* --- as it must not be --- */

static void
push_after_ring(struct mailbox *m, struct envelope *envelope)
{
	struct envelope *old =
	    atomic_load_explicit(&m->head, memory_order_relaxed);

	do {
		envelope->next = old;
		if (!old)
			bell_ring(m->bell);
	} while (!atomic_compare_exchange_weak_explicit(&m->head, &old,
	    envelope, memory_order_release, memory_order_relaxed));
}

/* By what was there at first, which another may have taken by now. */
static void
push_and_ring_by_the_guess(struct mailbox *m, struct envelope *envelope)
{
	struct envelope *old =
	    atomic_load_explicit(&m->head, memory_order_relaxed);
	bool empty = !old;

	do
		envelope->next = old;
	while (!atomic_compare_exchange_weak_explicit(&m->head, &old, envelope,
	    memory_order_release, memory_order_relaxed));
	if (empty)
		bell_ring(m->bell);
}

static void
turn_that_hushes_last(struct mailbox *m)
{
	mailbox_drain(m, NULL);
	mailbox_hush(m);
}

static void
turn_newest_first(struct mailbox *m)
{
	struct envelope *chain;

	mailbox_hush(m);
	chain = atomic_exchange_explicit(&m->head, NULL, memory_order_acquire);
	for (; chain; chain = chain->next)
		chain->handle(chain, NULL);
}

static struct outcome
try_other(void (*push)(struct mailbox *, struct envelope *),
    void (*other_turn)(struct mailbox *))
{
	return search(&(struct design){push, other_turn, {2, 2}, false});
}

Test(reactor_mailbox_model, threads_mailbox_that_is_nearly_right_is_found_out)
{
	cr_expect(try_other(push_after_ring, turn).stuck);
	cr_expect(try_other(push_and_ring_by_the_guess, turn).stuck);
	cr_expect(try_other(mailbox_push, turn_that_hushes_last).stuck);
	cr_expect(try_other(mailbox_push, turn_newest_first).wrong);
}
