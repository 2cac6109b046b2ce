/* throng: options, signals, start, console, stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/console.h"
#include "console/feed.h"
#include "console/options.h"
#include "console/preflight.h"
#include "console/server.h"
#include "console/service.h"
#include "reactor/check.h"
#include "reactor/log.h"

static int
fail(const char *what)
{
	fprintf(stderr, "throng: %s\n", what);
	return 1;
}

/* Before the first thread: signals that stop the server arrive at the console,
 * those that would end it in passing do nothing. -1 with errno. */
static int
take_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN); /* a peer is gone: send() says so */
	signal(SIGXFSZ, SIG_IGN); /* a file is too large: write() says so */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	check_zero(pthread_sigmask(SIG_BLOCK, &set, NULL));
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
say_hello(struct console *console, const struct options *options)
{
	char text[ENDPOINT_TEXT_BYTES];
	struct server *server = console->server;

	console_say(console,
	    "[STARTING] throng %s: %u reactor%s on %s, up to %llu clients",
	    THRONG_VERSION, options->reactors,
	    options->reactors == 1 ? "" : "s", server_engine_text(server),
	    (unsigned long long)server_clients_max(server));
	console_say(console, "[ACCOUNTS] %llu in %s",
	    (unsigned long long)server_accounts(server), options->accounts);
	for (unsigned i = 0; i < options->listen_count; i++)
		console_say(console, "[LISTENING] %s",
		    endpoint_format(&options->listen[i], text));
	if (isatty(STDIN_FILENO))
		console_say(console, "Type 'exit' to stop the server, 'help' "
				     "for other commands.");
}

/* Start, console, stop. The exit status. */
static int
serve(struct console *console, struct options *options, struct feed *feed,
    int signals)
{
	char error[SERVER_ERROR_BYTES] = "";

	console->server = server_start(options, feed, error);
	if (!console->server)
		return fail(error);
	say_hello(console, options);
	service_ready("clients are served");
	console_run(console, feed, signals);
	service_stopping();
	console_say(console, "[STOPPING] saying goodbye to %llu clients",
	    (unsigned long long)server_count(console->server).connected);
	server_stop(&console->server);
	/* Errands that were under way come home, and are freed. */
	mailbox_drain(&console->mailbox, console);
	console_say(console, "all threads joined");
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct options options;
	struct console console = {0};
	struct feed *feed;
	int signals, status;

	options_parse(&options, argc, argv);
	if (options.log_level >= 0)
		log_set_level((enum log_level)options.log_level);
	if (options.check)
		return preflight_run(&options) < 0;
	signals = take_signals();
	feed = feed_new();
	if (signals < 0 || !feed || mailbox_init(&console.mailbox) < 0)
		return fail(strerrordesc_np(errno));
	status = serve(&console, &options, feed, signals);
	mailbox_fini(&console.mailbox);
	feed_free(&feed);
	close(signals);
	return status;
}
