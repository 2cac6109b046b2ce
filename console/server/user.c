/* Root, and how to be it no more. */
#include "console/server/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fail(char *error, const char *what, const char *name)
{
	snprintf(error, OPTIONS_ERROR_BYTES, "--user: %s %s", what, name);
	return -1;
}

/* Does this process have the user's rights, and none else's? */
static bool
is_user(const struct user *user)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != user->uid || gid[i] != user->gid)
			return false;
	return true;
}

int
user_find(struct user *user, const struct options *options,
    char error[OPTIONS_ERROR_BYTES])
{
	const struct passwd *found;
	const struct group *group;

	*user = (struct user){0};
	if (!options->user[0])
		return 0;
	found = getpwnam(options->user);
	if (!found)
		return fail(error, "there is no user", options->user);
	user->uid = found->pw_uid;
	user->gid = found->pw_gid;
	strcpy(user->name, options->user);
	if (options->group[0]) {
		group = getgrnam(options->group);
		if (!group)
			return fail(error, "there is no group", options->group);
		user->gid = group->gr_gid;
	}
	if (is_user(user))
		return 0;
	if (geteuid() != 0)
		return fail(error, "this is not root, and cannot become",
		    options->user);
	user->changes = true;
	return 0;
}

void
user_make_folders(const struct user *user, const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(folder, 0700) == 0)
			user_give(user, folder);
		*at = '/';
	}
}

void
user_give(const struct user *user, const char *path)
{
	/* If it fails, the user will be told so, for it is in his way. */
	if (user->changes && lchown(path, user->uid, user->gid) < 0)
		return;
}

/* -1 with errno. */
static int
change(const struct user *user)
{
	/* The user last: whoever is not root cannot change the groups. */
	if (initgroups(user->name, user->gid) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -1;
	if (is_user(user) && (user->uid == 0 || setuid(0) < 0))
		return 0;
	errno = EPERM;
	return -1;
}

int
user_become(const struct user *user, char error[OPTIONS_ERROR_BYTES])
{
	if (!user->changes || change(user) == 0)
		return 0;
	snprintf(error, OPTIONS_ERROR_BYTES, "--user: cannot become %s: %s",
	    user->name, strerrordesc_np(errno));
	return -1;
}

bool
user_is_root_unasked(const struct options *options)
{
	return geteuid() == 0 && !options->user[0];
}
