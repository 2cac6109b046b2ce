/* Handlers of the console's commands, one for each row of admin.def. */
#ifndef CONSOLE_ADMIN_H
#define CONSOLE_ADMIN_H

struct console;

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

/* The row of this name, or NULL. */
const struct admin_row *admin_find(const char *name);

#endif
