/*
 * A job of the operator's for the account service: a change that the journal's
 * thread writes, as a ban is, or work on the whole account file. A password is
 * hashed before, on the pool. The console makes it, and gets it back.
 */
#ifndef PROTO_STORE_JOB_H
#define PROTO_STORE_JOB_H

#include "proto/account_service.h"

enum store_work {
	WORK_BAN,
	WORK_UNBAN,
	WORK_BAN_ADDRESS,
	WORK_UNBAN_ADDRESS,
	WORK_MUTE,
	WORK_UNMUTE,
	WORK_SET_PASSWD, /* whatever the old one is */
	WORK_VERIFY,     /* reads the whole file */
	WORK_COMPACT,    /* writes it anew */
};

struct store_job {
	struct account_work base; /* first; its change, of those that are one */
	enum store_work work;
	struct mailbox *home; /* gets the job back; borrowed */
	void *context;        /* the console's */
	bool ok;              /* VERIFY, COMPACT; of a change see base.status */
	struct auth_report report;   /* VERIFY */
	char text[AUTH_ERROR_BYTES]; /* what is wrong, if something is */
};

/*
 * A job, zeroed but for what it is told here. A change wants base.change.name
 * before it is submitted, which is a valid one (of an address ban the canonical
 * text, see network.h); a ban or a mute wants base.change.until as well,
 * SET_PASSWD base.password, which is wiped. `handle` gets it back by `home`,
 * and frees it with free(). A job that the end of the server has overtaken
 * comes back with AUTH_READ_ONLY and the reason in its text.
 */
struct store_job *store_job_new(struct account_service *service,
    enum store_work work, struct mailbox *home, envelope_handler *handle);

/* Sends it off. False when the server is stopping, or too many passwords wait
 * to be hashed: it is freed then. */
bool store_job_submit(struct store_job *job);

#endif
