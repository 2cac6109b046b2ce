/*
 * The account file as a whole: writing it anew without what is no longer
 * true, and reading it without changing it.
 */
#include <sodium.h>
#include <time.h>

#include "auth/auth_priv.h"
#include "auth/bans.h"
#include "auth/reason.h"
#include "auth/snapshot.h"
#include "auth/table.h"
#include "reactor/check.h"

int
auth_compact(struct auth *auth, char error[AUTH_ERROR_BYTES])
{
	struct journal *journal = &auth->journal;
	struct snapshot snapshot;

	check_magic(auth, AUTH_MAGIC);
	error[0] = '\0';
	if (snapshot_write(&snapshot, &journal->file, auth->table,
		journal->chain.seq, error) < 0)
		return -1;
	switch (datafile_install_new(&journal->file, error)) {
	case INSTALL_DONE:
		journal_replace(journal, &snapshot, NULL);
		return 0;
	case INSTALL_FAILED:
		journal->file.io->close(journal->file.io, snapshot.fd);
		return -1;
	case INSTALL_UNCERTAIN:
		journal_replace(journal, &snapshot, error);
		return -1;
	}
	unreachable("those were all results");
}

int
auth_check_lock(const char *path, char error[AUTH_ERROR_BYTES])
{
	struct datafile file;

	if (datafile_init(&file, &fileio_system, path, error) < 0)
		return -1;
	return datafile_try_lock(&file, error);
}

/* `own`: who writes the file, or NULL. */
static int
check_file(const struct fileio *io, const char *path, const struct journal *own,
    struct auth_report *report, char error[AUTH_ERROR_BYTES])
{
	struct table *table = NULL;
	struct datafile file;
	struct recovery found;
	int result = -1;

	error[0] = '\0';
	*report = (struct auth_report){0};
	if (datafile_init(&file, io, path, error) < 0)
		return -1;
	if (sodium_init() < 0 || !(table = table_new())) {
		reason_set(error, path, "no memory to read it");
		return -1;
	}
	if (datafile_open(&file, true, error) == DATAFILE_OPEN &&
	    (!own || journal_is_own(own, file.fd, error)))
		result = recovery_read(&found, table, &file, error);
	if (result == 0) {
		struct bans *bans = table_bans(table);
		int64_t now = time(NULL);

		report->accounts = table_count(table);
		report->bans = bans_count(bans, BANNED_NAME, now) +
			       bans_count(bans, BANNED_ADDRESS, now);
		report->mutes = bans_count(bans, MUTED_NAME, now);
		report->lines = found.lines;
		report->bytes = (uint64_t)found.size;
		report->torn_bytes = (uint64_t)(found.file_size - found.size);
	}
	if (report->torn_bytes)
		recovery_describe_torn(&found, &file, error);
	datafile_close(&file);
	table_free(&table);
	return result;
}

int
auth_check(const struct auth_options *options, struct auth_report *report,
    char error[AUTH_ERROR_BYTES])
{
	return check_file(options->io ? options->io : &fileio_system,
	    options->path, NULL, report, error);
}

int
auth_check_own(
    struct auth *auth, struct auth_report *report, char error[AUTH_ERROR_BYTES])
{
	const struct datafile *file = &auth->journal.file;

	check_magic(auth, AUTH_MAGIC);
	return check_file(file->io, file->path, &auth->journal, report, error);
}
