/* Connections that speak TLS, or should: told apart, begun in time, sent to,
 * ended. */
#include "tests/test_reactor_rig.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/tls_server.h"
#include "tests/tls_kit.h"

#define BIG (2 * 1024 * 1024)

static struct tls_server *server;

static struct tls_server *
with_tls(void)
{
	char error[TLS_ERROR_BYTES] = "";

	tls_kit_certificate("one", -1, 100);
	server = tls_server_new();
	cr_assert_eq(tls_server_load(server, tls_kit_path("one.cert"),
			 tls_kit_path("one.key"), error),
	    0, "%s", error);
	return server;
}

/* The rig has to be done first. */
static void
end(struct rig *rig)
{
	rig_stop(rig);
	tls_server_free(&server);
	harness_fini();
}

static void
say(SSL *ssl, const char *text)
{
	cr_assert_eq(
	    SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

/* Some bytes; 0 at the end. A call that is interrupted is made again. */
static size_t
hear(SSL *ssl, char *bytes, size_t room)
{
	size_t n = 0;
	int result;

	do
		result = SSL_read_ex(ssl, bytes, room, &n);
	while (result != 1 && SSL_want_read(ssl));
	return n;
}

static void
expect(SSL *ssl, const char *text)
{
	char bytes[256] = "";
	size_t len = strlen(text), got = 0, n;

	for (; got < len; got += n) {
		n = hear(ssl, bytes + got, len - got);
		cr_assert_gt(n, 0);
	}
	cr_assert_str_eq(bytes, text);
}

/* TLS's own word for the end, and then the socket's. */
static void
expect_end(SSL *ssl)
{
	char byte;

	cr_assert_eq(hear(ssl, &byte, 1), 0);
	cr_assert_eq(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	rig_expect_end(SSL_get_fd(ssl));
}

static SSL *
connect_tls(struct rig *rig, int *fd)
{
	SSL *ssl;

	*fd = rig_connect(rig);
	ssl = tls_kit_connect(*fd, NULL);
	cr_assert_not_null(ssl);
	return ssl;
}

static enum close_reason
last_reason(struct rig *rig)
{
	rig_await(&rig->closed);
	rig_turn(rig, 0);
	return rig->last.conn.reason;
}

RIG_TEST(tls_and_text_share_a_port, .tls = with_tls())
{
	int fd, plain = rig_connect(rig);
	SSL *ssl = connect_tls(rig, &fd);

	rig_round_trip(plain);
	say(ssl, "hello");
	expect(ssl, "hello");
	rig_round_trip(plain);
	cr_assert_eq(rig_counter(rig, handshakes), 1);
	SSL_free(ssl);
	close(fd);
	close(plain);
	end(rig);
}

/* A first byte that is none of TLS's is text, whatever it is. */
RIG_TEST(any_other_first_byte_is_text, .tls = with_tls())
{
	for (int first = 0; first < 256; first++) {
		int fd = rig_connect(rig);
		char byte = (char)first, back;

		if (first == 0x16) {
			close(fd);
			continue;
		}
		cr_assert_eq(write(fd, &byte, 1), 1);
		cr_assert_eq(read(fd, &back, 1), 1);
		cr_assert_eq(back, byte);
		close(fd);
	}
	end(rig);
}

RIG_TEST(
    line_listener_takes_all_as_text, .tls = with_tls(), .speaks = SPEAKS_LINES)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
	end(rig);
}

RIG_TEST(
    http_listener_takes_all_as_text, .tls = with_tls(), .speaks = SPEAKS_HTTP)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
	end(rig);
}

RIG_TEST(tls_listener_takes_tls_alone, .tls = with_tls(), .speaks = SPEAKS_TLS)
{
	int fd = rig_connect(rig), other;
	SSL *ssl;

	cr_assert_eq(write(fd, "hello\n", 6), 6);
	rig_expect_end(fd);
	cr_assert_eq(last_reason(rig), CLOSE_NOT_TLS);
	cr_assert_eq(rig->last.got, 0);
	close(fd);
	ssl = connect_tls(rig, &other);
	say(ssl, "hello");
	expect(ssl, "hello");
	SSL_free(ssl);
	close(other);
	end(rig);
}

/* Nothing is said before: a client would take it for TLS. */
RIG_TEST(tls_listener_is_mute_before_the_handshake, .tls = with_tls(),
    .speaks = SPEAKS_TLS)
{
	int fd = rig_connect(rig);

	rig_ask_to_stop(rig);
	rig_expect_end(fd);
	close(fd);
	end(rig);
}

RIG_TEST(tls_without_a_certificate_is_text)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
}

RIG_TEST(garbage_behind_the_first_byte_is_told_and_closed, .tls = with_tls())
{
	int fd = rig_connect(rig);

	/* A record that is too long. */
	cr_assert_eq(write(fd, "\x16\x03\x01\xff\xff\x01", 6), 6);
	rig_expect(fd, "\x15\x03\x03");
	cr_assert_eq(last_reason(rig), CLOSE_TLS);
	close(fd);
	end(rig);
}

RIG_TEST(handshake_has_its_time_and_no_more, .tls = with_tls(),
    .limits = {.handshake_ms = 30})
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03", 2), 2);
	cr_assert_eq(last_reason(rig), CLOSE_TLS_TIMEOUT);
	close(fd);
	end(rig);
}

RIG_TEST(silence_where_tls_has_to_begin_has_the_same_time, .tls = with_tls(),
    .speaks = SPEAKS_TLS, .limits = {.handshake_ms = 30})
{
	int fd = rig_connect(rig);

	cr_assert_eq(last_reason(rig), CLOSE_TLS_TIMEOUT);
	close(fd);
	end(rig);
}

RIG_TEST(done_handshake_has_no_time_limit, .tls = with_tls(),
    .limits = {.handshake_ms = 60})
{
	int fd, silent;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "before");
	expect(ssl, "before");
	/* Begun later, and over now. */
	silent = rig_connect(rig);
	cr_assert_eq(write(silent, "\x16", 1), 1);
	cr_assert_eq(last_reason(rig), CLOSE_TLS_TIMEOUT);
	say(ssl, "after");
	expect(ssl, "after");
	SSL_free(ssl);
	close(fd);
	close(silent);
	end(rig);
}

RIG_TEST(close_says_so_in_tls_behind_the_last_bytes, .tls = with_tls())
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "x");
	expect(ssl, "x");
	rig_ask_to_stop(rig);
	expect(ssl, "bye\n");
	expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

RIG_TEST(peers_word_for_the_end_is_the_end, .tls = with_tls())
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "last");
	cr_assert_eq(SSL_shutdown(ssl), 0);
	rig_await(&rig->ended);
	/* What is owed still comes. */
	expect(ssl, "last");
	expect_end(ssl);
	cr_assert_eq(last_reason(rig), CLOSE_PEER);
	cr_assert_not(rig->last.conn.input_cut);
	cr_assert_eq(rig->last.ends, 1);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

RIG_TEST(end_without_that_word_is_a_cut, .tls = with_tls())
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "half a li");
	expect(ssl, "half a li");
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_await(&rig->ended);
	cr_assert_eq(last_reason(rig), CLOSE_PEER);
	cr_assert(rig->last.conn.input_cut);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

/* Several records in one segment, and an end: all of it is heard. */
RIG_TEST(close_amid_several_records_is_orderly, .tls = with_tls())
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	rig_hold(rig, 0);
	for (int i = 0; i < 5; i++)
		say(ssl, "abc");
	SSL_shutdown(ssl);
	rig_release(rig);
	for (int i = 0; i < 5; i++)
		expect(ssl, "abc");
	expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

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
		n = hear(ssl, bytes, sizeof(bytes));
		cr_assert_gt(n, 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(bytes[i], rig_pattern(got + i));
		got += n;
	}
	cr_assert_eq(got, BIG);
}

RIG_TEST(big_output_arrives_through_small_buffers, .tls = with_tls(),
    .send_buffer = 4096)
{
	int fd = rig_connect_with(rig, 4096);
	SSL *ssl;

	rig_await(&rig->opened);
	ssl = tls_kit_connect(fd, NULL);
	cr_assert_not_null(ssl);
	say(ssl, "x");
	expect(ssl, "x");
	rig_call(rig, 0, push_big_and_wait, NULL);
	rig_call(rig, 0, close_newest, NULL);
	read_big(ssl);
	expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

static void
half_is_left(struct peer *peer)
{
	cr_assert_leq(conn_out_bytes(&peer->conn), BIG / 2);
}

RIG_TEST(drained_output_is_told_as_without_tls, .tls = with_tls(),
    .send_buffer = 4096, .handlers = {.on_run = half_is_left})
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "x");
	expect(ssl, "x");
	rig_call(rig, 0, push_big_and_wait, NULL);
	read_big(ssl);
	rig_await(&rig->ran);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

RIG_TEST(peer_that_does_not_read_is_closed, .tls = with_tls(),
    .send_buffer = 4096, .limits = {.stall_ms = 50})
{
	int fd;
	SSL *ssl = connect_tls(rig, &fd);

	say(ssl, "x");
	expect(ssl, "x");
	rig_call(rig, 0, push_big, NULL);
	cr_assert_eq(last_reason(rig), CLOSE_STALLED);
	SSL_free(ssl);
	close(fd);
	end(rig);
}

/* The client's side of a whole handshake and a word, as bytes. */
static size_t
record_client(unsigned char *bytes, size_t room)
{
	SSL *client = tls_kit_client(NULL);
	int len;

	SSL_do_handshake(client);
	len = BIO_read(SSL_get_wbio(client), bytes, (int)room);
	SSL_free(client);
	cr_assert_gt(len, 100);
	return (size_t)len;
}

/* In all stages of it, by a reset or in order, after a wrong byte or none. */
RIG_TEST(handshakes_that_are_cut_anywhere_leave_nothing, .tls = with_tls())
{
	unsigned char hello[4096];
	size_t len = record_client(hello, sizeof(hello));

	srand(1);
	for (int i = 0; i < 500; i++) {
		size_t cut = 1 + (size_t)rand() % len;
		int fd = rig_connect(rig);

		if (i % 3 == 0)
			hello[cut - 1] ^= 4;
		cr_assert_eq(write(fd, hello, cut), (ssize_t)cut);
		if (i % 3 == 0)
			hello[cut - 1] ^= 4;
		if (i % 2)
			rig_reset(fd);
		else
			close(fd);
	}
	rig_until_open(rig, 0);
	cr_assert_eq(rig_counter(rig, handshakes), 0);
	cr_assert_eq(rig_counter(rig, closed), 500);
	end(rig);
}

static void
find_address(struct rig *rig, void *argument)
{
	struct peer *peer = atomic_load(&rig->newest);

	cr_assert(conn_tls_address(&peer->conn, argument));
}

RIG_TEST(address_for_tls_is_the_one_that_was_used, .tls = with_tls())
{
	char used[ADDRESS_TEXT_BYTES], there[ADDRESS_TEXT_BYTES];
	struct address address, at = address_of(&rig->endpoint.address);
	int fd = rig_connect(rig);

	rig_call(rig, 0, find_address, &address);
	cr_assert_str_eq(
	    address_format(&address, used), address_format(&at, there));
	rig_round_trip(fd);
	close(fd);
	end(rig);
}

RIG_TEST(new_certificate_is_for_new_connections, .tls = with_tls())
{
	char error[TLS_ERROR_BYTES];
	int fd, other;
	SSL *old = connect_tls(rig, &fd), *fresh;
	X509 *of_old, *of_fresh;

	tls_kit_certificate("two", -1, 200);
	cr_assert_eq(tls_server_load(server, tls_kit_path("two.cert"),
			 tls_kit_path("two.key"), error),
	    0);
	fresh = connect_tls(rig, &other);
	say(old, "still here");
	expect(old, "still here");
	of_old = SSL_get1_peer_certificate(old);
	of_fresh = SSL_get1_peer_certificate(fresh);
	cr_assert_neq(X509_cmp(of_old, of_fresh), 0);
	X509_free(of_old);
	X509_free(of_fresh);
	SSL_free(old);
	SSL_free(fresh);
	close(fd);
	close(other);
	end(rig);
}
