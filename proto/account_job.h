/*
 * A client's job for the account service: it checks a password, makes one, or
 * both, and may change its account. The reactor that asks makes it, and gets it
 * back; the client may be gone by then.
 */
#ifndef PROTO_ACCOUNT_JOB_H
#define PROTO_ACCOUNT_JOB_H

#include "proto/account_service.h"
#include "reactor/conn.h"

struct rate;
struct reactor;

enum account_job_work {
	WORK_LOGIN,
	WORK_REGISTER,
	WORK_PASSWD,
	WORK_UNREGISTER,
};

struct account_job {
	struct account_work base; /* first; its answer is for `reactor` */
	enum account_job_work work;
	struct reactor *reactor;
	struct conn_handle client;
	struct address peer; /* the client's, for when it is gone */
	uint8_t network[ADDRESS_NETWORK_MAX]; /* of the client's address */
	size_t network_len;
	uint64_t wait_ms; /* AUTH_THROTTLED, AUTH_TOO_OFTEN: how long */
	bool known;       /* LOGIN, PASSWD, UNREGISTER: `account` was found */
	struct account account;                    /* a copy; LOGIN and after */
	char new_password[PASSWORD_BYTES_MAX + 1]; /* PASSWD */
};

/* A job for `work`, zeroed but for the fields it takes from the connection and
 * `handle`, which gets it back on the reactor and frees it. The caller sets
 * base.change.name and base.password. */
struct account_job *account_job_new(struct account_service *service,
    struct conn *conn, enum account_job_work work, envelope_handler *handle);

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
 * Hands the job over. False when the queue is full, or, as base.cancelled then
 * tells, the server stops: it was not taken, and a name reserved for it is
 * given back here. Any thread.
 */
bool account_job_submit(struct account_job *job);

/* Wipes the passwords and frees it. */
void account_job_free(struct account_job *job);

#endif
