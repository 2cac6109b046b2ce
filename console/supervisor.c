/* The main thread while the server runs. */
#include "console/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/capacity.h"
#include "console/certificate.h"
#include "console/console.h"
#include "console/feed.h"
#include "console/metrics_page.h"
#include "console/options.h"
#include "console/reload.h"
#include "console/server.h"
#include "console/service.h"
#include "console/user.h"
#include "proto/account_service.h"
#include "proto/errand.h"
#include "proto/web_question.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/memory.h"
#include "reactor/tls_server.h"

struct auth *
supervisor_auth(struct supervisor *supervisor)
{
	return account_service_auth(server_account_service(supervisor->server));
}

struct mailbox *
supervisor_mailbox(struct supervisor *supervisor)
{
	return &supervisor->mailbox;
}

struct reactor *
supervisor_first_reactor(struct supervisor *supervisor)
{
	return server_first_reactor(supervisor->server);
}

static void
on_signal(struct watch *watch, short revents)
{
	struct supervisor *supervisor =
	    list_entry(watch, struct supervisor, signal_watch);
	struct signalfd_siginfo info;

	(void)revents;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		supervisor_reload(supervisor, NULL);
		return;
	}
	console_say(supervisor->console, "%s: stopping",
	    strsignal((int)info.ssi_signo));
	supervisor_stop(supervisor, 0);
}

static void
on_mail(struct watch *watch, short revents)
{
	struct supervisor *supervisor =
	    list_entry(watch, struct supervisor, mail_watch);

	(void)revents;
	mailbox_hush(&supervisor->mailbox);
	mailbox_drain(&supervisor->mailbox, supervisor);
}

static uint64_t
connected(const struct supervisor *supervisor)
{
	return server_count(supervisor->server).connected;
}

static void
say_news(struct supervisor *supervisor, const struct feed_news *news)
{
	for (unsigned i = 0; i < news->line_count; i++)
		console_say(supervisor->console, "%s", news->lines[i]);
	if (news->came + news->went > 0)
		console_say(supervisor->console,
		    "[ACTIVE CONNECTIONS] %llu (%llu more came, %llu more "
		    "went)",
		    (unsigned long long)connected(supervisor),
		    (unsigned long long)news->came,
		    (unsigned long long)news->went);
	else if (news->line_count > 0)
		console_say(supervisor->console, "[ACTIVE CONNECTIONS] %llu",
		    (unsigned long long)connected(supervisor));
}

/* The feed keeps what is new, as far as it can, and its counts. */
static void
put_news_off(struct supervisor *supervisor)
{
	supervisor->feed_watch.fd = -1;
	loop_set_timer(&supervisor->loop, &supervisor->feed_timer, 100);
}

static void
tell_news(struct supervisor *supervisor)
{
	struct feed_news news;
	int again_ms;

	supervisor->feed_watch.fd = feed_descriptor(supervisor->feed);
	news = feed_take(supervisor->feed, &again_ms);
	say_news(supervisor, &news);
	if (again_ms >= 0)
		loop_set_timer(&supervisor->loop, &supervisor->feed_timer,
		    (uint64_t)again_ms);
}

/* What is new is told, unless the operator is in the middle of something. */
static void
take_news(struct supervisor *supervisor)
{
	if (console_is_occupied(supervisor->console))
		put_news_off(supervisor);
	else
		tell_news(supervisor);
	if (timer_is_set(&supervisor->drain_timer) &&
	    connected(supervisor) == 0)
		supervisor->stopping = true;
}

static void
on_feed(struct watch *watch, short revents)
{
	(void)revents;
	take_news(list_entry(watch, struct supervisor, feed_watch));
}

static void
on_feed_timer(struct timer *timer)
{
	take_news(list_entry(timer, struct supervisor, feed_timer));
}

static void
on_drain_timer(struct timer *timer)
{
	list_entry(timer, struct supervisor, drain_timer)->stopping = true;
}

/* All reactors have turned: nothing hangs. */
static void
round_is_back(struct envelope *envelope, void *owner)
{
	struct supervisor *supervisor = owner;
	char status[64];

	errand_free((struct errand *)envelope);
	if (!supervisor->server)
		return;
	snprintf(status, sizeof(status), "%llu clients",
	    (unsigned long long)connected(supervisor));
	service_alive(status);
	loop_set_timer(&supervisor->loop, &supervisor->alive_timer,
	    (uint64_t)service_watchdog_ms());
}

static void
on_alive_timer(struct timer *timer)
{
	struct supervisor *supervisor =
	    list_entry(timer, struct supervisor, alive_timer);
	struct errand *errand =
	    errand_new(&supervisor->mailbox, ERRAND_ROUND, round_is_back);

	errand_start(errand, supervisor_first_reactor(supervisor));
}

/* Nobody new is let in any more, and the others know. */
static void
drain_is_begun(struct envelope *envelope, void *owner)
{
	struct supervisor *supervisor = owner;

	errand_free((struct errand *)envelope);
	if (supervisor->server && connected(supervisor) == 0)
		supervisor->stopping = true;
}

void
supervisor_stop(struct supervisor *supervisor, uint32_t seconds)
{
	bool draining = timer_is_set(&supervisor->drain_timer);
	struct errand *errand;

	if (seconds == 0) {
		supervisor->stopping = true;
		return;
	}
	loop_set_timer(&supervisor->loop, &supervisor->drain_timer,
	    (uint64_t)seconds * 1000);
	console_say(supervisor->console,
	    "[DRAINING] %llu clients have %u seconds to go",
	    (unsigned long long)connected(supervisor), seconds);
	log_info("draining", LOG_NUMBER("seconds", seconds),
	    LOG_NUMBER("clients", connected(supervisor)));
	errand = errand_new(&supervisor->mailbox,
	    draining ? ERRAND_NOTICE : ERRAND_DRAIN, drain_is_begun);
	snprintf(errand->text, sizeof(errand->text),
	    "the server is going down in %u seconds", seconds);
	errand_start(errand, supervisor_first_reactor(supervisor));
}

/* What a server that is broken into could still do. */
static void
say_rights(struct supervisor *supervisor)
{
	char text[FENCE_TEXT_BYTES];

	fence_format(&supervisor->fence, text);
	console_say(supervisor->console, "[FENCE] %s", text);
	log_info("fence", LOG_TEXT("state", text));
	if (!user_is_root_unasked(supervisor->options))
		return;
	console_say(supervisor->console,
	    "[ROOT] the server is root, which it need not be: see --user");
	log_warn("running-as-root");
}

/* Also what a reload will not find any more, with root given up. */
static void
say_certificate(struct supervisor *supervisor)
{
	struct tls_server *tls = server_tls(supervisor->server);
	const char *unreadable = certificate_unreadable(supervisor->options);
	int error = errno;
	char text[CERTIFICATE_TEXT_BYTES];
	bool soon;

	if (!tls_server_is_ready(tls))
		return;
	certificate_text(tls, text, &soon);
	console_say(supervisor->console, "[TLS] certificate: %s", text);
	if (soon)
		log_warn("certificate", LOG_TEXT("state", text));
	if (!unreadable)
		return;
	console_say(supervisor->console, "[TLS] a reload will fail: %s: %s",
	    unreadable, strerrordesc_np(error));
	log_warn("certificate-unreadable", LOG_TEXT("path", unreadable),
	    LOG_ERRNO(error));
}

static void
say_metrics(struct supervisor *supervisor)
{
	char text[ENDPOINT_TEXT_BYTES];
	char url[ENDPOINT_TEXT_BYTES + sizeof("http/metrics")];

	endpoint_format(&supervisor->options->metrics, text);
	snprintf(url, sizeof(url), "http%s/metrics", text + strlen("tcp"));
	console_say(supervisor->console, "[METRICS] %s", url);
	log_info("metrics-listening", LOG_TEXT("url", url));
}

static void
say_hello(struct supervisor *supervisor)
{
	const struct options *options = supervisor->options;
	struct server *server = supervisor->server;
	struct console *console = supervisor->console;
	const struct capacity *capacity = server_capacity(server);
	unsigned reactors = server_reactors(server);
	char text[ENDPOINT_TEXT_BYTES], fit[CAPACITY_TEXT_BYTES];

	console_say(console,
	    "[STARTING] throng %s: %u reactor%s on %s, up to %s",
	    THRONG_VERSION, reactors, reactors == 1 ? "" : "s",
	    server_engine_text(server), capacity_format(capacity, fit));
	console_say(console, "[ACCOUNTS] %llu in %s",
	    (unsigned long long)server_accounts(server), options->accounts);
	say_rights(supervisor);
	for (unsigned i = 0; i < options->listen_count; i++) {
		endpoint_format(&options->listen[i], text);
		console_say(console, "[LISTENING] %s", text);
		log_info("listening", LOG_TEXT("url", text));
	}
	say_certificate(supervisor);
	if (options->metrics.length > 0)
		say_metrics(supervisor);
	log_info("started", LOG_TEXT("version", THRONG_VERSION),
	    LOG_NUMBER("reactors", reactors),
	    LOG_TEXT("engine", server_engine_text(server)),
	    LOG_NUMBER("clients_max", capacity->clients),
	    LOG_NUMBER("accounts", server_accounts(server)));
	if (isatty(STDIN_FILENO))
		console_say(console, "Type 'exit' to stop the server, 'help' "
				     "for other commands.");
}

/* What the main thread waits for, besides the operator. */
static void
supervisor_watch(struct supervisor *supervisor)
{
	struct loop *loop = &supervisor->loop;

	loop_add(loop, &supervisor->signal_watch, supervisor->signals, POLLIN,
	    on_signal);
	loop_add(loop, &supervisor->mail_watch, supervisor->mailbox.bell,
	    POLLIN, on_mail);
	loop_add(loop, &supervisor->feed_watch,
	    feed_descriptor(supervisor->feed), POLLIN, on_feed);
	timer_init(&supervisor->feed_timer, on_feed_timer);
	timer_init(&supervisor->alive_timer, on_alive_timer);
	timer_init(&supervisor->drain_timer, on_drain_timer);
}

enum log_level
supervisor_log_level(const struct options *options)
{
	if (options->log_level >= 0)
		return (enum log_level)options->log_level;
	/* Who sits in front of it has the news already. */
	if (!options->log[0] && isatty(STDERR_FILENO))
		return LOG_LEVEL_WARN;
	return LOG_LEVEL_INFO;
}

/* On the operator's own terminal lines of the log would tear what he types: he
 * gets them as news. */
static int
supervisor_start_log(
    struct supervisor *supervisor, char error[SERVER_ERROR_BYTES])
{
	const struct options *options = supervisor->options;
	struct log_config config = {
	    .level = supervisor_log_level(options),
	    .format = options->log_format,
	};

	if (options->log[0]) {
		config.path = options->log;
	} else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
		   isatty(STDERR_FILENO)) {
		config.sink = feed_say;
		config.context = supervisor->feed;
	}
	return log_start(&config, error);
}

/* With the sockets open: becomes whom the server is going to be, and puts up
 * the fence that threads inherit. What root has made is the user's. */
static int
settle(struct supervisor *supervisor, const struct user *user,
    char error[SERVER_ERROR_BYTES])
{
	const struct options *options = supervisor->options;

	server_give_sockets(supervisor->server, user);
	if (!options->accounts_given)
		user_make_folders(user, options->accounts);
	if (user_become(user, error) < 0)
		return -1;
	fence_files(&supervisor->fence, options);
	return 0;
}

/* Somebody asks by HTTP what is counted. */
static void
on_question(struct envelope *envelope, void *owner)
{
	struct web_question *question = (struct web_question *)envelope;
	struct supervisor *supervisor = owner;

	/* It has come too late: the reactors are gone. */
	if (!supervisor->server) {
		web_question_free(question);
		return;
	}
	question->type = METRICS_PAGE_TYPE;
	question->len = metrics_page(
	    supervisor->server, supervisor->files, &question->text);
	web_question_return(question);
}

static void
take_questions(struct supervisor *supervisor)
{
	supervisor->files = process_files_open();
	server_set_questions(
	    supervisor->server, &supervisor->mailbox, on_question);
}

/* 0, or -1 with a line in `error`. Sockets, user, fence, threads, files: in
 * this order, since each wants the one before it. */
static int
supervisor_start(struct supervisor *supervisor, char error[SERVER_ERROR_BYTES])
{
	const struct options *options = supervisor->options;
	struct user user;

	if (user_find(&user, options, error) < 0)
		return -1;
	supervisor->server =
	    server_open(supervisor->options, supervisor->feed, error);
	if (!supervisor->server || settle(supervisor, &user, error) < 0 ||
	    supervisor_start_log(supervisor, error) < 0)
		return -1;
	supervisor->logs = true;
	if (options->web_counts != WEB_COUNTS_OFF ||
	    options->metrics.length > 0)
		take_questions(supervisor);
	if (server_start(supervisor->server, error) < 0)
		return -1;
	if (options->control[0] && control_open(&supervisor->control,
				       supervisor, options->control, error) < 0)
		return -1;
	return 0;
}

static void
supervisor_serve(struct supervisor *supervisor)
{
	fence_calls(&supervisor->fence);
	say_hello(supervisor);
	service_ready("clients are served");
	if (service_watchdog_ms() > 0)
		loop_set_timer(&supervisor->loop, &supervisor->alive_timer, 0);
	console_start(supervisor->console);
	while (!supervisor->stopping) {
		console_refresh(supervisor->console);
		/* Commands in a file come without anything to wait for. */
		if (!supervisor->stopping)
			loop_turn(&supervisor->loop);
	}
	service_stopping();
	console_stop(supervisor->console);
	console_say(supervisor->console,
	    "[STOPPING] saying goodbye to %llu clients",
	    (unsigned long long)connected(supervisor));
	log_info("stopping", LOG_NUMBER("clients", connected(supervisor)));
}

/* Also one that has started in part. */
static void
supervisor_end(struct supervisor *supervisor)
{
	timer_stop(&supervisor->feed_timer);
	timer_stop(&supervisor->alive_timer);
	timer_stop(&supervisor->drain_timer);
	if (supervisor->server)
		server_stop(&supervisor->server);
	/* Errands that were under way come home, and are freed. */
	mailbox_drain(&supervisor->mailbox, supervisor);
	if (supervisor->files)
		process_files_close(&supervisor->files);
	control_close(&supervisor->control);
	if (supervisor->logs)
		log_info("stopped");
	log_stop();
}

int
supervisor_run(struct options *options, int signals)
{
	struct supervisor *supervisor =
	    aligned_alloc(64, sizeof(struct supervisor));
	char error[SERVER_ERROR_BYTES] = "";
	int status = 1;

	if (!supervisor)
		memory_exhausted(sizeof(*supervisor));
	*supervisor =
	    (struct supervisor){.options = options, .signals = signals};
	loop_init(&supervisor->loop);
	supervisor->feed = feed_new();
	if (!supervisor->feed || mailbox_init(&supervisor->mailbox) < 0) {
		fprintf(stderr, "throng: %s\n", strerrordesc_np(errno));
		exit(1); /* nothing has begun */
	}
	supervisor->console = console_new(supervisor);
	supervisor_watch(supervisor);
	if (supervisor_start(supervisor, error) == 0) {
		supervisor_serve(supervisor);
		status = 0;
	}
	supervisor_end(supervisor);
	if (status == 0)
		console_say(supervisor->console, "all threads joined");
	else
		fprintf(stderr, "throng: %s\n", error);
	console_free(&supervisor->console);
	mailbox_fini(&supervisor->mailbox);
	feed_free(&supervisor->feed);
	free(supervisor);
	return status;
}
