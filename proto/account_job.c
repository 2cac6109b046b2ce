/* Clients' jobs: what is hashed, and what becomes of it. */
#include "proto/account_job.h"

#include <string.h>

#include "proto/rate.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

#define HOUR_MS 3600000u

/* What each does to the store, if it is a change. */
static const enum auth_change_kind change_kinds[] = {
    [WORK_LOGIN] = AUTH_PASSWD, /* a new hash of the same one, at times */
    [WORK_REGISTER] = AUTH_REGISTER,
    [WORK_PASSWD] = AUTH_PASSWD,
    [WORK_UNREGISTER] = AUTH_REMOVE,
};

static struct auth *
job_auth(const struct account_job *job)
{
	return account_service_auth(job->base.service);
}

/* The name that the client has asked for, of an account or not. */
static struct span
job_name(const struct account_job *job)
{
	return span_of(job->base.change.name);
}

static struct span
job_network(const struct account_job *job)
{
	return (struct span){(const char *)job->network, job->network_len};
}

/* The password was right: is there something to write? */
static bool
job_hash_new(struct account_job *job)
{
	const char *password = job->base.password;
	struct auth *auth = job_auth(job);
	enum auth_status status;

	if (job->work == WORK_UNREGISTER)
		return true;
	if (job->work == WORK_LOGIN && !auth_needs_rehash(auth, &job->account))
		return false;
	if (job->work == WORK_PASSWD)
		password = job->new_password;
	status = auth_hash(auth, span_of(password), job->base.change.verifier);
	/* A login is right whether its hash is made anew or not. */
	if (job->work != WORK_LOGIN)
		job->base.status = status;
	return status == AUTH_OK;
}

/* Checks the password, unless too many wrong ones came before it. */
static bool
job_verify(struct account_job *job)
{
	struct auth *auth = job_auth(job);
	const struct account *account = job->known ? &job->account : NULL;
	enum auth_status status;

	if (account_job_is_throttled(job))
		return false;
	status = auth_verify(auth, account, span_of(job->base.password));
	if (status == AUTH_OK || status == AUTH_BAD_CREDENTIALS)
		auth_throttle_note(auth, job_name(job), job_network(job),
		    clock_monotonic_ms(), status == AUTH_OK);
	job->base.status = status;
	return status == AUTH_OK;
}

static bool
on_hash(struct account_work *work)
{
	struct account_job *job = (struct account_job *)work;

	if (job->work == WORK_REGISTER) {
		if (job_hash_new(job))
			return true;
		auth_unreserve(job_auth(job), job_name(job));
		return false;
	}
	if (!job_verify(job))
		return false;
	work->change.uid = job->account.uid;
	strcpy(work->change.name, job->account.name);
	strcpy(work->change.replaces, job->account.verifier);
	return job_hash_new(job);
}

static void
on_written(struct account_work *work)
{
	if (((struct account_job *)work)->work != WORK_LOGIN)
		work->status = work->change.status;
}

static void
on_cancel(struct account_work *work)
{
	struct account_job *job = (struct account_job *)work;

	if (job->work == WORK_REGISTER)
		auth_unreserve(job_auth(job), job_name(job));
}

static void
on_done(struct account_work *work)
{
	reactor_send(((struct account_job *)work)->reactor, &work->answer);
}

static const struct account_work_ops job_ops = {
    .hash = on_hash,
    .written = on_written,
    .cancel = on_cancel,
    .done = on_done,
};

struct account_job *
account_job_new(struct account_service *service, struct conn *conn,
    enum account_job_work work, envelope_handler *handle)
{
	struct account_job *job = memory_new(sizeof(*job));

	account_work_init(
	    &job->base, service, &job_ops, change_kinds[work], handle);
	job->work = work;
	job->reactor = conn->reactor;
	job->client = conn_handle(conn);
	job->peer = conn->peer;
	job->network_len = address_network(&conn->peer, job->network);
	return job;
}

bool
account_job_is_throttled(struct account_job *job)
{
	job->wait_ms = auth_throttle_wait(job_auth(job), job_name(job),
	    job_network(job), clock_monotonic_ms());
	if (job->wait_ms == 0)
		return false;
	job->base.status = AUTH_THROTTLED;
	return true;
}

bool
account_job_is_too_often(struct account_job *job, const struct rate *rate)
{
	if (rate->count == 0 || address_is_local(&job->peer))
		return false;
	job->wait_ms = auth_throttle_change(job_auth(job), job_network(job),
	    clock_monotonic_ms(), HOUR_MS / rate->count, rate->burst);
	if (job->wait_ms == 0)
		return false;
	job->base.status = AUTH_TOO_OFTEN;
	return true;
}

bool
account_job_submit(struct account_job *job)
{
	if (account_work_submit(&job->base, true))
		return true;
	on_cancel(&job->base);
	return false;
}

void
account_job_free(struct account_job *job)
{
	auth_wipe(job, sizeof(*job));
	free(job);
}
