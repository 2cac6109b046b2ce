/* throng --ctl: commands for a server that runs elsewhere. */
#include "console/admin/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "console/admin/admin.h"
#include "reactor/memory.h"

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "throng: %s: %s\n", what, why);
	return 1;
}

/* A socket to the server, or -1 with errno. */
static int
ctl_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const void *)&address, sizeof(address)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Does a secret follow this command line? Not where it has too few words or
 * too many: that is answered at once. */
static bool
wants_secret(const char *line)
{
	static const char blanks[] = " \t\r\n";
	const char *first = line + strspn(line, blanks), *at = first;
	char word[32];
	const struct admin_row *row;
	int words = 0;

	while (*(at += strspn(at, blanks))) {
		words++;
		at += strcspn(at, blanks);
	}
	snprintf(
	    word, sizeof(word), "%.*s", (int)strcspn(first, blanks), first);
	row = admin_find(word);
	return row && (row->flags & ADMIN_SECRET) && words == 1 + row->max;
}

/* One line of standard input; it ends with a newline, also where the input ends
 * without. False when there is none, or it cannot be meant: it is too long, or
 * has a NUL. */
static bool
read_line(char line[ADMIN_LINE_BYTES])
{
	const char *wrong = NULL;
	size_t len = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		if (c == '\0')
			wrong = ADMIN_BAD_LINE;
		if (len < ADMIN_LINE_BYTES - 2)
			line[len++] = (char)c;
		else
			wrong = "the line is too long";
	}
	if (c == EOF && len == 0)
		wrong = "no password was given";
	strcpy(line + len, "\n");
	if (wrong)
		complain("nothing was changed", wrong);
	return !wrong;
}

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int signal)
{
	interrupted = signal;
}

/* One line from the terminal that is not shown; false when there is none. Who
 * interrupts it has his terminal as it was. */
static bool
ask(const char *question, char line[ADMIN_LINE_BYTES])
{
	struct sigaction before, action = {.sa_handler = on_interrupt};
	struct termios shown, unseen;
	bool got;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return false;
	sigaction(SIGINT, &action, &before);
	unseen = shown;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	/* Who answers at once is not seen either. */
	fprintf(stderr, "%s (unseen): ", question);
	got = read_line(line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	sigaction(SIGINT, &before, NULL);
	if (interrupted)
		raise(interrupted);
	return got;
}

/* The secret with its newline, typed twice on a terminal. */
static bool
read_secret(char line[ADMIN_LINE_BYTES])
{
	char again[ADMIN_LINE_BYTES];
	bool same;

	if (!isatty(STDIN_FILENO))
		return read_line(line);
	if (!ask("New password", line) || !ask("Once more", again))
		return false;
	same = !strcmp(line, again);
	explicit_bzero(again, sizeof(again));
	if (!same)
		complain("nothing was changed", "the two are not the same");
	return same;
}

/* Prints one answer. False when it was ERR, or did not come. */
static bool
print_answer(FILE *stream)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = false;

	for (;;) {
		ssize_t len = getline(&line, &size, stream);

		if (len < 0) {
			complain("the server", "it has gone");
			break;
		}
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] == ' ') {
			puts(line + 1);
			continue;
		}
		ok = !strcmp(line, "OK");
		if (!ok)
			fprintf(stderr, "throng: %s\n",
			    strncmp(line, "ERR ", 4) ? line : line + 4);
		break;
	}
	free(line);
	return ok;
}

static bool
send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0) {
			text += sent;
			len -= (size_t)sent;
		}
	}
	return true;
}

/* `line` ends with a newline. */
static bool
give(FILE *stream, const char *line)
{
	char secret[ADMIN_LINE_BYTES] = "";
	bool sent;

	if (strlen(line) >= ADMIN_LINE_BYTES) {
		complain("the command", "it is too long");
		return false;
	}
	if (wants_secret(line) && !read_secret(secret))
		return false;
	sent =
	    send_all(fileno(stream), line) && send_all(fileno(stream), secret);
	explicit_bzero(secret, sizeof(secret));
	/* One who is refused is told why, although he is not heard. */
	return print_answer(stream) && sent;
}

static bool
give_words(FILE *stream, char *words[])
{
	size_t bytes = 1;
	char *line, *at;
	bool ok;

	for (char **word = words; *word; word++) {
		if (strchr(*word, '\n')) {
			complain("the command", "it has a line break");
			return false;
		}
		bytes += strlen(*word) + 1;
	}
	line = memory_new(bytes);
	at = line;
	for (; *words; words++) {
		at = stpcpy(at, *words);
		*at++ = words[1] ? ' ' : '\n';
	}
	ok = give(stream, line);
	free(line);
	return ok;
}

static bool
give_lines(FILE *stream, const char *path)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = true;
	ssize_t got;

	while ((got = getline(&line, &size, stdin)) > 0) {
		if (feof(stream)) {
			complain(
			    path, "the server has gone before all was done");
			ok = false;
			break;
		}
		if (memchr(line, '\0', (size_t)got)) {
			complain("the command", ADMIN_BAD_LINE);
			ok = false;
			continue;
		}
		/* The last one may want its newline. */
		if (!strchr(line, '\n')) {
			size_t len = strlen(line);

			size = len + 2;
			line = memory_resize(line, size);
			memcpy(line + len, "\n", 2);
		}
		ok = give(stream, line) && ok;
		fflush(stdout);
	}
	free(line);
	return ok;
}

int
ctl_run(const char *path, char *words[])
{
	int fd = ctl_connect(path);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	char why[128];
	bool ok;

	if (!stream) {
		snprintf(why, sizeof(why), "%s%s", strerrordesc_np(errno),
		    errno == ENOENT || errno == ECONNREFUSED
			? " (is the server running?)"
			: "");
		return complain(path, why);
	}
	ok = *words ? give_words(stream, words) : give_lines(stream, path);
	fclose(stream);
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain("standard output", "it cannot be written");
	return ok ? 0 : 1;
}
