/*
 * Commands of the operator's, whoever gives them: the console, or a peer of the
 * control socket. A command line is cut, looked up in admin.def, checked and
 * done; some go round the reactors or to a worker first, and the next command
 * of the same giver waits for that. The main thread only.
 */
#ifndef CONSOLE_ADMIN_ADMIN_H
#define CONSOLE_ADMIN_ADMIN_H

#include <stdbool.h>

#include "proto/errand.h"
#include "proto/store_job.h"

struct admin;
struct supervisor;

#define ADMIN_ARGUMENTS_MAX 2
#define ADMIN_LINE_BYTES    (LINE_BYTES_MAX + 64)
#define ADMIN_WHO_BYTES     64

/* What is wrong with a line that is no text. */
#define ADMIN_BAD_LINE "a line is UTF-8 without control characters"

/* Columns of admin.def, which see. */
enum admin_flag {
	ADMIN_ACT = 1,
	ADMIN_PAGED = 2,
	ADMIN_JSON = 4,
	ADMIN_SECRET = 8,
	ADMIN_ASKS = 16,
};

enum admin_completes {
	COMPLETE_NOTHING,
	COMPLETE_COMMAND,
	COMPLETE_NAME,
	COMPLETE_BANNED,
	COMPLETE_MUTED,
	COMPLETE_LEVEL,
};

/* `arguments` are terminated and valid for the call; NULL where not given. */
typedef void
admin_handler(struct admin *admin, char *arguments[ADMIN_ARGUMENTS_MAX]);

#define ADMIN(name, ...) admin_handler admin_##name;
#include "console/admin/admin.def"
#undef ADMIN

struct admin_row {
	const char *name;
	admin_handler *handle; /* NULL behind the last row */
	int min;
	int max;
	unsigned flags;
	enum admin_completes completes;
	const char *usage;
	const char *help;
};

/* How its giver hears of a command. Lines are without their newline. */
struct admin_ops {
	void (*say)(struct admin *admin, const char *line);
	void (*fail)(struct admin *admin, const char *line); /* once at most */
	void (*done)(struct admin *admin); /* the next may come */
	bool waits_for_end; /* `exit` is done when the server has stopped */
	bool sees_log;      /* its terminal is the log's, if that goes to one */
};

/* One who gives commands; part of a console or a control peer. */
struct admin {
	const struct admin_ops *ops;
	struct supervisor *supervisor;
	char who[ADMIN_WHO_BYTES]; /* for the log */
	/* Of the present command: */
	const struct admin_row *row; /* NULL when there is none */
	unsigned errands;            /* under way */
	bool failed;
	bool as_json;
	bool wants_secret;              /* the next line is for admin_secret */
	char command[ADMIN_LINE_BYTES]; /* as given, for the log */
	char line[ADMIN_LINE_BYTES];    /* cut into arguments */
	char *arguments[ADMIN_ARGUMENTS_MAX];
};

/* Nothing runs yet; `ops` and the supervisor are borrowed. */
void admin_init(struct admin *admin, const struct admin_ops *ops,
    struct supervisor *supervisor);

/* The rows of admin.def, and the one of this name, or NULL. */
extern const struct admin_row admin_rows[];
const struct admin_row *admin_find(const char *name);

/* Is a command under way? Then none may be given. */
bool admin_is_busy(const struct admin *admin);

/* Runs a line, which is shorter than ADMIN_LINE_BYTES; an empty one is done at
 * once. `done` comes before it returns, or later. */
void admin_run(struct admin *admin, const char *line);

/* Instead of a command that cannot be run: it fails, for this reason. */
void admin_refuse(struct admin *admin, const char *why);

/* The line that a SECRET command has waited for; NULL: it is not done. */
void admin_secret(struct admin *admin, const char *line);

/* For handlers: a line of the answer, or why there is none; printf-like. Only
 * the first failure of a command is told. */
void admin_say(struct admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void admin_fail(struct admin *admin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For handlers that answer later: one errand more, and one that has ended. */
void admin_errand_begun(struct admin *admin);
void admin_errand_ended(struct admin *admin);

/* An errand that is counted so, and whose context is the admin. */
struct errand *admin_errand_new(
    struct admin *admin, enum errand_work work, envelope_handler *handle);
void admin_errand_start(struct admin *admin, struct errand *errand);

/* The same for a worker's job; it is freed, and told, when it cannot be. */
struct store_job *admin_job_new(
    struct admin *admin, enum store_work work, envelope_handler *handle);
void admin_job_submit(struct admin *admin, struct store_job *job);

/* Ends an errand of kicking: says how many there were, and frees it. */
void admin_kick_is_back(struct envelope *envelope, void *owner);

#endif
