/*
 * --check: looks at all that a start needs and says what it finds, a line for
 * each thing: "ok: ...", "warning: ..." or "error: ...". Nothing is changed:
 * addresses are bound and the account file is locked for a moment, and a file
 * without a name is written where the accounts are, to see how long the disk
 * takes.
 */
#ifndef CONSOLE_PREFLIGHT_H
#define CONSOLE_PREFLIGHT_H

struct options;

/* Writes the lines to standard output. 0, or -1 when there is an error among
 * them. Root has become --user's then, as a server does once it listens. Main
 * thread, before anything is started; sets no signal. */
int preflight_run(const struct options *options);

#endif
