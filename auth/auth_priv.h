/*
 * What stands behind struct auth, for the files that make up the facade
 * (auth.c, auth_bans.c, commit.c, compact.c, password.c). The parts know
 * nothing of each other: the table is memory, the journal is the file, and
 * auth_commit keeps them equal.
 */
#ifndef AUTH_AUTH_PRIV_H
#define AUTH_AUTH_PRIV_H

#include <pthread.h>

#include "auth/auth.h"
#include "auth/journal.h"

#define AUTH_MAGIC 0x41555448u

struct auth {
	uint32_t magic;
	struct argon2_cost cost;        /* read by all, written at open */
	char dummy[VERIFIER_BYTES_MAX]; /* the same */
	struct table *table;            /* owned; has its own locks */
	struct throttle *throttle;      /* the same */
	struct journal journal;
	pthread_mutex_t reserving; /* held from counting to reserving */
	size_t accounts_max;       /* 0: any number; under that lock */
	/* The batch at hand: what each change puts in the table, or NULL.
	 * Journal's thread. */
	struct entry *prepared[BATCH_CHANGES_MAX];
};

#endif
