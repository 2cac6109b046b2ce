/* Handshakes that come all at once: a few in a turn, and nothing is lost. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/kit/tls_kit.h"
#include "tests/kit/tls_rig.h"

#define CROWD 20
#define MUCH  (60 * 1000)

/* So little that a turn has one. */
#define ONE_EACH .tls = tls_rig_server(), .limits = {.handshakes_us = 1}

static void
write_all(int fd, SSL *ssl)
{
	char bytes[16384];
	int len;

	while ((len = BIO_read(SSL_get_wbio(ssl), bytes, sizeof(bytes))) > 0)
		cr_assert_eq(write(fd, bytes, (size_t)len), len);
}

static void
say_hello(int fd)
{
	SSL *ssl = tls_kit_client(NULL);

	SSL_do_handshake(ssl);
	write_all(fd, ssl);
	SSL_free(ssl);
}

static void
connect_crowd(struct rig *rig, int crowd[CROWD])
{
	for (int i = 0; i < CROWD; i++)
		crowd[i] = rig_connect(rig);
}

/* The server's answer to a hello is a record of its own. */
static void
expect_answers(const int crowd[CROWD])
{
	for (int i = 0; i < CROWD; i++) {
		rig_expect(crowd[i], "\x16\x03\x03");
		close(crowd[i]);
	}
}

static void
read_turns(struct rig *rig, void *turns)
{
	*(unsigned *)turns = rig->owners[0].turn_ends;
}

RIG_TEST(handshakes_that_come_at_once_have_turns_of_their_own, ONE_EACH)
{
	unsigned before, after;
	int crowd[CROWD];

	connect_crowd(rig, crowd);
	rig_call(rig, 0, read_turns, &before);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++)
		say_hello(crowd[i]);
	rig_release(rig);
	expect_answers(crowd);
	rig_call(rig, 0, read_turns, &after);
	cr_assert_geq(after - before, CROWD);
	tls_rig_end(rig);
}

RIG_TEST(handshakes_that_are_given_up_while_they_wait_leave_nothing, ONE_EACH)
{
	int crowd[CROWD];

	connect_crowd(rig, crowd);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++) {
		say_hello(crowd[i]);
		if (i % 2)
			rig_reset(crowd[i]);
		else
			close(crowd[i]);
	}
	rig_release(rig);
	rig_until_open(rig, 0);
	cr_assert_eq(rig_counter(rig, closed), CROWD);
	tls_rig_end(rig);
}

RIG_TEST(handshakes_that_wait_end_with_the_server, ONE_EACH)
{
	int crowd[CROWD];

	connect_crowd(rig, crowd);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++)
		say_hello(crowd[i]);
	rig_ask_to_stop(rig);
	rig_release(rig);
	for (int i = 0; i < CROWD; i++)
		close(crowd[i]);
	tls_rig_end(rig);
}

/* All but the last of its side. */
static SSL *
shake_but_for_the_last(int fd)
{
	SSL *ssl = tls_kit_client(NULL);
	char bytes[16384];

	while (SSL_do_handshake(ssl) != 1) {
		ssize_t len;

		write_all(fd, ssl);
		len = rig_recv(fd, bytes, sizeof(bytes));
		cr_assert_gt(len, 0);
		BIO_write(SSL_get_rbio(ssl), bytes, (int)len);
	}
	return ssl;
}

static void
say_much(SSL *ssl)
{
	char text[1000];

	for (size_t at = 0; at < MUCH; at += sizeof(text)) {
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = rig_pattern(at + i);
		cr_assert_eq(SSL_write(ssl, text, sizeof(text)), 1000);
	}
}

static void
hear_much(int fd, SSL *ssl)
{
	char bytes[16384];
	size_t got = 0, n;

	while (got < MUCH) {
		ssize_t len = rig_recv(fd, bytes, sizeof(bytes));

		cr_assert_gt(len, 0);
		BIO_write(SSL_get_rbio(ssl), bytes, (int)len);
		while (SSL_read_ex(ssl, bytes, sizeof(bytes), &n) == 1)
			for (size_t i = 0; i < n; i++)
				cr_assert_eq(bytes[i], rig_pattern(got++));
	}
	cr_assert_eq(got, MUCH);
}

/* The end of its handshake waits behind others, and what it says at once behind
 * that: more than is kept, word that it was all, and the socket's end. */
RIG_TEST(what_follows_a_handshake_that_waits_is_heard_in_order, ONE_EACH)
{
	int crowd[CROWD], fd = rig_connect(rig);
	SSL *ssl = shake_but_for_the_last(fd);

	connect_crowd(rig, crowd);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++)
		say_hello(crowd[i]);
	say_much(ssl);
	SSL_shutdown(ssl);
	write_all(fd, ssl);
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_release(rig);
	hear_much(fd, ssl);
	expect_answers(crowd);
	SSL_free(ssl);
	close(fd);
	rig_until_open(rig, 0);
	tls_rig_end(rig);
}

/* The same in the turn behind that, and before its own. */
RIG_TEST(end_of_who_waits_is_heard_last, ONE_EACH)
{
	int crowd[CROWD], fd = rig_connect(rig);
	SSL *ssl = shake_but_for_the_last(fd);
	char bytes[256];

	connect_crowd(rig, crowd);
	rig_hold(rig, 0);
	for (int i = 0; i < CROWD; i++)
		say_hello(crowd[i]);
	write_all(fd, ssl);
	rig_hold_next(rig, 0);
	rig_release(rig);
	rig_await(&rig->held);
	cr_assert_eq(SSL_write(ssl, "last", 4), 4);
	SSL_shutdown(ssl);
	write_all(fd, ssl);
	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	rig_release(rig);
	for (int result = 0; result <= 0;) {
		ssize_t len = rig_recv(fd, bytes, sizeof(bytes));

		cr_assert_gt(len, 0);
		BIO_write(SSL_get_rbio(ssl), bytes, (int)len);
		result = SSL_read(ssl, bytes, sizeof(bytes));
		cr_assert(result <= 0 || memcmp(bytes, "last", 4) == 0);
	}
	expect_answers(crowd);
	SSL_free(ssl);
	close(fd);
	rig_until_open(rig, 0);
	tls_rig_end(rig);
}
