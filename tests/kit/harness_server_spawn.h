/* For kit/harness_server.c: the server as a child process. */
#ifndef TESTS_KIT_HARNESS_SERVER_SPAWN_H
#define TESTS_KIT_HARNESS_SERVER_SPAWN_H

struct server_process;

/*
 * Starts `argv` as the server's setup says: with the input, limits, sockets,
 * variables and failing system calls that it has. Its pid, its descriptors and
 * the stream of its output are set then. The child dies with its parent.
 */
void server_spawn(struct server_process *server, char *argv[]);

#endif
