/*
 * What can change while the server runs, as the hubs and the store are told it:
 * options out of struct options, and the files that they name, --motd and
 * --bans. Read first, and put into force only when all of it is right. The main
 * thread only.
 */
#ifndef CONSOLE_SETTING_POLICY_H
#define CONSOLE_SETTING_POLICY_H

#include "console/setting/options.h"
#include "proto/hub.h"

#define POLICY_ERROR_BYTES OPTIONS_ERROR_BYTES

struct policy {
	struct hub_options hub; /* its motd is ours */
	struct auth_ban *bans;  /* of the file; owned */
	size_t ban_count;
};

/* 0, then policy_fini is due; -1 with a line in `error` that begins with file
 * and line, and nothing to free. */
int policy_read(struct policy *policy, const struct options *options,
    char error[POLICY_ERROR_BYTES]);

/* Frees what policy_read has made. */
void policy_fini(struct policy *policy);

#endif
