/*
 * The fence: what a server that runs does not need of the kernel is given up,
 * so that whoever gets into it by a mistake of ours gets not much further
 * (--fence). Where the kernel, or a container, has no such thing, the server
 * runs without, and says so.
 *
 * Landlock (landlock(7)), before the first other thread, since a thread has it
 * from the one that has made it:
 *   - files are written in the folders of the account file and the log only;
 *     sockets are made and removed where --control and --listen have them
 *   - files are read there, in the folders of the configuration file, the
 *     greeting, the bans, the certificate and its key, and where time zones,
 *     terminals and /proc are
 *   - nothing is executed, no device is commanded that was not open before
 *   - no TCP connection is made, no port is bound
 *   - no signal goes out, and nothing to abstract Unix sockets, unless the
 *     service manager has one
 *
 * seccomp (seccomp(2)), for all threads at once, when the server has started:
 * a list of the system calls that it makes; all others fail with EPERM. So
 * there is no execve, no process or thread to come, no connect, bind or listen,
 * no socket but a Unix one (to tell the service manager), no memory that can be
 * written and then run. EPERM, and not the end of the process: a library that
 * takes to another call with its next update then fails in that one call, which
 * its caller can tell, and not for everyone who is connected; and an intruder
 * has no more from the one than from the other.
 *
 * What goes through an io_uring is not seen by seccomp. Landlock does see it,
 * as far as it goes: files, TCP connections and ports. Rings are not restricted
 * any further.
 */
#ifndef CONSOLE_SERVER_FENCE_H
#define CONSOLE_SERVER_FENCE_H

#include <stdbool.h>

struct options;

#define FENCE_TEXT_BYTES 200

/* How far it is up. */
struct fence {
	bool wanted;
	int landlock; /* its version, or -errno */
	int seccomp;  /* 1, or -errno */
};

/* The first half. Folders that are not there cannot be used later, either. The
 * main thread, while it is the only one. */
void fence_files(struct fence *fence, const struct options *options);

/* The second half. The main thread. */
void fence_calls(struct fence *fence);

/* What there would be; nothing is changed. Any thread. */
void fence_probe(struct fence *fence, const struct options *options);

/* In words: "landlock 7, seccomp", or "off: " and why. Returns `text`. */
const char *
fence_format(const struct fence *fence, char text[FENCE_TEXT_BYTES]);

/* Is it up, or half of it? */
bool fence_is_up(const struct fence *fence);

#endif
