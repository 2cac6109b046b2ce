/*
 * Account work that is too slow for a reactor: passwords are hashed on one pool
 * of threads, changes are written and synced on the journal's one thread, and
 * the answer comes back to whoever asked, by mailbox.
 *
 *   reactor --> hashing pool --> journal --> reactor        (a change)
 *   reactor --> hashing pool --------------> reactor        (a login)
 *   console -----------------> journal --> console        (a ban, ...)
 *
 * Clients' work is in account_job.h, the operator's in store_job.h. It belongs
 * to itself: a client that vanishes changes nothing about it.
 */
#ifndef PROTO_ACCOUNT_SERVICE_H
#define PROTO_ACCOUNT_SERVICE_H

#include <stdbool.h>

#include "auth/auth.h"
#include "reactor/mailbox.h"
#include "reactor/worker.h"

#define ACCOUNT_WAIT_MS_MAX 60000 /* longer than that: ERR busy, at once */

struct timing;

/* What is done for whoever asked, and for nobody else: embedded, first, in his
 * job. */
struct account_work {
	struct envelope answer; /* first: handled by who asked, when done */
	struct job job;
	struct account_service *service;
	const struct account_work_ops *ops;
	bool cancelled; /* going down: it was never begun, nothing changed */
	enum auth_status status;
	struct auth_change change;             /* of work that is one */
	char password[PASSWORD_BYTES_MAX + 1]; /* of work that has one */
};

struct account_work_ops {
	/* On a hashing thread: the slow part. True: there is a change, which
	 * goes on to the journal. */
	bool (*hash)(struct account_work *work);
	/* On the journal's thread: its change has been written, or could not
	 * be (change.status). */
	void (*written)(struct account_work *work);
	/* The same instead of a change, alone: what is to be done to the whole
	 * file. True when the store may take changes again since then, or no
	 * more. NULL: it is a change, which shares a batch with others. */
	bool (*on_file)(struct account_work *work);
	/* It will not be done: as if it had never been asked. Any thread. */
	void (*cancel)(struct account_work *work);
	/* On either thread: it is done, and goes back to who asked. */
	void (*done)(struct account_work *work);
};

struct account_service_config {
	struct auth *auth; /* borrowed */
	unsigned hashers;  /* threads for passwords */
	/* On the journal's thread, once each time the store turns read-only,
	 * and once it is so no more (NULL); must not block. */
	void (*on_read_only)(void *context, const char *why);
	/* The same each time there have come to be as many accounts as there
	 * may be, and by account_service_new if there are already. */
	void (*on_full)(void *context, size_t accounts);
	void *context;
};

/* Starts the threads. NULL with errno set. Main thread. */
struct account_service *
account_service_new(const struct account_service_config *config);

/* Jobs not begun yet come back cancelled, new ones are refused. Any thread. */
void account_service_stop(struct account_service *service);

/* Waits for the threads; what the journal has is written. The answers may still
 * be in the reactors' mailboxes. Main thread, after the reactors have ended. */
void account_service_join(struct account_service *service);

/* After the join, and after those answers have been handled. Main thread. */
void account_service_free(struct account_service **service);

/* The store, borrowed; it lives as long as the service. Any thread. */
struct auth *account_service_auth(struct account_service *service);

/* What the pools have to do and have done. Before the join; any thread. */
struct worker_count account_service_hashing(struct account_service *service);
struct worker_count account_service_journaling(struct account_service *service);

/* What it took to write and sync each batch of changes. Any thread. */
const struct timing *
account_service_commit_time(const struct account_service *service);

/* Prepares a zeroed job's work, for a change of this kind, if it is one;
 * `handle` gets it back. */
void account_work_init(struct account_work *work,
    struct account_service *service, const struct account_work_ops *ops,
    enum auth_change_kind kind, envelope_handler *handle);

/*
 * Hands it over: to the hashing pool, or at once to the journal. False when the
 * queue is full, or, as `cancelled` then tells, the server stops: it was not
 * taken, and stays the caller's. Any thread.
 */
bool account_work_submit(struct account_work *work, bool hashes);

#endif
