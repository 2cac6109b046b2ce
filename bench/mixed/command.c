#include "bench/mixed/command.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/check.h"

/* After fork: waits for the other end to go. It holds nothing else, above all
 * no output, whose end tells that of the command. */
static void
guard_main(int leash_fd)
{
	char byte;

	if (dup2(leash_fd, STDIN_FILENO) < 0)
		_exit(126);
	close_range(STDIN_FILENO + 1, UINT_MAX, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	kill(0, SIGKILL);
	_exit(126);
}

/* After fork: nothing but the guard and exec follow. */
static void
command_exec(const char *line, int leash_fd, int output_fd)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t guard;

	setpgid(0, 0);
	guard = fork();
	if (guard == 0)
		guard_main(leash_fd);
	if (guard < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(output_fd, STDOUT_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

void
command_start(struct command *command, const char *line)
{
	int leash[2], output[2];

	if (pipe2(leash, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0)
		err(EXIT_FAILURE, "a pipe for a command");
	command->shell = fork();
	if (command->shell < 0)
		err(EXIT_FAILURE, "a process for a command");
	if (command->shell == 0)
		command_exec(line, leash[0], output[1]);
	setpgid(command->shell, command->shell);
	close(leash[0]);
	close(output[1]);
	command->leash_fd = leash[1];
	command->output_fd = output[0];
}

void
command_kill(const struct command *command)
{
	kill(-command->shell, SIGKILL);
}

int
command_reap(struct command *command)
{
	int status = 0;

	while (waitpid(command->shell, &status, 0) < 0)
		check(errno == EINTR);
	/* The guard at least is in the group yet: the number is its. */
	command_kill(command);
	close(command->output_fd);
	close(command->leash_fd);
	*command = (struct command){.output_fd = -1, .leash_fd = -1};
	return status;
}
