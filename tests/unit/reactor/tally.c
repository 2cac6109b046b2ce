/* How many connections each network has. */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "reactor/address.h"
#include "reactor/hash.h"
#include "reactor/tally.h"

#define THREADS 4
#define ROUNDS  50000

static struct tally *tally;

static void
setup(void)
{
	struct hash_key key;

	for (size_t i = 0; i < sizeof(key.bytes); i++)
		key.bytes[i] = (unsigned char)(i * 37 + 11);
	tally = tally_new(&key);
}

static void
teardown(void)
{
	tally_free(&tally);
	cr_assert_null(tally);
}

TestSuite(reactor_tally, .init = setup, .fini = teardown);

/* 10.0.0.0 and the `n` addresses behind it, from some port. */
static struct address
ipv4(uint32_t n, uint16_t port)
{
	return (struct address){
	    .ip = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
	    .port = port,
	    .family = AF_INET,
	};
}

/* 2001:db8:0:NET::HOST */
static struct address
ipv6(uint8_t net, uint8_t host)
{
	return (struct address){
	    .ip = {0x20, 0x01, 0x0d, 0xb8, [7] = net, [15] = host},
	    .family = AF_INET6,
	};
}

static bool
enters(struct address peer)
{
	return tally_enter(tally, &peer);
}

static void
leaves(struct address peer)
{
	tally_leave(tally, &peer);
}

Test(reactor_tally, one_address_is_counted_whatever_the_port)
{
	tally_set_max(tally, 2);
	cr_expect(enters(ipv4(1, 1000)));
	cr_expect(enters(ipv4(1, 1001)));
	cr_expect_not(enters(ipv4(1, 1002)));
	cr_expect(enters(ipv4(2, 1000)));
	leaves(ipv4(1, 1000));
	cr_expect(enters(ipv4(1, 1002)));
	cr_expect_not(enters(ipv4(1, 1003)));
	leaves(ipv4(1, 1001));
	leaves(ipv4(1, 1002));
	leaves(ipv4(2, 1000));
}

Test(reactor_tally, ipv6_is_counted_by_its_64)
{
	tally_set_max(tally, 2);
	cr_expect(enters(ipv6(1, 1)));
	cr_expect(enters(ipv6(1, 2)));
	cr_expect_not(enters(ipv6(1, 3)));
	cr_expect(enters(ipv6(2, 1)));
	leaves(ipv6(1, 1));
	leaves(ipv6(1, 2));
	leaves(ipv6(2, 1));
}

Test(reactor_tally, clients_of_this_machine_are_not_counted)
{
	const struct address local[] = {
	    {.family = AF_UNIX},
	    {.family = AF_INET, .ip = {127, 0, 0, 1}},
	    {.family = AF_INET, .ip = {127, 1, 2, 3}},
	    {.family = AF_INET6, .ip = {[15] = 1}},
	};
	size_t before = tally_bytes(tally);

	tally_set_max(tally, 1);
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		for (int times = 0; times < 3; times++)
			cr_expect(enters(local[i]));
		leaves(local[i]);
	}
	cr_expect_eq(tally_bytes(tally), before);
}

/* Also what came while there was none. */
Test(reactor_tally, limit_can_change)
{
	for (uint16_t i = 0; i < 500; i++)
		cr_assert(enters(ipv4(1, i)));
	tally_set_max(tally, 100);
	cr_expect_not(enters(ipv4(1, 500)));
	for (uint16_t i = 0; i < 401; i++)
		leaves(ipv4(1, i));
	cr_expect(enters(ipv4(1, 500)));
	cr_expect_not(enters(ipv4(1, 501)));
	tally_set_max(tally, 0);
	cr_expect(enters(ipv4(1, 501)));
	for (uint16_t i = 0; i < 101; i++)
		leaves(ipv4(1, i));
}

/* A model beside it; the table grows, shrinks, and slots move. */
Test(reactor_tally, random_comings_and_goings_are_counted_right)
{
	enum {
		NETWORKS = 3000,
		MAX = 3
	};
	static unsigned there[NETWORKS];
	unsigned seed = 20261130;

	tally_set_max(tally, MAX);
	for (unsigned round = 0; round < 400000; round++) {
		uint32_t n = (uint32_t)rand_r(&seed) % NETWORKS;
		/* More come at first, then more go. */
		bool comes = rand_r(&seed) % 100 < (round < 200000 ? 60 : 40);

		if (comes) {
			cr_assert_eq(enters(ipv4(n, 1)), there[n] < MAX);
			there[n] += there[n] < MAX;
		} else if (there[n] > 0) {
			leaves(ipv4(n, 1));
			there[n]--;
		}
	}
	for (uint32_t n = 0; n < NETWORKS; n++)
		while (there[n]-- > 0)
			leaves(ipv4(n, 1));
}

Test(reactor_tally, memory_is_that_of_the_networks_that_are_there)
{
	enum {
		NETWORKS = 100000
	};
	size_t empty = tally_bytes(tally);

	for (uint32_t n = 0; n < NETWORKS; n++) {
		cr_assert(enters(ipv4(n, 1)));
		if (n >= 10000)
			cr_assert_leq(
			    tally_bytes(tally) - empty, 15 * (size_t)n);
	}
	for (uint32_t n = 0; n < NETWORKS; n++)
		leaves(ipv4(n, 1));
	cr_assert_leq(tally_bytes(tally) - empty, 16 * 16 * sizeof(uint64_t));
}

static void *
come_and_go(void *argument)
{
	uint32_t *let_in = argument;
	struct address peer = ipv4(7, 1);

	for (int i = 0; i < ROUNDS; i++)
		if (tally_enter(tally, &peer)) {
			++*let_in;
			tally_leave(tally, &peer);
		}
	return NULL;
}

Test(reactor_tally, threads_share_one_count, .timeout = 60)
{
	uint32_t let_in[THREADS] = {0};
	pthread_t threads[THREADS];

	tally_set_max(tally, THREADS + 1);
	cr_assert(enters(ipv4(7, 1)));
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(
		    pthread_create(&threads[i], NULL, come_and_go, &let_in[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		cr_expect_eq(let_in[i], ROUNDS);
	}
	tally_set_max(tally, 2);
	cr_expect(enters(ipv4(7, 1)));
	cr_expect_not(enters(ipv4(7, 1)));
	leaves(ipv4(7, 1));
	leaves(ipv4(7, 1));
}
