/* What a start would find. */
#include "console/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/server/capacity.h"
#include "console/server/certificate.h"
#include "console/server/engine_choice.h"
#include "console/server/fence.h"
#include "console/server/server.h"
#include "console/server/sync_time.h"
#include "console/server/user.h"
#include "console/setting/banlist.h"
#include "console/setting/config.h"
#include "console/setting/format.h"
#include "console/setting/motd.h"
#include "reactor/check.h"
#include "reactor/engine.h"
#include "reactor/listen.h"
#include "reactor/tls_server.h"

#define SLOW_US 20000 /* more than that for a sync is worth a warning */

enum verdict {
	OK,
	WARNING,
	ERROR,
};

struct preflight {
	const struct options *options;
	bool was_root; /* which makes the folder of the accounts */
	bool failed;
};

static void say(struct preflight *preflight, enum verdict verdict,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
say(struct preflight *preflight, enum verdict verdict, const char *format, ...)
{
	static const char *const words[] = {"ok", "warning", "error"};
	va_list ap;

	printf("%s: ", words[verdict]);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	if (verdict == ERROR)
		preflight->failed = true;
}

static void
say_complaint(void *preflight, const char *line)
{
	say(preflight, ERROR, "%s", line);
}

static void
check_config(struct preflight *preflight)
{
	/* What it sets has been taken before; here its mistakes count. */
	static struct options unused;
	const char *path = preflight->options->config;

	if (path[0] &&
	    config_read(path, &unused, say_complaint, preflight) == 0)
		say(preflight, OK, "%s: read", path);
}

/* How many clients fit on that engine. */
static void
check_capacity(struct preflight *preflight, const struct engine_choice *choice)
{
	unsigned reactors = choice->reactors;
	struct capacity capacity =
	    capacity_of(preflight->options, choice->engine, reactors);
	char fit[CAPACITY_TEXT_BYTES];

	capacity_format(&capacity, fit);
	say(preflight, capacity.asked > capacity.clients ? WARNING : OK,
	    "clients: %u reactor%s for up to %s", reactors,
	    format_plural(reactors), fit);
}

static void
check_engine(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	enum io_choice io = options->io;
	struct engine_choice choice = engine_choose(options);
	const char *why = strerrordesc_np(-choice.refused);
	struct rlimit limit = {0};
	char hint[80] = "";

	check_zero(getrlimit(RLIMIT_MEMLOCK, &limit));
	if (choice.refused == -ENOMEM)
		snprintf(hint, sizeof(hint),
		    "; the limit of locked memory is %llu KiB (ulimit -l)",
		    (unsigned long long)limit.rlim_cur / 1024);
	if (choice.refused && io == IO_URING)
		say(preflight, ERROR, "io: io_uring cannot be used here: %s%s",
		    why, hint);
	else if (choice.refused)
		say(preflight, WARNING,
		    "io: %s, since io_uring is refused here: %s%s",
		    choice.engine->name, why, hint);
	else
		say(preflight, OK, "io: %s%s", choice.engine->name,
		    io == IO_EPOLL ? ", as asked for" : "");
	check_capacity(preflight, &choice);
}

/* Is it a Unix socket of an earlier --listen's path? */
static bool
is_given_before(const struct options *options, const struct endpoint *endpoint)
{
	const struct endpoint *end = options->listen + options->listen_count;

	for (const struct endpoint *at = options->listen; at < end; at++) {
		if (at == endpoint)
			break;
		if (at->path[0] && !strcmp(at->path, endpoint->path))
			return true;
	}
	return false;
}

/* Addresses stay taken until all are tried, so that two that exclude each
 * other are found. */
static int
hold_endpoint(struct preflight *preflight, const struct endpoint *endpoint,
    const char *what)
{
	char error[LISTEN_ERROR_BYTES];
	char text[ENDPOINT_TEXT_BYTES];
	int fd = listen_probe(endpoint, error);

	if (is_given_before(preflight->options, endpoint))
		say(preflight, ERROR, "%s: %s is given twice", what,
		    endpoint_format(endpoint, text));
	else if (fd < 0)
		say(preflight, ERROR, "%s: %s", what, error);
	else
		say(preflight, OK, "%s: %s is free", what,
		    endpoint_format(endpoint, text));
	return fd;
}

static void
check_endpoints(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	int held[OPTIONS_LISTEN_MAX + 1];
	unsigned count = 0;

	for (unsigned i = 0; i < options->listen_count; i++)
		held[count++] =
		    hold_endpoint(preflight, &options->listen[i], "listen");
	if (options->metrics.length > 0)
		held[count++] =
		    hold_endpoint(preflight, &options->metrics, "metrics");
	while (count > 0)
		if (held[--count] >= 0)
			close(held[count]);
}

static void
check_control(struct preflight *preflight)
{
	const char *path = preflight->options->control;
	char url[sizeof("unix:") + sizeof(preflight->options->control)];
	struct endpoint control;
	int fd;

	if (!path[0])
		return;
	snprintf(url, sizeof(url), "unix:%s", path);
	check(!endpoint_parse(url, &control));
	fd = hold_endpoint(preflight, &control, "control");
	if (fd >= 0)
		close(fd);
}

/* The folder that a file is in, in `text`. */
static const char *
folder_of(const char *path, char text[PATH_MAX])
{
	snprintf(text, PATH_MAX, "%s", path);
	return dirname(text);
}

/* Can files be made in the folder of this one? 0, or -1 with errno. */
static int
folder_is_ready(const char *path)
{
	char text[PATH_MAX];

	return access(folder_of(path, text), W_OK | X_OK);
}

/* The same of a folder that will be made when it is missing, with all above
 * it, by root for whom it becomes. */
static int
folder_can_be_made(const char *path, bool by_root)
{
	char text[PATH_MAX];
	const char *folder = folder_of(path, text);
	int needed = W_OK | X_OK;

	while (access(folder, F_OK) < 0 && errno == ENOENT) {
		folder = dirname((char *)folder);
		needed = by_root ? X_OK : W_OK | X_OK;
	}
	return access(folder, needed);
}

static void
check_account_file(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	struct auth_options auth = {
	    .path = options->accounts,
	    .cost = options->argon2,
	};
	struct auth_report report = {0};
	char text[AUTH_ERROR_BYTES] = "";
	char summary[FORMAT_REPORT_BYTES];

	if (auth_check_lock(auth.path, text) < 0)
		say(preflight, ERROR, "%s", text);
	if (auth_check(&auth, &report, text) < 0) {
		say(preflight, ERROR, "%s", text);
		return;
	}
	if (text[0])
		say(preflight, WARNING, "%s", text);
	say(preflight, OK, "%s: %s", options->accounts,
	    format_report(&report, summary));
}

static void
check_accounts(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	const char *path = options->accounts;
	struct stat st;
	bool missing = lstat(path, &st) < 0 && errno == ENOENT;
	int folder = options->accounts_given
			 ? folder_is_ready(path)
			 : folder_can_be_made(path, preflight->was_root);

	if (folder < 0)
		say(preflight, ERROR,
		    "%s: no file can be made in its folder: %s", path,
		    strerrordesc_np(errno));
	else if (missing)
		say(preflight, OK, "%s: will be made", path);
	if (!missing)
		check_account_file(preflight);
}

static void
check_disk(struct preflight *preflight)
{
	char text[PATH_MAX];
	const char *folder = folder_of(preflight->options->accounts, text);
	struct sync_time time;

	if (sync_time_measure(&time, folder) == 0)
		say(preflight, time.median_us > SLOW_US ? WARNING : OK,
		    "disk: a sync in %s takes %.1f ms (median of %d), %.1f ms "
		    "at worst",
		    folder, (double)time.median_us / 1000, SYNC_TIME_SYNCS,
		    (double)time.worst_us / 1000);
	else if (errno == ENOENT)
		say(preflight, OK, "disk: not measured, %s does not exist yet",
		    folder);
	else
		say(preflight, ERROR, "disk: cannot write in %s: %s", folder,
		    strerrordesc_np(errno));
}

static void
check_texts(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	char error[TEXTFILE_ERROR_BYTES];
	struct banlist list;
	struct motd motd;

	if (options->motd[0]) {
		if (motd_read(&motd, options->motd, error) < 0) {
			say(preflight, ERROR, "%s", error);
		} else {
			say(preflight, OK, "%s: %u line%s", options->motd,
			    motd.count, format_plural(motd.count));
			motd_free(&motd);
		}
	}
	if (options->bans[0]) {
		if (banlist_read(&list, options->bans, error) < 0) {
			say(preflight, ERROR, "%s", error);
		} else {
			say(preflight, OK, "%s: %zu ban%s", options->bans,
			    list.count, format_plural(list.count));
			banlist_free(&list);
		}
	}
}

static void
check_certificate(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	struct tls_server *tls = tls_server_new();
	char error[OPTIONS_ERROR_BYTES];
	char text[CERTIFICATE_TEXT_BYTES];
	bool soon;

	if (certificate_begin(tls, options, error) < 0) {
		say(preflight, ERROR, "%s", error);
	} else if (tls_server_is_ready(tls)) {
		certificate_text(tls, text, &soon);
		say(preflight, soon ? WARNING : OK,
		    "%s: the certificate is %s, and %s fits it",
		    options->tls_cert, text, options->tls_key);
	}
	tls_server_free(&tls);
}

/* Can it be opened as the log is? 0, or -1 with errno. */
static int
log_is_ready(const char *path)
{
	int fd =
	    open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		return close(fd);
	return errno == ENOENT ? folder_is_ready(path) : -1;
}

static void
check_log(struct preflight *preflight)
{
	const char *path = preflight->options->log;
	char error[OPTIONS_ERROR_BYTES];

	if (!path[0])
		return;
	if (options_check_log(preflight->options, error) < 0)
		say(preflight, ERROR, "%s", error);
	else if (log_is_ready(path) < 0)
		say(preflight, ERROR, "%s: the log cannot be written: %s", path,
		    strerrordesc_np(errno));
	else
		say(preflight, OK, "%s: the log can be written", path);
}

/* What root reads for it, and a reload cannot. */
static void
check_reload(struct preflight *preflight)
{
	const char *unreadable = options_unreadable(preflight->options);

	if (unreadable)
		say(preflight, WARNING, "%s: a reload will fail: %s",
		    unreadable, strerrordesc_np(errno));
}

/* Becomes whom the server is going to be: what is looked at from then on is
 * looked at as that. False: this may be anybody now. */
static bool
check_user(struct preflight *preflight)
{
	const struct options *options = preflight->options;
	char error[OPTIONS_ERROR_BYTES];
	struct user user;

	if (user_is_root_unasked(options)) {
		say(preflight, WARNING,
		    "user: the server would be root, which it need not be");
	} else if (user_find(&user, options, error) < 0) {
		say(preflight, ERROR, "%s", error);
	} else if (user_become(&user, error) < 0) {
		say(preflight, ERROR, "%s", error);
		return false;
	} else if (options->user[0]) {
		say(preflight, OK, "user: %s", options->user);
		preflight->was_root = user.changes;
		if (user.changes)
			check_reload(preflight);
	}
	return true;
}

static void
check_fence(struct preflight *preflight)
{
	char text[FENCE_TEXT_BYTES];
	struct fence fence;

	fence_probe(&fence, preflight->options);
	say(preflight,
	    fence_is_up(&fence) || !preflight->options->fence ? OK : WARNING,
	    "fence: %s", fence_format(&fence, text));
}

int
preflight_run(const struct options *options)
{
	struct preflight preflight = {.options = options};

	capacity_raise_descriptors();
	check_config(&preflight);
	check_endpoints(&preflight);
	check_certificate(&preflight);
	if (!check_user(&preflight))
		return -1;
	check_engine(&preflight);
	check_control(&preflight);
	check_accounts(&preflight);
	check_disk(&preflight);
	check_log(&preflight);
	check_texts(&preflight);
	check_fence(&preflight);
	return preflight.failed ? -1 : 0;
}
