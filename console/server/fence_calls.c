/* The fence's second half: system calls. */
#include "console/server/fence_priv.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "console/server/fence.h"

/* What the server, and the libraries it is built with, call while it runs and
 * when it stops. */
static const int allowed[] = {
    /* descriptors */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    /* files: Landlock knows which */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(fchmod),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    /* connections that are there, and those that come */
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    /* time, and chance */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    /* threads: the last may have begun just now */
    SCMP_SYS(futex),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(setpriority),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* who and where we are */
    SCMP_SYS(getpgid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    /* What the sanitizers look for leaks and races with, at the end: a process
     * that stops our threads and reads their stacks. */
    SCMP_SYS(clone),
    SCMP_SYS(getdents),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(prctl),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(ptrace),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(wait4),
#endif
};

/* Allowed if (argument & mask) == value; all 64 bits of it. */
static const struct {
	int call;
	unsigned argument;
	scmp_datum_t mask, value;
} limited[] = {
    {SCMP_SYS(socket), 0, (scmp_datum_t)-1, AF_UNIX},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(prctl), 0, (scmp_datum_t)-1, PR_SET_NAME},
    /* Limits are asked for, and not set. */
    {SCMP_SYS(prlimit64), 2, (scmp_datum_t)-1, 0},
    /* The terminal: not TIOCSTI, which types into the operator's shell. */
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TCGETS},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TCSETS},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TCSETSW},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TCSETSF},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TIOCGWINSZ},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, TIOCGPGRP},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, FIONREAD},
    {SCMP_SYS(ioctl), 1, (scmp_datum_t)-1, FIONBIO},
};

static int
allow_masked(scmp_filter_ctx filter, int call, unsigned argument,
    scmp_datum_t mask, scmp_datum_t value)
{
	struct scmp_arg_cmp compare = {.arg = argument,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = mask,
	    .datum_b = value};

	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ALLOW, call, 1, &compare);
}

static int
fill(scmp_filter_ctx filter)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	/* The kernel's own errors. */
	if (!error)
		error = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && !error;
	     i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < sizeof(limited) / sizeof(*limited) && !error;
	     i++)
		error = allow_masked(filter, limited[i].call,
		    limited[i].argument, limited[i].mask, limited[i].value);
	/* abort() */
	if (!error)
		error = allow_masked(filter, SCMP_SYS(tgkill), 0,
		    (scmp_datum_t)-1, (scmp_datum_t)getpid());
	return error;
}

void
fence_calls(struct fence *fence)
{
	scmp_filter_ctx filter;

	if (!fence->wanted)
		return;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	fence->seccomp = -ENOMEM;
	if (!filter)
		return;
	fence->seccomp = fill(filter);
	if (fence->seccomp == 0)
		fence->seccomp = seccomp_load(filter);
	if (fence->seccomp == 0)
		fence->seccomp = 1;
	seccomp_release(filter);
}

void
fence_probe_calls(struct fence *fence)
{
	unsigned action = SECCOMP_RET_ERRNO;

	fence->seccomp =
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0
		? -errno
		: 1;
}
