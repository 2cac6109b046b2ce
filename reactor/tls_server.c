/* The certificate of the moment, shared by all reactors. */
#include "reactor/tls_server.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <time.h>

#include "reactor/check.h"
#include "reactor/memory.h"

struct tls_server {
	pthread_mutex_t lock; /* of the one below */
	SSL_CTX *context;     /* owned; NULL without a certificate */
};

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

void
tls_server_set(struct tls_server *server, struct ssl_ctx_st *certificate)
{
	SSL_CTX *old;

	check_zero(pthread_mutex_lock(&server->lock));
	old = server->context;
	server->context = certificate;
	check_zero(pthread_mutex_unlock(&server->lock));
	SSL_CTX_free(old);
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
