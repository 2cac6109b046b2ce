#define HARNESS_WITHOUT_PLACES
#include "tests/kit/tls_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/scratch.h"

#define DAY_S (24 * 60 * 60)

static void
need_folder(void)
{
	if (scratch[0])
		return;
	scratch_make();
	cr_assert_eq(chmod(scratch, 0755), 0);
	harness_at_fini(scratch_remove);
}

const char *
tls_kit_path(const char *file)
{
	static char paths[4][sizeof(scratch) + 256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	need_folder();
	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, file);
	return path;
}

void
tls_kit_write(const char *file, const char *text)
{
	FILE *out = fopen(tls_kit_path(file), "we");

	cr_assert_not_null(out);
	cr_assert_geq(fputs(text, out), 0);
	cr_assert_eq(fclose(out), 0);
}

void
tls_kit_copy(const char *from, const char *to)
{
	char text[8192] = "";
	FILE *in = fopen(tls_kit_path(from), "re");

	cr_assert_not_null(in);
	cr_assert_gt(fread(text, 1, sizeof(text) - 1, in), 0);
	fclose(in);
	tls_kit_write(to, text);
}

static X509 *
make_certificate(EVP_PKEY *key, int from_days, int until_days)
{
	X509 *x509 = X509_new();
	X509_NAME *name;
	X509_EXTENSION *names;

	cr_assert_not_null(x509);
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(
	    X509_get_serialNumber(x509), 1 + until_days * until_days);
	X509_gmtime_adj(X509_getm_notBefore(x509), (long)from_days * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(x509), (long)until_days * DAY_S);
	name = X509_get_subject_name(x509);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(x509, name);
	names = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	X509_add_ext(x509, names, -1);
	X509_EXTENSION_free(names);
	X509_set_pubkey(x509, key);
	cr_assert_gt(X509_sign(x509, key, EVP_sha256()), 0);
	return x509;
}

void
tls_kit_certificate(const char *name, int from_days, int until_days)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = make_certificate(key, from_days, until_days);
	char file[64];
	FILE *out;

	snprintf(file, sizeof(file), "%s.cert", name);
	out = fopen(tls_kit_path(file), "we");
	cr_assert_eq(PEM_write_X509(out, x509), 1);
	fclose(out);
	snprintf(file, sizeof(file), "%s.key", name);
	out = fopen(tls_kit_path(file), "we");
	cr_assert_eq(
	    PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	X509_free(x509);
	EVP_PKEY_free(key);
}

struct server_process *
tls_kit_start(const char *engine, ...)
{
	static char certificate[80], key[80];
	struct server_setup setup = {
	    .engine = engine, .args = {certificate, key}};
	va_list ap;

	va_start(ap, engine);
	server_setup_add(&setup, ap);
	va_end(ap);
	tls_kit_certificate("one", -1, 100);
	snprintf(certificate, sizeof(certificate), "--tls-cert=%s",
	    tls_kit_path("one.cert"));
	snprintf(key, sizeof(key), "--tls-key=%s", tls_kit_path("one.key"));
	return server_process_start_with(&setup);
}

static SSL *
client_new(const struct tls_wish *wish)
{
	static SSL_CTX *context;
	SSL *ssl;

	if (!context)
		context = SSL_CTX_new(TLS_client_method());
	cr_assert_not_null(context);
	ssl = SSL_new(context);
	cr_assert_not_null(ssl);
	SSL_set_connect_state(ssl);
	if (wish && wish->version_max)
		SSL_set_max_proto_version(ssl, wish->version_max);
	if (wish && wish->alpn)
		SSL_set_alpn_protos(ssl, (const unsigned char *)wish->alpn,
		    (unsigned)strlen(wish->alpn));
	if (wish && wish->session)
		cr_assert_eq(SSL_set_session(ssl, wish->session), 1);
	return ssl;
}

SSL *
tls_kit_client(const struct tls_wish *wish)
{
	SSL *ssl = client_new(wish);

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	return ssl;
}

SSL *
tls_kit_connect(int fd, const struct tls_wish *wish)
{
	SSL *ssl = client_new(wish);
	int result;

	cr_assert_eq(SSL_set_fd(ssl, fd), 1);
	/* A call that is interrupted has to be made again. */
	do
		result = SSL_connect(ssl);
	while (result < 0 && SSL_want_read(ssl));
	if (result == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

void
tls_client_shake(struct test_client *client, const struct tls_wish *wish)
{
	int flags = fcntl(client->in.fd, F_GETFL);

	client->in.tls = tls_kit_connect(client->in.fd, wish);
	if (!client->in.tls)
		harness_fail("%s: no TLS: %s", client->in.label,
		    ERR_reason_error_string(ERR_peek_last_error()));
	cr_assert_eq(fcntl(client->in.fd, F_SETFL, flags | O_NONBLOCK), 0);
}

struct test_client *
tls_client_open_with(const char *url, const struct tls_wish *wish)
{
	struct test_client *client = test_client_open_at(url);

	tls_client_shake(client, wish);
	return client;
}

struct test_client *
tls_client_open(const struct server_process *server)
{
	return tls_client_open_with(server->listen[0], NULL);
}

int
tls_client_days(const struct test_client *client)
{
	X509 *x509 = SSL_get1_peer_certificate(client->in.tls);
	int days = 0, seconds = 0;

	cr_assert_not_null(x509);
	cr_assert_eq(
	    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x509)), 1);
	X509_free(x509);
	return days + (seconds > DAY_S / 2);
}
