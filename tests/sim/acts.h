/* What clients of the simulated world do: see crowd.h. */
#ifndef TESTS_SIM_ACTS_H
#define TESTS_SIM_ACTS_H

#include "tests/sim/crowd.h"

/* Commands, with what is owed for them noted. */
void act_format(struct crowd *crowd, struct client *client, bool json);
void act_register(struct crowd *crowd, struct client *client);
void act_login(
    struct crowd *crowd, struct client *client, unsigned account, bool wrong);
void act_join(
    struct crowd *crowd, struct client *client, unsigned room, bool resumes);

/* A message that nobody else can have said; the crowd's, until the next one. */
struct said *act_new_said(struct crowd *crowd, const struct client *client);

/* Anything, as wild clients send it. */
void act_wild(struct crowd *crowd, struct client *client);

/* A connection's life (crowd.c). */
bool client_connect(struct crowd *crowd, struct client *client);
void client_write_bytes(struct client *client, const char *bytes, size_t len);
void client_flush(struct client *client, bool all);
void client_read(struct crowd *crowd, struct client *client, size_t most);
void client_end(struct client *client);
void client_reset(struct crowd *crowd, struct client *client);
void client_leave(struct crowd *crowd, struct client *client);

#endif
