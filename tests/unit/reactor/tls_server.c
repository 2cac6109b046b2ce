/* What a server is to TLS clients: its certificate of the moment. */
#include "reactor/tls_server.h"

#include <stdlib.h>
#include <time.h>

#include "reactor/tls_certificate.h"
#include "tests/kit/tls_kit.h"

static void
take(struct tls_server *server, const char *certificate, const char *key)
{
	char error[TLS_ERROR_BYTES] = "";
	SSL_CTX *read = tls_certificate_read(
	    tls_kit_path(certificate), tls_kit_path(key), error);

	cr_assert_not_null(read, "%s", error);
	tls_server_set(server, read);
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
	take(server, "one.cert", "one.key");
	validity = tls_server_validity(server);
	cr_assert_lt(labs((long)(validity.from_s + 3 * 86400 - now)), 60);
	cr_assert_lt(labs((long)(validity.until_s - 20 * 86400 - now)), 60);
	tls_server_free(&server);
}

Test(reactor_tls_server, connections_outlive_certificate_and_server,
    .fini = harness_fini)
{
	struct tls_server *server = tls_server_new();
	struct ssl_st *first, *second;

	tls_kit_certificate("one", -1, 100);
	tls_kit_certificate("two", -1, 200);
	take(server, "one.cert", "one.key");
	first = tls_server_connection(server);
	take(server, "two.cert", "two.key");
	second = tls_server_connection(server);
	cr_assert_neq(SSL_get_certificate(first), SSL_get_certificate(second));
	tls_server_set(server, NULL);
	cr_assert_not(tls_server_is_ready(server));
	tls_server_free(&server);
	cr_assert_not_null(SSL_get_certificate(first));
	SSL_free(first);
	SSL_free(second);
}
