/* A command of the operator's: cut, looked up, checked, done. */
#include "console/admin/admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/options.h"
#include "proto/errand.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "reactor/log.h"

#define SAY_BYTES    2048 /* the longest line of an answer, and its NUL */
#define HELP_COLUMNS 46   /* beside the command and its arguments */

const struct admin_row admin_rows[] = {
#define ADMIN(name, min, max, flags, completes, usage, help)                   \
	{#name, admin_##name, min, max, flags, completes, usage, help},
#include "console/admin/admin.def"
#undef ADMIN
    {0},
};

const struct admin_row *
admin_find(const char *name)
{
	for (const struct admin_row *row = admin_rows; row->handle; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

void
admin_init(struct admin *admin, const struct admin_ops *ops,
    struct supervisor *supervisor)
{
	*admin = (struct admin){.ops = ops, .supervisor = supervisor};
}

bool
admin_is_busy(const struct admin *admin)
{
	return admin->row != NULL && !admin->wants_secret;
}

void
admin_say(struct admin *admin, const char *format, ...)
{
	char line[SAY_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	admin->ops->say(admin, line);
}

void
admin_fail(struct admin *admin, const char *format, ...)
{
	char line[SAY_BYTES];
	va_list ap;

	if (admin->failed)
		return;
	admin->failed = true;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	admin->ops->fail(admin, line);
}

/* Is the present command one that changes something, done or not? */
static bool
is_act(const struct admin *admin)
{
	const struct admin_row *row = admin->row;

	return row && (row->flags & ADMIN_ACT) &&
	       (admin->arguments[0] || !(row->flags & ADMIN_ASKS));
}

/* What the operator does is told whatever is logged; but who sits in front of
 * the log has seen it. */
static enum log_level
audit_level(const struct admin *admin)
{
	return admin->ops->sees_log &&
		       options_log_is_seen(admin->supervisor->options)
		   ? LOG_LEVEL_INFO
		   : LOG_LEVEL_AUDIT;
}

/* The present command has been answered. */
static void
admin_done(struct admin *admin)
{
	if (is_act(admin))
		log_at(audit_level(admin), "audit", LOG_TEXT("by", admin->who),
		    LOG_TEXT("command", admin->command),
		    LOG_TEXT("outcome", admin->failed ? "failed" : "done"));
	admin->row = NULL;
	admin->wants_secret = false;
	admin->as_json = false;
	admin->ops->done(admin);
}

void
admin_errand_begun(struct admin *admin)
{
	admin->errands++;
}

void
admin_errand_ended(struct admin *admin)
{
	check(admin->errands > 0);
	if (--admin->errands == 0)
		admin_done(admin);
}

struct errand *
admin_errand_new(
    struct admin *admin, enum errand_work work, envelope_handler *handle)
{
	struct errand *errand =
	    errand_new(supervisor_mailbox(admin->supervisor), work, handle);

	errand->context = admin;
	return errand;
}

void
admin_errand_start(struct admin *admin, struct errand *errand)
{
	admin_errand_begun(admin);
	errand_start(errand, supervisor_first_reactor(admin->supervisor));
}

struct store_job *
admin_job_new(
    struct admin *admin, enum store_work work, envelope_handler *handle)
{
	struct store_job *job =
	    store_job_new(server_account_service(admin->supervisor->server),
		work, supervisor_mailbox(admin->supervisor), handle);

	job->context = admin;
	return job;
}

void
admin_job_submit(struct admin *admin, struct store_job *job)
{
	if (store_job_submit(job))
		admin_errand_begun(admin);
	else
		admin_fail(admin, "too busy, try again");
}

/* Takes the word off the front or the end of the arguments, if it is there. */
static bool
take_flag(char *rest, const char *word)
{
	size_t len = strlen(word), rest_len = strlen(rest);
	char *end;

	if (rest_len < len)
		return false;
	end = rest + rest_len - len;
	if (!strncmp(rest, word, len) && strchr(" \t", rest[len])) {
		memmove(rest, rest + len, rest_len - len + 1);
		return true;
	}
	if (rest_len > len && strchr(" \t", end[-1]) && !strcmp(end, word)) {
		while (end > rest && strchr(" \t", end[-1]))
			end--;
		*end = '\0';
		return true;
	}
	return false;
}

/* Cuts up to `max` words off, the last of them with all the rest; -1 when there
 * are more. */
static int
split_arguments(char *rest, int max, char *arguments[])
{
	int count = 0;

	while (count < max) {
		rest += strspn(rest, " \t");
		if (!*rest)
			return count;
		arguments[count++] = rest;
		if (count == max)
			return count;
		rest += strcspn(rest, " \t");
		if (*rest)
			*rest++ = '\0';
	}
	return *rest ? -1 : count;
}

static void
trim_end(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		line[--len] = '\0';
}

/* What is behind the last word of a SECRET command is most likely the secret:
 * it is not for the log. True when there was something. */
static bool
forget_rest(struct admin *admin, char *argument)
{
	char *rest = argument + strcspn(argument, " \t");

	if (!*rest)
		return false;
	explicit_bzero(rest, strlen(rest));
	explicit_bzero(admin->command, sizeof(admin->command));
	snprintf(admin->command, sizeof(admin->command), "%s %s",
	    admin->row->name, argument);
	return true;
}

/* Begins the command: its handler, and all that it waits for, in between. */
static void
admin_handle(struct admin *admin)
{
	admin->errands = 1;
	admin->row->handle(admin, admin->arguments);
	admin_errand_ended(admin);
}

/* False, and told, when they are not as many as the command wants. */
static bool
take_arguments(struct admin *admin, char *rest)
{
	const struct admin_row *row = admin->row;
	int count;

	if (row->flags & ADMIN_JSON)
		admin->as_json = take_flag(rest, "--json");
	count = split_arguments(rest, row->max, admin->arguments);
	if (count > 0 && (row->flags & ADMIN_SECRET) &&
	    forget_rest(admin, admin->arguments[count - 1]))
		count = -1;
	if (count >= row->min)
		return true;
	admin_fail(admin, "usage: %s%s%s", row->name, *row->usage ? " " : "",
	    row->usage);
	return false;
}

/* Looks up the command that admin->line is, and does it, or waits for its
 * secret; false when it is not done. */
static bool
admin_begin(struct admin *admin)
{
	char *rest = admin->line + strcspn(admin->line, " \t");

	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	admin->row = admin_find(admin->line);
	if (!admin->row) {
		if (admin->line[0])
			admin_fail(admin, "no such command: %s (try help)",
			    admin->line);
		return false;
	}
	if (!take_arguments(admin, rest))
		return false;
	if (admin->row->flags & ADMIN_SECRET)
		admin->wants_secret = true;
	else
		admin_handle(admin);
	return true;
}

void
admin_run(struct admin *admin, const char *line)
{
	check(!admin->row);
	check(strlen(line) < sizeof(admin->line));
	line += strspn(line, " \t");
	strcpy(admin->line, line);
	trim_end(admin->line);
	/* Whatever is said of it would drive the terminal that shows it. */
	if (!utf8_is_text(admin->line, strlen(admin->line))) {
		admin_refuse(admin, ADMIN_BAD_LINE);
		return;
	}
	strcpy(admin->command, admin->line);
	memset(admin->arguments, 0, sizeof(admin->arguments));
	admin->failed = false;
	if (!admin_begin(admin))
		admin_done(admin);
}

void
admin_refuse(struct admin *admin, const char *why)
{
	check(!admin_is_busy(admin));
	admin->failed = false;
	admin_fail(admin, "%s", why);
	admin_done(admin);
}

void
admin_secret(struct admin *admin, const char *line)
{
	char secret[PASSWORD_BYTES_MAX + 2]; /* too long stays too long */

	check(admin->wants_secret);
	admin->wants_secret = false;
	if (!line) {
		admin_fail(admin, "nothing was changed");
		admin_done(admin);
		return;
	}
	snprintf(secret, sizeof(secret), "%s", line);
	admin->arguments[admin->row->max] = secret;
	admin_handle(admin);
	admin->arguments[ADMIN_ARGUMENTS_MAX - 1] = NULL;
	explicit_bzero(secret, sizeof(secret));
}

/* A command and what it does, on a terminal of 80 columns. */
static void
say_help(struct admin *admin, const struct admin_row *row)
{
	const char *help = row->help;
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s", row->name,
	    *row->usage ? " " : "", row->usage);
	while (*help) {
		size_t len = strlen(help);

		if (len > HELP_COLUMNS)
			for (len = HELP_COLUMNS; help[len] != ' ';)
				len--;
		admin_say(admin, "  %-31s %.*s", left, (int)len, help);
		left[0] = '\0';
		help += len + strspn(help + len, " ");
	}
}

void
admin_help(struct admin *admin, char *arguments[])
{
	const struct admin_row *only = NULL;

	if (arguments[0]) {
		only = admin_find(arguments[0]);
		if (!only) {
			admin_fail(admin, "no such command: %s (try help)",
			    arguments[0]);
			return;
		}
	}
	for (const struct admin_row *row = admin_rows; row->handle; row++)
		if (!only || row == only)
			say_help(admin, row);
}
