#include "tests/kit/tls_rig.h"

#include <stdio.h>
#include <string.h>

#include "reactor/tls_certificate.h"
#include "reactor/tls_server.h"
#include "tests/kit/tls_kit.h"

static struct tls_server *server;

void
tls_rig_load(const char *name)
{
	char certificate[32], key[32], error[TLS_ERROR_BYTES] = "";
	SSL_CTX *read;

	snprintf(certificate, sizeof(certificate), "%s.cert", name);
	snprintf(key, sizeof(key), "%s.key", name);
	read = tls_certificate_read(
	    tls_kit_path(certificate), tls_kit_path(key), error);
	cr_assert_not_null(read, "%s", error);
	tls_server_set(server, read);
}

struct tls_server *
tls_rig_server(void)
{
	tls_kit_certificate("one", -1, 100);
	server = tls_server_new();
	tls_rig_load("one");
	return server;
}

void
tls_rig_end(struct rig *rig)
{
	rig_stop(rig);
	tls_server_free(&server);
	harness_fini();
}

void
tls_rig_say(SSL *ssl, const char *text)
{
	cr_assert_eq(
	    SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

size_t
tls_rig_hear(SSL *ssl, char *bytes, size_t room)
{
	size_t n = 0;
	int result;

	do
		result = SSL_read_ex(ssl, bytes, room, &n);
	while (result != 1 && SSL_want_read(ssl));
	return n;
}

void
tls_rig_expect(SSL *ssl, const char *text)
{
	char bytes[256] = "";
	size_t len = strlen(text), got = 0, n;

	for (; got < len; got += n) {
		n = tls_rig_hear(ssl, bytes + got, len - got);
		cr_assert_gt(n, 0);
	}
	cr_assert_str_eq(bytes, text);
}

void
tls_rig_expect_end(SSL *ssl)
{
	char byte;

	cr_assert_eq(tls_rig_hear(ssl, &byte, 1), 0);
	cr_assert_eq(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	rig_expect_end(SSL_get_fd(ssl));
}

SSL *
tls_rig_connect(struct rig *rig, int *fd)
{
	SSL *ssl;

	*fd = rig_connect(rig);
	ssl = tls_kit_connect(*fd, NULL);
	cr_assert_not_null(ssl);
	return ssl;
}

enum close_reason
tls_rig_last_reason(struct rig *rig)
{
	rig_await(&rig->closed);
	rig_turn(rig, 0);
	return rig->last.conn.reason;
}
