/* The server, as the operator's commands see it. */
#include "tests/fuzz/admin_world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "auth/bans.h"
#include "console/admin/drain.h"
#include "console/admin/reload.h"
#include "console/server/server.h"
#include "console/server/supervisor.h"
#include "console/setting/duration.h"
#include "proto/wire/name.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "tests/fuzz/source.h"

#define UNTIL 4102444800 /* when bans end here */

struct admin_world admin_world;

void
admin_world_note(const char *what, const char *text)
{
	fprintf(admin_world.transcript, "%s %s\n", what, text);
}

struct errand *
errand_new(
    struct mailbox *home, enum errand_work work, envelope_handler *handle)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	(void)home;
	check(errand != NULL);
	errand->work = work;
	errand->handle = handle;
	return errand;
}

/* Digits alone, behind a # or not, are a client; all else is a name. */
static void
check_kick(const struct errand *errand)
{
	const struct admin *admin = errand->context;
	const char *word = admin->arguments[0];
	const char *digits = word + (*word == '#');

	if (errand->id == 0) {
		check(!strcmp(errand->name, word));
		check(name_is_valid(span_of(errand->name)));
		return;
	}
	check(errand->name[0] == '\0');
	check(digits[strspn(digits, "0123456789")] == '\0');
	check(strtoull(digits, NULL, 10) == errand->id);
}

static void
check_errand(const struct errand *errand)
{
	struct span name = span_of(errand->name), text = span_of(errand->text);

	if (errand->work == ERRAND_KICK)
		check_kick(errand);
	else
		check(name.len == 0 || name_is_valid(name));
	if (errand->work == ERRAND_KICK || errand->work == ERRAND_NOTICE)
		check(utf8_is_text(text.at, text.len));
	check(text.len <= LINE_BYTES_MAX);
}

static void
errand_is_under_way(struct envelope *envelope, envelope_handler *handle)
{
	check(admin_world.errand == NULL);
	admin_world.errand = envelope;
	admin_world.handle = handle;
}

void
errand_start(struct errand *errand, struct reactor *first)
{
	(void)first;
	check_errand(errand);
	fprintf(admin_world.transcript, "errand %d %" PRIu64 " %s %s\n",
	    errand->work, errand->id, errand->name, errand->text);
	errand->count = admin_world.flags & HAS_ROWS ? ADMIN_WORLD_ROWS : 0;
	errand_is_under_way((struct envelope *)errand, errand->handle);
}

struct client_row *
errand_rows(struct errand *errand)
{
	(void)errand;
	return admin_world.clients;
}

struct room_row *
errand_room_rows(struct errand *errand)
{
	(void)errand;
	return admin_world.rooms;
}

void
errand_free(struct errand *errand)
{
	free(errand);
}

struct store_job *
store_job_new(struct account_service *service, enum store_work work,
    struct mailbox *home, envelope_handler *handle)
{
	struct store_job *job = calloc(1, sizeof(*job));

	(void)service;
	(void)home;
	check(job != NULL);
	job->work = work;
	admin_world.handle = handle;
	return job;
}

static void
check_ban(const struct store_job *job, enum auth_ban_kind kind)
{
	int64_t until = job->base.change.until, now = time(NULL);

	check(bans_name_is_valid(kind, span_of(job->base.change.name)));
	check(until == AUTH_FOREVER ||
	      (until > now - 60 && until <= now + DURATION_S_MAX));
}

static void
check_job(const struct store_job *job)
{
	struct span password = span_of(job->base.password);

	switch (job->work) {
	case WORK_BAN:
	case WORK_UNBAN:
		check_ban(job, BANNED_NAME);
		break;
	case WORK_BAN_ADDRESS:
	case WORK_UNBAN_ADDRESS:
		check_ban(job, BANNED_ADDRESS);
		break;
	case WORK_MUTE:
	case WORK_UNMUTE:
		check_ban(job, MUTED_NAME);
		break;
	case WORK_SET_PASSWD:
		check(name_is_valid(span_of(job->base.change.name)));
		check(password.len >= PASSWORD_BYTES_MIN);
		check(password.len <= PASSWORD_BYTES_MAX);
		check(utf8_is_text(password.at, password.len));
		check(strpbrk(password.at, " \t") == NULL);
		break;
	default:
		check(job->work == WORK_VERIFY || job->work == WORK_COMPACT);
	}
}

bool
store_job_submit(struct store_job *job)
{
	check_job(job);
	fprintf(admin_world.transcript, "job %d %s %d\n", job->work,
	    job->base.change.name, job->base.change.until == AUTH_FOREVER);
	/* What is told of it must not depend on the clock. */
	if (job->base.change.until != AUTH_FOREVER)
		job->base.change.until = UNTIL;
	if (admin_world.flags & IS_BUSY) {
		free(job);
		return false;
	}
	admin_world.secrets += job->work == WORK_SET_PASSWD;
	job->ok = !(admin_world.flags & FAILS);
	if (!job->ok) {
		job->base.status =
		    1 +
		    (enum auth_status)strlen(admin_world.text) % AUTH_NO_MEMORY;
		job->base.cancelled = admin_world.text[0] == '\0';
	}
	snprintf(job->text, sizeof(job->text), "%s", admin_world.text);
	errand_is_under_way((struct envelope *)job, admin_world.handle);
	return true;
}

ssize_t
auth_accounts(struct auth *auth, struct auth_account_row **out)
{
	(void)auth;
	*out = NULL;
	if (admin_world.flags & FAILS)
		return -1;
	if (!(admin_world.flags & HAS_ROWS))
		return 0;
	*out = calloc(ADMIN_WORLD_ROWS, sizeof(**out));
	check(*out != NULL);
	strcpy((*out)[0].name, admin_world.name);
	strcpy((*out)[1].name, admin_world.name);
	return ADMIN_WORLD_ROWS;
}

ssize_t
auth_bans(struct auth *auth, enum auth_ban_kind kind, struct auth_ban **out)
{
	static const char *const networks[ADMIN_WORLD_ROWS] = {
	    "1.0.0.0/8", "2001:db8::/32"};

	(void)auth;
	*out = NULL;
	if (admin_world.flags & FAILS)
		return -1;
	if (!(admin_world.flags & HAS_ROWS))
		return 0;
	*out = calloc(ADMIN_WORLD_ROWS, sizeof(**out));
	check(*out != NULL);
	for (int i = 0; i < ADMIN_WORLD_ROWS; i++) {
		(*out)[i] = (struct auth_ban){
		    .kind = kind, .until = i ? AUTH_FOREVER : UNTIL};
		strcpy((*out)[i].name,
		    kind == BANNED_ADDRESS ? networks[i] : admin_world.name);
	}
	return ADMIN_WORLD_ROWS;
}

size_t
auth_names(struct auth *auth, struct span prefix,
    char (*out)[NAME_BYTES_MAX + 1], size_t max)
{
	(void)auth;
	(void)prefix;
	if (!(admin_world.flags & HAS_ROWS))
		return 0;
	for (size_t i = 0; i < max; i++)
		strcpy(out[i], admin_world.name);
	return max;
}

bool
auth_is_banned(struct auth *auth, struct span name)
{
	(void)auth;
	(void)name;
	return admin_world.flags & IS_PEER;
}

bool
auth_is_muted(struct auth *auth, struct span name, int64_t *until)
{
	(void)auth;
	(void)name;
	*until = AUTH_FOREVER;
	return admin_world.flags & IS_BUSY;
}

struct auth *
supervisor_auth(struct supervisor *supervisor)
{
	(void)supervisor;
	return NULL;
}

struct mailbox *
supervisor_mailbox(struct supervisor *supervisor)
{
	(void)supervisor;
	return NULL;
}

struct reactor *
supervisor_first_reactor(struct supervisor *supervisor)
{
	(void)supervisor;
	return NULL;
}

void
reload_start(struct supervisor *supervisor, struct admin *admin)
{
	(void)supervisor;
	admin_say(admin, "reloaded");
}

void
drain_start(struct supervisor *supervisor, uint32_t seconds)
{
	(void)supervisor;
	check(seconds <= 86400);
	fprintf(admin_world.transcript, "stop %u\n", seconds);
	admin_world.ends = admin_world.flags & IS_PEER;
}

struct account_service *
server_account_service(const struct server *server)
{
	(void)server;
	return NULL;
}

struct server_count
server_count(const struct server *server)
{
	(void)server;
	return (struct server_count){UINT64_MAX, 0};
}

void
server_counters(const struct server *server, struct counters *total)
{
	(void)server;
	memset(total, 0xFF, sizeof(*total));
}

/* The log: nothing but commands, and of one with a password no more than whom
 * it is for. */

void
log_event(
    enum log_level level, const char *event, const struct log_field fields[])
{
	const char *command = fields[1].text;

	check(level == LOG_LEVEL_AUDIT);
	check(!strcmp(event, "audit"));
	check(!strcmp(fields[1].key, "command"));
	if (!strncmp(command, "passwd", 6)) {
		command += strcspn(command, " \t");
		command += strspn(command, " \t");
		check(strpbrk(command, " \t") == NULL);
	}
	admin_world_note("audit", fields[1].text);
	admin_world_note("outcome", fields[2].text);
}

void
log_set_level(enum log_level level)
{
	check(level <= LOG_LEVEL_ERROR);
}

enum log_level
log_level_now(void)
{
	return LOG_LEVEL_INFO;
}

int
log_level_parse(const char *name)
{
	for (unsigned i = 0; log_level_name(i); i++)
		if (!strcmp(name, log_level_name(i)))
			return (int)i;
	return -1;
}

void
admin_world_turn(struct admin *admin)
{
	struct envelope *envelope = admin_world.errand;

	if (envelope) {
		admin_world.errand = NULL;
		admin_world.handle(envelope, NULL);
	} else if (admin_world.ends) {
		admin_world.ends = false;
		admin_errand_ended(admin);
	}
}

void
admin_world_make(struct source *source)
{
	char *name = source_text(source), *text = source_clean_text(source);

	admin_world.flags = source_byte(source);
	strcpy(
	    admin_world.name, name_is_valid(span_of(name)) ? name : "somebody");
	snprintf(admin_world.text, sizeof(admin_world.text), "%s", text);
	text_clean(admin_world.text);
	free(name);
	free(text);
	for (unsigned i = 0; i < ADMIN_WORLD_ROWS; i++) {
		admin_world.clients[i] = (struct client_row){.id = 17 - i};
		admin_world.clients[i].peer.family = AF_UNIX;
		strcpy(admin_world.clients[i].name, i ? "" : admin_world.name);
		admin_world.rooms[i] = (struct room_row){.members = i};
		strcpy(admin_world.rooms[i].name, admin_world.name);
		strcpy(admin_world.rooms[i].topic, admin_world.text);
	}
}
