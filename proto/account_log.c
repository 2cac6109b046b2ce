/* Account jobs in the log and the counters. */
#include "proto/account_log.h"

#include "proto/account_job.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "reactor/reactor.h"

void
account_log_login(const struct account_job *job)
{
	struct counters *counters = reactor_counters(job->reactor);
	const char *reason;
	counter *failed;

	if (job->base.cancelled)
		return;

	switch (job->base.status) {
	case AUTH_NO_SUCH_USER:
	case AUTH_BAD_CREDENTIALS:
		reason = "bad-credentials";
		failed = &counters->failed_wrong;
		break;
	case AUTH_THROTTLED:
		reason = "throttled";
		failed = &counters->failed_throttled;
		break;
	case AUTH_BANNED:
		reason = "banned";
		failed = &counters->failed_banned;
		break;
	default:
		return;
	}
	counter_add(failed, 1);
	log_warn("login-failed", LOG_NUMBER("client", job->client.id),
	    LOG_ADDRESS("address", &job->peer),
	    LOG_TEXT("name", job->base.change.name),
	    LOG_TEXT("reason", reason));
}

void
account_log_change(const struct account_job *job, const char *event)
{
	if (job->base.status == AUTH_OK && !job->base.cancelled)
		log_info(event, LOG_NUMBER("client", job->client.id),
		    LOG_ADDRESS("address", &job->peer),
		    LOG_TEXT("name", job->base.change.name));
}

void
account_log_untried(const struct account_job *job)
{
	struct counters *counters = reactor_counters(job->reactor);

	if (job->base.status == AUTH_FULL)
		counter_add(&counters->changes_full, 1);
	if (job->base.status != AUTH_TOO_OFTEN)
		return;
	counter_add(&counters->changes_throttled, 1);
	log_warn("change-throttled", LOG_NUMBER("client", job->client.id),
	    LOG_ADDRESS("address", &job->peer),
	    LOG_TEXT("name", job->base.change.name));
}
