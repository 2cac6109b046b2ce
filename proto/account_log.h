/*
 * What the log and the counters are told of account jobs, whether their client
 * is still there or not. The manual documents the lines: programs read them
 * that keep addresses out. On the job's reactor.
 */
#ifndef PROTO_ACCOUNT_LOG_H
#define PROTO_ACCOUNT_LOG_H

struct account_job;

/* A login that failed, and why; nothing of others. */
void account_log_login(const struct account_job *job);

/* A change that is on disk, as this event; nothing of others. */
void account_log_change(const struct account_job *job, const char *event);

/* A change that was not tried: too often, or the store is full. */
void account_log_untried(const struct account_job *job);

#endif
