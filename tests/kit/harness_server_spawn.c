#include "tests/kit/harness_server_spawn.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/kit/harness.h"

/* What the child gets as standard input; -1 when it gets none. */
static int
server_make_input(struct server_process *server)
{
	const struct server_setup *setup = &server->setup;
	char path[96];
	int ends[2] = {-1, -1};

	server->input = -1;
	switch (setup->input) {
	case HARNESS_INPUT_PIPE:
		cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
		server->input = ends[1];
		return ends[0];
	case HARNESS_INPUT_NULL:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case HARNESS_INPUT_FILE:
		snprintf(path, sizeof(path), "%s/input", server->folder);
		ends[0] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		cr_assert_gt(dprintf(ends[0], "%s", setup->input_text), 0);
		cr_assert_eq(lseek(ends[0], 0, SEEK_SET), 0);
		return ends[0];
	case HARNESS_INPUT_TERMINAL:
		cr_assert_eq(
		    openpty(&server->input, &ends[0], NULL, NULL, NULL), 0);
		cr_assert_eq(fcntl(server->input, F_SETFD, FD_CLOEXEC), 0);
		return ends[0];
	case HARNESS_INPUT_CLOSED:
		break;
	}
	return -1;
}

/* As a container does: a system call fails. */
static void
server_forbid(unsigned call, int error)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(124);
}

/* Sockets as of sd_listen_fds(3): descriptors from 3 on, for this process. */
static void
server_pass_sockets(const struct server_setup *setup)
{
	int high[2];
	char pid[16], count[16];

	for (int i = 0; i < setup->passed_count; i++)
		high[i] = fcntl(setup->passed[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < setup->passed_count; i++)
		if (dup2(high[i], 3 + i) < 0)
			_exit(123);
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(count, sizeof(count), "%d", setup->passed_count);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
}

/* After fork: nothing but exec follows. */
static void
server_exec(
    struct server_process *server, char *argv[], const int std[3], pid_t parent)
{
	const struct server_setup *setup = &server->setup;
	sigset_t none;
	/* The soft limit alone, so that a test can lift it again. */
	struct rlimit limit = {setup->file_bytes_max, RLIM_INFINITY};
	struct rlimit descriptors = {
	    setup->descriptors_max, setup->descriptors_max};

	/* The server must cope with SIGPIPE, and block signals, by itself. */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	if (std[0] < 0)
		close(STDIN_FILENO);
	for (int i = 0; i < 3; i++)
		if (std[i] >= 0 && dup2(std[i], i) < 0)
			_exit(126);
	if (setup->file_bytes_max > 0)
		setrlimit(RLIMIT_FSIZE, &limit);
	if (setup->descriptors_max > 0 &&
	    setrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		_exit(122);
	if (setup->fails_with)
		server_forbid(setup->fails, setup->fails_with);
	if (setup->no_fence) {
		server_forbid(__NR_landlock_create_ruleset, EPERM);
		server_forbid(__NR_seccomp, EPERM);
	}
	if (setup->passed_count > 0)
		server_pass_sockets(setup);
	if (setup->input == HARNESS_INPUT_TERMINAL)
		setenv("TERM", "xterm", 1);
	for (int i = 0; setup->variables[i]; i++)
		putenv((char *)setup->variables[i]);
	execv(argv[0], argv);
	_exit(127);
}

void
server_spawn(struct server_process *server, char *argv[])
{
	pid_t parent = getpid();
	int output[2], std[3];

	cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
	server->errors = memfd_create("stderr", MFD_CLOEXEC);
	cr_assert_geq(server->errors, 0);
	std[0] = server_make_input(server);
	std[1] =
	    server->setup.input == HARNESS_INPUT_TERMINAL ? std[0] : output[1];
	std[2] = server->errors;
	signal(SIGPIPE, SIG_IGN);
	server->pid = fork();
	if (server->pid == 0)
		server_exec(server, argv, std, parent);
	cr_assert_gt(server->pid, 0);
	server->pidfd = pidfd_open(server->pid, 0);
	cr_assert_geq(server->pidfd, 0);
	if (std[0] >= 0)
		close(std[0]);
	close(output[1]);
	if (server->setup.input == HARNESS_INPUT_TERMINAL)
		cr_assert_geq(dup2(server->input, output[0]), 0);
	server->output = (struct harness_stream){.fd = output[0]};
	snprintf(server->output.label, sizeof(server->output.label),
	    "the server's console");
}
