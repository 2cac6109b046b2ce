/* The operator's jobs: bans, mutes, passwords, and the file as a whole. */
#include "proto/store_job.h"

#include <stdio.h>
#include <string.h>

#include "reactor/check.h"
#include "reactor/memory.h"

/* What each does to the store, if it is a change. */
static const enum auth_change_kind change_kinds[] = {
    [WORK_BAN] = AUTH_BAN,
    [WORK_UNBAN] = AUTH_UNBAN,
    [WORK_BAN_ADDRESS] = AUTH_BAN_ADDRESS,
    [WORK_UNBAN_ADDRESS] = AUTH_UNBAN_ADDRESS,
    [WORK_MUTE] = AUTH_MUTE,
    [WORK_UNMUTE] = AUTH_UNMUTE,
    [WORK_SET_PASSWD] = AUTH_PASSWD,
    [WORK_VERIFY] = 0,
    [WORK_COMPACT] = 0,
};

static struct store_job *
job_of(struct account_work *work)
{
	return (struct store_job *)work;
}

static void
job_wipe(struct store_job *job)
{
	auth_wipe(job->base.password, sizeof(job->base.password));
	auth_wipe(job->base.change.verifier, sizeof(job->base.change.verifier));
}

/* The new password for an account. */
static bool
on_hash(struct account_work *work)
{
	struct auth *auth = account_service_auth(work->service);
	struct account account;

	work->status = auth_find(auth, span_of(work->change.name), &account);
	if (work->status == AUTH_OK) {
		work->change.uid = account.uid;
		strcpy(work->change.name, account.name);
		auth_wipe(&account, sizeof(account));
		work->status = auth_hash(
		    auth, span_of(work->password), work->change.verifier);
	}
	work->change.status = work->status;
	return work->status == AUTH_OK;
}

static void
on_written(struct account_work *work)
{
	work->status = work->change.status;
	snprintf(job_of(work)->text, AUTH_ERROR_BYTES, "%s",
	    auth_error(account_service_auth(work->service)));
}

static bool
on_verify(struct account_work *work)
{
	struct store_job *job = job_of(work);

	job->ok = auth_check_own(account_service_auth(work->service),
		      &job->report, job->text) == 0;
	return false;
}

static bool
on_compact(struct account_work *work)
{
	struct store_job *job = job_of(work);

	job->ok =
	    auth_compact(account_service_auth(work->service), job->text) == 0;
	return true;
}

static void
on_cancel(struct account_work *work)
{
	work->status = work->change.status = AUTH_READ_ONLY;
	snprintf(
	    job_of(work)->text, AUTH_ERROR_BYTES, "the server is going down");
}

/* Who gets it frees it, as it is. */
static void
on_done(struct account_work *work)
{
	job_wipe(job_of(work));
	mailbox_push(job_of(work)->home, &work->answer);
}

static const struct account_work_ops change_ops = {
    .hash = on_hash,
    .written = on_written,
    .cancel = on_cancel,
    .done = on_done,
};

static const struct account_work_ops verify_ops = {
    .on_file = on_verify,
    .cancel = on_cancel,
    .done = on_done,
};

static const struct account_work_ops compact_ops = {
    .on_file = on_compact,
    .cancel = on_cancel,
    .done = on_done,
};

struct store_job *
store_job_new(struct account_service *service, enum store_work work,
    struct mailbox *home, envelope_handler *handle)
{
	struct store_job *job = memory_new(sizeof(*job));
	const struct account_work_ops *ops = &change_ops;

	if (work == WORK_VERIFY)
		ops = &verify_ops;
	else if (work == WORK_COMPACT)
		ops = &compact_ops;
	account_work_init(&job->base, service, ops, change_kinds[work], handle);
	job->work = work;
	job->home = home;
	return job;
}

bool
store_job_submit(struct store_job *job)
{
	if (account_work_submit(&job->base, job->work == WORK_SET_PASSWD))
		return true;
	job_wipe(job);
	free(job);
	return false;
}
