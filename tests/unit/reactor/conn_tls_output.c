/* What is sent on connections that speak TLS: much, slowly, to the last byte.
 */
#include <string.h>
#include <unistd.h>

#include "tests/kit/tls_kit.h"
#include "tests/kit/tls_rig.h"

#define BIG (2 * 1024 * 1024)

static void
push_big(struct rig *rig, void *argument)
{
	struct peer *peer = atomic_load(&rig->newest);

	(void)argument;
	for (size_t at = 0; at < BIG; at += 50 * 1000) {
		size_t len = BIG - at < 50 * 1000 ? BIG - at : 50 * 1000;
		char *to = conn_reserve(&peer->conn, len);

		for (size_t i = 0; i < len; i++)
			to[i] = rig_pattern(at + i);
		conn_commit(&peer->conn, len);
	}
	cr_assert_eq(conn_out_bytes(&peer->conn), BIG);
}

static void
push_big_and_wait(struct rig *rig, void *argument)
{
	struct peer *peer = atomic_load(&rig->newest);

	push_big(rig, argument);
	conn_wait_drained(&peer->conn, BIG / 2);
}

static void
close_newest(struct rig *rig, void *argument)
{
	(void)argument;
	conn_close(&atomic_load(&rig->newest)->conn, CLOSE_KICKED);
}

static void
read_big(SSL *ssl)
{
	char bytes[5000];
	size_t got = 0, n;

	while (got < BIG) {
		n = tls_rig_hear(ssl, bytes, sizeof(bytes));
		cr_assert_gt(n, 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(bytes[i], rig_pattern(got + i));
		got += n;
	}
	cr_assert_eq(got, BIG);
}

RIG_TEST(big_output_arrives_through_small_buffers, .tls = tls_rig_server(),
    .send_buffer = 4096)
{
	int fd = rig_connect_with(rig, 4096);
	SSL *ssl;

	rig_await(&rig->opened);
	ssl = tls_kit_connect(fd, NULL);
	cr_assert_not_null(ssl);
	tls_rig_say(ssl, "x");
	tls_rig_expect(ssl, "x");
	rig_call(rig, 0, push_big_and_wait, NULL);
	rig_call(rig, 0, close_newest, NULL);
	read_big(ssl);
	tls_rig_expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}

static void
half_is_left(struct peer *peer)
{
	cr_assert_leq(conn_out_bytes(&peer->conn), BIG / 2);
}

RIG_TEST(drained_output_is_told_as_without_tls, .tls = tls_rig_server(),
    .send_buffer = 4096, .handlers = {.on_run = half_is_left})
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "x");
	tls_rig_expect(ssl, "x");
	rig_call(rig, 0, push_big_and_wait, NULL);
	read_big(ssl);
	rig_await(&rig->ran);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(peer_that_does_not_read_is_closed, .tls = tls_rig_server(),
    .send_buffer = 4096, .limits = {.stall_ms = 50})
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "x");
	tls_rig_expect(ssl, "x");
	rig_call(rig, 0, push_big, NULL);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_STALLED);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}
