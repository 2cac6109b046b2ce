#include "reactor/tls_server.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reactor/check.h"
#include "reactor/memory.h"

#define KEY_BYTES_MAX (256 * 1024)

/* Forward secrecy and authenticated encryption, all of them. */
#define CIPHERS_1_2                                                            \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"           \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"           \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define GROUPS "X25519:P-256:P-384"

struct tls_server {
	pthread_mutex_t lock; /* of the one below */
	SSL_CTX *context;     /* owned; NULL without a certificate */
};

/* Why OpenSSL has failed: what was found first, in its words or the system's.
 */
static const char *
openssl_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *text;

	if (ERR_SYSTEM_ERROR(code))
		return strerrordesc_np(ERR_GET_REASON(code));
	text = ERR_reason_error_string(code);
	return text ? text : "it is not understood";
}

/* What is offered beside it is left out: the peer may speak it, not we. */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offered, unsigned offered_len, void *argument)
{
	static const unsigned char http[] = "\x08http/1.1";
	const unsigned char *at = offered;
	const unsigned char *end = offered + offered_len;

	(void)ssl;
	(void)argument;
	for (; at < end; at += 1 + at[0]) {
		if (end - at < (int)sizeof(http) - 1 ||
		    memcmp(at, http, sizeof(http) - 1) != 0)
			continue;
		*out = at + 1;
		*out_len = at[0];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_NOACK;
}

/* Nobody is asked: a key that wants a password cannot be read. */
static int
no_password(char *text, int size, int writing, void *argument)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)argument;
	return -1;
}

static SSL_CTX *
context_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context)
		memory_exhausted(0);
	check_nonzero(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION));
	check_nonzero(SSL_CTX_set_cipher_list(context, CIPHERS_1_2));
	check_nonzero(SSL_CTX_set1_groups_list(context, GROUPS));
	SSL_CTX_set_options(
	    context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			 SSL_OP_CIPHER_SERVER_PREFERENCE |
			 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
	/* Who is idle has no buffers. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	/* Sessions are in the clients' tickets, not here. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	SSL_CTX_set_default_passwd_cb(context, no_password);
	return context;
}

/* The whole file, for the caller to wipe and free; NULL with errno. */
static char *
read_key_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = NULL;
	struct stat st;
	ssize_t got;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		goto out;
	errno = EFBIG;
	if (st.st_size > KEY_BYTES_MAX)
		goto out;
	bytes = memory_new_raw((size_t)st.st_size + 1);
	got = read(fd, bytes, (size_t)st.st_size + 1);
	*len = got < 0 ? 0 : (size_t)got;
	if (got < 0) {
		free(bytes);
		bytes = NULL;
	}
out:
	close(fd);
	return bytes;
}

static int
use_certificate(SSL_CTX *context, const char *path, char error[TLS_ERROR_BYTES])
{
	const char *problem = NULL;

	if (access(path, R_OK) < 0)
		problem = strerrordesc_np(errno);
	else if (SSL_CTX_use_certificate_chain_file(context, path) != 1)
		problem = openssl_reason();
	if (!problem)
		return 0;
	snprintf(error, TLS_ERROR_BYTES,
	    "%s: the certificate cannot be read: %s", path, problem);
	return -1;
}

static int
use_key(SSL_CTX *context, const char *path, const char *certificate,
    char error[TLS_ERROR_BYTES])
{
	size_t len = 0;
	char *bytes = read_key_file(path, &len);
	EVP_PKEY *key = NULL;
	int result = -1;
	BIO *bio;

	if (!bytes) {
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key cannot be read: %s", path,
		    strerrordesc_np(errno));
		return -1;
	}
	bio = BIO_new_mem_buf(bytes, (int)len);
	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	if (!key)
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key cannot be read: %s", path, openssl_reason());
	else if (SSL_CTX_use_PrivateKey(context, key) != 1)
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key does not fit the certificate in %s", path,
		    certificate);
	else
		result = 0;
	EVP_PKEY_free(key);
	BIO_free(bio);
	explicit_bzero(bytes, len);
	free(bytes);
	return result;
}

struct tls_server *
tls_server_new(void)
{
	struct tls_server *server = memory_new(sizeof(*server));

	check_zero(pthread_mutex_init(&server->lock, NULL));
	return server;
}

void
tls_server_free(struct tls_server **pointer)
{
	struct tls_server *server = *pointer;

	SSL_CTX_free(server->context);
	check_zero(pthread_mutex_destroy(&server->lock));
	free(server);
	*pointer = NULL;
}

static void
server_set_context(struct tls_server *server, SSL_CTX *context)
{
	SSL_CTX *old;

	check_zero(pthread_mutex_lock(&server->lock));
	old = server->context;
	server->context = context;
	check_zero(pthread_mutex_unlock(&server->lock));
	SSL_CTX_free(old);
}

int
tls_server_load(struct tls_server *server, const char *certificate,
    const char *key, char error[TLS_ERROR_BYTES])
{
	SSL_CTX *fresh = context_new();

	ERR_clear_error();
	if (use_certificate(fresh, certificate, error) < 0 ||
	    use_key(fresh, key, certificate, error) < 0) {
		SSL_CTX_free(fresh);
		return -1;
	}
	server_set_context(server, fresh);
	return 0;
}

void
tls_server_forget(struct tls_server *server)
{
	server_set_context(server, NULL);
}

/* The present one, for the caller to free; or NULL. */
static SSL_CTX *
server_context(struct tls_server *server)
{
	SSL_CTX *context;

	check_zero(pthread_mutex_lock(&server->lock));
	context = server->context;
	if (context)
		SSL_CTX_up_ref(context);
	check_zero(pthread_mutex_unlock(&server->lock));
	return context;
}

bool
tls_server_is_ready(struct tls_server *server)
{
	SSL_CTX *context = server_context(server);

	SSL_CTX_free(context);
	return context != NULL;
}

static int64_t
seconds_of(const ASN1_TIME *date)
{
	struct tm tm = {0};

	return ASN1_TIME_to_tm(date, &tm) == 1 ? timegm(&tm) : 0;
}

struct tls_validity
tls_server_validity(struct tls_server *server)
{
	SSL_CTX *context = server_context(server);
	const X509 *certificate;
	struct tls_validity validity;

	check(context);
	certificate = SSL_CTX_get0_certificate(context);
	validity.from_s = seconds_of(X509_get0_notBefore(certificate));
	validity.until_s = seconds_of(X509_get0_notAfter(certificate));
	SSL_CTX_free(context);
	return validity;
}

struct ssl_st *
tls_server_connection(struct tls_server *server)
{
	SSL_CTX *context = server_context(server);
	SSL *ssl;

	if (!context)
		return NULL;
	ssl = SSL_new(context);
	if (!ssl)
		memory_exhausted(0);
	SSL_CTX_free(context);
	return ssl;
}
