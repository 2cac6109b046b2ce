/* The first lines. */
#include "console/hello.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/admin/console.h"
#include "console/server/capacity.h"
#include "console/server/certificate.h"
#include "console/server/fence.h"
#include "console/server/server.h"
#include "console/server/user.h"
#include "console/setting/format.h"
#include "console/setting/options.h"
#include "reactor/log.h"
#include "reactor/tls_server.h"

/* What a server that is broken into could still do. */
static void
say_rights(struct console *console, const struct options *options,
    const struct fence *fence)
{
	char text[FENCE_TEXT_BYTES];

	fence_format(fence, text);
	console_say(console, "[FENCE] %s", text);
	log_info("fence", LOG_TEXT("state", text));
	if (!user_is_root_unasked(options))
		return;
	console_say(console,
	    "[ROOT] the server is root, which it need not be: see --user");
	log_warn("running-as-root");
}

static void
say_certificate(struct console *console, struct tls_server *tls)
{
	char text[CERTIFICATE_TEXT_BYTES];
	bool soon;

	if (!tls_server_is_ready(tls))
		return;
	certificate_text(tls, text, &soon);
	console_say(console, "[TLS] certificate: %s", text);
	if (soon)
		log_warn("certificate", LOG_TEXT("state", text));
}

/* What is out of reach with root given up. */
static void
say_reload(struct console *console, const struct options *options)
{
	const char *unreadable = options_unreadable(options);
	int error = errno;

	if (!unreadable)
		return;
	console_say(console, "[RELOAD] will fail: %s: %s", unreadable,
	    strerrordesc_np(error));
	log_warn("reload-unreadable", LOG_TEXT("path", unreadable),
	    LOG_ERRNO(error));
}

static void
say_metrics(struct console *console, const struct endpoint *metrics)
{
	char text[ENDPOINT_TEXT_BYTES];
	char url[ENDPOINT_TEXT_BYTES + sizeof("http/metrics")];

	endpoint_format(metrics, text);
	snprintf(url, sizeof(url), "http%s/metrics", text + strlen("tcp"));
	console_say(console, "[METRICS] %s", url);
	log_info("metrics-listening", LOG_TEXT("url", url));
}

void
hello_say(struct console *console, const struct server *server,
    const struct options *options, const struct fence *fence)
{
	const struct capacity *capacity = server_capacity(server);
	unsigned reactors = server_reactors(server);
	char text[ENDPOINT_TEXT_BYTES], fit[CAPACITY_TEXT_BYTES];

	console_say(console,
	    "[STARTING] throng %s: %u reactor%s on %s, up to %s",
	    THRONG_VERSION, reactors, format_plural(reactors),
	    server_engine_text(server), capacity_format(capacity, fit));
	console_say(console, "[ACCOUNTS] %llu in %s",
	    (unsigned long long)server_accounts(server), options->accounts);
	say_rights(console, options, fence);
	for (unsigned i = 0; i < options->listen_count; i++) {
		endpoint_format(&options->listen[i], text);
		console_say(console, "[LISTENING] %s", text);
		log_info("listening", LOG_TEXT("url", text));
	}
	say_certificate(console, server_tls(server));
	say_reload(console, options);
	if (options->metrics.length > 0)
		say_metrics(console, &options->metrics);
	log_info("started", LOG_TEXT("version", THRONG_VERSION),
	    LOG_NUMBER("reactors", reactors),
	    LOG_TEXT("engine", server_engine_text(server)),
	    LOG_NUMBER("clients_max", capacity->clients),
	    LOG_NUMBER("accounts", server_accounts(server)));
	if (isatty(STDIN_FILENO))
		console_say(console, "Type 'exit' to stop the server, 'help' "
				     "for other commands.");
}
