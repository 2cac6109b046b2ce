/*
 * README.md is true: what its blocks of code show typed is typed, and what they
 * show printed is printed then. A failure gives its line.
 *
 * A block is terminals side by side, each a shell; one begins where its first
 * `$ ` is, right of those that began before. Time goes down; in a row all is
 * typed before anything is printed. Behind `$ ` a command is typed, behind `> `
 * one of the console; in nc, what does not look as if it came from the server.
 * `…` are lines, or a part of one, that are not shown; a number of two digits
 * and more is any, as are two blanks and more.
 *
 * A block without `$ ` is a list of commands, each with a shell to itself.
 */
#define HARNESS_WITHOUT_PLACES /* the place is a line of the document */
#include "tests/flow/documents/terminal.h"
#include "tests/kit/document.h"
#include "tests/kit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAND_INS "tests/flow/documents/readme"

#define DOCUMENT  "README.md"
#define FENCE     "```"
#define COMMAND   "$ "
#define CONSOLE   "> "
#define OMITTED   "…"
#define PASSWORD  "Password: "
#define LOCALHOST "127.0.0.1"

enum {
	PANES_MAX = 4,
	TEXT_BYTES = 512
};

/* A terminal, and its part of the block. */
struct pane {
	struct terminal terminal;
	size_t column; /* of a row, where its text begins, in characters */
	bool talks;    /* with the server: its program prints what comes */
	int last;      /* the document's line behind which nothing is typed */
};

static struct document document;
static struct pane panes[PANES_MAX];
static int pane_count;
static char folder[64];
/* Loopback's, of this test alone: the port in the document is free there. */
static char address[32];

static bool
begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* All that a block has left; also after a failure. */
static void
readme_fini(void)
{
	char command[128];

	for (int i = 0; i < pane_count; i++)
		terminal_kill(&panes[i].terminal);
	if (!*folder)
		return;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_expect_eq(system(command), 0);
}

/* The absolute path of a program that is tested. */
static void
put_program(const char *variable, const char *usual)
{
	const char *given = getenv(variable);
	char *path = realpath(given ? given : usual, NULL);

	cr_assert_not_null(path, "%s", variable);
	setenv(variable, path, 1);
	free(path);
}

/* What the shells, and the programs in them, find. */
static void
put_environment(const char *engine)
{
	unsigned pid = (unsigned)getpid();
	char *top = realpath(".", NULL);
	char path[4096];

	snprintf(address, sizeof(address), "127.%u.%u.%u",
	    64 + (pid >> 16 & 63), pid >> 8 & 255, pid & 255);
	snprintf(
	    path, sizeof(path), "%s/%s:%s", top, STAND_INS, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("README_ADDRESS", address, 1);
	setenv("README_ENGINE", engine, 1);
	put_program("THRONG_BIN", "build/throng");
	put_program("THRONG_BENCH", "build/throng-bench");
	setenv("HOME", folder, 1);
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	free(top);
}

/* A copy of the tree, and accounts, of this test alone. */
static void
readme_init(const char *engine)
{
	char command[128];

	/* Skips the test where the engine is refused. */
	server_process_stop(server_process_start(engine, NULL));
	strcpy(folder, "/tmp/throng-readme-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	harness_at_fini(readme_fini);
	snprintf(command, sizeof(command), "%s/tree %s", STAND_INS, folder);
	cr_assert_eq(system(command), 0);
	put_environment(engine);
}

static struct pane *
pane_start(size_t column)
{
	struct pane *pane = &panes[pane_count];

	cr_assert_lt(pane_count, PANES_MAX);
	cr_assert(pane_count == 0 || pane[-1].column < column);
	terminal_start(&pane->terminal, folder, ++pane_count);
	pane->column = column;
	pane->talks = false;
	return pane;
}

/* A line of the document, for the server at this test's address. */
static void
pane_type(struct pane *pane, const char *text)
{
	char line[2 * TEXT_BYTES];
	char *end = line;
	const char *at;

	while ((at = strstr(text, LOCALHOST)) != NULL) {
		end = stpcpy(mempcpy(end, text, (size_t)(at - text)), address);
		text = at + strlen(LOCALHOST);
	}
	strcpy(end, text);
	terminal_type(&pane->terminal, line);
}

/* What fnmatch takes for a line of the document. */
static void
make_pattern(const char *text, char pattern[16 * TEXT_BYTES])
{
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		size_t blanks = strspn(text, " ");

		if (begins(text, LOCALHOST)) {
			pattern = stpcpy(pattern, "127.+([0-9.])");
			text += strlen(LOCALHOST);
		} else if (begins(text, OMITTED)) {
			pattern = stpcpy(pattern, "*");
			text += strlen(OMITTED);
		} else if (digits > 1 || blanks > 1) {
			pattern =
			    stpcpy(pattern, digits > 1 ? "+([0-9])" : "+( )");
			text += digits > 1 ? digits : blanks;
		} else {
			if (strchr("*?[]\\+@!()|", *text))
				*pattern++ = '\\';
			*pattern++ = *text++;
		}
	}
	*pattern = '\0';
}

static void
pane_see(struct pane *pane, const char *text)
{
	char pattern[16 * TEXT_BYTES];

	make_pattern(text, pattern);
	terminal_see(&pane->terminal, pattern, text);
}

static void
panes_end(void)
{
	for (int i = 0; i < pane_count; i++)
		terminal_await_end(&panes[i].terminal);
	pane_count = 0;
}

/* The row from a column on; NULL: it is shorter. */
static const char *
row_from(const char *row, size_t column)
{
	while (column > 0 && *row) {
		row++;
		column -= (*row & 0xc0) != 0x80;
	}
	return *row ? row : NULL;
}

/* May a terminal's text begin there, and not within that of the one before? */
static bool
is_cell(const char *row, const char *at)
{
	return at == row || (at - row >= 2 && begins(at - 2, "  "));
}

/* Where in the row the terminal's text begins; NULL: it has none there. */
static const char *
row_find(const char *row, const struct pane *pane)
{
	const char *at = row_from(row, pane->column);

	return at && *at != ' ' && is_cell(row, at) ? at : NULL;
}

/* The terminal's part of a row; empty where it has none. */
static void
row_cut(const char *row, int index, char text[TEXT_BYTES])
{
	const char *at = row_find(row, &panes[index]);
	const char *end = NULL;

	*text = '\0';
	if (!at)
		return;
	for (int i = index + 1; i < pane_count && !end; i++)
		end = row_find(row, &panes[i]);
	if (!end)
		end = row + strlen(row);
	while (end > at && end[-1] == ' ')
		end--;
	cr_assert_lt(end - at, TEXT_BYTES);
	snprintf(text, TEXT_BYTES, "%.*s", (int)(end - at), at);
}

/* Does a client's program have this from the server? */
static bool
is_from_server(const char *text)
{
	static const char *const marks[] = {
	    "OK ", "ERR ", "- ", "[", "#", "*** ", "Echo: ", "{"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (begins(text, marks[i]))
			return true;
	return false;
}

/* Types what is typed in the row; false: it is not. */
static bool
play_typed(struct pane *pane, const char *text)
{
	if (begins(text, COMMAND)) {
		text += strlen(COMMAND);
		pane->talks = begins(text, "nc ") || begins(text, "telnet ") ||
			      begins(text, "openssl s_client");
	} else if (begins(text, CONSOLE)) {
		text += strlen(CONSOLE);
	} else if (!pane->talks || is_from_server(text)) {
		return false;
	} else if (begins(text, PASSWORD)) {
		terminal_see_bytes(&pane->terminal, PASSWORD);
		text += strlen(PASSWORD);
	}
	pane_type(pane, text);
	return true;
}

static void
play_row(const char *row)
{
	char text[PANES_MAX][TEXT_BYTES];

	for (int i = 0; i < pane_count; i++) {
		row_cut(row, i, text[i]);
		if (!strcmp(text[i], OMITTED))
			panes[i].terminal.omitted = true;
		else if (!*text[i] || !play_typed(&panes[i], text[i]))
			continue;
		*text[i] = '\0';
	}
	for (int i = 0; i < pane_count; i++)
		if (*text[i])
			pane_see(&panes[i], text[i]);
}

/* Starts a terminal for each column that a row begins. */
static void
find_panes(const char *row)
{
	size_t column = 0;

	for (const char *at = row; *at; at++) {
		bool known = false;

		column += at > row && (*at & 0xc0) != 0x80;
		if (!begins(at, COMMAND) || !is_cell(row, at))
			continue;
		for (int i = 0; i < pane_count; i++)
			known |= panes[i].column == column;
		if (!known)
			pane_start(column);
	}
}

/* A command of a list; a server that it starts is told to end. */
static void
play_command(const char *command)
{
	struct pane *pane = pane_start(0);

	pane->terminal.omitted = true;
	pane_type(pane, command);
	pane_type(pane, "exit");
	terminal_end_input(&pane->terminal);
	panes_end();
}

/* Finds the panes of the block that begins behind its opening, and what each
 * has last; returns the block's last line. */
static int
find_end(int opening)
{
	int end = opening;

	while (++end <= document.line_count &&
	       strcmp(document.lines[end], FENCE) != 0)
		find_panes(document.lines[end]);
	if (end > document.line_count)
		harness_fail("the block has no end");
	for (int i = opening + 1; i < end; i++)
		for (int pane = 0; pane < pane_count; pane++)
			if (row_find(document.lines[i], &panes[pane]))
				panes[pane].last = i;
	return end;
}

/* Plays a block; returns its last line. */
static int
play(int opening)
{
	int end = find_end(opening);
	bool is_list = pane_count == 0;

	for (int i = opening + 1; i < end; i++) {
		harness_at(DOCUMENT, i);
		if (is_list) {
			play_command(document.lines[i]);
			continue;
		}
		play_row(document.lines[i]);
		/* nc would wait for more when the server has closed. */
		for (int pane = 0; pane < pane_count; pane++)
			if (panes[pane].last == i)
				terminal_end_input(&panes[pane].terminal);
	}
	panes_end();
	return end;
}

FLOW_TEST(readme_shows_what_its_commands_do)
{
	readme_init(engine);
	document_read(&document, DOCUMENT);
	document_cut(&document);
	for (int i = 1; i <= document.line_count; i++) {
		harness_at(DOCUMENT, i);
		if (begins(document.lines[i], FENCE))
			i = play(i);
		else if (begins(document.lines[i], "    "))
			harness_fail("a block of code has to be fenced");
	}
	document_free(&document);
}

static size_t
word_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/* Is the word that begins there in the text, behind `before`? */
static bool
has_word(const char *text, const char *before, const char *word)
{
	size_t len = word_length(word);

	while ((text = strstr(text, before)) != NULL) {
		text += strlen(before);
		if (word_length(text) == len && !strncmp(text, word, len))
			return true;
	}
	return false;
}

Test(flow_document, readme_names_options_that_are_there, .fini = harness_fini)
{
	struct document server = {0}, bench = {0};
	const char *at;

	harness_at(DOCUMENT, 1);
	document_read(&document, DOCUMENT);
	document_read(&server, "console/throng.8");
	document_read(&bench, "bench/throng-bench.1");
	for (at = document.text; (at = strstr(at, "--")) != NULL;) {
		at += strspn(at, "-");
		if (word_length(at) > 0 && !has_word(server.text, "Fl -", at) &&
		    !has_word(bench.text, "Fl -", at))
			harness_fail("no manual has --%.16s", at);
	}
	document_free(&document);
	document_free(&server);
	document_free(&bench);
}
