/*
 * One thread of a server (harness.h) stands still while the others go on, as
 * one does that the scheduler has forgotten. The test traces it (ptrace(2)) for
 * so long. The test's own thread only.
 */
#ifndef TESTS_KIT_STALL_H
#define TESTS_KIT_STALL_H

struct server_process;

/* Stops the thread of this name ("throng/r1"), one at a time: when it returns,
 * it stands. The test is skipped where tracing is not allowed. */
void stall_begin(const struct server_process *server, const char *thread);

/* It goes on. Also done by harness_fini. */
void stall_end(void);

#endif
