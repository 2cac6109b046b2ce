#include "tests/kit/bench_run.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/kit/harness.h"

static FILE *
start(const char *format, va_list arguments)
{
	const char *binary = getenv("THRONG_BENCH");
	char words[2400], command[2600];
	FILE *bench;

	vsnprintf(words, sizeof(words), format, arguments);
	snprintf(command, sizeof(command), "exec %s %s 2>&1",
	    binary ? binary : "build/throng-bench", words);
	bench = popen(command, "re");
	cr_assert_not_null(bench);
	return bench;
}

FILE *
bench_start(const char *format, ...)
{
	va_list arguments;
	FILE *bench;

	va_start(arguments, format);
	bench = start(format, arguments);
	va_end(arguments);
	return bench;
}

int
bench_end(FILE *bench, const char **said)
{
	static char text[16000];
	size_t len = 0, got;
	int status;

	while ((got = fread(text + len, 1, sizeof(text) - 1 - len, bench)) > 0)
		len += got;
	text[len] = '\0';
	*said = text;
	status = pclose(bench);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
bench_run(const char **said, const char *format, ...)
{
	va_list arguments;
	FILE *bench;

	va_start(arguments, format);
	bench = start(format, arguments);
	va_end(arguments);
	return bench_end(bench, said);
}

/* The number behind ` KEY=` in the first line from `at` on. */
static double
figure_at(const char *said, const char *at, const char *key)
{
	char word[64];
	const char *end = at ? strchr(at, '\n') : NULL;
	double value;

	snprintf(word, sizeof(word), " %s=", key);
	at = at ? strstr(at, word) : NULL;
	if (!at || at > end || sscanf(at + strlen(word), "%lf", &value) != 1)
		harness_fail("no figure of %s: %s", key, said);
	return value;
}

double
bench_figure(const char *said, const char *key)
{
	const char *at = said, *last = NULL;

	/* Behind those of the steps, and what was told meanwhile. */
	while ((at = strstr(at, "\nscenario=")))
		last = at++;
	return figure_at(said, last ? last + 1 : NULL, key);
}

double
bench_step(const char *said, const char *step, const char *key)
{
	char word[64];

	snprintf(word, sizeof(word), " step=%s ", step);
	return figure_at(said, strstr(said, word), key);
}

static void
liar_serve(FILE *client, bool (*answer)(const char *line, char out[256]))
{
	char line[256], out[256];

	while (fgets(line, sizeof(line), client)) {
		line[strcspn(line, "\n")] = '\0';
		if (!answer(line, out) ||
		    write(fileno(client), out, strlen(out)) < 0)
			return;
	}
}

/* A client, in a process of its own. */
static void
liar_accept(int listener, bool (*answer)(const char *line, char out[256]))
{
	int fd = accept(listener, NULL, NULL);

	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		liar_serve(fdopen(fd, "r"), answer);
		_exit(0);
	}
	close(fd);
}

const char *
bench_liar(bool (*answer)(const char *line, char out[256]))
{
	static char url[64];
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	cr_assert_eq(bind(listener, (void *)&address, len), 0);
	cr_assert_eq(listen(listener, 8), 0);
	cr_assert_eq(getsockname(listener, (void *)&address, &len), 0);
	snprintf(
	    url, sizeof(url), "tcp://127.0.0.1:%u", ntohs(address.sin_port));
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		for (;;)
			liar_accept(listener, answer);
	}
	close(listener);
	return url;
}
