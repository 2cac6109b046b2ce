/* The fence's first half: files, ports, signals; and how it is told of. */
#include "console/server/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "console/server/fence_priv.h"
#include "console/setting/options.h"

/* What the headers of Linux 6.1 do not have yet. */
#define TRUNCATE     (1ULL << 14) /* of files, version 3 */
#define IOCTL_DEV    (1ULL << 15) /* 5 */
#define BIND_TCP     (1ULL << 0)  /* of ports, 4 */
#define CONNECT_TCP  (1ULL << 1)  /* 4 */
#define SCOPE_UNIX   (1ULL << 0)  /* 6 */
#define SCOPE_SIGNAL (1ULL << 1)  /* 6 */

#define READ    LANDLOCK_ACCESS_FS_READ_FILE
#define READ_IN (READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE   (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)
#define MAKE    (LANDLOCK_ACCESS_FS_MAKE_REG | WRITE)
#define SOCKETS (LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define STORE   (READ_IN | MAKE | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* Of what is no folder. */
#define OF_FILES (READ | WRITE | LANDLOCK_ACCESS_FS_EXECUTE | IOCTL_DEV)

/* As the kernel has them. */
struct handled {
	uint64_t files;
	uint64_t network;
	uint64_t scope;
};

struct landlock {
	int ruleset;
	struct handled handled; /* what is not allowed from then on */
};

static int
landlock_version(void)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? -errno : version;
}

/* All that this version knows. */
static struct handled
handled_by(int version)
{
	static const unsigned file_rights[] = {0, 13, 14, 15, 15, 16};
	unsigned rights = file_rights[version < 5 ? version : 5];
	const char *notify = getenv("NOTIFY_SOCKET");
	bool abstract = notify && *notify == '@';
	struct handled handled = {.files = (1ULL << rights) - 1};

	if (version >= 4)
		handled.network = BIND_TCP | CONNECT_TCP;
	if (version >= 6)
		handled.scope = SCOPE_SIGNAL | (abstract ? 0ULL : SCOPE_UNIX);
	return handled;
}

/* What is not there, or not for us, cannot be allowed, nor used. */
static void
allow(const struct landlock *landlock, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = access & landlock->handled.files,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	struct stat st;

	if (rule.parent_fd < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	if (rule.allowed_access)
		syscall(SYS_landlock_add_rule, landlock->ruleset,
		    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* In the folder of a file, also of the one that a link leads to: the file may
 * be another one tomorrow. */
static void
allow_folder(const struct landlock *landlock, const char *file, uint64_t access)
{
	char folder[PATH_MAX], target[PATH_MAX];

	if (!*file)
		return;
	snprintf(folder, sizeof(folder), "%s", file);
	allow(landlock, dirname(folder), access);
	if (realpath(file, target))
		allow(landlock, dirname(target), access);
}

static void
allow_in_home(const struct landlock *landlock, const char *name)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	if (!home || !*home)
		return;
	snprintf(path, sizeof(path), "%s/%s", home, name);
	allow(landlock, path, READ_IN);
}

/* What libraries read when they like. */
static const char *const library_places[] = {
    "/etc/localtime", "/usr/share/zoneinfo", "/etc/terminfo", "/lib/terminfo",
    "/usr/lib/terminfo", "/usr/share/terminfo", "/proc",
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    "/", /* for the lines of a report */
#endif
};

static void
allow_libraries(const struct landlock *landlock)
{
	const char *editrc = getenv("EDITRC");

	for (size_t i = 0; i < sizeof(library_places) / sizeof(*library_places);
	     i++)
		allow(landlock, library_places[i], READ_IN);
	if (editrc)
		allow(landlock, editrc, READ);
	allow_in_home(landlock, ".editrc");
	allow_in_home(landlock, ".terminfo");
	/* The log that has nowhere to go. */
	allow(landlock, "/dev/null", READ | WRITE);
}

/* A socket that is there already; an abstract one has no path. */
static void
allow_removal(const struct landlock *landlock, const struct endpoint *endpoint)
{
	const struct sockaddr_un *un = (const void *)&endpoint->address;

	if (un->sun_family == AF_UNIX && un->sun_path[0])
		allow_folder(
		    landlock, endpoint->path, LANDLOCK_ACCESS_FS_REMOVE_FILE);
}

static void
allow_all(const struct landlock *landlock, const struct options *options)
{
	allow_folder(landlock, options->accounts, STORE);
	allow_folder(landlock, options->log, MAKE);
	allow_folder(landlock, options->control, SOCKETS);
	allow_folder(landlock, options->config, READ);
	allow_folder(landlock, options->motd, READ);
	allow_folder(landlock, options->bans, READ);
	allow_folder(landlock, options->tls_cert, READ);
	allow_folder(landlock, options->tls_key, READ);
	for (unsigned i = 0; i < options->listen_count; i++)
		allow_removal(landlock, &options->listen[i]);
	allow_libraries(landlock);
}

/* 0 or -errno. */
static int
restrict_self(int version, const struct options *options)
{
	struct landlock landlock = {.handled = handled_by(version)};
	int error = 0;

	landlock.ruleset = (int)syscall(SYS_landlock_create_ruleset,
	    &landlock.handled, sizeof(landlock.handled), 0);
	if (landlock.ruleset < 0)
		return -errno;
	allow_all(&landlock, options);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, landlock.ruleset, 0) < 0)
		error = -errno;
	close(landlock.ruleset);
	return error;
}

void
fence_files(struct fence *fence, const struct options *options)
{
	int error;

	*fence = (struct fence){.wanted = options->fence};
	if (!fence->wanted)
		return;
	fence->landlock = landlock_version();
	if (fence->landlock < 0)
		return;
	error = restrict_self(fence->landlock, options);
	if (error)
		fence->landlock = error;
}

void
fence_probe(struct fence *fence, const struct options *options)
{
	*fence = (struct fence){.wanted = options->fence};
	if (!fence->wanted)
		return;
	fence->landlock = landlock_version();
	fence_probe_calls(fence);
}

bool
fence_is_up(const struct fence *fence)
{
	return fence->wanted && (fence->landlock > 0 || fence->seccomp > 0);
}

const char *
fence_format(const struct fence *fence, char text[FENCE_TEXT_BYTES])
{
	char landlock[80], seccomp[80];

	if (!fence->wanted) {
		snprintf(text, FENCE_TEXT_BYTES, "off: not wanted");
		return text;
	}
	if (fence->landlock > 0)
		snprintf(
		    landlock, sizeof(landlock), "landlock %d", fence->landlock);
	else
		snprintf(landlock, sizeof(landlock), "no landlock (%s)",
		    strerrordesc_np(-fence->landlock));
	if (fence->seccomp > 0)
		snprintf(seccomp, sizeof(seccomp), "seccomp");
	else
		snprintf(seccomp, sizeof(seccomp), "no seccomp (%s)",
		    strerrordesc_np(-fence->seccomp));
	snprintf(text, FENCE_TEXT_BYTES, "%s%s, %s",
	    fence_is_up(fence) ? "" : "off: ", landlock, seccomp);
	return text;
}
