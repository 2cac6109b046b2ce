/* From the start to the end. */
#include "console/life.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/admin/console.h"
#include "console/admin/control.h"
#include "console/admin/drain.h"
#include "console/admin/reload.h"
#include "console/hello.h"
#include "console/news.h"
#include "console/server/feed.h"
#include "console/server/fence.h"
#include "console/server/metrics_page.h"
#include "console/server/server.h"
#include "console/server/service.h"
#include "console/server/supervisor.h"
#include "console/server/user.h"
#include "console/setting/format.h"
#include "console/setting/options.h"
#include "proto/errand.h"
#include "proto/web_question.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/memory.h"

struct life {
	struct supervisor supervisor; /* first: it has cache lines of its own */
	struct news news;
	struct control control;
	struct fence fence;
	struct process_files *files; /* owned; for /metrics, else NULL */
	int signals;                 /* signalfd, borrowed */
	struct watch signal_watch;
	struct watch mail_watch;
	struct timer alive_timer; /* set when a service manager watches us */
	bool logs;                /* the log has started */
};

/* Whose supervisor it is, as its mailbox and its loop know it. */
static struct life *
life_of(void *supervisor)
{
	return list_entry(supervisor, struct life, supervisor);
}

static void
on_signal(struct watch *watch, short revents)
{
	struct life *life = list_entry(watch, struct life, signal_watch);
	struct supervisor *supervisor = &life->supervisor;
	struct signalfd_siginfo info;

	(void)revents;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGHUP:
		reload_start(supervisor, NULL);
		break;
	case SIGCONT:
		console_resume(supervisor->console);
		break;
	case SIGWINCH:
		console_resize(supervisor->console);
		break;
	default:
		console_say(supervisor->console, "%s: stopping",
		    strsignal((int)info.ssi_signo));
		drain_start(supervisor, 0);
	}
}

static void
on_mail(struct watch *watch, short revents)
{
	struct supervisor *supervisor =
	    &list_entry(watch, struct life, mail_watch)->supervisor;

	(void)revents;
	mailbox_hush(&supervisor->mailbox);
	mailbox_drain(&supervisor->mailbox, supervisor);
}

/* All reactors have turned: nothing hangs. */
static void
round_is_back(struct envelope *envelope, void *owner)
{
	struct supervisor *supervisor = owner;
	uint64_t clients;
	char status[64];

	errand_free((struct errand *)envelope);
	if (!supervisor->server)
		return;
	clients = supervisor_clients(supervisor);
	snprintf(status, sizeof(status), "%llu client%s",
	    (unsigned long long)clients, format_plural(clients));
	service_alive(status);
	loop_set_timer(&supervisor->loop, &life_of(owner)->alive_timer,
	    (uint64_t)service_watchdog_ms());
}

static void
on_alive_timer(struct timer *timer)
{
	struct supervisor *supervisor =
	    &list_entry(timer, struct life, alive_timer)->supervisor;
	struct errand *errand =
	    errand_new(&supervisor->mailbox, ERRAND_ROUND, round_is_back);

	errand_start(errand, supervisor_first_reactor(supervisor));
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
	    supervisor->server, life_of(owner)->files, &question->text);
	web_question_return(question);
}

/* What the main thread waits for, besides the operator and the news. */
static void
life_watch(struct life *life)
{
	struct loop *loop = &life->supervisor.loop;

	loop_add(loop, &life->signal_watch, life->signals, POLLIN, on_signal);
	loop_add(loop, &life->mail_watch, life->supervisor.mailbox.bell, POLLIN,
	    on_mail);
	timer_init(&life->alive_timer, on_alive_timer);
}

static void
on_log_failure(void *feed, int error)
{
	if (error)
		feed_tell(feed,
		    "[LOG] cannot be written: %s; its lines are lost",
		    strerrordesc_np(error));
	else
		feed_say(feed, "[LOG] is written again");
}

/* On the operator's own terminal lines of the log would tear what he types: he
 * gets them as news. */
static int
start_log(struct life *life, char error[SERVER_ERROR_BYTES])
{
	const struct options *options = life->supervisor.options;
	struct log_config config = {
	    .level = (enum log_level)options_log_level(options),
	    .format = options->log_format,
	    .on_failure = on_log_failure,
	    .context = life->news.feed,
	};

	if (options->log[0])
		config.path = options->log;
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
		 isatty(STDERR_FILENO))
		config.sink = feed_say;
	return log_start(&config, error);
}

/* With the sockets open: becomes whom the server is going to be, and puts up
 * the fence that threads inherit. What root has made is the user's then. */
static int
give_up_rights(
    struct life *life, const struct user *user, char error[SERVER_ERROR_BYTES])
{
	const struct options *options = life->supervisor.options;

	server_give_sockets(life->supervisor.server, user);
	if (!options->accounts_given)
		user_make_folders(user, options->accounts);
	if (user_become(user, error) < 0)
		return -1;
	fence_files(&life->fence, options);
	return 0;
}

static void
take_questions(struct life *life)
{
	life->files = process_files_open();
	server_set_questions(
	    life->supervisor.server, &life->supervisor.mailbox, on_question);
}

/* 0, or -1 with a line in `error`. Sockets, user, fence, threads, files: in
 * this order, since each wants the one before it. */
static int
life_start(struct life *life, char error[SERVER_ERROR_BYTES])
{
	struct supervisor *supervisor = &life->supervisor;
	const struct options *options = supervisor->options;
	struct user user;

	if (options_check_log(options, error) < 0 ||
	    user_find(&user, options, error) < 0)
		return -1;
	supervisor->server =
	    server_open(supervisor->options, life->news.feed, error);
	if (!supervisor->server || give_up_rights(life, &user, error) < 0 ||
	    start_log(life, error) < 0)
		return -1;
	life->logs = true;
	if (options->web_counts != WEB_COUNTS_OFF ||
	    options->metrics.length > 0)
		take_questions(life);
	if (server_start(supervisor->server, error) < 0)
		return -1;
	if (options->control[0] && control_open(&life->control, supervisor,
				       options->control, error) < 0)
		return -1;
	return 0;
}

static void
life_serve(struct life *life)
{
	struct supervisor *supervisor = &life->supervisor;
	struct console *console = supervisor->console;
	uint64_t clients;

	fence_calls(&life->fence);
	hello_say(
	    console, supervisor->server, supervisor->options, &life->fence);
	service_ready("clients are served");
	if (service_watchdog_ms() > 0)
		loop_set_timer(&supervisor->loop, &life->alive_timer, 0);
	console_start(console);
	while (!supervisor->stopping) {
		console_refresh(console);
		/* Commands in a file come without anything to wait for. */
		if (!supervisor->stopping)
			loop_turn(&supervisor->loop);
	}
	service_stopping();
	console_stop(console);
	clients = supervisor_clients(supervisor);
	console_say(console, "[STOPPING] saying goodbye to %llu client%s",
	    (unsigned long long)clients, format_plural(clients));
	log_info("stopping", LOG_NUMBER("clients", clients));
}

/* Also one that has started in part. */
static void
life_end(struct life *life)
{
	struct supervisor *supervisor = &life->supervisor;

	timer_stop(&life->alive_timer);
	timer_stop(&supervisor->drain_timer);
	if (supervisor->server)
		server_stop(&supervisor->server);
	/* Errands that were under way come home, and are freed. */
	mailbox_drain(&supervisor->mailbox, supervisor);
	if (life->files)
		process_files_close(&life->files);
	control_close(&life->control);
	if (life->logs)
		log_info("stopped");
	log_stop();
}

int
life_run(struct options *options, int signals)
{
	struct life *life = aligned_alloc(64, sizeof(struct life));
	char error[SERVER_ERROR_BYTES] = "";
	struct supervisor *supervisor;
	int status = 1;

	if (!life)
		memory_exhausted(sizeof(*life));
	supervisor = &life->supervisor;
	*life =
	    (struct life){.supervisor.options = options, .signals = signals};
	loop_init(&supervisor->loop);
	if (news_open(&life->news, supervisor) < 0 ||
	    mailbox_init(&supervisor->mailbox) < 0) {
		fprintf(stderr, "throng: %s\n", strerrordesc_np(errno));
		exit(1); /* nothing has begun */
	}
	supervisor->console = console_new(supervisor);
	drain_init(supervisor);
	life_watch(life);
	if (life_start(life, error) == 0) {
		life_serve(life);
		status = 0;
	}
	life_end(life);
	if (status == 0)
		console_say(supervisor->console, "all threads joined");
	else
		fprintf(stderr, "throng: %s\n", error);
	console_free(&supervisor->console);
	mailbox_fini(&supervisor->mailbox);
	news_close(&life->news);
	free(life);
	return status;
}
