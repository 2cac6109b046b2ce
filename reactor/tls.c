/* TLS of one connection, by OpenSSL, between two queues. */
#include "reactor/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

#include "reactor/blob.h"
#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/tls_server.h"

#define TLS_MAGIC    0x7155e6a1u
#define SEAL_VECTORS 64

struct tls {
	uint32_t magic;
	bool up;       /* the handshake is done */
	bool ended;    /* the peer's close_notify has come */
	bool finished; /* ours was sealed */
	bool broken;
	SSL *ssl;       /* owned; its BIO's data is this */
	const char *in; /* not read yet; borrowed */
	size_t in_len;
	uint64_t taken;         /* bytes that were read, in all */
	uint64_t late_messages; /* of TLS's own, since it is up */
	unsigned long error;    /* OpenSSL's; 0: a bound was exceeded */
	struct tls_held held;
	struct outq waiting;
	struct outq *sealed;    /* borrowed */
	struct blob_pool *pool; /* borrowed */
};

static BIO_METHOD *method; /* written once, before the first connection */

static int
bio_read(BIO *bio, char *bytes, int len)
{
	struct tls *tls = BIO_get_data(bio);
	size_t n = tls->in_len < (size_t)len ? tls->in_len : (size_t)len;

	BIO_clear_retry_flags(bio);
	if (!tls->up && tls->taken + n > TLS_HANDSHAKE_BYTES)
		return -1;
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(bytes, tls->in, n);
	tls->in += n;
	tls->in_len -= n;
	tls->taken += n;
	return (int)n;
}

/* There is always room: how much is sealed is bounded elsewhere. */
static int
bio_write(BIO *bio, const char *bytes, int len)
{
	struct tls *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	memcpy(outq_reserve(tls->sealed, tls->pool, (size_t)len), bytes,
	    (size_t)len);
	outq_commit(tls->sealed, (size_t)len);
	return len;
}

static long
bio_control(BIO *bio, int command, long number, void *argument)
{
	(void)bio;
	(void)number;
	(void)argument;
	return command == BIO_CTRL_FLUSH;
}

static void
make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "a connection's queues");
	if (!method)
		memory_exhausted(0);
	check_nonzero(BIO_meth_set_read(method, bio_read));
	check_nonzero(BIO_meth_set_write(method, bio_write));
	check_nonzero(BIO_meth_set_ctrl(method, bio_control));
}

/* Each costs us some work and maybe an answer, and a client nothing. */
static void
on_message(int ours, int version, int kind, const void *bytes, size_t len,
    SSL *ssl, void *argument)
{
	struct tls *tls = argument;

	(void)version;
	(void)bytes;
	(void)len;
	(void)ssl;
	if (tls->up && kind == (ours ? SSL3_RT_ALERT : SSL3_RT_HANDSHAKE))
		tls->late_messages++;
}

struct tls *
tls_new(struct tls_server *server, struct outq *sealed, struct blob_pool *pool)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	SSL *ssl = tls_server_connection(server);
	struct tls *tls;
	BIO *bio;

	if (!ssl)
		return NULL;
	check_zero(pthread_once(&once, make_method));
	tls = memory_new(sizeof(*tls));
	bio = BIO_new(method);
	if (!bio)
		memory_exhausted(0);
	tls->magic = TLS_MAGIC;
	tls->ssl = ssl;
	tls->sealed = sealed;
	tls->pool = pool;
	outq_init(&tls->waiting);
	outq_init(&tls->held.bytes);
	list_init(&tls->held.link);
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_msg_callback(ssl, on_message);
	SSL_set_msg_callback_arg(ssl, tls);
	SSL_set_accept_state(ssl);
	return tls;
}

void
tls_free(struct tls **pointer)
{
	struct tls *tls = *pointer;

	check_magic(tls, TLS_MAGIC);
	SSL_free(tls->ssl);
	list_remove(&tls->held.link);
	outq_fini(&tls->held.bytes, tls->pool);
	outq_fini(&tls->waiting, tls->pool);
	tls->magic = 0;
	free(tls);
	*pointer = NULL;
}

void
tls_give(struct tls *tls, const char *bytes, size_t len)
{
	check_magic(tls, TLS_MAGIC);
	check(tls->in_len == 0);
	tls->in = bytes;
	tls->in_len = len;
}

static enum tls_got
tls_break(struct tls *tls)
{
	tls->broken = true;
	tls->error = ERR_peek_last_error();
	tls->in_len = 0;
	return TLS_BROKEN;
}

static bool
tls_is_flooded(const struct tls *tls)
{
	return tls->late_messages >
		   TLS_LATE_MESSAGES + tls->taken / TLS_LATE_EACH ||
	       tls->sealed->bytes > TLS_SEALED_MAX;
}

/* What a call that has given nothing means. */
static enum tls_got
tls_why_not(struct tls *tls, int result)
{
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		check(tls->in_len == 0);
		return tls_is_flooded(tls) ? tls_break(tls) : TLS_MORE;
	case SSL_ERROR_ZERO_RETURN:
		tls->ended = true;
		tls->in_len = 0;
		return TLS_END;
	default:
		return tls_break(tls);
	}
}

enum tls_got
tls_take(struct tls *tls, char *text, size_t cap, size_t *len)
{
	int result;

	check_magic(tls, TLS_MAGIC);
	check(!tls->broken);
	ERR_clear_error();
	*len = 0;
	if (!tls->up) {
		result = SSL_do_handshake(tls->ssl);
		if (result != 1)
			return tls_why_not(tls, result);
		tls->up = true;
	}
	result = SSL_read_ex(tls->ssl, text, cap, len);
	if (result != 1)
		return tls_why_not(tls, result);
	return tls_is_flooded(tls) ? tls_break(tls) : TLS_TEXT;
}

const char *
tls_problem(const struct tls *tls)
{
	const char *text = ERR_reason_error_string(tls->error);

	check(tls->broken);
	return text ? text : "more than TLS needs";
}

bool
tls_is_up(const struct tls *tls)
{
	return tls->up;
}

bool
tls_has_ended(const struct tls *tls)
{
	return tls->ended;
}

bool
tls_is_broken(const struct tls *tls)
{
	return tls->broken;
}

struct tls_held *
tls_held(struct tls *tls)
{
	return &tls->held;
}

struct outq *
tls_waiting(struct tls *tls)
{
	return &tls->waiting;
}

/* One record. Small blobs share one, since each costs as much as hundreds of
 * bytes; a large one is read where it is. */
static void
tls_seal_record(struct tls *tls)
{
	struct iovec vectors[SEAL_VECTORS];
	unsigned count = outq_front(&tls->waiting, vectors, SEAL_VECTORS);
	char together[TLS_TEXT_BYTES];
	const char *text = vectors[0].iov_base;
	size_t len = vectors[0].iov_len;
	size_t written = 0;

	if (count > 1 && len < sizeof(together)) {
		len = 0;
		for (unsigned i = 0; i < count && len < sizeof(together); i++) {
			size_t room = sizeof(together) - len;
			size_t n = vectors[i].iov_len;

			n = n < room ? n : room;
			memcpy(together + len, vectors[i].iov_base, n);
			len += n;
		}
		text = together;
	}
	if (len > TLS_TEXT_BYTES)
		len = TLS_TEXT_BYTES;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, text, len, &written) != 1) {
		tls_break(tls);
		return;
	}
	check(written == len);
	outq_consume(&tls->waiting, tls->pool, len);
}

void
tls_seal(struct tls *tls)
{
	check_magic(tls, TLS_MAGIC);
	while (tls->up && !tls->broken && !tls->finished &&
	       tls->waiting.bytes > 0 && tls->sealed->bytes < TLS_SEALED_BYTES)
		tls_seal_record(tls);
}

void
tls_finish(struct tls *tls)
{
	check_magic(tls, TLS_MAGIC);
	if (tls->finished)
		return;
	if (!tls->up || tls->broken)
		outq_fini(&tls->waiting, tls->pool);
	if (tls->waiting.bytes > 0)
		return;
	tls->finished = true;
	ERR_clear_error();
	if (tls->up && !tls->broken)
		SSL_shutdown(tls->ssl);
}

bool
tls_is_finished(const struct tls *tls)
{
	return tls->finished;
}
