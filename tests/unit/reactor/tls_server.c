/* What a server is to TLS clients: its files. */
#include "reactor/tls_server.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/kit/tls_kit.h"

static char error[TLS_ERROR_BYTES];

static int
load(struct tls_server *server, const char *certificate, const char *key)
{
	error[0] = '\0';
	return tls_server_load(
	    server, tls_kit_path(certificate), tls_kit_path(key), error);
}

static void
refuses(struct tls_server *server, const char *certificate, const char *key,
    const char *file, const char *why)
{
	cr_assert_eq(load(server, certificate, key), -1);
	cr_assert(strstr(error, tls_kit_path(file)) == error, "%s", error);
	cr_assert_not_null(strstr(error, why), "%s", error);
}

Test(reactor_tls_server, without_a_certificate_nobody_speaks_tls)
{
	struct tls_server *server = tls_server_new();

	cr_assert_not(tls_server_is_ready(server));
	cr_assert_null(tls_server_connection(server));
	tls_server_free(&server);
	cr_assert_null(server);
}

Test(reactor_tls_server, validity_is_the_certificates, .fini = harness_fini)
{
	struct tls_server *server = tls_server_new();
	struct tls_validity validity;
	time_t now = time(NULL);

	tls_kit_certificate("one", -3, 20);
	cr_assert_eq(load(server, "one.cert", "one.key"), 0, "%s", error);
	validity = tls_server_validity(server);
	cr_assert_lt(labs((long)(validity.from_s + 3 * 86400 - now)), 60);
	cr_assert_lt(labs((long)(validity.until_s - 20 * 86400 - now)), 60);
	tls_server_free(&server);
}

Test(reactor_tls_server, wrong_files_change_nothing_and_say_why,
    .fini = harness_fini)
{
	struct tls_server *server = tls_server_new();

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	tls_kit_write("empty", "");
	tls_kit_write("text", "no certificate\n");
	cr_assert_eq(load(server, "one.cert", "one.key"), 0, "%s", error);
	refuses(server, "one.cert", "two.key", "two.key", "does not fit");
	refuses(server, "none", "one.key", "none", "No such file");
	refuses(server, "one.cert", "none", "none", "No such file");
	refuses(server, "empty", "one.key", "empty", "cannot be read");
	refuses(server, "one.cert", "empty", "empty", "cannot be read");
	refuses(server, "text", "one.key", "text", "no start line");
	refuses(server, "one.cert", "text", "text", "cannot be read");
	refuses(server, "one.key", "one.key", "one.key", "cannot be read");
	refuses(server, "one.cert", "one.cert", "one.cert", "cannot be read");
	refuses(server, ".", "one.key", ".", "cannot be read");
	refuses(server, "one.cert", ".", ".", "cannot be read");
	cr_assert_lt(tls_server_validity(server).until_s,
	    time(NULL) + 101 * 86400);
	tls_server_free(&server);
}

/* Without anybody being asked for it on the terminal. */
Test(reactor_tls_server, key_with_a_password_is_refused, .fini = harness_fini)
{
	struct tls_server *server = tls_server_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *out;

	tls_kit_certificate("one", -1, 100);
	out = fopen(tls_kit_path("locked"), "we");
	cr_assert_eq(PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(),
			 (const unsigned char *)"word", 4, NULL, NULL),
	    1);
	fclose(out);
	EVP_PKEY_free(key);
	refuses(server, "one.cert", "locked", "locked", "cannot be read");
	tls_server_free(&server);
}

Test(reactor_tls_server, connections_outlive_certificate_and_server,
    .fini = harness_fini)
{
	struct tls_server *server = tls_server_new();
	struct ssl_st *first, *second;

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	cr_assert_eq(load(server, "one.cert", "one.key"), 0, "%s", error);
	first = tls_server_connection(server);
	cr_assert_eq(load(server, "two.cert", "two.key"), 0, "%s", error);
	second = tls_server_connection(server);
	cr_assert_neq(SSL_get_certificate(first), SSL_get_certificate(second));
	tls_server_forget(server);
	cr_assert_not(tls_server_is_ready(server));
	tls_server_free(&server);
	cr_assert_not_null(SSL_get_certificate(first));
	SSL_free(first);
	SSL_free(second);
}
