/*
 * Commands about accounts. The checks that need no hashing are made at once,
 * on the reactor; the rest is a job, and the session's input waits for it.
 */
#include <string.h>

#include "proto/account_job.h"
#include "proto/account_log.h"
#include "proto/cmd.h"
#include "proto/session.h"
#include "proto/session_answer.h"
#include "proto/session_line.h"
#include "proto/tour.h"
#include "proto/wire/name.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"

/* Sessions of a removed account become guests, at every hub. */
struct removal {
	struct tour tour;
	uint64_t account;
};

static struct account_service *
session_accounts(const struct session *session)
{
	return session_hub(session)->config->accounts;
}

static bool
check_name(struct session *session, struct span name)
{
	if (name_is_valid(name))
		return true;
	session_err(session, ERR_BAD_NAME,
	    "a name has 1 to %d of A-Z a-z 0-9 . _ -, first a letter or digit",
	    NAME_BYTES_MAX);
	return false;
}

static bool
check_new_password(struct session *session, struct span password)
{
	uint32_t min = session_hub(session)->options.password_min;

	if (password.len >= min && password.len <= PASSWORD_BYTES_MAX)
		return true;
	session_err(session, ERR_WEAK_PASSWORD,
	    "a password has %u to %d bytes and no spaces", min,
	    PASSWORD_BYTES_MAX);
	return false;
}

/* Whatever can't have been set as a password is a wrong one. */
static bool
check_password(struct session *session, struct span password)
{
	if (password.len > 0 && password.len <= PASSWORD_BYTES_MAX)
		return true;
	session_err(session, ERR_BAD_CREDENTIALS, "wrong name or password");
	return false;
}

static void
copy_name(struct account_job *job, struct span name)
{
	check(name.len <= NAME_BYTES_MAX);
	memcpy(job->base.change.name, name.at, name.len);
}

static void
copy_password(char out[PASSWORD_BYTES_MAX + 1], struct span password)
{
	check(password.len <= PASSWORD_BYTES_MAX);
	memcpy(out, password.at, password.len);
	out[password.len] = '\0';
}

/* The name that it wanted, or has the password of, is. */
static void
err_banned(struct session *session, const char *name)
{
	int64_t until = AUTH_FOREVER; /* lifted meanwhile: none is told */
	char when[SESSION_UNTIL_BYTES];

	auth_is_kept_out(account_service_auth(session_accounts(session)),
	    span_of(name), NULL, &until);
	session_err(session, ERR_BANNED, "%s is banned here%s", name,
	    session_until(until, when));
}

static void
err_going_down(struct session *session)
{
	session_err(session, ERR_GOING_DOWN,
	    "the server is going down; nothing was changed");
}

/* Finds the session again and answers what went wrong, if something did. NULL
 * when it is gone, or has been answered. */
static struct session *
job_session(struct account_job *job)
{
	struct session *session =
	    session_find(reactor_owner(job->reactor), job->client);

	if (!session)
		return NULL;
	if (job->base.cancelled) {
		err_going_down(session);
		session_answered(session);
		return NULL;
	}
	switch (job->base.status) {
	case AUTH_OK:
		return session;
	case AUTH_NAME_TAKEN:
		session_err(session, ERR_NAME_TAKEN, "%s is taken",
		    job->base.change.name);
		break;
	case AUTH_NO_SUCH_USER:
	case AUTH_BAD_CREDENTIALS:
		session_err(
		    session, ERR_BAD_CREDENTIALS, "wrong name or password");
		break;
	case AUTH_THROTTLED:
		session_err(session, ERR_TOO_MANY_ATTEMPTS,
		    "too many wrong passwords, try again in %llu seconds",
		    (unsigned long long)(job->wait_ms + 999) / 1000);
		break;
	case AUTH_BANNED:
		err_banned(session, job->base.change.name);
		break;
	case AUTH_READ_ONLY:
		/* Why is the operator's to know: it names his files. */
		session_err(session, ERR_READ_ONLY,
		    "accounts cannot be changed now, try again later");
		break;
	case AUTH_TOO_OFTEN:
		session_err(session, ERR_TOO_MANY_ATTEMPTS,
		    "too many accounts were made or changed from your "
		    "address, try again in %llu seconds",
		    (unsigned long long)(job->wait_ms + 999) / 1000);
		break;
	case AUTH_FULL:
		session_err(session, ERR_READ_ONLY,
		    "there are as many accounts as there may be; ask who runs "
		    "this server");
		break;
	case AUTH_NO_MEMORY:
		session_err(
		    session, ERR_BUSY, "out of memory, try again later");
		break;
	case AUTH_LISTED:
		unreachable("no client lifts a ban");
	}
	session_answered(session);
	return NULL;
}

/* The job's answer for one that went well; the job is freed. */
static void
job_done(struct account_job *job, struct session *session)
{
	if (session)
		session_answered(session);
	account_job_free(job);
}

static void
job_start(struct session *session, struct account_job *job)
{
	if (account_job_submit(job)) {
		session_await(session);
		return;
	}
	if (job->base.cancelled)
		err_going_down(session);
	else
		session_err(session, ERR_BUSY,
		    "too many are waiting, try again in a minute");
	account_job_free(job);
}

/* A job that is answered without anything to wait for, as if it had been. */
static void
job_refuse(struct session *session, struct account_job *job)
{
	session_await(session);
	check(job->base.status != AUTH_OK);
	if (job->work == WORK_LOGIN)
		account_log_login(job);
	account_log_untried(job);
	job_session(job);
	account_job_free(job);
}

/* A stranger could fill the disk with accounts and new passwords, and ask for
 * name after name whether it is taken. */
static bool
job_is_too_often(struct session *session, struct account_job *job)
{
	return account_job_is_too_often(
	    job, &session_hub(session)->options.register_rate);
}

/* One that is to check a password. */
static void
job_start_verify(struct session *session, struct account_job *job)
{
	if (account_job_is_throttled(job) ||
	    (job->work != WORK_LOGIN && job_is_too_often(session, job)))
		job_refuse(session, job);
	else
		job_start(session, job);
}

static void
register_done(struct envelope *envelope, void *owner)
{
	struct account_job *job = (struct account_job *)envelope;
	struct session *session = job_session(job);

	(void)owner;
	account_log_change(job, "registered");
	if (session)
		session_ok(session, "registered %s", job->base.change.name);
	job_done(job, session);
}

void
cmd_register(struct session *session, const struct span arguments[], int count)
{
	struct account_service *accounts = session_accounts(session);
	struct span name = arguments[0];
	struct account_job *job;

	(void)count;
	if (!check_name(session, name) ||
	    !check_new_password(session, arguments[1]))
		return;
	job = account_job_new(
	    accounts, &session->conn, WORK_REGISTER, register_done);
	copy_name(job, name);
	copy_password(job->base.password, arguments[1]);
	if (!job_is_too_often(session, job))
		job->base.status =
		    auth_reserve(account_service_auth(accounts), name);
	if (job->base.status == AUTH_OK)
		job_start(session, job);
	else
		job_refuse(session, job);
}

/* Is it still there? It may have been removed while the password was hashed,
 * and whoever ends its sessions has been here before. */
static bool
account_lives(struct account_job *job)
{
	struct account now;

	return auth_find(account_service_auth(job->base.service),
		   span_of(job->account.name), &now) == AUTH_OK &&
	       now.uid == job->account.uid;
}

static void
login_done(struct envelope *envelope, void *owner)
{
	struct account_job *job = (struct account_job *)envelope;
	struct session *session;

	(void)owner;
	if (job->base.status == AUTH_OK && !job->base.cancelled &&
	    !account_lives(job))
		job->base.status = AUTH_BAD_CREDENTIALS;
	/* Told only to who knows the password. */
	if (job->base.status == AUTH_OK &&
	    auth_is_banned(account_service_auth(job->base.service),
		span_of(job->account.name)))
		job->base.status = AUTH_BANNED;
	account_log_login(job);
	session = job_session(job);
	if (session) {
		session_log_in(session, job->account.name, job->account.uid);
		account_log_change(job, "login");
		session_ok_self(session, "logged in as ");
		session_greet(session);
	}
	job_done(job, session);
}

static void
login_start(struct session *session, struct span name, struct span password)
{
	struct account_service *accounts = session_accounts(session);
	struct account_job *job;

	job = account_job_new(accounts, &session->conn, WORK_LOGIN, login_done);
	copy_name(job, name);
	if (!check_password(session, password)) {
		job->base.status = AUTH_BAD_CREDENTIALS;
		account_log_login(job);
		account_job_free(job);
		return;
	}
	/* An unknown name is hashed for as well, so that the time that an
	 * answer takes does not tell which names exist. */
	job->known =
	    name_is_valid(name) && auth_find(account_service_auth(accounts),
				       name, &job->account) == AUTH_OK;
	copy_password(job->base.password, password);
	job_start_verify(session, job);
}

void
cmd_login(struct session *session, const struct span arguments[], int count)
{
	if (!check_name(session, arguments[0]))
		return;
	if (count == 2)
		login_start(session, arguments[0], arguments[1]);
	else
		session_prompt(session, arguments[0]);
}

void
cmd_login_password(struct session *session, struct span password)
{
	login_start(session, span_of(session->name), password);
}

void
cmd_logout(struct session *session, const struct span arguments[], int count)
{
	(void)arguments;
	(void)count;
	log_debug("logout", LOG_NUMBER("client", session->conn.id),
	    LOG_ADDRESS("address", &session->conn.peer),
	    LOG_TEXT("name", session->name));
	session_log_out(session);
	session_ok(session, "logged out");
}

/* A job about one's own account. NULL and answered when that is gone. */
static struct account_job *
own_job(struct session *session, enum account_job_work work,
    envelope_handler *handle, struct span password)
{
	struct account_service *accounts = session_accounts(session);
	struct account_job *job;

	if (!check_password(session, password))
		return NULL;
	job = account_job_new(accounts, &session->conn, work, handle);
	job->known = auth_find(account_service_auth(accounts),
			 span_of(session->name), &job->account) == AUTH_OK &&
		     job->account.uid == session->account;
	copy_name(job, span_of(session->name));
	copy_password(job->base.password, password);
	return job;
}

static void
passwd_done(struct envelope *envelope, void *owner)
{
	struct account_job *job = (struct account_job *)envelope;
	struct session *session = job_session(job);

	(void)owner;
	account_log_change(job, "password-changed");
	if (session)
		session_ok(session, "password changed");
	job_done(job, session);
}

void
cmd_passwd(struct session *session, const struct span arguments[], int count)
{
	struct account_job *job;

	(void)count;
	if (!check_new_password(session, arguments[1]))
		return;
	job = own_job(session, WORK_PASSWD, passwd_done, arguments[0]);
	if (!job)
		return;
	copy_password(job->new_password, arguments[1]);
	job_start_verify(session, job);
}

static void
removal_visit_conn(struct conn *conn, void *context)
{
	const struct removal *removal = context;
	struct session *session = session_of(conn);

	if (session->state != SESSION_USER ||
	    session->account != removal->account)
		return;
	session_log_out(session);
	session_notice(session,
	    span_of("your account has been removed; you are a guest now"));
}

static void
removal_visit(struct tour *tour, struct hub *hub)
{
	reactor_each_conn(hub->reactor, removal_visit_conn, tour);
}

static void
removal_done(struct tour *tour, struct hub *hub)
{
	(void)hub;
	tour_fini(tour);
	free(tour);
}

static void
unregister_done(struct envelope *envelope, void *owner)
{
	struct account_job *job = (struct account_job *)envelope;
	bool removed = !job->base.cancelled && job->base.status == AUTH_OK;
	struct session *session = job_session(job);
	struct removal *removal;

	account_log_change(job, "unregistered");
	if (session) {
		if (session->state == SESSION_USER)
			session_log_out(session);
		session_ok(session, "account removed");
	}
	/* Also when the client who asked for it is gone. */
	if (removed) {
		removal = memory_new(sizeof(*removal));
		removal->tour.visit = removal_visit;
		removal->tour.done = removal_done;
		removal->account = job->account.uid;
		tour_start(&removal->tour, owner);
	}
	job_done(job, session);
}

void
cmd_unregister(
    struct session *session, const struct span arguments[], int count)
{
	struct account_job *job =
	    own_job(session, WORK_UNREGISTER, unregister_done, arguments[0]);

	(void)count;
	if (job)
		job_start_verify(session, job);
}
