/* Handlers of the console's commands, one for each row of admin.def. */
#ifndef CONSOLE_ADMIN_H
#define CONSOLE_ADMIN_H

#include "reactor/mailbox.h"

struct console;
struct errand;

#define ADMIN_ARGUMENTS_MAX 2

/* `arguments` are terminated and valid for the call; NULL where not given. */
typedef void
admin_handler(struct console *console, char *arguments[ADMIN_ARGUMENTS_MAX]);

#define ADMIN(name, ...) admin_handler admin_##name;
#include "console/admin.def"
#undef ADMIN

struct admin_row {
	const char *name;
	admin_handler *handle;
	int min;
	int max;
	const char *usage;
	const char *help;
};

/* What two of the files with handlers need: an errand that is counted, and
 * what says how many were kicked. */
struct errand *
console_errand_new(struct console *console, envelope_handler *handle);
void console_kick_is_back(struct envelope *envelope, void *owner);

/* The row of this name, or NULL. */
const struct admin_row *admin_find(const char *name);

#endif
