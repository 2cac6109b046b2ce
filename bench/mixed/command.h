/*
 * A command line for sh, in a process group of its own that does not outlive
 * us: a guard in it, which holds one end of a pipe, ends all of the group when
 * the other end, ours, is gone, in whatever way we end. What leaves the group
 * is not ended by that. One thread.
 */
#ifndef BENCH_MIXED_COMMAND_H
#define BENCH_MIXED_COMMAND_H

#include <sys/types.h>

struct command {
	pid_t shell;   /* the group's leader; 0: none runs */
	int output_fd; /* owned: what all of them print */
	int leash_fd;  /* owned: the guard waits for its end */
};

/* Starts it, with nothing to read. Ends the process when it cannot. */
void command_start(struct command *command, const char *line);

/* SIGKILL to all of the group. */
void command_kill(const struct command *command);

/* Waits for the shell, and ends what is left of the group. Returns the shell's
 * status, as of waitpid. */
int command_reap(struct command *command);

#endif
