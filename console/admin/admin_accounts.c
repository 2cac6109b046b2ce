/* The operator's commands about accounts and their file. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "console/admin/admin.h"
#include "console/admin/listing.h"
#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/format.h"
#include "proto/store_job.h"
#include "proto/wire/name.h"
#include "proto/wire/utf8.h"

static const struct listing_column account_columns[] = {
    {"NAME", "name", 32, false},
    {"CREATED", "created", 19, false},
    {"STATE", "state", 0, false},
};

#define ACCOUNT_COLUMNS (sizeof(account_columns) / sizeof(account_columns[0]))

static void
verify_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct admin *admin = job->context;
	char report[FORMAT_REPORT_BYTES];

	(void)owner;
	if (job->ok && job->text[0])
		admin_say(admin, "%s", job->text);
	if (job->ok)
		admin_say(admin, "%s", format_report(&job->report, report));
	else
		admin_fail(admin, "%s", job->text);
	free(job);
	admin_errand_ended(admin);
}

static void
compact_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct admin *admin = job->context;

	(void)owner;
	if (job->ok)
		admin_say(admin, "compacted: accounts can be made and changed");
	else
		admin_fail(admin, "%s", job->text);
	free(job);
	admin_errand_ended(admin);
}

void
admin_verify(struct admin *admin, char *arguments[])
{
	(void)arguments;
	admin_job_submit(
	    admin, admin_job_new(admin, WORK_VERIFY, verify_is_back));
}

void
admin_compact(struct admin *admin, char *arguments[])
{
	(void)arguments;
	admin_job_submit(
	    admin, admin_job_new(admin, WORK_COMPACT, compact_is_back));
}

static void
say_passwd(struct admin *admin, const struct store_job *job)
{
	const char *name = job->base.change.name;

	switch (job->base.status) {
	case AUTH_OK:
		admin_say(admin, "%s has a new password", name);
		break;
	case AUTH_NO_SUCH_USER:
		admin_fail(admin, "there is no account %s", name);
		break;
	case AUTH_READ_ONLY:
		admin_fail(admin, "nothing was changed: %s", job->text);
		break;
	default:
		admin_fail(admin, "nothing was changed: out of memory");
	}
}

static void
passwd_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct admin *admin = job->context;

	(void)owner;
	if (job->base.cancelled)
		admin_fail(admin, "nothing was changed: the server stops");
	else
		say_passwd(admin, job);
	free(job);
	admin_errand_ended(admin);
}

void
admin_passwd(struct admin *admin, char *arguments[])
{
	uint32_t min = admin->supervisor->options->password_min;
	struct span password = span_of(arguments[1]);
	struct store_job *job;

	if (!name_is_valid(span_of(arguments[0]))) {
		admin_fail(admin, "%s is not a name", arguments[0]);
		return;
	}
	if (password.len < min || password.len > PASSWORD_BYTES_MAX ||
	    !utf8_is_text(password.at, password.len) ||
	    memchr(password.at, ' ', password.len) ||
	    memchr(password.at, '\t', password.len)) {
		admin_fail(admin,
		    "a password is text of %u to %d bytes without spaces", min,
		    PASSWORD_BYTES_MAX);
		return;
	}
	job = admin_job_new(admin, WORK_SET_PASSWD, passwd_is_back);
	strcpy(job->base.change.name, arguments[0]);
	memcpy(job->base.password, password.at, password.len);
	admin_job_submit(admin, job);
}

static int
compare_accounts(const void *a, const void *b)
{
	const struct auth_account_row *one = a;
	const struct auth_account_row *other = b;

	return strcasecmp(one->name, other->name);
}

static void
say_account(struct listing *listing, const struct auth_account_row *row)
{
	struct auth *auth = supervisor_auth(listing->admin->supervisor);
	char created[LISTING_TIME_BYTES];
	int64_t until;
	const char *cells[ACCOUNT_COLUMNS] = {
	    row->name, listing_time(listing->admin, row->created, created)};

	if (auth_is_banned(auth, span_of(row->name)))
		cells[2] = "banned";
	else if (auth_is_muted(auth, span_of(row->name), &until))
		cells[2] = "muted";
	listing_row(listing, cells);
}

void
admin_accounts(struct admin *admin, char *arguments[])
{
	const char *pattern = arguments[0];
	struct auth_account_row *rows;
	struct listing listing;
	ssize_t count =
	    auth_accounts(supervisor_auth(admin->supervisor), &rows);

	if (count < 0) {
		admin_fail(admin, "out of memory");
		return;
	}
	if (count > 0)
		qsort(rows, (size_t)count, sizeof(*rows), compare_accounts);
	listing_begin(&listing, admin, account_columns, ACCOUNT_COLUMNS);
	for (ssize_t i = 0; i < count; i++)
		if (!pattern || !fnmatch(pattern, rows[i].name, FNM_CASEFOLD))
			say_account(&listing, &rows[i]);
	listing_end(&listing);
	if (!admin->as_json)
		admin_say(admin, "%zd account%s", count,
		    format_plural((uint64_t)count));
	free(rows);
}
