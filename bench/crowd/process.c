#include "bench/crowd/process.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/clock.h"
#include "bench/load/target.h"

#define FILE_BYTES_MAX 8192 /* of what is read whole */
#define PATH_BYTES     64
#define TCP_LISTEN     0x0a
/* What rounding may make of two readings. */
#define TICKS_BETWEEN_NS 40000000u

/* Reads a small file as a string. */
static bool
read_text(const char *path, char text[FILE_BYTES_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 0;

	if (fd < 0)
		return false;
	do {
		len += (size_t)got;
		got = read(fd, text + len, FILE_BYTES_MAX - 1 - len);
	} while (got > 0);
	close(fd);
	text[len] = '\0';
	return got == 0 && len > 0;
}

/* The inode of a listening socket in one table; 0 when there is none. */
static uint64_t
find_inode(const char *table, unsigned port)
{
	FILE *file = fopen(table, "re");
	uint64_t inode = 0;
	char line[512];

	while (file && inode == 0 && fgets(line, sizeof line, file))
		inode = process_parse_listener(line, port);
	if (file)
		fclose(file);
	return inode;
}

static bool
has_socket(const char *pid, const char *link)
{
	char path[PATH_BYTES], name[PATH_BYTES];
	struct dirent *entry;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
	fds = opendir(path);
	while (fds && !found && (entry = readdir(fds)) != NULL) {
		ssize_t len = readlinkat(
		    dirfd(fds), entry->d_name, name, sizeof name - 1);

		if (len <= 0)
			continue;
		name[len] = '\0';
		found = !strcmp(name, link);
	}
	if (fds)
		closedir(fds);
	return found;
}

static int
find_owner(uint64_t inode)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char link[PATH_BYTES];
	int pid = 0;

	snprintf(link, sizeof link, "socket:[%" PRIu64 "]", inode);
	while (processes && pid == 0 && (entry = readdir(processes)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    has_socket(entry->d_name, link))
			pid = (int)strtol(entry->d_name, NULL, 10);
	if (processes)
		closedir(processes);
	return pid;
}

/* A unix socket knows who has called listen(). */
static int
find_unix(const struct target *target)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ucred owner = {0};
	socklen_t len = sizeof owner;

	if (fd < 0)
		return 0;
	if (connect(fd, &target->address.any, target->length) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len) < 0)
		owner.pid = 0;
	close(fd);
	return owner.pid;
}

/* The sum over all threads that there are. */
static bool
read_tasks(int pid, uint64_t *used_ns)
{
	char path[PATH_BYTES], text[FILE_BYTES_MAX];
	struct dirent *entry;
	uint64_t one;
	DIR *tasks;

	*used_ns = 0;
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return false;
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat",
		    pid, entry->d_name);
		if (read_text(path, text) &&
		    process_parse_schedstat(text, &one))
			*used_ns += one;
	}
	closedir(tasks);
	return *used_ns > 0;
}

int
process_find(const struct target *target)
{
	static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	uint64_t inode = 0;
	unsigned port;

	if (target->address.any.sa_family == AF_UNIX)
		return find_unix(target);
	/* sockaddr_in6 has its port in the same place. */
	port = ntohs(target->address.in.sin_port);
	for (size_t i = 0; i < 2 && inode == 0; i++)
		inode = find_inode(tables[i], port);
	return inode ? find_owner(inode) : 0;
}

bool
process_read_cpu(int pid, struct process_cpu *cpu)
{
	char path[PATH_BYTES], text[FILE_BYTES_MAX];
	unsigned ticks = (unsigned)sysconf(_SC_CLK_TCK);

	if (pid == 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if (!read_text(path, text) ||
	    !process_parse_stat(text, ticks, &cpu->all_ns))
		return false;
	if (!read_tasks(pid, &cpu->tasks_ns))
		cpu->tasks_ns = 0; /* not told by this kernel */
	return true;
}

uint64_t
process_cpu_between(const struct process_cpu *a, const struct process_cpu *b)
{
	uint64_t all = b->all_ns - a->all_ns;
	uint64_t tasks;

	if (a->tasks_ns == 0 || b->tasks_ns < a->tasks_ns)
		return all;
	tasks = b->tasks_ns - a->tasks_ns;
	return all > tasks + TICKS_BETWEEN_NS ? all : tasks;
}

bool
process_read_memory(int pid, uint64_t *bytes)
{
	char path[PATH_BYTES], text[FILE_BYTES_MAX];

	if (pid == 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	if (read_text(path, text) &&
	    process_parse_kb(text, "Anonymous:", bytes))
		return true;
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	return read_text(path, text) &&
	       process_parse_kb(text, "RssAnon:", bytes);
}

bool
process_read_descriptors(int pid, uint64_t *count)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *fds;

	if (pid == 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	fds = opendir(path);
	if (!fds)
		return false;
	*count = 0;
	while ((entry = readdir(fds)) != NULL)
		*count += entry->d_name[0] != '.';
	closedir(fds);
	return true;
}

bool
process_parse_stat(const char *text, unsigned ticks_per_s, uint64_t *used_ns)
{
	/* The name, in parentheses, may hold anything; the last one ends it. */
	const char *at = strrchr(text, ')');
	uint64_t user, system;

	if (!at || sscanf(at + 1,
		       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
		       " %" SCNu64,
		       &user, &system) != 2)
		return false;
	*used_ns = (user + system) * (NS_PER_S / ticks_per_s);
	return true;
}

bool
process_parse_schedstat(const char *text, uint64_t *used_ns)
{
	return sscanf(text, "%" SCNu64 " %*u %*u", used_ns) == 1;
}

bool
process_parse_kb(const char *text, const char *key, uint64_t *bytes)
{
	size_t len = strlen(key);
	uint64_t kb;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		if (sscanf(line + len, " %" SCNu64 " kB", &kb) != 1)
			return false;
		*bytes = kb * 1024;
		return true;
	}
	return false;
}

uint64_t
process_parse_listener(const char *line, unsigned port)
{
	unsigned local, state;
	uint64_t inode;

	/* number: local:port remote:port state queues timer retries uid
	 * timeout inode */
	if (sscanf(line,
		" %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u "
		"%*d %" SCNu64,
		&local, &state, &inode) != 3)
		return 0;
	return local == port && state == TCP_LISTEN ? inode : 0;
}
