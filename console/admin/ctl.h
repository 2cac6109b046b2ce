/*
 * The other end of the control socket (control.h): one command for a running
 * server from a shell, or several from standard input. The main thread.
 */
#ifndef CONSOLE_ADMIN_CTL_H
#define CONSOLE_ADMIN_CTL_H

/*
 * Gives the command that `words` make, NULL-terminated, to the server whose
 * control socket is `path`, and prints its answer; with no words, each line of
 * standard input. A password that the command wants is asked for on the
 * terminal, unseen, or is the next line of standard input. The exit status: 0
 * when all was done, 1 when something was not, with a line on standard error.
 */
int ctl_run(const char *path, char *words[]);

#endif
