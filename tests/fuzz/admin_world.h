/*
 * What stands below the operator's commands in place of the server: it looks at
 * what they ask for, keeps it until its turn comes, and answers with rows and
 * texts out of the input. These are functions of proto/errand.h,
 * proto/store_job.h, auth/auth.h, reactor/log.h,
 * console/server/{server,supervisor}.h and console/admin/{reload,drain}.h. One
 * thread.
 */
#ifndef TESTS_FUZZ_ADMIN_WORLD_H
#define TESTS_FUZZ_ADMIN_WORLD_H

#include <stdio.h>

#include "console/admin/admin.h"

struct source;

#define ADMIN_WORLD_ROWS 2

enum admin_world_flag {
	IS_BUSY = 1, /* the store takes no job */
	FAILS = 2,   /* what comes back has failed */
	IS_PEER = 4, /* a peer of the control socket, who waits for the end */
	HAS_ROWS = 8,
};

struct admin_world {
	uint8_t flags;
	char name[NAME_BYTES_MAX + 1];
	char text[TOPIC_BYTES_MAX + 1];
	FILE *transcript;        /* of all that happens; the target's */
	struct envelope *errand; /* under way, or NULL */
	envelope_handler *handle;
	unsigned secrets; /* passwords that were taken; the target's */
	bool ends;        /* `exit` waits for the end */
	struct client_row clients[ADMIN_WORLD_ROWS];
	struct room_row rooms[ADMIN_WORLD_ROWS];
};

extern struct admin_world admin_world;

/* Takes name, text and flags off the input. */
void admin_world_make(struct source *source);

/* Writes a line of the transcript. */
void admin_world_note(const char *what, const char *text);

/* What is under way comes back to the one who gave the command. */
void admin_world_turn(struct admin *admin);

#endif
