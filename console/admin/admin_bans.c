/* The operator's commands about who is kept out, or kept quiet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "console/admin/admin.h"
#include "console/admin/listing.h"
#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/banlist.h"
#include "console/setting/duration.h"
#include "console/setting/format.h"
#include "proto/errand.h"
#include "proto/store_job.h"
#include "proto/wire/name.h"
#include "proto/wire/network.h"
#include "reactor/check.h"

static const struct listing_column ban_columns[] = {
    {"WHO", "who", 43, false}, /* an IPv6 network */
    {"WHAT", "what", 6, false},
    {"UNTIL", "until", 19, false},
    {"FROM", "from", 0, false},
};

#define BAN_COLUMNS (sizeof(ban_columns) / sizeof(ban_columns[0]))

/* How each kind is done, undone and told. */
static const struct {
	enum store_work set;
	enum store_work lift;
	const char *word;  /* what they are */
	const char *again; /* what they may, when it is lifted */
} kinds[BAN_KINDS] = {
    [BANNED_NAME] = {WORK_BAN, WORK_UNBAN, "banned", "log in"},
    [BANNED_ADDRESS] = {WORK_BAN_ADDRESS, WORK_UNBAN_ADDRESS, "banned",
	"connect"},
    [MUTED_NAME] = {WORK_MUTE, WORK_UNMUTE, "muted", "talk"},
};

static enum auth_ban_kind
kind_of(enum store_work work)
{
	enum auth_ban_kind kind = BANNED_NAME;

	while (kinds[kind].set != work && kinds[kind].lift != work)
		kind++;
	return kind;
}

/* Says why nothing was changed, if so. */
static bool
has_failed(struct admin *admin, const struct store_job *job)
{
	const struct auth_change *change = &job->base.change;
	const char *word = kinds[kind_of(job->work)].word;

	switch (job->base.status) {
	case AUTH_OK:
		return false;
	case AUTH_NO_SUCH_USER:
		admin_fail(admin, "%s is not %s", change->name, word);
		break;
	case AUTH_LISTED:
		admin_fail(admin,
		    "%s is %s by the file of --bans: take it out there, then "
		    "reload",
		    change->name, word);
		break;
	case AUTH_READ_ONLY:
		admin_fail(admin, "nothing was changed: %s", job->text);
		break;
	default:
		admin_fail(admin, "nothing was changed: out of memory");
	}
	return true;
}

static void
mute_is_told(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct admin *admin = errand->context;

	(void)owner;
	errand_free(errand);
	admin_errand_ended(admin);
}

/* It is on disk. Those whom it concerns go, or hear of it; when the server has
 * stopped meanwhile, all have gone. */
static void
apply(struct admin *admin, const struct auth_change *change,
    enum auth_ban_kind kind)
{
	struct errand *errand;

	if (!admin->supervisor->server)
		return;
	if (kind == MUTED_NAME) {
		errand = admin_errand_new(admin, ERRAND_MUTE, mute_is_told);
		strcpy(errand->name, change->name);
	} else {
		errand = admin_errand_new(
		    admin, ERRAND_KICK_BANNED, admin_kick_is_back);
	}
	admin_errand_start(admin, errand);
}

static void
ban_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	const struct auth_change *change = &job->base.change;
	enum auth_ban_kind kind = kind_of(job->work);
	struct admin *admin = job->context;
	char until[FORMAT_UNTIL_BYTES];

	(void)owner;
	if (!has_failed(admin, job)) {
		admin_say(admin, "%s is %s %s", change->name, kinds[kind].word,
		    format_until(change->until, until));
		apply(admin, change, kind);
	}
	free(job);
	admin_errand_ended(admin);
}

/* Does the ban keep out all of those that the text names? */
static bool
covers(const struct auth_ban *ban, const char *text)
{
	struct network wide, narrow;

	if (ban->kind != BANNED_ADDRESS)
		return name_equals(span_of(ban->name), span_of(text));
	check(network_parse(span_of(ban->name), &wide));
	check(network_parse(span_of(text), &narrow));
	return wide.bits <= narrow.bits &&
	       network_contains(&wide, narrow.bytes);
}

/* Says what else keeps them out, when one ban of a kind is lifted; false when
 * there is nothing. */
static bool
say_what_stays(struct admin *admin, const char *name, enum auth_ban_kind kind)
{
	struct auth *auth = supervisor_auth(admin->supervisor);
	struct auth_ban *bans;
	ssize_t count = auth_bans(auth, kind, &bans), i = 0;
	char until[FORMAT_UNTIL_BYTES];

	while (i < count && !covers(&bans[i], name))
		i++;
	if (i < count)
		admin_say(admin, "%s is still %s: %s %s, by %s", name,
		    kinds[kind].word, bans[i].name,
		    format_until(bans[i].until, until),
		    bans[i].listed ? "the file of --bans" : "a command");
	free(bans);
	return i < count;
}

static void
unban_is_back(struct envelope *envelope, void *owner)
{
	struct store_job *job = (struct store_job *)envelope;
	const struct auth_change *change = &job->base.change;
	enum auth_ban_kind kind = kind_of(job->work);
	struct admin *admin = job->context;

	(void)owner;
	if (!has_failed(admin, job)) {
		if (!admin->supervisor->server ||
		    !say_what_stays(admin, change->name, kind))
			admin_say(admin, "%s may %s again", change->name,
			    kinds[kind].again);
		if (kind == MUTED_NAME)
			apply(admin, change, kind);
	}
	free(job);
	admin_errand_ended(admin);
}

/* Whom the text means; false and told when it is nobody. Only a name can be
 * muted. */
static bool
parse_who(
    struct admin *admin, const char *text, bool mute, struct auth_ban *ban)
{
	if (!mute && banlist_parse(text, ban))
		return true;
	if (mute && name_is_valid(span_of(text))) {
		ban->kind = MUTED_NAME;
		strcpy(ban->name, text);
		return true;
	}
	admin_fail(admin, "%s is not a name%s", text,
	    mute ? "" : ", an address or a network");
	return false;
}

static void
ban_or_lift(struct admin *admin, char *arguments[], bool mute, bool lift)
{
	struct auth_ban ban;
	int64_t seconds = 0;
	struct store_job *job;

	if (!parse_who(admin, arguments[0], mute, &ban))
		return;
	if (arguments[1] && !duration_parse(arguments[1], &seconds)) {
		admin_fail(admin,
		    "%s is no length of time, as 90s, 30m, 12h, 7d or 2w",
		    arguments[1]);
		return;
	}
	job = admin_job_new(admin,
	    lift ? kinds[ban.kind].lift : kinds[ban.kind].set,
	    lift ? unban_is_back : ban_is_back);
	strcpy(job->base.change.name, ban.name);
	job->base.change.until =
	    seconds > 0 ? time(NULL) + seconds : AUTH_FOREVER;
	admin_job_submit(admin, job);
}

void
admin_ban(struct admin *admin, char *arguments[])
{
	ban_or_lift(admin, arguments, false, false);
}

void
admin_unban(struct admin *admin, char *arguments[])
{
	ban_or_lift(admin, arguments, false, true);
}

void
admin_mute(struct admin *admin, char *arguments[])
{
	ban_or_lift(admin, arguments, true, false);
}

void
admin_unmute(struct admin *admin, char *arguments[])
{
	ban_or_lift(admin, arguments, true, true);
}

static int
compare_bans(const void *a, const void *b)
{
	const struct auth_ban *one = a;
	const struct auth_ban *other = b;

	return strcasecmp(one->name, other->name);
}

static void
say_ban(struct listing *listing, const struct auth_ban *ban)
{
	const struct admin *admin = listing->admin;
	char until[LISTING_TIME_BYTES];
	const char *cells[BAN_COLUMNS] = {
	    ban->name,
	    kinds[ban->kind].word,
	    listing_time(admin, ban->until, until),
	    ban->listed ? "--bans" : "command",
	};

	if (ban->until == AUTH_FOREVER)
		cells[2] = admin->as_json ? NULL : "for ever";
	listing_row(listing, cells);
}

/* Says those of a kind; how many. */
static size_t
say_bans(struct listing *listing, enum auth_ban_kind kind)
{
	struct admin *admin = listing->admin;
	struct auth_ban *bans;
	ssize_t count =
	    auth_bans(supervisor_auth(admin->supervisor), kind, &bans);

	if (count < 0) {
		admin_fail(admin, "out of memory");
		return 0;
	}
	if (count > 0)
		qsort(bans, (size_t)count, sizeof(*bans), compare_bans);
	for (ssize_t i = 0; i < count; i++)
		say_ban(listing, &bans[i]);
	free(bans);
	return (size_t)count;
}

void
admin_bans(struct admin *admin, char *arguments[])
{
	struct listing listing;
	size_t banned, muted;

	(void)arguments;
	listing_begin(&listing, admin, ban_columns, BAN_COLUMNS);
	banned = say_bans(&listing, BANNED_NAME);
	banned += say_bans(&listing, BANNED_ADDRESS);
	muted = say_bans(&listing, MUTED_NAME);
	listing_end(&listing);
	if (!admin->as_json && !admin->failed)
		admin_say(admin, "%zu banned, %zu muted", banned, muted);
}
