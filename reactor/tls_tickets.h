/*
 * The keys of session tickets: what lets a client that comes back leave out
 * most of a handshake is sealed with them and kept by the client (RFC 5077, and
 * RFC 8446, 4.6.1). Whoever had a key could read the sessions of TLS 1.2 that
 * it has sealed, so that none is used for longer than its period; it opens
 * tickets for one more, in which those that it has sealed end. Each certificate
 * has keys of its own, in this process's memory alone: what a client has from
 * one that was replaced, it cannot go on with.
 */
#ifndef REACTOR_TLS_TICKETS_H
#define REACTOR_TLS_TICKETS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define TLS_TICKETS_PERIOD_MS (2 * 60 * 60 * 1000)

struct ssl_ctx_st;

struct tls_ticket_key {
	unsigned char name[16]; /* in clear in the ticket */
	unsigned char cipher[32];
	unsigned char mac[32];
};

struct tls_tickets {
	pthread_mutex_t lock; /* of all below */
	uint64_t period_ms;
	uint64_t since_ms;             /* keys[0] is in use */
	struct tls_ticket_key keys[2]; /* the newest, and the one before */
};

/* The first keys; a time is that of clock_monotonic_ms. Main thread. */
void tls_tickets_init(
    struct tls_tickets *tickets, uint64_t period_ms, uint64_t now_ms);

/* Wipes them. No other thread has them any more. */
void tls_tickets_fini(struct tls_tickets *tickets);

/* The key to seal with. Any thread. */
struct tls_ticket_key
tls_tickets_newest(struct tls_tickets *tickets, uint64_t now_ms);

/* The key of this name; false when it is unknown, or not any more. *newest: it
 * is the one to seal with, too. Any thread. */
bool tls_tickets_find(struct tls_tickets *tickets, uint64_t now_ms,
    const unsigned char name[16], struct tls_ticket_key *key, bool *newest);

/* From now on the tickets of this context are sealed and opened with keys that
 * are renewed in each period, and go with it; a ticket is good for a period.
 * Before its first connection, once. Main thread. */
void tls_tickets_use(struct ssl_ctx_st *context, uint64_t period_ms);

#endif
