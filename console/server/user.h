/*
 * Whom the process is: root gives itself up here, once what only root can do is
 * done (--user). Before the first other thread; the main thread only.
 */
#ifndef CONSOLE_SERVER_USER_H
#define CONSOLE_SERVER_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "console/setting/options.h"

struct user {
	bool changes; /* there is somebody to become */
	uid_t uid;
	gid_t gid;
	char name[sizeof(((struct options *)0)->user)];
};

/*
 * Looks up whom --user names; nothing is done yet. 0, or -1 with a line in
 * `error`: there is no such user or group, or this is not root and somebody
 * else. Without --user, and where this is that user, nothing changes.
 */
int user_find(struct user *user, const struct options *options,
    char error[OPTIONS_ERROR_BYTES]);

/* Makes the folder of a file, as mkdir -p does; what it makes has mode 0700 and
 * is the user's. What can't be made is told when the file is opened. */
void user_make_folders(const struct user *user, const char *path);

/* A path that root has just made becomes the user's; no link is followed. */
void user_give(const struct user *user, const char *path);

/*
 * Becomes the user, with the groups that it has and no capability, and sees to
 * it that there is no way back. 0, or -1 with a line in `error`: then this may
 * be anybody, and must not go on.
 */
int user_become(const struct user *user, char error[OPTIONS_ERROR_BYTES]);

/* Is this root, without having been asked to by --user? */
bool user_is_root_unasked(const struct options *options);

#endif
