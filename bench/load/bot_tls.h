/*
 * TLS of a bot, where the target is tls://: the same calls that the kernel has
 * for the socket, with its results. Nobody is asked who the server is: what is
 * measured is one's own. The load's thread only.
 */
#ifndef BENCH_LOAD_BOT_TLS_H
#define BENCH_LOAD_BOT_TLS_H

#include <stddef.h>
#include <sys/types.h>

struct ssl_ctx_st;
struct ssl_st;

/* What all bots share; never freed. Before the threads start. */
struct ssl_ctx_st *bot_tls_context(void);

/* TLS on a connected socket. Ends the process when memory runs out. */
struct ssl_st *bot_tls_new(struct ssl_ctx_st *context, int fd);
void bot_tls_free(struct ssl_st **tls);

/* Goes on with the handshake: 0 when it is done, EAGAIN, or why it failed. */
int bot_tls_shake(struct ssl_st *tls);

/* As recv(2) and send(2) on a socket that does not block. */
ssize_t bot_tls_receive(struct ssl_st *tls, char *bytes, size_t room);
ssize_t bot_tls_send(struct ssl_st *tls, const char *bytes, size_t len);

#endif
