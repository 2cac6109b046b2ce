/* Reloads: read all, then put into force, then tell. */
#include "console/admin/reload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "console/admin/admin.h"
#include "console/admin/console.h"
#include "console/server/certificate.h"
#include "console/server/server.h"
#include "console/server/service.h"
#include "console/server/supervisor.h"
#include "console/setting/format.h"
#include "console/setting/options.h"
#include "console/setting/policy.h"
#include "proto/errand.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/memory.h"
#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"

/* One reload: what was read, until the hubs have it. */
struct reload {
	struct admin *admin; /* who has asked; NULL: a signal */
	struct options options;
	struct policy policy;
	struct ssl_ctx_st *certificate; /* owned until it is put into force */
	struct reload_report report;
};

static void
reload_free(struct reload *reload)
{
	policy_fini(&reload->policy);
	tls_certificate_free(&reload->certificate);
	free(reload);
}

/* Nothing has changed. */
static void
reload_fail(struct supervisor *supervisor, struct reload *reload)
{
	const char *error = reload->report.error;

	log_error("reload-failed", LOG_TEXT("reason", error));
	if (reload->admin)
		admin_fail(reload->admin, "nothing was changed: %s", error);
	else
		console_say(supervisor->console,
		    "[RELOAD FAILED] nothing was changed: %s", error);
	service_ready("clients are served");
	reload_free(reload);
}

static void
say(struct supervisor *supervisor, const struct reload *reload,
    const char *what, const char *names)
{
	if (!*names)
		return;
	if (reload->admin)
		admin_say(reload->admin, "%s: %s", what, names);
	else
		console_say(
		    supervisor->console, "[RELOADED] %s: %s", what, names);
}

static void
say_certificate(struct supervisor *supervisor, const struct reload *reload)
{
	char text[CERTIFICATE_TEXT_BYTES];
	bool soon;

	if (!supervisor->server || !reload->options.tls_cert[0])
		return;
	certificate_text(server_tls(supervisor->server), text, &soon);
	say(supervisor, reload, "certificate", text);
}

static void
reload_is_done(struct supervisor *supervisor, struct reload *reload)
{
	const struct reload_report *report = &reload->report;
	char files[200];

	snprintf(files, sizeof(files), "%s, %zu listed ban%s, %sthe log",
	    reload->policy.hub.motd ? "the greeting" : "no greeting",
	    reload->policy.ban_count, format_plural(reload->policy.ban_count),
	    reload->options.tls_cert[0] ? "the certificate, " : "");
	say(supervisor, reload, "read again", files);
	say_certificate(supervisor, reload);
	say(supervisor, reload, "changed", report->taken);
	say(supervisor, reload, "changed, but wants a restart",
	    report->restart);
	log_info("reloaded", LOG_TEXT("changed", report->taken),
	    LOG_TEXT("wants_restart", report->restart),
	    LOG_NUMBER("listed_bans", reload->policy.ban_count));
	service_ready("clients are served");
}

/* Whoever is banned by it is out. */
static void
kicked_are_back(struct envelope *envelope, void *owner)
{
	struct errand *errand = (struct errand *)envelope;
	struct reload *reload = errand->context;
	struct admin *admin = reload->admin;

	reload_is_done(owner, reload);
	errand_free(errand);
	reload_free(reload);
	if (admin)
		admin_errand_ended(admin);
}

static void
start_errand(
    struct supervisor *supervisor, struct errand *errand, struct reload *reload)
{
	errand->context = reload;
	errand_start(errand, supervisor_first_reactor(supervisor));
}

/* All hubs have it. */
static void
settings_are_back(struct envelope *envelope, void *owner)
{
	struct errand *settings = (struct errand *)envelope;
	struct reload *reload = settings->context;
	struct supervisor *supervisor = owner;
	struct errand *errand;

	errand_free(settings);
	errand = errand_new(
	    &supervisor->mailbox, ERRAND_KICK_BANNED, kicked_are_back);
	if (supervisor->server) {
		start_errand(supervisor, errand, reload);
	} else {
		/* It has stopped meanwhile, and all are out. */
		errand->context = reload;
		kicked_are_back(&errand->tour.envelope, owner);
	}
}

/* Reads everything, and puts into force what can fail to be: where that fails,
 * all is as it was. */
static int
reload_read(struct supervisor *supervisor, struct reload *reload)
{
	const struct options *options = &reload->options;
	char *error = reload->report.error;

	if (options_reload(
		supervisor->options, &reload->options, &reload->report) < 0 ||
	    options_check_log(options, error) < 0 ||
	    policy_read(&reload->policy, options, error) < 0 ||
	    certificate_read(options, &reload->certificate, error) < 0 ||
	    log_reopen(options->log[0] ? options->log : NULL, error) < 0)
		return -1;
	/* Then the log is open anew, which is no other log. */
	if (auth_set_listed_bans(supervisor_auth(supervisor),
		reload->policy.bans, reload->policy.ban_count) == 0)
		return 0;
	snprintf(error, sizeof(reload->report.error), "out of memory");
	return -1;
}

void
reload_start(struct supervisor *supervisor, struct admin *admin)
{
	struct reload *reload = memory_new(sizeof(*reload));
	struct errand *errand;

	service_reloading();
	reload->admin = admin;
	if (reload_read(supervisor, reload) < 0) {
		reload_fail(supervisor, reload);
		return;
	}
	*supervisor->options = reload->options;
	tls_server_set(server_tls(supervisor->server), reload->certificate);
	reload->certificate = NULL;
	server_set_limits(supervisor->server, supervisor->options);
	log_set_level((enum log_level)options_log_level(&reload->options));
	log_set_format(reload->options.log_format);
	errand = errand_new(
	    &supervisor->mailbox, ERRAND_SETTINGS, settings_are_back);
	errand->options = &reload->policy.hub;
	if (admin)
		admin_errand_begun(admin);
	start_errand(supervisor, errand, reload);
}
