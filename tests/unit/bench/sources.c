/* From where clients come: how many addresses, and where there is only one. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <unistd.h>

#include "bench/load/loopback.h"
#include "bench/load/sources.h"
#include "bench/load/target.h"

#define PORTS_MAX 65536u

Test(bench_sources, half_of_the_ports_of_an_address_are_used)
{
	cr_expect_eq(sources_needed(1, 28232), 0);
	cr_expect_eq(sources_needed(14116, 28232), 0);
	cr_expect_eq(sources_needed(14117, 28232), 2);
	cr_expect_eq(sources_needed(100000, 28232), 8);
	cr_expect_eq(sources_needed(3, 1), 3);
}

static int
settle(struct sources *sources, const char *url, size_t clients, unsigned asked)
{
	struct target target;

	cr_assert_null(target_parse(&target, url));
	return sources_settle(sources, &target, clients, asked);
}

Test(bench_sources, few_clients_come_from_where_the_kernel_says)
{
	struct sources sources;

	cr_expect_eq(settle(&sources, "tcp://127.0.0.1:5000", 10, 0), 0);
	cr_expect_eq(sources.count, 0);
	cr_expect_eq(settle(&sources, "tcp://127.0.0.1:5000", 10, 3), 0);
	cr_expect_eq(sources.count, 3);
}

Test(bench_sources, many_clients_are_spread_where_that_can_be)
{
	struct sources sources;

	cr_expect_eq(
	    settle(&sources, "tcp://127.0.0.1:5000", 4 * PORTS_MAX, 0), 0);
	cr_expect_geq(sources.count, 8);
	cr_expect_eq(
	    settle(&sources, "tcp://127.0.0.1:5000", 4 * PORTS_MAX, 2), -1);
	cr_expect_eq(
	    settle(&sources, "tcp://192.0.2.1:5000", 4 * PORTS_MAX, 0), -1);
	cr_expect_eq(
	    settle(&sources, "tcp://[::1]:5000", 4 * PORTS_MAX, 0), -1);
	cr_expect_eq(settle(&sources, "tcp://192.0.2.1:5000", 10, 2), -1);
	cr_expect_eq(settle(&sources, "unix:/nowhere", 4 * PORTS_MAX, 0), 0);
	cr_expect_eq(settle(&sources, "unix:/nowhere", 10, 2), -1);
}

Test(bench_sources, sockets_are_bound_in_turn)
{
	const struct sources sources = {.start = 7, .count = 2};
	socklen_t len = sizeof(struct sockaddr_in);
	struct sockaddr_in bound, due;
	int fd;

	for (uint32_t nth = 0; nth < 4; nth++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		cr_assert_eq(sources_bind(&sources, fd, nth), 0);
		cr_assert_eq(getsockname(fd, (void *)&bound, &len), 0);
		due = loopback_source(7, nth % 2);
		cr_expect_eq(bound.sin_addr.s_addr, due.sin_addr.s_addr);
		cr_expect_eq(bound.sin_port, 0, "chosen when it connects");
		close(fd);
	}
}
