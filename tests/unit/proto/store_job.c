/* The operator's work on the store: bans, mutes, passwords; and its end. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "proto/store_job.h"
#include "tests/unit/auth/kit.h"

static struct auth *auth;
static struct account_service *service;
static struct mailbox mailbox;
static struct store_job *back; /* the one that came last */

static void
setup(void)
{
	struct account_service_config config = {.hashers = 1};

	kit_directory();
	auth = kit_open(kit_path("accounts"), NULL);
	config.auth = auth;
	cr_assert_eq(mailbox_init(&mailbox), 0);
	service = account_service_new(&config);
	cr_assert_not_null(service);
}

static void
teardown(void)
{
	account_service_stop(service);
	account_service_join(service);
	account_service_free(&service);
	mailbox_fini(&mailbox);
	free(back);
	auth_close(&auth);
	kit_remove();
}

TestSuite(proto_store_job, .init = setup, .fini = teardown, .timeout = 60);

static void
keep(struct envelope *envelope, void *owner)
{
	(void)owner;
	cr_assert_null(back);
	back = (struct store_job *)envelope;
}

static void
await_answer(void)
{
	struct pollfd bell = {.fd = mailbox.bell, .events = POLLIN};

	free(back);
	back = NULL;
	while (!back) {
		cr_assert_eq(poll(&bell, 1, 30000), 1, "no answer");
		mailbox_hush(&mailbox);
		mailbox_drain(&mailbox, NULL);
	}
}

static enum auth_status
work(enum store_work kind, const char *name, const char *password)
{
	struct store_job *job = store_job_new(service, kind, &mailbox, keep);

	strcpy(job->base.change.name, name);
	strcpy(job->base.password, password);
	cr_assert(store_job_submit(job));
	await_answer();
	cr_assert_eq(back->base.status, back->base.change.status);
	return back->base.status;
}

static enum auth_status
verify(const char *name, const char *password)
{
	struct account account;

	cr_assert_eq(auth_find(auth, span_of(name), &account), AUTH_OK);
	return auth_verify(auth, &account, span_of(password));
}

static bool
is_wiped(const char *bytes, size_t len)
{
	while (len > 0 && bytes[len - 1] == '\0')
		len--;
	return len == 0;
}

Test(proto_store_job, operator_sets_a_password_that_opens_the_account)
{
	struct account before, after;

	cr_assert_eq(kit_register(auth, "Anna", 1), AUTH_OK);
	cr_assert_eq(auth_find(auth, span_of("anna"), &before), AUTH_OK);
	cr_assert_eq(work(WORK_SET_PASSWD, "aNNA", "new-secret"), AUTH_OK);
	cr_assert_str_eq(back->base.change.name, "Anna");
	cr_assert_eq(verify("anna", "new-secret"), AUTH_OK);
	cr_assert_eq(verify("anna", "new-secre"), AUTH_BAD_CREDENTIALS);
	cr_assert_eq(auth_find(auth, span_of("anna"), &after), AUTH_OK);
	cr_assert_eq(after.uid, before.uid);
	/* And there after a restart. */
	account_service_stop(service);
	account_service_join(service);
	account_service_free(&service);
	auth_close(&auth);
	auth = kit_open(kit_path("accounts"), NULL);
	cr_assert_eq(verify("anna", "new-secret"), AUTH_OK);
	service = account_service_new(
	    &(struct account_service_config){.hashers = 1, .auth = auth});
}

Test(proto_store_job, password_is_wiped_before_the_job_is_back)
{
	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	cr_assert_eq(work(WORK_SET_PASSWD, "anna", "new-secret"), AUTH_OK);
	cr_assert(is_wiped(back->base.password, sizeof(back->base.password)));
	cr_assert(is_wiped(
	    back->base.change.verifier, sizeof(back->base.change.verifier)));
	cr_assert_eq(
	    work(WORK_SET_PASSWD, "nobody", "new-secret"), AUTH_NO_SUCH_USER);
	cr_assert_str_eq(back->base.change.name, "nobody");
	cr_assert(is_wiped(back->base.password, sizeof(back->base.password)));
}

Test(proto_store_job, each_kind_of_ban_is_set_and_lifted)
{
	static const struct {
		enum store_work set, lift;
		enum auth_ban_kind kind;
		const char *name;
	} kinds[] = {
	    {WORK_BAN, WORK_UNBAN, BANNED_NAME, "evil"},
	    {WORK_BAN_ADDRESS, WORK_UNBAN_ADDRESS, BANNED_ADDRESS,
		"2001:db8::/32"},
	    {WORK_MUTE, WORK_UNMUTE, MUTED_NAME, "loud"},
	};
	struct auth_ban *bans;

	for (size_t i = 0; i < BAN_KINDS; i++) {
		cr_assert_eq(
		    work(kinds[i].lift, kinds[i].name, ""), AUTH_NO_SUCH_USER);
		cr_assert_eq(work(kinds[i].set, kinds[i].name, ""), AUTH_OK);
		cr_assert_eq(auth_bans(auth, kinds[i].kind, &bans), 1);
		cr_assert_str_eq(bans[0].name, kinds[i].name);
		cr_assert_eq(bans[0].until, AUTH_FOREVER);
		free(bans);
		cr_assert_eq(work(kinds[i].lift, kinds[i].name, ""), AUTH_OK);
		cr_assert_eq(auth_bans(auth, kinds[i].kind, &bans), 0);
	}
}

static int answered, cancelled;

static void
count(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;

	(void)owner;
	answered++;
	cr_assert(is_wiped(job->base.password, sizeof(job->base.password)));
	if (job->base.cancelled) {
		cancelled++;
		cr_assert_eq(job->base.status, AUTH_READ_ONLY);
		cr_assert_str_eq(job->text, "the server is going down");
	} else {
		cr_assert_eq(job->base.status, AUTH_OK);
	}
	free(job);
}

static bool
submit_one(void)
{
	struct store_job *job =
	    store_job_new(service, WORK_SET_PASSWD, &mailbox, count);

	strcpy(job->base.change.name, "anna");
	strcpy(job->base.password, "new-secret");
	return store_job_submit(job);
}

/* Far more than one thread has hashed when it is told to stop. */
Test(proto_store_job, job_that_the_end_overtakes_comes_back_and_says_so)
{
	enum {
		JOBS = 20000
	};
	int taken = 0;

	cr_assert_eq(kit_register(auth, "anna", 1), AUTH_OK);
	while (taken < JOBS && submit_one())
		taken++;
	account_service_stop(service);
	cr_assert_not(submit_one());
	while (answered < taken) {
		struct pollfd bell = {.fd = mailbox.bell, .events = POLLIN};

		cr_assert_eq(poll(&bell, 1, 30000), 1, "no answer");
		mailbox_hush(&mailbox);
		mailbox_drain(&mailbox, NULL);
	}
	cr_assert_gt(cancelled, 0);
}
