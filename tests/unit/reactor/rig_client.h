/*
 * The rig's clients: blocking sockets, each the caller's to close, and what
 * they expect to read. A test fails when a peer does otherwise, or says nothing
 * for RIG_DEADLINE_S. The test's own thread only.
 */
#ifndef TESTS_UNIT_REACTOR_RIG_CLIENT_H
#define TESTS_UNIT_REACTOR_RIG_CLIENT_H

#include <stddef.h>
#include <sys/types.h>

struct conn;
struct peer;
struct rig;

/* Raises the limit of descriptors; how many connections of both ends fit under
 * it, at most `wanted`. */
int rig_raise_descriptors(int wanted);

/* A connected, blocking socket; `receive_buffer` 0: as it is. */
int rig_connect_with(struct rig *rig, int receive_buffer);

/* The same, and waits until the reactor has it: it is rig->newest then. */
int rig_connect(struct rig *rig);
struct peer *rig_connect_peer(struct rig *rig, int *fd);

/* The peer is known by the address that `fd` has. */
void rig_comes_from(const struct peer *peer, int fd);

/* As recv(2), which the kernel's work on a ring that this thread has closed can
 * interrupt: it goes on then. */
ssize_t rig_recv(int fd, char *bytes, size_t len);

/* Writes or reads exactly so much, of a pattern that tells its place. */
void rig_write_pattern(int fd, size_t from, size_t len);
void rig_read_pattern(int fd, size_t from, size_t len);
char rig_pattern(size_t place);

/* The same as output for a peer to read; on the reactor's thread. */
void rig_queue_pattern(struct conn *conn, size_t from, size_t len);

/* Reads exactly this text. */
void rig_expect(int fd, const char *text);

/* The peer has ended its side in order: no byte more, no reset. */
void rig_expect_end(int fd);

/* Whatever it reads first, this text ends it, and then the peer does. */
void rig_expect_last(int fd, const char *text);

/* Sends a little and has it back: the reactor serves this client. */
void rig_round_trip(int fd);

/* Closes with a reset instead of a FIN. */
void rig_reset(int fd);

#endif
