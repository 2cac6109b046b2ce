/*
 * What the operator has changed in --config, --motd and --bans, put into force
 * while the server runs. The main thread only.
 */
#ifndef CONSOLE_ADMIN_RELOAD_H
#define CONSOLE_ADMIN_RELOAD_H

struct admin;
struct supervisor;

/*
 * Reads the files again, opens the log again, and puts into force what has
 * changed; all of it, or on any error nothing. Says what it took, and what
 * wants a restart, to `admin`, or on the console when that is NULL.
 */
void reload_start(struct supervisor *supervisor, struct admin *admin);

#endif
