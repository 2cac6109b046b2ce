/* A certificate and its key, and what is spoken with them. */
#include "reactor/tls_certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reactor/check.h"
#include "reactor/memory.h"
#include "reactor/tls_tickets.h"

#define FILE_BYTES_MAX (256 * 1024)

/* Forward secrecy and authenticated encryption, all of them. */
#define CIPHERS_1_2                                                            \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"           \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"           \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define GROUPS "X25519:P-256:P-384"

/* Why OpenSSL has failed: what was found first. */
static const char *
openssl_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

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
	tls_tickets_use(context, TLS_TICKETS_PERIOD_MS);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	SSL_CTX_set_default_passwd_cb(context, no_password);
	return context;
}

/* What is wrong with it as a file, or NULL. A pipe is empty when it is read
 * again. */
static const char *
file_problem(int fd, struct stat *st)
{
	if (fd < 0 || fstat(fd, st) < 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_size > FILE_BYTES_MAX)
		return strerrordesc_np(EFBIG);
	return NULL;
}

/* The whole file, terminated, for file_free; NULL, and *problem says why. */
static char *
file_read(const char *path, size_t *len, const char **problem)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = NULL;
	struct stat st = {0};
	ssize_t got;

	*problem = file_problem(fd, &st);
	if (*problem)
		goto out;
	bytes = memory_new((size_t)st.st_size + 1);
	got = read(fd, bytes, (size_t)st.st_size);
	*len = got < 0 ? 0 : (size_t)got;
	if (got < 0) {
		*problem = strerrordesc_np(errno);
		free(bytes);
		bytes = NULL;
	}
out:
	if (fd >= 0)
		close(fd);
	return bytes;
}

/* It may have a key in it, also where a certificate is looked for. */
static void
file_free(char *bytes, size_t len)
{
	explicit_bzero(bytes, len);
	free(bytes);
}

/* Whoever writes it may be amid the first line of the next certificate, which
 * OpenSSL takes for words between them. */
static bool
is_whole(const char *pem)
{
	const char *end = strrchr(pem, '\n');
	const char *last = end ? end + 1 : pem;

	return *last != '-' || strncmp(last, "-----END ", 9) == 0;
}

/* The first is the server's own, those behind it are its chain. */
static bool
add_certificates(SSL_CTX *context, BIO *pem)
{
	X509 *own = PEM_read_bio_X509_AUX(pem, NULL, no_password, NULL);
	bool added = own && SSL_CTX_use_certificate(context, own) == 1;
	X509 *next;

	X509_free(own);
	while (
	    added && (next = PEM_read_bio_X509(pem, NULL, no_password, NULL))) {
		added = SSL_CTX_add0_chain_cert(context, next) == 1;
		if (!added)
			X509_free(next);
	}
	if (!added ||
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

static int
use_certificate(SSL_CTX *context, const char *path, char error[TLS_ERROR_BYTES])
{
	size_t len = 0;
	const char *problem;
	char *bytes = file_read(path, &len, &problem);
	BIO *pem;

	if (bytes && !is_whole(bytes)) {
		problem = "it ends amid a certificate";
	} else if (bytes) {
		pem = BIO_new_mem_buf(bytes, (int)len);
		if (!pem || !add_certificates(context, pem))
			problem = openssl_reason();
		BIO_free(pem);
	}
	if (bytes)
		file_free(bytes, len);
	if (!problem)
		return 0;
	snprintf(error, TLS_ERROR_BYTES,
	    "%s: the certificate cannot be read: %s", path, problem);
	return -1;
}

/* A key of another kind than the certificate's is taken as such by OpenSSL, as
 * the first of another pair. */
static bool
add_key(SSL_CTX *context, EVP_PKEY *key)
{
	return SSL_CTX_use_PrivateKey(context, key) == 1 &&
	       SSL_CTX_check_private_key(context) == 1;
}

static int
use_key(SSL_CTX *context, const char *path, const char *certificate,
    char error[TLS_ERROR_BYTES])
{
	size_t len = 0;
	const char *problem;
	char *bytes = file_read(path, &len, &problem);
	EVP_PKEY *key = NULL;
	int result = -1;
	BIO *pem;

	if (!bytes) {
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key cannot be read: %s", path, problem);
		return -1;
	}
	pem = BIO_new_mem_buf(bytes, (int)len);
	if (pem)
		key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
	if (!key)
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key cannot be read: %s", path, openssl_reason());
	else if (!add_key(context, key))
		snprintf(error, TLS_ERROR_BYTES,
		    "%s: the key does not fit the certificate in %s", path,
		    certificate);
	else
		result = 0;
	EVP_PKEY_free(key);
	BIO_free(pem);
	file_free(bytes, len);
	return result;
}

struct ssl_ctx_st *
tls_certificate_read(
    const char *certificate, const char *key, char error[TLS_ERROR_BYTES])
{
	SSL_CTX *context = context_new();

	ERR_clear_error();
	if (use_certificate(context, certificate, error) < 0 ||
	    use_key(context, key, certificate, error) < 0)
		tls_certificate_free(&context);
	return context;
}

void
tls_certificate_free(struct ssl_ctx_st **certificate)
{
	SSL_CTX_free(*certificate);
	*certificate = NULL;
}
