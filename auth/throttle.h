/*
 * Slows down who guesses passwords: remembers failed logins for a while, and
 * says how long the next try has to wait. Three things are counted:
 *
 *   pair     this account from this address: the third failure costs a wait
 *            of 20 seconds, the fourth 40, then 80, ... up to 10 minutes
 *   address  any account from this address: the same from the twelfth on, as
 *            people share addresses
 *   account  this account from anywhere: the same from the tenth on
 *
 * One failure of each is forgotten every 10 minutes. What keeps a stranger
 * from locking the owner out:
 *
 *   - an address from which the account was logged into before is judged by
 *     the pair alone, whatever happens elsewhere;
 *   - an address that has not failed at this account does not wait for the
 *     account: the owner's first try from anywhere is as good as ever;
 *   - a try that had to wait is not a try, it is not counted.
 *
 * Whoever makes or changes accounts is slowed down as well: how many an address
 * has made of late is a token bucket, without a growing delay, in as much
 * memory of its own.
 *
 * Memory is fixed: when it is full, the least guilty or longest unseen gives
 * way. Keys are 64-bit keyed hashes; no name or address is kept. Names count
 * whether such an account exists or not. The clock is the caller's, and may
 * be any that does not go back. Any thread: it has a lock.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "auth/account.h"

#define THROTTLE_PAIR_FREE    3
#define THROTTLE_ADDRESS_FREE 12
#define THROTTLE_ACCOUNT_FREE 10
#define THROTTLE_DELAY_MS     20000  /* 3 a minute */
#define THROTTLE_DELAY_MS_MAX 600000 /* or a mistake would cost the day */
#define THROTTLE_FORGET_MS    600000

struct throttle;

/* NULL when there is no memory. sodium_init has been called. */
struct throttle *throttle_new(void);
void throttle_free(struct throttle **throttle);

/* As auth_throttle_wait and auth_throttle_note, which see. */
uint64_t throttle_wait(struct throttle *throttle, struct span name,
    struct span address, uint64_t now_ms);
void throttle_note(struct throttle *throttle, struct span name,
    struct span address, uint64_t now_ms, bool succeeded);

/* As auth_throttle_change. */
uint64_t throttle_change(struct throttle *throttle, struct span address,
    uint64_t now_ms, uint64_t period_ms, uint32_t burst);

#endif
