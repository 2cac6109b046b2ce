/* Whom the process is; what cannot be undone happens in a child. */
#include <criterion/criterion.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console/server/user.h"
#include "tests/kit/scratch.h"

static struct options options;
static char error[OPTIONS_ERROR_BYTES];

static const struct passwd *
need_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody)
		cr_skip_test("only root can become nobody");
	strcpy(options.user, "nobody");
	return nobody;
}

/* Runs it as nobody. */
static void
as_nobody(void (*story)(void))
{
	const struct passwd *nobody = need_nobody();
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) <
			0 ||
		    setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) <
			0)
			_exit(1);
		story();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "%s", strsignal(WTERMSIG(status)));
}

/* For stories: a failed one ends its child. */
static void
must(bool holds)
{
	if (!holds)
		_exit(2);
}

Test(console_user, without_a_wish_nothing_changes)
{
	struct user user;

	cr_assert_eq(user_find(&user, &options, error), 0);
	cr_expect_not(user.changes);
	cr_expect_eq(user_become(&user, error), 0);
	cr_expect_eq(user_is_root_unasked(&options), geteuid() == 0);
}

Test(console_user, names_that_there_are_not_are_told)
{
	struct user user;

	strcpy(options.user, "no-such-user");
	cr_assert_eq(user_find(&user, &options, error), -1);
	cr_expect_str_eq(error, "--user: there is no user no-such-user");
	strcpy(options.user, "root");
	strcpy(options.group, "no-such-group");
	cr_assert_eq(user_find(&user, &options, error), -1);
	cr_expect_str_eq(error, "--user: there is no group no-such-group");
}

static void
find_others(void)
{
	struct user user;

	must(user_find(&user, &options, error) == 0);
	must(!user.changes);
	strcpy(options.user, "root");
	must(user_find(&user, &options, error) == -1);
	must(
	    !strcmp(error, "--user: this is not root, and cannot become root"));
	must(!user_is_root_unasked(&options));
}

Test(console_user, who_is_not_root_can_be_himself_alone)
{
	as_nobody(find_others);
}

Test(console_user, root_finds_no_way_back)
{
	const struct passwd *nobody = need_nobody();
	struct user user;
	int status;
	pid_t pid;

	cr_assert_eq(user_find(&user, &options, error), 0);
	cr_expect(user.changes);
	cr_expect_eq(user.uid, nobody->pw_uid);
	cr_expect_eq(user.gid, nobody->pw_gid);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		must(user_become(&user, error) == 0);
		must(geteuid() == user.uid && getegid() == user.gid);
		must(setuid(0) < 0 && seteuid(0) < 0 && setgid(0) < 0);
		must(access("/root", R_OK) < 0);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
}

static void
become_somebody(void)
{
	struct user user = {.changes = true, .name = "nobody"};

	must(user_become(&user, error) == -1);
	must(!strcmp(
	    error, "--user: cannot become nobody: Operation not permitted"));
}

Test(console_user, change_that_is_refused_is_told)
{
	as_nobody(become_somebody);
}

Test(console_user, folders_that_are_made_are_the_users_and_others_stay,
    .init = scratch_make, .fini = scratch_remove)
{
	static const char *const made[] = {"/a", "/a/b"};
	const struct passwd *nobody = need_nobody();
	struct user user;
	char path[128];
	struct stat st;

	cr_assert_eq(user_find(&user, &options, error), 0);
	snprintf(path, sizeof(path), "%s/a/b/accounts", scratch);
	user_make_folders(&user, path);
	for (int i = 1; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s%s", scratch, made[i]);
		cr_assert_eq(stat(path, &st), 0);
		cr_expect_eq(st.st_uid, nobody->pw_uid);
		cr_expect_eq(st.st_gid, nobody->pw_gid);
		cr_expect_eq(st.st_mode & 07777, 0700u);
		rmdir(path);
	}
	cr_assert_eq(stat(scratch, &st), 0);
	cr_expect_eq(st.st_uid, 0u);
}
