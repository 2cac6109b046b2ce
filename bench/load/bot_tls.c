#include "bench/load/bot_tls.h"

#include <err.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct ssl_ctx_st *
bot_tls_context(void)
{
	static SSL_CTX *context;

	if (!context)
		context = SSL_CTX_new(TLS_client_method());
	if (!context)
		errx(EXIT_FAILURE, "OpenSSL refuses TLS");
	/* What is not sent yet is copied, and tried again from there. */
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	return context;
}

struct ssl_st *
bot_tls_new(struct ssl_ctx_st *context, int fd)
{
	SSL *tls = SSL_new(context);

	if (!tls || SSL_set_fd(tls, fd) != 1)
		errx(EXIT_FAILURE, "memory for TLS");
	SSL_set_connect_state(tls);
	return tls;
}

void
bot_tls_free(struct ssl_st **tls)
{
	SSL_free(*tls);
	*tls = NULL;
}

/* Why a call has given nothing, as an errno; 0: the orderly end. */
static int
why_not(SSL *tls, int result)
{
	int error = errno;

	switch (SSL_get_error(tls, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		return error ? error : ECONNRESET;
	default:
		return EPROTO;
	}
}

int
bot_tls_shake(struct ssl_st *tls)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(tls);
	return result == 1 ? 0 : why_not(tls, result);
}

ssize_t
bot_tls_receive(struct ssl_st *tls, char *bytes, size_t room)
{
	size_t got = 0;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_read_ex(tls, bytes, room, &got);
	if (result == 1)
		return (ssize_t)got;
	errno = why_not(tls, result);
	return errno ? -1 : 0;
}

ssize_t
bot_tls_send(struct ssl_st *tls, const char *bytes, size_t len)
{
	size_t sent = 0;
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_write_ex(tls, bytes, len, &sent);
	if (result == 1)
		return (ssize_t)sent;
	errno = why_not(tls, result);
	return -1;
}
