#include "bench/report/picture.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/check.h"

/*
 * Runs it on descriptors as its standard input, output and error, and without
 * what a user has made its defaults. 0, an errno when it could not be started,
 * or -1 when it failed.
 */
static int
gnuplot(const char *script, const int fds[3])
{
	const char *const argv[] = {"gnuplot", "-d", script, NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;
	int error;

	check_zero(posix_spawn_file_actions_init(&actions));
	for (int i = 0; i < 3; i++)
		check_zero(
		    posix_spawn_file_actions_adddup2(&actions, fds[i], i));
	error =
	    posix_spawnp(&pid, argv[0], &actions, NULL, (char **)argv, environ);
	check_zero(posix_spawn_file_actions_destroy(&actions));
	if (error)
		return error;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -1;
}

const char *
picture_ending(const char *path)
{
	static const char *const endings[] = {"svg", "png"};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
		if (!strcmp(dot + 1, endings[i]))
			return endings[i];
	return NULL;
}

/* Where the picture is drawn before it gets its name. False: too long. */
static bool
part_path(char part[PATH_MAX], const char *path)
{
	return snprintf(part, PATH_MAX, "%s.part", path) < PATH_MAX;
}

/* 0, or the errno of making a file there; it is made and removed, as nothing
 * else tells for sure. */
static int
try_place(const char *path)
{
	char part[PATH_MAX];
	struct stat found;
	int fd;

	if (!part_path(part, path))
		return ENAMETOOLONG;
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return EISDIR;
	fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return errno;
	close(fd);
	return unlink(part) < 0 ? errno : 0;
}

/* Is it there, and does it know this kind of picture? */
static int
try_gnuplot(const char *ending)
{
	const char *script = strcmp(ending, "png") ? "-eset terminal svg"
						   : "-eset terminal pngcairo";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[3] = {null, null, null};
	int error;

	if (null < 0)
		return errno;
	error = gnuplot(script, fds);
	close(null);
	return error;
}

const char *
picture_check(const char *path)
{
	const char *ending = picture_ending(path);
	int error;

	if (!ending)
		return "its name must end in .svg or .png";
	error = try_place(path);
	if (error)
		return strerror(error);
	error = try_gnuplot(ending);
	if (error == ENOENT)
		return "there is no gnuplot to draw it (Debian: gnuplot-nox)";
	if (error > 0)
		return strerror(error);
	return error ? "this gnuplot cannot draw such a picture" : NULL;
}

/* The script as a file, to be read from its start; -1 with errno. */
static int
script_file(const char *script, size_t len)
{
	int fd = memfd_create("picture", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, script, len) == (ssize_t)len &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Draws into a new file; 0, an errno, or -1 when gnuplot has said why. */
static int
draw(const char *path, const char *script, size_t len)
{
	int fds[3] = {script_file(script, len), -1, STDERR_FILENO};
	int error;

	if (fds[0] < 0)
		return errno;
	fds[1] = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	error = fds[1] < 0 ? errno : gnuplot("-", fds);
	close(fds[0]);
	if (fds[1] >= 0 && close(fds[1]) < 0 && error == 0)
		error = errno;
	return error;
}

int
picture_draw(const char *path, const char *script, size_t len)
{
	char part[PATH_MAX];
	int error;

	/* It has been checked before. */
	check(part_path(part, path));
	error = draw(part, script, len);
	if (error == 0 && rename(part, path) < 0)
		error = errno;
	if (error == 0)
		return 0;
	unlink(part);
	warnx("--plot %s: %s", path,
	    error > 0 ? strerror(error) : "gnuplot has failed");
	return -1;
}
