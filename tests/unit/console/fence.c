/*
 * The fence: a child goes behind it, and tries what a server needs and what it
 * does not. What each attempt comes to is its errno, 0 when it works.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/server/fence.h"
#include "console/setting/options.h"
#include "tests/kit/scratch.h"

TestSuite(console_fence, .init = scratch_make, .fini = scratch_remove);

enum extent {
	NO_FENCE,
	FILES, /* the first half */
	ALL,
};

static struct options options;
static struct sockaddr_in listening; /* who is connected to */

static void
listen_somewhere(void)
{
	socklen_t length = sizeof(listening);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	listening.sin_family = AF_INET;
	listening.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (void *)&listening, length), 0);
	cr_assert_eq(listen(fd, 5), 0);
	cr_assert_eq(getsockname(fd, (void *)&listening, &length), 0);
}

/* Runs it behind the fence; its errno, or -1 where the kernel has none. */
static int
attempt(enum extent extent, int (*call)(void))
{
	struct fence fence = {0};
	int status;
	pid_t pid;

	options.fence = extent != NO_FENCE;
	snprintf(
	    options.accounts, sizeof(options.accounts), "%s/accounts", scratch);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		fence_files(&fence, &options);
		if (extent == ALL)
			fence_calls(&fence);
		/* Before version 4 there are no ports. */
		if (extent != NO_FENCE &&
		    (fence.landlock < 4 || (extent == ALL && !fence.seccomp)))
			_exit(255);
		errno = 0;
		_exit(call() < 0 ? errno : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static int tcp = -1; /* made before: behind the fence there is none */

static int
do_connect(void)
{
	return connect(tcp, (void *)&listening, sizeof(listening));
}

static int
do_bind(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(tcp, (void *)&any, sizeof(any));
}

static int
do_execute(void)
{
	char *argv[] = {(char *)"true", NULL};

	return execv("/bin/true", argv);
}

static int
do_write_elsewhere(void)
{
	return open("/etc/passwd", O_WRONLY | O_APPEND | O_CLOEXEC);
}

static int
do_make_elsewhere(void)
{
	int fd = open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? fd : close(fd);
}

static int
do_make_folder(void)
{
	if (mkdirat(open(scratch, O_PATH), "folder", 0700) < 0)
		return -1;
	return unlinkat(open(scratch, O_PATH), "folder", AT_REMOVEDIR);
}

/* Whoever can do this writes into code as well: no page is protected here. */
static int
do_write_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/mem", getpid());
	return open(path, O_RDWR | O_CLOEXEC);
}

static int
do_trace(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int
do_signal(void)
{
	return kill(getppid(), SIGCONT);
}

static int
do_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static int
do_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
do_tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* Types into the operator's shell; with another terminal's descriptor it would
 * be ENOTTY. */
static int
do_type(void)
{
	return ioctl(tcp, TIOCSTI, "x");
}

/* What the account file wants, with all that belongs to a compaction. */
static int
do_keep_accounts(void)
{
	char path[128], other[128];
	int fd;

	snprintf(path, sizeof(path), "%s/accounts.new", scratch);
	snprintf(other, sizeof(other), "%s/accounts", scratch);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || pwrite(fd, "text", 4, 0) != 4 ||
	    ftruncate(fd, 2) < 0 || fdatasync(fd) < 0 || close(fd) < 0 ||
	    rename(path, other) < 0)
		return -1;
	fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0 || close(fd) < 0)
		return -1;
	fd = open(other, O_RDWR | O_CLOEXEC);
	if (fd < 0 || read(fd, path, sizeof(path)) != 2 || close(fd) < 0)
		return -1;
	return unlink(other);
}

static int
do_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
do_accept(void)
{
	int fd = accept4(tcp, NULL, NULL, SOCK_CLOEXEC);

	return fd < 0 && errno == EINVAL ? 0 : -1; /* it does not listen */
}

static void
skip_without(enum extent extent)
{
	if (attempt(extent, do_keep_accounts) < 0)
		cr_skip_test("this kernel has no such fence");
}

/* `refusal` is its errno, as without the fence it is not. */
static void
is_refused(enum extent extent, int (*call)(void), int refusal, const char *what)
{
	int before = attempt(NO_FENCE, call);
	int behind = attempt(extent, call);

	cr_expect_neq(before, refusal, "%s: refused in any case", what);
	cr_expect_eq(behind, refusal, "%s: %s", what,
	    behind ? strerrordesc_np(behind) : "works");
}

static void
works(enum extent extent, int (*call)(void), const char *what)
{
	int behind = attempt(extent, call);

	cr_expect_eq(behind, 0, "%s: %s", what, strerrordesc_np(behind));
}

static void
prepare(enum extent extent)
{
	listen_somewhere();
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	skip_without(extent);
	if (geteuid() != 0)
		cr_skip_test("only root is refused nothing without a fence");
}

#define REFUSED(call, refusal) is_refused(extent, do_##call, refusal, #call)

Test(console_fence, files_and_ports_are_out_of_reach_by_landlock_alone)
{
	enum extent extent = FILES;

	prepare(extent);
	REFUSED(write_elsewhere, EACCES);
	REFUSED(make_elsewhere, EACCES);
	REFUSED(make_folder, EACCES);
	REFUSED(write_memory, EACCES);
	REFUSED(execute, EACCES);
	REFUSED(connect, EACCES);
	REFUSED(bind, EACCES);
	REFUSED(trace, EPERM);
}

Test(console_fence, calls_that_a_server_does_not_need_are_refused)
{
	enum extent extent = ALL;

	prepare(extent);
	REFUSED(write_elsewhere, EACCES);
	REFUSED(make_elsewhere, EACCES);
	REFUSED(make_folder, EPERM);
	REFUSED(write_memory, EACCES);
	REFUSED(execute, EPERM);
	REFUSED(connect, EPERM);
	REFUSED(bind, EPERM);
	REFUSED(trace, EPERM);
	REFUSED(signal, EPERM);
	REFUSED(packet_socket, EPERM);
	REFUSED(netlink_socket, EPERM);
	REFUSED(tcp_socket, EPERM);
	REFUSED(type, EPERM);
}

static long number; /* of the call that is made next */

static int
do_number(void)
{
	return (int)syscall(number, 0, 0, 0, 0, 0, 0);
}

Test(console_fence, what_takes_a_machine_over_is_refused)
{
	static const long numbers[] = {
	    SYS_bpf,
	    SYS_chroot,
	    SYS_clone3,
	    SYS_execveat,
	    SYS_init_module,
	    SYS_io_uring_setup,
	    SYS_kexec_load,
	    SYS_keyctl,
	    SYS_mount,
	    SYS_open_by_handle_at,
	    SYS_perf_event_open,
	    SYS_process_vm_writev,
	    SYS_setgid,
	    SYS_setresuid,
	    SYS_setuid,
	    SYS_setns,
	    SYS_unshare,
	    SYS_userfaultfd,
	};

	skip_without(ALL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		number = numbers[i];
		cr_expect_eq(
		    attempt(ALL, do_number), EPERM, "call %ld", number);
	}
}

Test(console_fence, what_a_server_needs_works)
{
	prepare(ALL);
	works(ALL, do_keep_accounts, "the account file");
	works(ALL, do_unix_socket, "a Unix socket");
	works(ALL, do_accept, "accept");
}

Test(console_fence, text_says_what_is_up_and_why_not)
{
	char text[FENCE_TEXT_BYTES];
	struct fence fence = {.wanted = true, .landlock = 7, .seccomp = 1};

	cr_expect_str_eq(fence_format(&fence, text), "landlock 7, seccomp");
	cr_expect(fence_is_up(&fence));
	fence.landlock = -EOPNOTSUPP;
	cr_expect_str_eq(fence_format(&fence, text),
	    "no landlock (Operation not supported), seccomp");
	cr_expect(fence_is_up(&fence));
	fence.seccomp = -EPERM;
	cr_expect_str_eq(fence_format(&fence, text),
	    "off: no landlock (Operation not supported), no seccomp "
	    "(Operation not permitted)");
	cr_expect_not(fence_is_up(&fence));
	fence = (struct fence){0};
	cr_expect_str_eq(fence_format(&fence, text), "off: not wanted");
	cr_expect_not(fence_is_up(&fence));
}
