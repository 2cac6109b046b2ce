/*
 * What `--ctl` reads: words, lines of standard input, and whatever comes back
 * from the socket, which need not be a server's. Answers are printed as they
 * are, the exit status says how it went, and what was sent are whole lines that
 * the server would take.
 *
 * The data: how many words, whether a terminal is there for passwords, whether
 * it is tried where no socket is; the words, standard input, and the answers.
 */
/* Covers: console/admin/ctl.c */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "console/admin/admin.h"
#include "console/admin/ctl.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

#define WORDS_MAX       3
#define RECEIVED_MAX    65536
#define ANSWERS_MAX     65536
#define STREAMS         3
#define DIRECTORY_BYTES 64

/* The other end of the socket, which a thread of its own has. */
static struct {
	int listener;
	char path[DIRECTORY_BYTES];
	struct span answers;
	char received[RECEIVED_MAX];
	size_t len;
	pthread_barrier_t turn; /* before a run, and after it */
} other;

/* What descriptor 0 can be. */
static int inputs[2];

/* What standard input, output and error are in a run. */
struct streams {
	FILE *stream[STREAMS];
	char *text[STREAMS];
	size_t len[STREAMS];
};

static void
serve(int fd)
{
	ssize_t got, ignored;

	/* Who says nothing is not always there to hear. */
	ignored = send(fd, other.answers.at, other.answers.len, MSG_NOSIGNAL);
	(void)ignored;
	shutdown(fd, SHUT_WR);
	other.len = 0;
	while ((got = read(fd, other.received + other.len,
		    sizeof(other.received) - other.len)) > 0)
		other.len += (size_t)got;
	close(fd);
}

static void *
serve_all(void *unused)
{
	(void)unused;
	for (;;) {
		int fd;

		pthread_barrier_wait(&other.turn);
		fd = accept(other.listener, NULL, NULL);
		check(fd >= 0);
		serve(fd);
		pthread_barrier_wait(&other.turn);
	}
	return NULL;
}

static void
remove_socket(void)
{
	unlink(other.path);
	*strrchr(other.path, '/') = '\0';
	rmdir(other.path);
}

/* libFuzzer's clock ends no call. */
static void
restart_calls(void)
{
	struct sigaction action;

	check_zero(sigaction(SIGALRM, NULL, &action));
	action.sa_flags |= SA_RESTART;
	check_zero(sigaction(SIGALRM, &action, NULL));
}

static void
start_other(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[DIRECTORY_BYTES / 2] = "/tmp/fuzz-ctl-XXXXXX";
	pthread_t thread;

	check(mkdtemp(directory) != NULL);
	snprintf(other.path, sizeof(other.path), "%s/s", directory);
	strcpy(address.sun_path, other.path);
	other.listener = socket(AF_UNIX, SOCK_STREAM, 0);
	check(other.listener >= 0);
	check_zero(bind(other.listener, (void *)&address, sizeof(address)));
	check_zero(listen(other.listener, 1));
	check_zero(atexit(remove_socket));
	check_zero(pthread_barrier_init(&other.turn, NULL, 2));
	check_zero(pthread_create(&thread, NULL, serve_all, NULL));
	check_zero(pthread_detach(thread));
}

/* No terminal, and one at which nobody is: what is read comes from a stream. */
static void
open_inputs(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	check(terminal >= 0);
	check_zero(grantpt(terminal));
	check_zero(unlockpt(terminal));
	inputs[0] = open("/dev/null", O_RDONLY);
	inputs[1] = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	check(inputs[0] >= 0);
	check(inputs[1] >= 0);
}

static void
exchange(struct streams *streams)
{
	FILE **places[STREAMS] = {&stdin, &stdout, &stderr};

	for (int i = 0; i < STREAMS; i++) {
		FILE *stream = *places[i];

		*places[i] = streams->stream[i];
		streams->stream[i] = stream;
	}
}

static int
run(struct streams *streams, char *words[])
{
	int status;

	streams->stream[0] = fmemopen(
	    streams->text[0], streams->len[0] ? streams->len[0] : 1, "r");
	if (streams->len[0] == 0)
		fgetc(streams->stream[0]); /* it has one byte at least */
	for (int i = 1; i < STREAMS; i++)
		streams->stream[i] =
		    open_memstream(&streams->text[i], &streams->len[i]);
	for (int i = 0; i < STREAMS; i++)
		check(streams->stream[i] != NULL);
	exchange(streams);
	pthread_barrier_wait(&other.turn);
	status = ctl_run(other.path, words);
	pthread_barrier_wait(&other.turn);
	exchange(streams);
	for (int i = 0; i < STREAMS; i++)
		check_zero(fclose(streams->stream[i]));
	return status;
}

/* No server is there; the reason is told in one line. */
static void
check_nobody(const char *path, char *words[])
{
	char *text;
	size_t len;
	FILE *before = stderr;

	stderr = open_memstream(&text, &len);
	check(ctl_run(path, words) == 1);
	check_zero(fclose(stderr));
	stderr = before;
	check(!strncmp(text, "throng: ", 8));
	check(strchr(text, '\n') == text + len - 1);
	free(text);
}

/* The next line of the answers, up to a NUL that is in it. */
static bool
next_answer(struct span *answers, struct span *line)
{
	const char *lf;
	size_t len;

	if (answers->len == 0)
		return false;
	lf = memchr(answers->at, '\n', answers->len);
	len = lf ? (size_t)(lf - answers->at) : answers->len;
	*line = (struct span){answers->at, strnlen(answers->at, len)};
	len += lf != NULL;
	answers->at += len;
	answers->len -= len;
	return true;
}

/* What one command's answer prints, and whether it was OK. */
static bool
expected_output(FILE *to)
{
	struct span answers = other.answers, line;

	while (next_answer(&answers, &line)) {
		if (line.len == 0 || *line.at != ' ')
			return span_equals(line, span_of("OK"));
		fprintf(to, "%.*s\n", (int)line.len - 1, line.at + 1);
	}
	return false;
}

static void
check_answer(const struct streams *streams, int status)
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	bool ok;

	check(to != NULL);
	ok = expected_output(to);
	check_zero(fclose(to));
	check(len == streams->len[1]);
	check(!memcmp(text, streams->text[1], len));
	check(status == (ok ? 0 : 1));
	free(text);
}

/* Lines that are whole, and short enough for the server. */
static void
check_sent(void)
{
	const char *at = other.received, *end = at + other.len;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		check(lf != NULL);
		check(lf + 1 - at < ADMIN_LINE_BYTES);
		check(memchr(at, '\0', (size_t)(lf - at)) == NULL);
		at = lf + 1;
	}
}

/* How many words the words make where the server splits them, and whether they
 * begin with the one command that a secret follows. */
static bool
wants_secret(char *words[])
{
	char *text = NULL, *rest;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	bool is_passwd;
	int count = 0;

	check(to != NULL);
	for (; *words; words++)
		fprintf(to, "%s ", *words);
	check_zero(fclose(to));
	rest = strtok(text, " \t\r\n");
	is_passwd = rest && !strcmp(rest, "passwd");
	for (; rest; rest = strtok(NULL, " \t\r\n"))
		count++;
	free(text);
	return is_passwd && count == 2;
}

static unsigned
count_sent(void)
{
	unsigned lines = 0;

	for (size_t i = 0; i < other.len; i++)
		lines += other.received[i] == '\n';
	return lines;
}

/* Several commands are all done, or the status says that one was not. */
static void
check_all_done(const struct streams *streams)
{
	struct span answers = other.answers, line;
	unsigned left = count_sent();

	if (strstr(streams->text[0], "passwd"))
		return;
	while (left > 0 && next_answer(&answers, &line)) {
		if (line.len > 0 && *line.at == ' ')
			continue;
		check(span_equals(line, span_of("OK")));
		left--;
	}
	check(left == 0);
}

/* The words of a command, if they were sent, with blanks between. */
static void
check_words(char *words[])
{
	size_t used = 0;

	check(count_sent() == 1u + wants_secret(words));
	for (; *words; words++) {
		size_t len = strlen(*words);

		check(used + len < other.len);
		check(!memcmp(other.received + used, *words, len));
		used += len;
		check(other.received[used] == (words[1] ? ' ' : '\n'));
		used++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	struct streams streams = {0};
	char nowhere[200] = "";
	char *words[WORDS_MAX + 1] = {NULL};
	uint8_t kind = source_byte(&source);
	int count = kind % (WORDS_MAX + 1);
	int status;

	if (size > ANSWERS_MAX)
		return 0;
	if (other.listener == 0) {
		start_other();
		open_inputs();
		restart_calls();
	}
	check_zero(dup2(inputs[kind >= 0x80], STDIN_FILENO));
	for (int i = 0; i < count; i++)
		words[i] = source_text(&source);
	streams.text[0] = source_text(&source);
	streams.len[0] = strlen(streams.text[0]);
	other.answers = (struct span){(const char *)source.at, source.left};
	status = run(&streams, words);
	check(status == 0 || streams.len[2] > 0);
	check_sent();
	if (count > 0 && other.len > 0) {
		check_words(words);
		check_answer(&streams, status);
	} else if (count == 0 && status == 0) {
		check_all_done(&streams);
	}
	if (kind & 0x40) {
		memset(nowhere, 'x', sizeof(nowhere) - 1);
		check_nobody(nowhere, words);
		check_nobody("/nonexistent/socket", words);
	}
	for (int i = 0; i < count; i++)
		free(words[i]);
	for (int i = 0; i < STREAMS; i++)
		free(streams.text[i]);
	return 0;
}
