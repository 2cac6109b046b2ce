/* The server as a child process (harness.h). */
#define HARNESS_WITHOUT_PLACES
#include "tests/kit/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kit/harness_server_spawn.h"

#define ERROR_BYTES (64 * 1024)
#define USUAL_ARGS  14

static struct server_process *servers;

/* An empty folder of its own, or the other server's. */
static void
server_make_folder(struct server_process *server)
{
	const char *folder = server->setup.folder;

	server->folder_owned = !folder;
	snprintf(server->folder, sizeof(server->folder), "%s",
	    folder ? folder : "/tmp/throng-flow-XXXXXX");
	if (!folder && !mkdtemp(server->folder))
		harness_fail("mkdtemp: %s", strerror(errno));
	snprintf(server->accounts, sizeof(server->accounts), "%s/accounts",
	    server->folder);
}

static void
server_remove_folder(struct server_process *server)
{
	DIR *folder = server->folder_owned ? opendir(server->folder) : NULL;
	struct dirent *entry;
	char path[512];

	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		snprintf(
		    path, sizeof(path), "%s/%s", server->folder, entry->d_name);
		unlink(path); /* not . and .., which are folders */
	}
	closedir(folder);
	rmdir(server->folder);
}

/* An option with {folder} replaced by the server's. */
static const char *
server_expand(struct server_process *server, const char *argument)
{
	const char *at = strstr(argument, "{folder}");
	char *out = server->words + server->words_len;
	size_t room = sizeof(server->words) - server->words_len;

	if (!at)
		return argument;
	server->words_len +=
	    1 + (size_t)snprintf(out, room, "%.*s%s%s", (int)(at - argument),
		    argument, server->folder, at + 8);
	cr_assert_lt(server->words_len, sizeof(server->words));
	return out;
}

/* Has the test no wish of its own about the log? */
static bool
server_is_quiet(const struct server_setup *setup)
{
	for (int i = 0; i < HARNESS_ARGS_MAX && setup->args[i]; i++)
		if (!strncmp(setup->args[i], "--log-level", 11))
			return false;
	return true;
}

/* Whoever runs the tests: also root, on purpose. */
static const char *
server_user(void)
{
	static char option[80];
	const struct passwd *user = getpwuid(geteuid());

	if (!user)
		return "--user=root";
	snprintf(option, sizeof(option), "--user=%s", user->pw_name);
	return option;
}

struct server_process *
server_process_launch(const struct server_setup *setup)
{
	struct server_process *server = calloc(1, sizeof(*server));
	const char *binary = getenv("THRONG_BIN");
	const char *argv[HARNESS_ARGS_MAX + USUAL_ARGS] = {0};
	int argc = 0;

	cr_assert_not_null(server);
	server->setup = *setup;
	server->next = servers;
	servers = server;
	server_make_folder(server);
	argv[argc++] = binary ? binary : "build/throng";
	if (!setup->no_accounts) {
		argv[argc++] = "--accounts";
		argv[argc++] = server->accounts;
	}
	argv[argc++] = "--argon2=t=1,m=8";
	if (!setup->no_reactors)
		argv[argc++] = "--reactors=2";
	if (!setup->no_user)
		argv[argc++] = server_user();
	if (setup->engine) {
		argv[argc++] = "--io";
		argv[argc++] = setup->engine;
	}
	if (!setup->no_listen && setup->passed_count == 0)
		argv[argc++] = "--listen=tcp://127.0.0.1:0";
	server->quiet = server_is_quiet(setup);
	if (server->quiet)
		argv[argc++] = "--log-level=warn";
	for (int i = 0; i < HARNESS_ARGS_MAX && setup->args[i]; i++)
		argv[argc++] = server_expand(server, setup->args[i]);
	for (int i = 0; i < argc; i++)
		server->listen_count += !strncmp(argv[i], "--listen", 8);
	if (setup->passed_count > 0)
		server->listen_count = (unsigned)setup->passed_count;
	server_spawn(server, (char **)argv);
	return server;
}

struct server_process *
server_process_start_with(const struct server_setup *setup)
{
	struct server_process *server = server_process_launch(setup);

	for (unsigned i = 0; i < server->listen_count; i++) {
		const char *line;

		do {
			line = server_process_line(server);
			if (line && !strncmp(line, "[STARTING] ", 11))
				snprintf(server->started,
				    sizeof(server->started), "%s", line);
		} while (line && strncmp(line, "[LISTENING] ", 12) != 0);
		if (!line && setup->engine && !strcmp(setup->engine, "uring") &&
		    strstr(server_process_errors(server), "cannot be used"))
			cr_skip_test("io_uring is refused on this machine");
		if (!line)
			harness_fail("the server did not start: %s",
			    server_process_errors(server));
		snprintf(server->listen[i], sizeof(server->listen[i]), "%s",
		    line + 12);
	}
	return server;
}

void
server_setup_add(struct server_setup *setup, va_list options)
{
	int count = 0;

	while (setup->args[count])
		count++;
	do {
		setup->args[count] = va_arg(options, const char *);
	} while (setup->args[count] && ++count < HARNESS_ARGS_MAX - 1);
}

struct server_process *
server_process_start(const char *engine, ...)
{
	struct server_setup setup = {.engine = engine};
	va_list ap;

	va_start(ap, engine);
	server_setup_add(&setup, ap);
	va_end(ap);
	return server_process_start_with(&setup);
}

struct server_process *
server_process_restart(struct server_process *server)
{
	struct server_setup setup = server->setup;

	cr_assert_eq(server->pid, 0, "it must have ended");
	setup.folder = server->folder;
	return server_process_start_with(&setup);
}

void
server_process_type(struct server_process *server, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	cr_assert_gt(vdprintf(server->input, format, ap), 0);
	va_end(ap);
}

void
server_process_end_input(struct server_process *server)
{
	close(server->input);
	server->input = -1;
}

const char *
server_process_line(struct server_process *server)
{
	return harness_stream_line(&server->output);
}

const char *
server_process_expect(struct server_process *server, const char *format, ...)
{
	char pattern[512];
	const char *line;
	char last[256] = "";
	va_list ap;

	va_start(ap, format);
	vsnprintf(pattern, sizeof(pattern), format, ap);
	va_end(ap);
	while ((line = server_process_line(server)) != NULL) {
		if (!fnmatch(pattern, line, FNM_EXTMATCH))
			return line;
		snprintf(last, sizeof(last), "%s", line);
	}
	harness_fail("console: expected `%s`, got the end after `%s`; "
		     "standard error: %s",
	    pattern, last, server_process_errors(server));
}

/* Takes the lines of what was typed out of the log. */
static void
drop_audit(char *text)
{
	char *line = text, *at;

	while (*line) {
		char *end = line + strcspn(line, "\n");

		end += *end == '\n';
		at = strstr(line, " info audit by=");
		if (at && at < end)
			memmove(line, end, strlen(end) + 1);
		else
			line = end;
	}
}

const char *
server_process_errors(struct server_process *server)
{
	static char text[ERROR_BYTES];
	ssize_t got = pread(server->errors, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	if (server->quiet)
		drop_audit(text);
	return text;
}

void
server_process_signal(struct server_process *server, int signal)
{
	cr_assert_gt(server->pid, 0);
	cr_assert_eq(kill(server->pid, signal), 0);
}

/* Reads its output until it has ended, so that a full pipe does not hold it. */
static void
server_await_end(struct server_process *server)
{
	int64_t deadline_ms = harness_now_ms() + 2 * HARNESS_DEADLINE_MS;

	while (harness_stream_fill(&server->output, deadline_ms))
		;
	/* A pidfd is readable once the process has ended. */
	struct pollfd ended = {.fd = server->pidfd, .events = POLLIN};
	if (poll(&ended, 1, HARNESS_DEADLINE_MS) <= 0)
		harness_fail("the server closed its output but goes on");
}

int
server_process_wait(struct server_process *server)
{
	const char *errors;
	int status;

	cr_assert_gt(server->pid, 0);
	server_await_end(server);
	cr_assert_eq(waitpid(server->pid, &status, 0), server->pid);
	server->pid = 0;
	server->status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	errors = server_process_errors(server);
	if (strstr(errors, "Sanitizer") || strstr(errors, "runtime error:"))
		harness_fail("status %d, and a sanitizer's report: %s",
		    server->status, errors);
	return server->status;
}

/* Are all lines on standard error about clients that were sent away? */
static bool
server_errors_are_usual(const char *errors)
{
	static const char *const usual =
	    "* warn @(login-failed *|refused *|"
	    "suppressed what=@(login-failed|refused) *)";
	char line[2048];

	while (*errors) {
		size_t len = strcspn(errors, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, errors);
		if (fnmatch(usual, line, FNM_EXTMATCH) != 0)
			return false;
		errors += len + (errors[len] == '\n');
	}
	return true;
}

void
server_process_exit(struct server_process *server)
{
	/* It would wait for them to close after the goodbye. */
	test_client_close_all();
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	if (server_process_wait(server) != 0)
		harness_fail("the server ended with status %d: %s",
		    server->status, server_process_errors(server));
}

void
server_process_stop(struct server_process *server)
{
	server_process_exit(server);
	if (server->quiet &&
	    !server_errors_are_usual(server_process_errors(server)))
		harness_fail("expected nothing on standard error, got %s",
		    server_process_errors(server));
}

/* Ends what is left, which may have been reported too, and removes all. */
static void
server_free(struct server_process *server)
{
	if (server->pid > 0) {
		kill(server->pid, SIGKILL);
		server_process_wait(server);
	}
	if (server->input >= 0)
		close(server->input);
	close(server->pidfd);
	close(server->errors);
	harness_stream_close(&server->output);
	server_remove_folder(server);
	free(server);
}

void
server_process_free_all(void)
{
	struct server_process *server;

	while ((server = servers) != NULL) {
		servers = server->next;
		server_free(server);
	}
}
