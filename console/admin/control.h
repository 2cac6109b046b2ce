/*
 * The control socket: the operator's commands from a program or another
 * terminal, for a server that has no console at hand (--control PATH). A Unix
 * stream socket with mode 0600, whose peers have to be root or this process's
 * user (SO_PEERCRED, unix(7)).
 *
 * A peer sends command lines. The answer to each is its lines with a space
 * before each, then `OK` or `ERR why`. After `passwd NAME` the next line is the
 * password. Answers come in order; at the end of its input they are finished.
 *
 * The main thread only. A peer that does not read is waited for with memory, up
 * to CONTROL_OUT_BYTES_MAX, then cut.
 */
#ifndef CONSOLE_ADMIN_CONTROL_H
#define CONSOLE_ADMIN_CONTROL_H

#include "console/server/loop.h"
#include "reactor/address.h"
#include "reactor/listen.h"

struct supervisor;

#define CONTROL_PEERS_MAX     16
#define CONTROL_OUT_BYTES_MAX (256 * 1024 * 1024) /* a million accounts */

struct control {
	struct supervisor *supervisor; /* borrowed; NULL: not open */
	struct endpoint endpoint;      /* unix: */
	int fd;
	struct watch watch;
	struct timer retry; /* to accept again */
	struct list peers;
	unsigned peer_count;
};

/* Opens the socket. One left by a dead server is replaced, one in use is not.
 * 0, or -1 with a line in `error` and nothing left behind. */
int control_open(struct control *control, struct supervisor *supervisor,
    const char *path, char error[LISTEN_ERROR_BYTES]);

/* Answers whoever waits for the server's end, and ends, a second later at most;
 * nothing happens when it is not open. The server has stopped and no errand is
 * under way. */
void control_close(struct control *control);

#endif
