/* Failures and changes counted by key, in memory that is fixed. */
#include "auth/throttle.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/hash.h"

#define WAYS              8   /* places that one key may take */
#define FAILURES_SETS     512 /* of so many places, and as many of changes */
#define KNOWN_SETS        512
#define ADDRESS_BYTES_MAX 64
#define FAILURES_MAX      1000 /* far beyond the longest delay */

/* Failures of one pair, address or account, or changes of an address; all zero:
 * free. */
struct failures {
	uint64_t key;
	uint64_t last_ms; /* when the last one was, or was forgotten */
	uint32_t count;   /* at that time */
};

/* An address from which somebody has got into an account. */
struct known {
	uint64_t key; /* as the pair's; 0: free */
	uint64_t last_ms;
};

struct throttle {
	struct hash_key key;  /* read by all, written by throttle_new */
	pthread_mutex_t lock; /* guards what follows */
	struct failures failures[FAILURES_SETS][WAYS];
	/* Apart: these cost nothing, and would push out those. */
	struct failures changes[FAILURES_SETS][WAYS];
	struct known known[KNOWN_SETS][WAYS];
};

enum kind {
	PAIR,
	ADDRESS,
	ACCOUNT,
	KINDS,
	CHANGES =
	    KINDS /* no failures: accounts made or changed by an address */
};

static const uint32_t free_of[KINDS] = {
    [PAIR] = THROTTLE_PAIR_FREE,
    [ADDRESS] = THROTTLE_ADDRESS_FREE,
    [ACCOUNT] = THROTTLE_ACCOUNT_FREE,
};

/* A try's three keys. */
struct keys {
	uint64_t of[KINDS];
};

/*
 * A text of kind, name and address, each in a field of its own size, so that
 * no two tries have the same. A name that no account can have is as good as
 * none: such tries are told apart by address alone.
 */
static uint64_t
key_of(const struct throttle *throttle, enum kind kind, struct span name,
    struct span address)
{
	struct {
		char kind;
		char name[NAME_BYTES_MAX + 1];
		char address[ADDRESS_BYTES_MAX];
	} text = {.kind = (char)kind};
	uint64_t key;

	if (address.len > sizeof(text.address))
		address.len = sizeof(text.address);
	if (kind != ADDRESS && name_is_valid(name))
		name_fold(name, text.name);
	if (kind != ACCOUNT && address.len)
		memcpy(text.address, address.at, address.len);
	key = hash_bytes(&throttle->key, &text, sizeof(text));
	return key ? key : 1;
}

static struct keys
keys_of(const struct throttle *throttle, struct span name, struct span address)
{
	struct keys keys;
	enum kind kind;

	for (kind = PAIR; kind < KINDS; kind++)
		keys.of[kind] = key_of(throttle, kind, name, address);
	return keys;
}

static uint64_t
elapsed_ms(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

/* What is left of the failures at `now`. */
static uint32_t
count_at(const struct failures *failures, uint64_t now)
{
	uint64_t forgotten =
	    elapsed_ms(failures->last_ms, now) / THROTTLE_FORGET_MS;

	return forgotten < failures->count
		   ? failures->count - (uint32_t)forgotten
		   : 0;
}

static struct failures *
failures_find(struct failures sets[][WAYS], uint64_t key)
{
	struct failures *set = sets[key % FAILURES_SETS];
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* The key's place, or that of whoever has least on his account. */
static struct failures *
failures_take(struct failures sets[][WAYS], uint64_t key, uint64_t now)
{
	struct failures *set = sets[key % FAILURES_SETS];
	struct failures *taken = failures_find(sets, key);
	size_t i;

	if (taken)
		return taken;
	taken = &set[0];
	for (i = 1; i < WAYS; i++)
		if (count_at(&set[i], now) < count_at(taken, now))
			taken = &set[i];
	*taken = (struct failures){.key = key};
	return taken;
}

static bool
is_known(const struct throttle *throttle, uint64_t pair)
{
	const struct known *set = throttle->known[pair % KNOWN_SETS];
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (set[i].key == pair)
			return true;
	return false;
}

static void
remember(struct throttle *throttle, uint64_t pair, uint64_t now)
{
	struct known *set = throttle->known[pair % KNOWN_SETS];
	struct known *taken = &set[0];
	size_t i;

	for (i = 0; i < WAYS && taken->key != pair; i++)
		if (set[i].key == pair || set[i].last_ms < taken->last_ms)
			taken = &set[i];
	*taken = (struct known){pair, now};
}

/* How long a key has to wait for its failures; *count gets how many. */
static uint64_t
wait_of(struct throttle *throttle, enum kind kind, uint64_t key, uint64_t now,
    uint32_t *count)
{
	const struct failures *failures =
	    failures_find(throttle->failures, key);
	uint64_t delay = THROTTLE_DELAY_MS, elapsed;
	uint32_t over;

	*count = failures ? count_at(failures, now) : 0;
	if (*count < free_of[kind])
		return 0;
	for (over = *count - free_of[kind];
	     over > 0 && delay < THROTTLE_DELAY_MS_MAX; over--)
		delay *= 2;
	if (delay > THROTTLE_DELAY_MS_MAX)
		delay = THROTTLE_DELAY_MS_MAX;
	elapsed = elapsed_ms(failures->last_ms, now);
	return elapsed < delay ? delay - elapsed : 0;
}

struct throttle *
throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof(*throttle));

	if (!throttle)
		return NULL;
	randombytes_buf(throttle->key.bytes, sizeof(throttle->key.bytes));
	check_zero(pthread_mutex_init(&throttle->lock, NULL));
	return throttle;
}

void
throttle_free(struct throttle **throttle)
{
	if (!*throttle)
		return;
	check_zero(pthread_mutex_destroy(&(*throttle)->lock));
	free(*throttle);
	*throttle = NULL;
}

uint64_t
throttle_wait(struct throttle *throttle, struct span name, struct span address,
    uint64_t now_ms)
{
	struct keys keys = keys_of(throttle, name, address);
	uint64_t waits[KINDS], wait;
	uint32_t counts[KINDS];
	enum kind kind;

	check_zero(pthread_mutex_lock(&throttle->lock));
	for (kind = PAIR; kind < KINDS; kind++)
		waits[kind] = wait_of(
		    throttle, kind, keys.of[kind], now_ms, &counts[kind]);
	wait = waits[PAIR];
	if (!is_known(throttle, keys.of[PAIR])) {
		if (waits[ADDRESS] > wait)
			wait = waits[ADDRESS];
		if (counts[PAIR] > 0 && waits[ACCOUNT] > wait)
			wait = waits[ACCOUNT];
	}
	check_zero(pthread_mutex_unlock(&throttle->lock));
	return wait;
}

void
throttle_note(struct throttle *throttle, struct span name, struct span address,
    uint64_t now_ms, bool succeeded)
{
	struct keys keys = keys_of(throttle, name, address);
	struct failures *failures;
	enum kind kind;

	check_zero(pthread_mutex_lock(&throttle->lock));
	if (succeeded) {
		/* The owner is forgiven; the address and the account are not,
		 * or a guesser would log in as himself in between. */
		remember(throttle, keys.of[PAIR], now_ms);
		failures = failures_find(throttle->failures, keys.of[PAIR]);
		if (failures)
			*failures = (struct failures){0};
	}
	for (kind = PAIR; !succeeded && kind < KINDS; kind++) {
		failures =
		    failures_take(throttle->failures, keys.of[kind], now_ms);
		failures->count = count_at(failures, now_ms) + 1;
		if (failures->count > FAILURES_MAX)
			failures->count = FAILURES_MAX;
		failures->last_ms = now_ms;
	}
	check_zero(pthread_mutex_unlock(&throttle->lock));
}

/* One is forgotten each period, to the millisecond, so that whoever keeps to
 * that does not wait. */
static uint64_t
take_change(struct failures *changes, uint64_t now_ms, uint64_t period_ms,
    uint32_t burst)
{
	uint64_t forgotten = elapsed_ms(changes->last_ms, now_ms) / period_ms;

	if (forgotten >= changes->count) {
		changes->count = 0;
		changes->last_ms = now_ms;
	} else {
		changes->count -= (uint32_t)forgotten;
		changes->last_ms += forgotten * period_ms;
	}
	if (changes->count >= burst)
		return period_ms - elapsed_ms(changes->last_ms, now_ms);
	changes->count++;
	return 0;
}

uint64_t
throttle_change(struct throttle *throttle, struct span address, uint64_t now_ms,
    uint64_t period_ms, uint32_t burst)
{
	uint64_t key = key_of(throttle, CHANGES, (struct span){0}, address);
	uint64_t wait;

	check(period_ms > 0);
	check(burst > 0);
	check_zero(pthread_mutex_lock(&throttle->lock));
	wait = take_change(failures_take(throttle->changes, key, now_ms),
	    now_ms, period_ms, burst);
	check_zero(pthread_mutex_unlock(&throttle->lock));
	return wait;
}
