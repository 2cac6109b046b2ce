/* The console's commands about accounts: their file, and who is banned. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/admin.h"
#include "console/console.h"
#include "console/duration.h"
#include "console/format.h"
#include "console/server.h"
#include "proto/account_service.h"
#include "proto/operator.h"
#include "proto/wire/name.h"

static struct store_job *
job_new(
    struct console *console, enum account_work work, envelope_handler *handle)
{
	return store_job_new(server_account_service(console->server), work,
	    &console->mailbox, handle);
}

static void
job_submit(struct console *console, struct store_job *job)
{
	if (store_job_submit(job))
		console->errands++;
	else
		console_say(console, "too busy, try again");
}

static void
verify_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct console *console = owner;
	char report[FORMAT_REPORT_BYTES];

	console->errands--;
	if (job->text[0])
		console_say(console, "%s", job->text);
	if (job->ok)
		console_say(console, "%s", format_report(&job->report, report));
	free(job);
}

static void
compact_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct console *console = owner;

	console->errands--;
	console_say(console, "%s",
	    job->ok ? "compacted: accounts can be made and changed"
		    : job->text);
	free(job);
}

void
admin_verify(struct console *console, char *arguments[])
{
	(void)arguments;
	job_submit(console, job_new(console, WORK_VERIFY, verify_is_back));
}

void
admin_compact(struct console *console, char *arguments[])
{
	(void)arguments;
	job_submit(console, job_new(console, WORK_COMPACT, compact_is_back));
}

/* Says why a ban was not changed, if it was not. */
static bool
ban_has_failed(struct console *console, const struct store_job *job)
{
	const struct auth_change *change = &job->base.change;

	if (change->status == AUTH_OK)
		return false;
	if (change->status == AUTH_NO_SUCH_USER)
		console_say(console, "%s is not banned", change->name);
	else if (change->status == AUTH_READ_ONLY)
		console_say(console, "nothing was changed: %s", job->text);
	else
		console_say(console, "nothing was changed: out of memory");
	return true;
}

/* Those that are in go. When the server has stopped meanwhile, all have gone.
 */
static void
kick_banned(struct console *console)
{
	struct errand *errand;

	if (!console->server)
		return;
	errand = console_errand_new(console, console_kick_is_back);
	errand_kick_banned(errand);
	errand_start(errand, server_first_reactor(console->server));
}

/* It is on disk, and no login passes it any more. */
static void
ban_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	const struct auth_change *change = &job->base.change;
	struct console *console = owner;
	char until[FORMAT_UNTIL_BYTES];

	console->errands--;
	if (!ban_has_failed(console, job)) {
		format_until(change->until, until);
		console_say(console, "%s is banned %s", change->name, until);
		kick_banned(console);
	}
	free(job);
}

static void
unban_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	struct console *console = owner;

	console->errands--;
	if (!ban_has_failed(console, job))
		console_say(
		    console, "%s may log in again", job->base.change.name);
	free(job);
}

static bool
check_ban_name(struct console *console, const char *name)
{
	if (name_is_valid(span_of(name)))
		return true;
	console_say(console, "%s is not a name", name);
	return false;
}

void
admin_ban(struct console *console, char *arguments[])
{
	int64_t seconds = 0, until = AUTH_FOREVER;
	struct store_job *job;

	if (!check_ban_name(console, arguments[0]))
		return;
	if (arguments[1] && !duration_parse(arguments[1], &seconds)) {
		console_say(console,
		    "%s is no length of time, as 90s, 30m, 12h, 7d or 2w",
		    arguments[1]);
		return;
	}
	if (seconds > 0)
		until = time(NULL) + seconds;
	job = job_new(console, WORK_BAN, ban_is_back);
	strcpy(job->base.change.name, arguments[0]);
	job->base.change.until = until;
	job_submit(console, job);
}

void
admin_unban(struct console *console, char *arguments[])
{
	struct store_job *job;

	if (!check_ban_name(console, arguments[0]))
		return;
	job = job_new(console, WORK_UNBAN, unban_is_back);
	strcpy(job->base.change.name, arguments[0]);
	job_submit(console, job);
}

static int
compare_bans(const void *a, const void *b)
{
	const struct auth_ban *one = a;
	const struct auth_ban *other = b;

	return strcasecmp(one->name, other->name);
}

void
admin_bans(struct console *console, char *arguments[])
{
	struct auth_ban *bans;
	ssize_t count = auth_bans(
	    account_service_auth(server_account_service(console->server)),
	    BANNED_NAME, &bans);

	(void)arguments;
	if (count < 0) {
		console_say(console, "out of memory");
		return;
	}
	if (count > 0)
		qsort(bans, (size_t)count, sizeof(*bans), compare_bans);
	for (ssize_t i = 0; i < count; i++) {
		char until[FORMAT_UNTIL_BYTES];

		console_say(console, "%-32s %s", bans[i].name,
		    format_until(bans[i].until, until));
	}
	console_say(console, "%zd banned", count);
	free(bans);
}
