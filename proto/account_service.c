/* Account work on its threads. */
#include "proto/account_service.h"

#include <errno.h>

#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/memory.h"
#include "reactor/timing.h"

#define HASH_QUEUE_MAX 100000 /* one job a connection: more than can be */
#define HASH_NICE      5      /* chat goes before logins */
#define HASH_REST_MS   2000   /* then a thread gives its memory back */
#define JOURNAL_BATCH  1024   /* changes that share one sync */

struct account_service {
	struct account_service_config config;
	struct auth *auth;         /* borrowed */
	bool read_only;            /* the journal's thread only */
	bool full;                 /* the same; the operator has been told */
	struct timing commit_time; /* written by the journal's thread */
	struct worker_pool *hashers;
	struct worker_pool *journal;
};

static struct account_work *
work_of(struct list *link)
{
	return list_entry(link, struct account_work, job.link);
}

static void
work_drop(struct account_work *work)
{
	work->cancelled = true;
	work->ops->cancel(work);
	work->ops->done(work);
}

static void
pool_drop(struct job *job, void *context)
{
	(void)context;
	work_drop(work_of(&job->link));
}

static void
hashers_run(struct list *jobs, void *context)
{
	struct account_service *service = context;
	struct list *link;

	while ((link = list_take_first(jobs)) != NULL) {
		struct account_work *work = work_of(link);

		if (!work->ops->hash(work))
			work->ops->done(work);
		else if (!worker_submit(service->journal, &work->job))
			work_drop(work);
	}
}

/* After a flood of logins, its memory goes back to the system. */
static void
hashers_rest(void *context)
{
	(void)context;
	auth_hash_rest();
}

/* The operator hears of it once, not with every client that is refused; and
 * that it is over. */
static void
changes_tell(struct account_service *service)
{
	const char *why = auth_error(service->auth);
	bool read_only = *why != '\0';

	if (read_only != service->read_only && service->config.on_read_only)
		service->config.on_read_only(
		    service->config.context, read_only ? why : NULL);
	service->read_only = read_only;
}

/* The same when there have come to be as many accounts as there may be. */
static void
changes_tell_full(struct account_service *service)
{
	bool full = auth_is_full(service->auth);

	if (full && !service->full && service->config.on_full)
		service->config.on_full(
		    service->config.context, auth_count(service->auth));
	service->full = full;
}

/* Everything that waits is one batch: one write, one sync. */
static void
changes_commit(struct account_service *service, struct list *jobs)
{
	struct auth_change *changes[JOURNAL_BATCH] = {NULL};
	struct list *link;
	size_t count = 0;
	uint64_t start_us;

	list_for_each (link, jobs) {
		check(count < JOURNAL_BATCH);
		changes[count++] = &work_of(link)->change;
	}
	if (count == 0)
		return;
	start_us = clock_monotonic_us();
	auth_commit(service->auth, changes, count);
	timing_add(&service->commit_time, clock_monotonic_us() - start_us);
	while ((link = list_take_first(jobs)) != NULL) {
		struct account_work *work = work_of(link);

		work->ops->written(work);
		work->ops->done(work);
	}
	changes_tell(service);
	changes_tell_full(service);
}

static void
file_work(struct account_service *service, struct account_work *work)
{
	if (work->ops->on_file(work))
		changes_tell(service);
	work->ops->done(work);
}

static void
changes_run(struct list *jobs, void *context)
{
	struct account_service *service = context;
	struct list batch;
	struct list *link;

	list_init(&batch);
	while ((link = list_take_first(jobs)) != NULL) {
		if (!work_of(link)->ops->on_file) {
			list_append(&batch, link);
			continue;
		}
		changes_commit(service, &batch);
		file_work(service, work_of(link));
	}
	changes_commit(service, &batch);
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
	    .drop = pool_drop,
	    .rest = hashers_rest,
	    .rest_ms = HASH_REST_MS,
	    .context = service,
	};
	struct worker_config journal = {
	    .name = "journal",
	    .threads = 1,
	    .batch_max = JOURNAL_BATCH,
	    .queue_max = HASH_QUEUE_MAX,
	    .run = changes_run,
	    .drop = pool_drop,
	    .context = service,
	};
	int error;

	service->config = *config;
	service->auth = config->auth;
	changes_tell_full(service);
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

void
account_work_init(struct account_work *work, struct account_service *service,
    const struct account_work_ops *ops, enum auth_change_kind kind,
    envelope_handler *handle)
{
	list_init(&work->job.link);
	work->answer.handle = handle;
	work->service = service;
	work->ops = ops;
	work->change.kind = kind;
}

bool
account_work_submit(struct account_work *work, bool hashes)
{
	struct account_service *service = work->service;
	struct worker_pool *pool = hashes ? service->hashers : service->journal;

	if (worker_submit(pool, &work->job))
		return true;
	work->cancelled = worker_pool_is_stopped(pool);
	return false;
}
