/*
 * Account work that is too slow for a reactor: passwords are hashed on one pool
 * of threads, changes are written and synced on the journal's one thread, and
 * the answer comes back to the reactor that asked, by its mailbox.
 *
 *   reactor --> hashing pool --> journal --> reactor        (a change)
 *   reactor --> hashing pool --------------> reactor        (a login)
 *   console -----------------> journal --> console        (a ban, ...)
 *
 * A job belongs to itself: a client that vanishes changes nothing about it.
 */
#ifndef PROTO_ACCOUNT_SERVICE_H
#define PROTO_ACCOUNT_SERVICE_H

#include <stdbool.h>

#include "auth/auth.h"
#include "reactor/conn.h"
#include "reactor/mailbox.h"
#include "reactor/worker.h"

#define ACCOUNT_WAIT_MS_MAX 60000 /* longer than that: ERR busy, at once */

struct rate;
struct reactor;
struct timing;

enum account_work {
	WORK_LOGIN,
	WORK_REGISTER,
	WORK_PASSWD,
	WORK_UNREGISTER,
	/* Of a store_job, first the changes that only the operator makes: */
	WORK_BAN,
	WORK_UNBAN,
	WORK_BAN_ADDRESS,
	WORK_UNBAN_ADDRESS,
	WORK_MUTE,
	WORK_UNMUTE,
	WORK_SET_PASSWD, /* whatever the old one is */
	WORK_VERIFY,     /* reads the whole file */
	WORK_COMPACT,    /* writes it anew */
};

struct account_job {
	struct envelope answer; /* first: handled on `reactor` when done */
	struct job job;
	struct account_service *service;
	struct reactor *reactor;
	struct conn_handle client;
	struct address peer; /* the client's, for when it is gone */
	uint8_t network[ADDRESS_NETWORK_MAX]; /* of the client's address */
	size_t network_len;
	uint64_t wait_ms; /* AUTH_THROTTLED, AUTH_TOO_OFTEN: how long */
	enum account_work work;
	bool cancelled; /* going down: it was never begun, nothing changed */
	bool known;     /* LOGIN, PASSWD, UNREGISTER: `account` was found */
	enum auth_status status;
	struct account account;    /* a copy; LOGIN and after */
	struct auth_change change; /* name set by the caller */
	char password[PASSWORD_BYTES_MAX + 1];
	char new_password[PASSWORD_BYTES_MAX + 1]; /* PASSWD */
};

/* The operator's work, done on the journal's thread; a password is hashed
 * before, on the pool. */
struct store_job {
	struct account_job base; /* first; its change, of those that are one */
	struct mailbox *home;    /* gets the job back; borrowed */
	void *context;           /* the console's */
	bool ok; /* VERIFY, COMPACT; of a change see base.status */
	struct auth_report report;   /* VERIFY */
	char text[AUTH_ERROR_BYTES]; /* what is wrong, if something is */
};

struct account_service_config {
	struct auth *auth;                       /* borrowed */
	const struct auth_options *auth_options; /* borrowed; for VERIFY */
	unsigned hashers;                        /* threads for passwords */
	/* On the journal's thread, once each time the store turns read-only;
	 * must not block. */
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

/* A job for `work`, zeroed but for the fields it takes from the connection and
 * `handle`, which gets it back on the reactor and frees it. */
struct account_job *account_job_new(struct account_service *service,
    struct conn *conn, enum account_work work, envelope_handler *handle);

/*
 * True, with the status AUTH_THROTTLED, if too many wrong passwords came before
 * this one. Asked before the job is submitted, it spares the queue; the hashing
 * pool asks again, when it has seen how earlier ones ended. Any thread.
 */
bool account_job_is_throttled(struct account_job *job);

/*
 * True, with the status AUTH_TOO_OFTEN, if the client's address has made or
 * changed accounts as often as this lets it, so many an hour; else that is one
 * time more. One on this machine never has. Any thread.
 */
bool account_job_is_too_often(struct account_job *job, const struct rate *rate);

/*
 * Hands the job over. False when the queue is full, or, as `cancelled` then
 * tells, the server stops: it was not taken, and a name reserved for it is
 * given back here. Any thread.
 */
bool account_job_submit(struct account_job *job);

/* Wipes the passwords and frees it. */
void account_job_free(struct account_job *job);

/*
 * A job of the operator's, zeroed but for what it is told here. A change wants
 * base.change.name before it is submitted, which is a valid one (of an address
 * ban the canonical text, see network.h); a ban or a mute wants
 * base.change.until as well, SET_PASSWD base.password, which is wiped. `handle`
 * gets it back by `home`, and frees it with free(). A job that the end of the
 * server has overtaken comes back with AUTH_READ_ONLY and the reason in its
 * text.
 */
struct store_job *store_job_new(struct account_service *service,
    enum account_work work, struct mailbox *home, envelope_handler *handle);

/* Sends it off. False when the server is stopping, or too many passwords wait
 * to be hashed: it is freed then. */
bool store_job_submit(struct store_job *job);

#endif
