/* Account work on its threads. */
#include "proto/account_service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/rate.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"
#include "reactor/timing.h"

#define HASH_QUEUE_MAX 100000 /* one job a connection: more than can be */
#define HASH_NICE      5      /* chat goes before logins */
#define HASH_REST_MS   2000   /* then a thread gives its memory back */
#define JOURNAL_BATCH  1024   /* changes that share one sync */
#define HOUR_MS        3600000u

struct account_service {
	struct account_service_config config;
	struct auth *auth;         /* borrowed */
	bool read_only;            /* the journal's thread only */
	bool full;                 /* the same; the operator has been told */
	struct timing commit_time; /* written by the journal's thread */
	struct worker_pool *hashers;
	struct worker_pool *journal;
};

/* What each work does to the store, if it is a change. */
static const enum auth_change_kind change_kinds[] = {
    [WORK_LOGIN] = AUTH_PASSWD, /* a new hash of the same one, at times */
    [WORK_REGISTER] = AUTH_REGISTER,
    [WORK_PASSWD] = AUTH_PASSWD,
    [WORK_UNREGISTER] = AUTH_REMOVE,
    [WORK_BAN] = AUTH_BAN,
    [WORK_UNBAN] = AUTH_UNBAN,
    [WORK_BAN_ADDRESS] = AUTH_BAN_ADDRESS,
    [WORK_UNBAN_ADDRESS] = AUTH_UNBAN_ADDRESS,
    [WORK_MUTE] = AUTH_MUTE,
    [WORK_UNMUTE] = AUTH_UNMUTE,
    [WORK_SET_PASSWD] = AUTH_PASSWD,
    [WORK_COMPACT] = 0,
};

static struct account_job *
account_job_of(struct list *link)
{
	return list_entry(link, struct account_job, job.link);
}

static bool
job_is_operators(const struct account_job *job)
{
	return job->work >= WORK_BAN;
}

/* Not a change, which shares a batch and its sync with others. */
static bool
job_is_for_file(const struct account_job *job)
{
	return job->work == WORK_VERIFY || job->work == WORK_COMPACT;
}

/* The name that a client has asked for, of an account or not. */
static struct span
job_name(const struct account_job *job)
{
	return span_of(job->change.name);
}

static struct span
job_network(const struct account_job *job)
{
	return (struct span){(const char *)job->network, job->network_len};
}

static void
job_wipe(struct account_job *job)
{
	auth_wipe(job->password, sizeof(job->password));
	auth_wipe(job->new_password, sizeof(job->new_password));
	auth_wipe(job->account.verifier, sizeof(job->account.verifier));
	auth_wipe(job->change.verifier, sizeof(job->change.verifier));
}

static void
job_answer(struct account_job *job)
{
	if (!job_is_operators(job)) {
		reactor_send(job->reactor, &job->answer);
		return;
	}
	/* Who gets it frees it, as it is. */
	job_wipe(job);
	mailbox_push(((struct store_job *)job)->home, &job->answer);
}

/* It will not be done: as if it had never been asked. */
static void
job_cancel(struct account_job *job)
{
	if (job->work == WORK_REGISTER)
		auth_unreserve(job->service->auth, job_name(job));
	job->cancelled = true;
	if (job_is_operators(job)) {
		job->status = job->change.status = AUTH_READ_ONLY;
		snprintf(((struct store_job *)job)->text, AUTH_ERROR_BYTES,
		    "the server is going down");
	}
}

static void
job_drop(struct job *base, void *context)
{
	struct account_job *job = account_job_of(&base->link);

	(void)context;
	job_cancel(job);
	job_answer(job);
}

/* The password was right: is there something to write? */
static bool
job_hash_new(struct account_job *job)
{
	struct auth *auth = job->service->auth;
	const char *password = job->password;
	enum auth_status status;

	if (job->work == WORK_UNREGISTER)
		return true;
	if (job->work == WORK_LOGIN && !auth_needs_rehash(auth, &job->account))
		return false;
	if (job->work == WORK_PASSWD)
		password = job->new_password;
	status = auth_hash(auth, span_of(password), job->change.verifier);
	/* A login is right whether its hash is made anew or not. */
	if (job->work != WORK_LOGIN)
		job->status = status;
	return status == AUTH_OK;
}

/* Checks the password, unless too many wrong ones came before it. */
static bool
job_verify(struct account_job *job)
{
	struct auth *auth = job->service->auth;
	const struct account *account = job->known ? &job->account : NULL;

	if (account_job_is_throttled(job))
		return false;
	job->status = auth_verify(auth, account, span_of(job->password));
	if (job->status == AUTH_OK || job->status == AUTH_BAD_CREDENTIALS)
		auth_throttle_note(auth, job_name(job), job_network(job),
		    clock_monotonic_ms(), job->status == AUTH_OK);
	return job->status == AUTH_OK;
}

/* The operator's new password for an account. */
static bool
job_hash_set(struct account_job *job)
{
	struct auth *auth = job->service->auth;

	job->status = auth_find(auth, job_name(job), &job->account);
	if (job->status == AUTH_OK) {
		job->change.uid = job->account.uid;
		strcpy(job->change.name, job->account.name);
		job->status = auth_hash(
		    auth, span_of(job->password), job->change.verifier);
	}
	job->change.status = job->status;
	return job->status == AUTH_OK;
}

/* The slow part of a job. True when it goes on to the journal. */
static bool
job_hash(struct account_job *job)
{
	if (job->work == WORK_SET_PASSWD)
		return job_hash_set(job);
	if (job->work == WORK_REGISTER) {
		if (job_hash_new(job))
			return true;
		auth_unreserve(job->service->auth, job_name(job));
		return false;
	}
	if (!job_verify(job))
		return false;
	job->change.uid = job->account.uid;
	strcpy(job->change.name, job->account.name);
	strcpy(job->change.replaces, job->account.verifier);
	return job_hash_new(job);
}

static void
hashers_run(struct list *jobs, void *context)
{
	struct account_service *service = context;
	struct list *link;

	while ((link = list_take_first(jobs)) != NULL) {
		struct account_job *job = account_job_of(link);

		if (!job_hash(job)) {
			job_answer(job);
		} else if (!worker_submit(service->journal, &job->job)) {
			job_cancel(job);
			job_answer(job);
		}
	}
}

/* After a flood of logins, its memory goes back to the system. */
static void
hashers_rest(void *context)
{
	(void)context;
	auth_hash_rest();
}

/* The operator hears of it once, not with every client that is refused. */
static void
journal_tell(struct account_service *service, bool read_only)
{
	if (read_only && !service->read_only && service->config.on_read_only)
		service->config.on_read_only(
		    service->config.context, auth_error(service->auth));
	service->read_only = read_only;
}

/* The same when there have come to be as many accounts as there may be. */
static void
journal_tell_full(struct account_service *service)
{
	bool full = auth_is_full(service->auth);

	if (full && !service->full && service->config.on_full)
		service->config.on_full(
		    service->config.context, auth_count(service->auth));
	service->full = full;
}

/* Everything that waits is one batch: one write, one sync. */
static void
journal_commit(struct account_service *service, struct list *jobs)
{
	struct auth_change *changes[JOURNAL_BATCH] = {NULL};
	struct list *link;
	bool read_only = false;
	size_t count = 0;
	uint64_t start_us;

	list_for_each (link, jobs) {
		check(count < JOURNAL_BATCH);
		changes[count++] = &account_job_of(link)->change;
	}
	if (count == 0)
		return;
	start_us = clock_monotonic_us();
	auth_commit(service->auth, changes, count);
	timing_add(&service->commit_time, clock_monotonic_us() - start_us);
	while ((link = list_take_first(jobs)) != NULL) {
		struct account_job *job = account_job_of(link);

		read_only |= job->change.status == AUTH_READ_ONLY;
		if (job->work != WORK_LOGIN)
			job->status = job->change.status;
		if (job_is_operators(job))
			snprintf(((struct store_job *)job)->text,
			    AUTH_ERROR_BYTES, "%s", auth_error(service->auth));
		job_answer(job);
	}
	journal_tell(service, read_only);
	journal_tell_full(service);
}

static void
journal_serve_file(struct account_service *service, struct store_job *job)
{
	if (job->base.work == WORK_VERIFY) {
		job->ok = auth_check(service->config.auth_options, &job->report,
			      job->text) == 0;
	} else {
		job->ok = auth_compact(service->auth, job->text) == 0;
		journal_tell(service, *auth_error(service->auth) != '\0');
	}
	job_answer(&job->base);
}

static void
journal_run(struct list *jobs, void *context)
{
	struct account_service *service = context;
	struct list batch;
	struct list *link;

	list_init(&batch);
	while ((link = list_take_first(jobs)) != NULL) {
		if (!job_is_for_file(account_job_of(link))) {
			list_append(&batch, link);
			continue;
		}
		journal_commit(service, &batch);
		journal_serve_file(
		    service, (struct store_job *)account_job_of(link));
	}
	journal_commit(service, &batch);
}

struct account_service *
account_service_new(const struct account_service_config *config)
{
	struct account_service *service = memory_new(sizeof(*service));
	struct worker_config hashing = {
	    .name = "hash",
	    .threads = config->hashers,
	    .nice = HASH_NICE,
	    .batch_max = 1,
	    .queue_max = HASH_QUEUE_MAX,
	    .wait_ms_max = ACCOUNT_WAIT_MS_MAX,
	    .run = hashers_run,
	    .drop = job_drop,
	    .rest = hashers_rest,
	    .rest_ms = HASH_REST_MS,
	    .context = service,
	};
	struct worker_config journal = {
	    .name = "journal",
	    .threads = 1,
	    .batch_max = JOURNAL_BATCH,
	    .queue_max = HASH_QUEUE_MAX,
	    .run = journal_run,
	    .drop = job_drop,
	    .context = service,
	};
	int error;

	service->config = *config;
	service->auth = config->auth;
	journal_tell_full(service);
	service->journal = worker_pool_new(&journal);
	if (!service->journal)
		goto fail;
	service->hashers = worker_pool_new(&hashing);
	if (!service->hashers)
		goto fail;
	return service;
fail:
	error = errno;
	if (service->journal)
		worker_pool_free(&service->journal);
	free(service);
	errno = error;
	return NULL;
}

void
account_service_stop(struct account_service *service)
{
	/* The journal goes on: what is hashed already shall be answered. */
	worker_pool_stop(service->hashers);
}

void
account_service_join(struct account_service *service)
{
	worker_pool_free(&service->hashers);
	worker_pool_free(&service->journal);
}

void
account_service_free(struct account_service **pointer)
{
	struct account_service *service = *pointer;

	check(!service->hashers);
	check(!service->journal);
	free(service);
	*pointer = NULL;
}

struct auth *
account_service_auth(struct account_service *service)
{
	return service->auth;
}

struct worker_count
account_service_hashing(struct account_service *service)
{
	return worker_pool_count(service->hashers);
}

struct worker_count
account_service_journaling(struct account_service *service)
{
	return worker_pool_count(service->journal);
}

const struct timing *
account_service_commit_time(const struct account_service *service)
{
	return &service->commit_time;
}

struct account_job *
account_job_new(struct account_service *service, struct conn *conn,
    enum account_work work, envelope_handler *handle)
{
	struct account_job *job = memory_new(sizeof(*job));

	list_init(&job->job.link);
	job->answer.handle = handle;
	job->service = service;
	job->reactor = conn->reactor;
	job->client = conn_handle(conn);
	job->peer = conn->peer;
	job->network_len = address_network(&conn->peer, job->network);
	job->work = work;
	job->change.kind = change_kinds[work];
	check(!job_is_operators(job));
	return job;
}

bool
account_job_is_throttled(struct account_job *job)
{
	job->wait_ms = auth_throttle_wait(job->service->auth, job_name(job),
	    job_network(job), clock_monotonic_ms());
	if (job->wait_ms == 0)
		return false;
	job->status = AUTH_THROTTLED;
	return true;
}

bool
account_job_is_too_often(struct account_job *job, const struct rate *rate)
{
	if (rate->count == 0 || address_is_local(&job->peer))
		return false;
	job->wait_ms =
	    auth_throttle_change(job->service->auth, job_network(job),
		clock_monotonic_ms(), HOUR_MS / rate->count, rate->burst);
	if (job->wait_ms == 0)
		return false;
	job->status = AUTH_TOO_OFTEN;
	return true;
}

bool
account_job_submit(struct account_job *job)
{
	struct worker_pool *hashers = job->service->hashers;

	if (worker_submit(hashers, &job->job))
		return true;
	job_cancel(job);
	job->cancelled = worker_pool_is_stopped(hashers);
	return false;
}

void
account_job_free(struct account_job *job)
{
	auth_wipe(job, sizeof(*job));
	free(job);
}

struct store_job *
store_job_new(struct account_service *service, enum account_work work,
    struct mailbox *home, envelope_handler *handle)
{
	struct store_job *job = memory_new(sizeof(*job));

	list_init(&job->base.job.link);
	job->base.answer.handle = handle;
	job->base.service = service;
	job->base.work = work;
	job->base.change.kind = change_kinds[work];
	job->home = home;
	check(job_is_operators(&job->base));
	return job;
}

bool
store_job_submit(struct store_job *job)
{
	struct account_service *service = job->base.service;
	bool hashes = job->base.work == WORK_SET_PASSWD;

	if (worker_submit(
		hashes ? service->hashers : service->journal, &job->base.job))
		return true;
	job_wipe(&job->base);
	free(job);
	return false;
}
