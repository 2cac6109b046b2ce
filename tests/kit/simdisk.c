#include "tests/kit/simdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "reactor/check.h"

#define FD_BASE      1000 /* never a real descriptor by mistake */
#define FD_CLOSED    (-1)
#define FD_DIRECTORY (-2)

uint64_t
simdisk_random(uint64_t *seed)
{
	uint64_t x = *seed += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void *
must(void *memory)
{
	check(memory != NULL);
	return memory;
}

static struct simdisk *
disk_of(const struct fileio *io)
{
	return (struct simdisk *)(uintptr_t)io;
}

/* True if the process is alive to make the change. */
static bool
may_change(struct simdisk *disk)
{
	if (disk->kill_in && --disk->kill_in == 0)
		disk->killed = true;
	if (disk->killed) {
		errno = EIO;
		return false;
	}
	if (disk->before)
		disk->before(disk);
	return true;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* -1 with errno when there is none. */
static int
slot_of(const struct simdir *dir, const char *path)
{
	for (int i = 0; i < SIMDISK_NAMES; i++)
		if (dir->files[i] >= 0 &&
		    strcmp(dir->names[i], base_name(path)) == 0)
			return i;
	errno = ENOENT;
	return -1;
}

static void
set_name(struct simdir *dir, const char *path, int file)
{
	int i = slot_of(dir, path);

	if (i < 0)
		for (i = 0; i < SIMDISK_NAMES && dir->files[i] >= 0;)
			i++;
	check(i < SIMDISK_NAMES);
	check(strlen(base_name(path)) < sizeof(dir->names[i]));
	strcpy(dir->names[i], base_name(path));
	dir->files[i] = file;
}

/* The directory has changed: one more state it may be in after a crash. */
static void
remember_names(struct simdisk *disk)
{
	disk->past = must(
	    realloc(disk->past, (disk->past_count + 1) * sizeof(*disk->past)));
	disk->past[disk->past_count++] = disk->now;
}

static void
resize(char **bytes, size_t *len, size_t wanted)
{
	*bytes = must(realloc(*bytes, wanted + 1));
	if (wanted > *len)
		memset(*bytes + *len, 0, wanted - *len);
	*len = wanted;
}

static void
apply(char **bytes, size_t *len, const struct simwrite *write)
{
	if (!write->bytes) {
		resize(bytes, len, write->at);
		return;
	}
	if (write->at + write->len > *len)
		resize(bytes, len, write->at + write->len);
	memcpy(*bytes + write->at, write->bytes, write->len);
}

static void
log_write(struct simfile *file, const void *bytes, size_t len, size_t at)
{
	struct simwrite *write;

	file->writes = must(realloc(
	    file->writes, (file->write_count + 1) * sizeof(*file->writes)));
	write = &file->writes[file->write_count++];
	*write = (struct simwrite){.len = len, .at = at};
	if (bytes)
		write->bytes = memcpy(must(malloc(len + 1)), bytes, len);
	apply(&file->now, &file->now_len, write);
}

static void
forget_writes(struct simfile *file)
{
	for (size_t i = 0; i < file->write_count; i++)
		free(file->writes[i].bytes);
	file->write_count = 0;
}

static struct simfile *
file_of(struct simdisk *disk, int fd)
{
	check(fd >= FD_BASE);
	check(fd < FD_BASE + SIMDISK_FDS);
	fd -= FD_BASE;
	check(disk->fds[fd] >= 0);
	return &disk->files[disk->fds[fd]];
}

static int
take_fd(struct simdisk *disk, int what)
{
	int fd;

	for (fd = 0; fd < SIMDISK_FDS; fd++)
		if (disk->fds[fd] == FD_CLOSED)
			break;
	check(fd < SIMDISK_FDS);
	disk->fds[fd] = what;
	return fd + FD_BASE;
}

static int
sim_open(const struct fileio *io, const char *path, int flags)
{
	struct simdisk *disk = disk_of(io);
	int slot;

	if (flags & O_DIRECTORY)
		return take_fd(disk, FD_DIRECTORY);
	slot = slot_of(&disk->now, path);
	if (slot >= 0 && (flags & O_CREAT) && (flags & O_EXCL)) {
		errno = EEXIST;
		return -1;
	}
	if (slot >= 0)
		return take_fd(disk, disk->now.files[slot]);
	if (!(flags & O_CREAT))
		return -1;
	if (!may_change(disk))
		return -1;
	check(disk->file_count < SIMDISK_FILES);
	set_name(&disk->now, path, disk->file_count++);
	remember_names(disk);
	return take_fd(disk, disk->file_count - 1);
}

static int
sim_close(const struct fileio *io, int fd)
{
	check(disk_of(io)->fds[fd - FD_BASE] != FD_CLOSED);
	disk_of(io)->fds[fd - FD_BASE] = FD_CLOSED;
	return 0;
}

static int
sim_fstat(const struct fileio *io, int fd, struct stat *out)
{
	const struct simfile *file = file_of(disk_of(io), fd);

	*out = (struct stat){.st_mode = S_IFREG | 0600};
	out->st_size = (off_t)file->now_len;
	out->st_ino = (ino_t)(file - disk_of(io)->files);
	return 0;
}

static int
sim_lstat(const struct fileio *io, const char *path, struct stat *out)
{
	int fd = sim_open(io, path, 0);

	return fd < 0 ? -1 : sim_fstat(io, fd, out) + sim_close(io, fd);
}

static int
sim_fchmod(const struct fileio *io, int fd, mode_t mode)
{
	(void)io;
	(void)fd;
	check((mode & 077) == 0);
	return 0;
}

static ssize_t
sim_pread(const struct fileio *io, int fd, void *to, size_t len, off_t at)
{
	const struct simfile *file = file_of(disk_of(io), fd);

	if ((size_t)at >= file->now_len)
		return 0;
	if (len > file->now_len - (size_t)at)
		len = file->now_len - (size_t)at;
	memcpy(to, file->now + at, len);
	return (ssize_t)len;
}

static ssize_t
sim_pwrite(
    const struct fileio *io, int fd, const void *from, size_t len, off_t at)
{
	if (!may_change(disk_of(io)))
		return -1;
	if (disk_of(io)->fail_writes)
		len /= 2;
	log_write(file_of(disk_of(io), fd), from, len, (size_t)at);
	errno = ENOSPC;
	return disk_of(io)->fail_writes ? -1 : (ssize_t)len;
}

static int
sim_ftruncate(const struct fileio *io, int fd, off_t size)
{
	if (!may_change(disk_of(io)))
		return -1;
	log_write(file_of(disk_of(io), fd), NULL, 0, (size_t)size);
	return 0;
}

static int
sync_file(struct simdisk *disk, struct simfile *file)
{
	size_t i;

	if (!may_change(disk))
		return -1;
	if (!disk->fail_syncs)
		for (i = 0; i < file->write_count; i++)
			apply(
			    &file->synced, &file->synced_len, &file->writes[i]);
	forget_writes(file);
	errno = EIO;
	return disk->fail_syncs ? -1 : 0;
}

static int
sim_fdatasync(const struct fileio *io, int fd)
{
	return sync_file(disk_of(io), file_of(disk_of(io), fd));
}

static int
sim_fsync(const struct fileio *io, int fd)
{
	struct simdisk *disk = disk_of(io);

	if (disk->fds[fd - FD_BASE] != FD_DIRECTORY)
		return sync_file(disk, file_of(disk, fd));
	if (!may_change(disk))
		return -1;
	if (disk->fail_syncs) {
		errno = EIO;
		return -1;
	}
	disk->past_count = 0;
	remember_names(disk);
	return 0;
}

static int
sim_flock(const struct fileio *io, int fd)
{
	file_of(disk_of(io), fd);
	return 0;
}

static int
sim_rename(const struct fileio *io, const char *from, const char *to)
{
	struct simdisk *disk = disk_of(io);
	int slot = slot_of(&disk->now, from), file;

	if (slot < 0)
		return -1;
	if (!may_change(disk))
		return -1;
	file = disk->now.files[slot];
	disk->now.files[slot] = -1;
	set_name(&disk->now, to, file);
	remember_names(disk);
	return 0;
}

static int
sim_unlink(const struct fileio *io, const char *path)
{
	struct simdisk *disk = disk_of(io);
	int slot = slot_of(&disk->now, path);

	if (slot < 0)
		return -1;
	if (!may_change(disk))
		return -1;
	disk->now.files[slot] = -1;
	remember_names(disk);
	return 0;
}

static const struct fileio sim_io = {
    .open = sim_open,
    .close = sim_close,
    .fstat = sim_fstat,
    .lstat = sim_lstat,
    .fchmod = sim_fchmod,
    .pread = sim_pread,
    .pwrite = sim_pwrite,
    .ftruncate = sim_ftruncate,
    .fdatasync = sim_fdatasync,
    .fsync = sim_fsync,
    .flock = sim_flock,
    .rename = sim_rename,
    .unlink = sim_unlink,
};

struct simdisk *
simdisk_new(void)
{
	struct simdisk *disk = must(calloc(1, sizeof(*disk)));
	int i;

	disk->io = sim_io;
	for (i = 0; i < SIMDISK_FDS; i++)
		disk->fds[i] = FD_CLOSED;
	for (i = 0; i < SIMDISK_NAMES; i++)
		disk->now.files[i] = -1;
	remember_names(disk);
	return disk;
}

void
simdisk_free(struct simdisk **disk)
{
	for (int i = 0; i < (*disk)->file_count; i++) {
		struct simfile *file = &(*disk)->files[i];

		forget_writes(file);
		free(file->writes);
		free(file->now);
		free(file->synced);
	}
	free((*disk)->past);
	free(*disk);
	*disk = NULL;
}

/*
 * One sector: as it was synced, then after a random number of the writes
 * since. Later sectors do not agree with it on how many: they are written in
 * any order.
 */
static void
crash_sector(const struct simfile *file, size_t at, char *out, uint64_t *seed)
{
	size_t kept = simdisk_random(seed) % (file->write_count + 1), i;
	size_t end = at + SIMDISK_SECTOR;

	memset(out, 0, SIMDISK_SECTOR);
	if (at < file->synced_len)
		memcpy(out, file->synced + at,
		    file->synced_len < end ? file->synced_len - at
					   : SIMDISK_SECTOR);
	for (i = 0; i < kept; i++) {
		const struct simwrite *write = &file->writes[i];
		size_t from = write->at > at ? write->at : at;
		size_t to = write->at + write->len;

		if (!write->bytes && from < end)
			memset(out + (from - at), 0, end - from);
		if (to > end)
			to = end;
		if (write->bytes && from < to)
			memcpy(out + (from - at),
			    write->bytes + (from - write->at), to - from);
	}
}

static size_t
crash_size(const struct simfile *file, uint64_t *seed)
{
	size_t kept = simdisk_random(seed) % (file->write_count + 1), i;
	size_t size = file->synced_len;

	for (i = 0; i < kept; i++) {
		const struct simwrite *write = &file->writes[i];
		size_t end = write->at + write->len;

		if (!write->bytes || end > size)
			size = end;
	}
	/* A file system may lengthen a file a sector at a time. */
	if (size > file->synced_len && simdisk_random(seed) % 2)
		size -= simdisk_random(seed) % (size - file->synced_len + 1);
	return size;
}

static void
crash_file(const struct simfile *from, struct simfile *to, uint64_t *seed)
{
	size_t size = crash_size(from, seed), at;
	char sector[SIMDISK_SECTOR];

	resize(&to->now, &to->now_len, size);
	for (at = 0; at < size; at += SIMDISK_SECTOR) {
		crash_sector(from, at, sector, seed);
		memcpy(to->now + at, sector,
		    size - at < SIMDISK_SECTOR ? size - at : SIMDISK_SECTOR);
	}
	resize(&to->synced, &to->synced_len, size);
	memcpy(to->synced, to->now, size);
}

struct simdisk *
simdisk_crash(const struct simdisk *disk, uint64_t *seed)
{
	struct simdisk *after = simdisk_new();

	after->now = disk->past[simdisk_random(seed) % disk->past_count];
	after->past_count = 0;
	remember_names(after);
	after->file_count = disk->file_count;
	for (int i = 0; i < SIMDISK_NAMES; i++)
		if (after->now.files[i] >= 0)
			crash_file(&disk->files[after->now.files[i]],
			    &after->files[after->now.files[i]], seed);
	return after;
}

void
simdisk_revive(struct simdisk *disk)
{
	for (int fd = 0; fd < SIMDISK_FDS; fd++)
		disk->fds[fd] = FD_CLOSED;
	disk->kill_in = 0;
	disk->killed = false;
}

const char *
simdisk_bytes(const struct simdisk *disk, const char *path, size_t *len)
{
	int slot = slot_of(&disk->now, path);
	const struct simfile *file;

	if (slot < 0)
		return NULL;
	file = &disk->files[disk->now.files[slot]];
	*len = file->now_len;
	return file->now ? file->now : "";
}

void
simdisk_put(
    struct simdisk *disk, const char *path, const void *bytes, size_t len)
{
	int fd = sim_open(&disk->io, path, O_CREAT);

	sim_ftruncate(&disk->io, fd, 0);
	sim_pwrite(&disk->io, fd, bytes, len, 0);
	sim_fdatasync(&disk->io, fd);
	sim_close(&disk->io, fd);
	disk->past_count = 0;
	remember_names(disk);
}
