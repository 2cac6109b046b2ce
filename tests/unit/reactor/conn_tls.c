/* Connections that speak TLS, or should: told apart, begun in time, ended. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/kit/tls_kit.h"
#include "tests/kit/tls_rig.h"

RIG_TEST(tls_and_text_share_a_port, .tls = tls_rig_server())
{
	int fd, plain = rig_connect(rig);
	SSL *ssl = tls_rig_connect(rig, &fd);

	rig_round_trip(plain);
	tls_rig_say(ssl, "hello");
	tls_rig_expect(ssl, "hello");
	rig_round_trip(plain);
	cr_assert_eq(rig_counter(rig, handshakes), 1);
	SSL_free(ssl);
	close(fd);
	close(plain);
	tls_rig_end(rig);
}

/* A first byte that is none of TLS's is text, whatever it is. */
RIG_TEST(any_other_first_byte_is_text, .tls = tls_rig_server())
{
	for (int first = 0; first < 256; first++) {
		int fd = rig_connect(rig);
		char byte = (char)first, back;

		if (first == 0x16) {
			close(fd);
			continue;
		}
		cr_assert_eq(write(fd, &byte, 1), 1);
		cr_assert_eq(rig_recv(fd, &back, 1), 1);
		cr_assert_eq(back, byte);
		close(fd);
	}
	tls_rig_end(rig);
}

RIG_TEST(line_listener_takes_all_as_text, .tls = tls_rig_server(),
    .speaks = SPEAKS_LINES)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(http_listener_takes_all_as_text, .tls = tls_rig_server(),
    .speaks = SPEAKS_HTTP)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(
    tls_listener_takes_tls_alone, .tls = tls_rig_server(), .speaks = SPEAKS_TLS)
{
	int fd = rig_connect(rig), other;
	SSL *ssl;

	cr_assert_eq(write(fd, "hello\n", 6), 6);
	rig_expect_end(fd);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_NOT_TLS);
	cr_assert_eq(rig->last.got, 0);
	close(fd);
	ssl = tls_rig_connect(rig, &other);
	tls_rig_say(ssl, "hello");
	tls_rig_expect(ssl, "hello");
	SSL_free(ssl);
	close(other);
	tls_rig_end(rig);
}

/* Nothing is said before: a client would take it for TLS. */
RIG_TEST(tls_listener_is_mute_before_the_handshake, .tls = tls_rig_server(),
    .speaks = SPEAKS_TLS)
{
	int fd = rig_connect(rig);

	rig_ask_to_stop(rig);
	rig_expect_end(fd);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(tls_without_a_certificate_is_text)
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03\x01", 3), 3);
	rig_expect(fd, "\x16\x03\x01");
	close(fd);
}

RIG_TEST(
    garbage_behind_the_first_byte_is_told_and_closed, .tls = tls_rig_server())
{
	int fd = rig_connect(rig);

	/* A record that is too long. */
	cr_assert_eq(write(fd, "\x16\x03\x01\xff\xff\x01", 6), 6);
	rig_expect(fd, "\x15\x03\x03");
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_TLS);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(handshake_has_its_time_and_no_more, .tls = tls_rig_server(),
    .limits = {.handshake_ms = 30})
{
	int fd = rig_connect(rig);

	cr_assert_eq(write(fd, "\x16\x03", 2), 2);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_TLS_TIMEOUT);
	close(fd);
	tls_rig_end(rig);
}

/* Each byte is in time, all of them are not. */
RIG_TEST(handshake_that_trickles_in_has_no_more_time, .tls = tls_rig_server(),
    .limits = {.handshake_ms = 30})
{
	struct pollfd fd = {.fd = rig_connect(rig), .events = POLLRDHUP};

	cr_assert_eq(write(fd.fd, "\x16\x03\x01\x30\x00\x01", 6), 6);
	/* Which ends it when the server has closed in between. */
	while (poll(&fd, 1, 1) == 0 && send(fd.fd, "", 1, MSG_NOSIGNAL) == 1)
		;
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_TLS_TIMEOUT);
	close(fd.fd);
	tls_rig_end(rig);
}

RIG_TEST(silence_where_tls_has_to_begin_has_the_same_time,
    .tls = tls_rig_server(), .speaks = SPEAKS_TLS,
    .limits = {.handshake_ms = 30})
{
	int fd = rig_connect(rig);

	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_TLS_TIMEOUT);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(done_handshake_has_no_time_limit, .tls = tls_rig_server(),
    .limits = {.handshake_ms = 1000})
{
	int fd, silent;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "before");
	tls_rig_expect(ssl, "before");
	/* Begun later, and over now. */
	silent = rig_connect(rig);
	cr_assert_eq(write(silent, "\x16", 1), 1);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_TLS_TIMEOUT);
	tls_rig_say(ssl, "after");
	tls_rig_expect(ssl, "after");
	SSL_free(ssl);
	close(fd);
	close(silent);
	tls_rig_end(rig);
}

RIG_TEST(close_says_so_in_tls_behind_the_last_bytes, .tls = tls_rig_server())
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "x");
	tls_rig_expect(ssl, "x");
	rig_ask_to_stop(rig);
	tls_rig_expect(ssl, "bye\n");
	tls_rig_expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(peers_word_for_the_end_is_the_end, .tls = tls_rig_server())
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "last");
	cr_assert_eq(SSL_shutdown(ssl), 0);
	rig_await(&rig->ended);
	/* What is owed still comes. */
	tls_rig_expect(ssl, "last");
	tls_rig_expect_end(ssl);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_PEER);
	cr_assert_not(rig->last.conn.input_cut);
	cr_assert_eq(rig->last.ends, 1);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(end_without_that_word_is_a_cut, .tls = tls_rig_server())
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	tls_rig_say(ssl, "half a li");
	tls_rig_expect(ssl, "half a li");
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_await(&rig->ended);
	cr_assert_eq(tls_rig_last_reason(rig), CLOSE_PEER);
	cr_assert(rig->last.conn.input_cut);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
}

/* Several records in one segment, and an end: all of it is heard. */
RIG_TEST(close_amid_several_records_is_orderly, .tls = tls_rig_server())
{
	int fd;
	SSL *ssl = tls_rig_connect(rig, &fd);

	rig_hold(rig, 0);
	for (int i = 0; i < 5; i++)
		tls_rig_say(ssl, "abc");
	SSL_shutdown(ssl);
	rig_release(rig);
	for (int i = 0; i < 5; i++)
		tls_rig_expect(ssl, "abc");
	tls_rig_expect_end(ssl);
	SSL_free(ssl);
	close(fd);
	tls_rig_end(rig);
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
RIG_TEST(
    handshakes_that_are_cut_anywhere_leave_nothing, .tls = tls_rig_server())
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
	tls_rig_end(rig);
}

static void
find_address(struct rig *rig, void *argument)
{
	struct peer *peer = atomic_load(&rig->newest);

	cr_assert(conn_tls_address(&peer->conn, argument));
}

RIG_TEST(address_for_tls_is_the_one_that_was_used, .tls = tls_rig_server())
{
	char used[ADDRESS_TEXT_BYTES], there[ADDRESS_TEXT_BYTES];
	struct address address, at = address_of(&rig->endpoint.address);
	int fd = rig_connect(rig);

	rig_call(rig, 0, find_address, &address);
	cr_assert_str_eq(
	    address_format(&address, used), address_format(&at, there));
	rig_round_trip(fd);
	close(fd);
	tls_rig_end(rig);
}

RIG_TEST(new_certificate_is_for_new_connections, .tls = tls_rig_server())
{
	int fd, other;
	SSL *old = tls_rig_connect(rig, &fd), *fresh;
	X509 *of_old, *of_fresh;

	tls_kit_certificate("two", -1, 200);
	tls_rig_load("two");
	fresh = tls_rig_connect(rig, &other);
	tls_rig_say(old, "still here");
	tls_rig_expect(old, "still here");
	of_old = SSL_get1_peer_certificate(old);
	of_fresh = SSL_get1_peer_certificate(fresh);
	cr_assert_neq(X509_cmp(of_old, of_fresh), 0);
	X509_free(of_old);
	X509_free(of_fresh);
	SSL_free(old);
	SSL_free(fresh);
	close(fd);
	close(other);
	tls_rig_end(rig);
}
