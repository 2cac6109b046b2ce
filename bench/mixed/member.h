/*
 * What clients do and hear by their roles: members of rooms, guests,
 * registrars. The thread of the client.
 */
#ifndef BENCH_MIXED_MEMBER_H
#define BENCH_MIXED_MEMBER_H

#include "bench/mixed/client.h"

/* member.c: members of rooms */

/* Connected: registers, logs in, and joins all rooms that it wants to be in. */
void mixed_member_knock(struct mixed_client *client);

/* Its connection is gone, or it logs out. */
void mixed_member_out(struct mixed_client *client);

/* What it does, if it can now; true when it has. `due_ns` is when a message
 * was to be sent. */
bool mixed_member_say(struct mixed_client *client, uint64_t due_ns);
bool mixed_member_direct(struct mixed_client *client, uint64_t due_ns);
bool mixed_member_move(struct mixed_client *client);
bool mixed_member_logout(struct mixed_client *client);
bool mixed_member_stall(struct mixed_client *client);

/* The reply to what it has asked, of the right words. NULL, or what was to be
 * expected. */
const char *mixed_member_answered(struct mixed_client *client,
    const struct mixed_await *await, const struct mixed_line *line);

/* May its direct message be refused like that? */
bool mixed_member_may_be_refused(struct mixed_client *client, struct span code);

/* Is it a room's resident? */
bool mixed_is_resident(const struct mixed_client *client);

/* hear.c */

/* A line that is no answer. NULL, or what was to be expected. */
const char *
mixed_member_heard(struct mixed_client *client, const struct mixed_line *line);

/* Has it heard copies, or gaps, of all it has said? All that others have? */
bool mixed_member_is_quiet(const struct mixed_client *client);
bool mixed_member_has_all(const struct mixed_client *client);

/* For a failure: what it has, as far as one can tell what is missing. */
void mixed_member_tell(
    const struct mixed_client *client, char out[MIXED_TELL_BYTES]);

/* guest.c: guests and registrars */

/* Says a line that is to be echoed, if it can now; true when it has. */
bool mixed_guest_say(struct mixed_client *client, uint64_t due_ns);

/* An answer to it. NULL, or what was to be expected. */
const char *mixed_guest_answered(
    struct mixed_client *client, const struct mixed_line *line);

/* The account that such a question is about. */
void mixed_registrar_account(const struct mixed_client *client,
    enum mixed_await_kind kind, char out[NAME_BYTES_MAX + 1]);

/* Connected: logs into the accounts that it has not yet in this life, and
 * registers one again that it does not know about; then it is in. */
void mixed_registrar_enter(struct mixed_client *client);

/* At the end: goes on to log into all; true when it has. It is in, and nothing
 * is due. */
bool mixed_registrar_check(struct mixed_client *client);

/* Registers one more account, if it can now; true when it has. */
bool mixed_registrar_register(struct mixed_client *client);

/* An answer has come, of the right words. */
void mixed_registrar_answered(
    struct mixed_client *client, const struct mixed_await *await);

#endif
