#define HARNESS_WITHOUT_PLACES
#include "tests/flow/documents/terminal.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* After fork. */
static void
shell_exec(const char *folder, int keys, int screen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (chdir(folder) == 0 && dup2(keys, 0) == 0 && dup2(screen, 1) == 1 &&
	    dup2(screen, 2) == 2)
		execlp("bash", "bash", "-e", (char *)NULL);
	_exit(127);
}

void
terminal_start(struct terminal *terminal, const char *folder, int number)
{
	int keys[2], screen[2];

	signal(SIGPIPE, SIG_IGN); /* it may have ended when it is typed to */
	cr_assert_eq(pipe2(keys, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(screen, O_CLOEXEC), 0);
	*terminal = (struct terminal){
	    .shell = fork(),
	    .keys = keys[1],
	    .screen.fd = screen[0],
	};
	if (terminal->shell == 0)
		shell_exec(folder, keys[0], screen[1]);
	cr_assert_gt(terminal->shell, 0);
	setpgid(terminal->shell, terminal->shell);
	close(keys[0]);
	close(screen[1]);
	snprintf(terminal->screen.label, sizeof(terminal->screen.label),
	    "terminal %d", number);
}

void
terminal_kill(struct terminal *terminal)
{
	if (terminal->shell > 0)
		kill(-terminal->shell, SIGKILL);
}

void
terminal_type(struct terminal *terminal, const char *line)
{
	dprintf(terminal->keys, "%s\n", line);
}

void
terminal_see(struct terminal *terminal, const char *pattern, const char *text)
{
	const char *line;

	while ((line = harness_stream_line(&terminal->screen)) != NULL) {
		if (!fnmatch(pattern, line, FNM_EXTMATCH))
			break;
		if (!terminal->omitted)
			harness_fail("%s shows `%s`, not `%s`",
			    terminal->screen.label, line, text);
	}
	if (!line)
		harness_fail("%s ends, and has not shown `%s`",
		    terminal->screen.label, text);
	terminal->omitted = false;
}

void
terminal_see_bytes(struct terminal *terminal, const char *bytes)
{
	struct harness_stream *screen = &terminal->screen;
	int64_t deadline = harness_now_ms() + HARNESS_DEADLINE_MS;
	size_t len = strlen(bytes);

	while (screen->len - screen->start < len)
		if (!harness_stream_fill(screen, deadline))
			harness_fail("%s ends, and has not shown `%s`",
			    screen->label, bytes);
	if (memcmp(screen->bytes + screen->start, bytes, len) != 0)
		harness_fail("%s shows `%s`, not `%s`", screen->label,
		    harness_quote(screen->bytes + screen->start, len), bytes);
	screen->start += len;
}

void
terminal_end_input(struct terminal *terminal)
{
	close(terminal->keys);
	terminal->keys = -1;
}

void
terminal_await_end(struct terminal *terminal)
{
	const char *line;
	int status;

	while ((line = harness_stream_line(&terminal->screen)) != NULL)
		if (!terminal->omitted)
			harness_fail(
			    "%s shows `%s`, too", terminal->screen.label, line);
	cr_assert_eq(waitpid(terminal->shell, &status, 0), terminal->shell);
	terminal->shell = 0;
	harness_stream_close(&terminal->screen);
	if (status != 0)
		harness_fail("%s ends with status %d", terminal->screen.label,
		    WIFEXITED(status) ? WEXITSTATUS(status)
				      : 128 + WTERMSIG(status));
}
