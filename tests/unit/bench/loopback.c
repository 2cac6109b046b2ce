#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/loopback.h"
#include "bench/load/target.h"

#define SOURCES (0x7ffefffeu - 0x7f010000u + 1)

static uint32_t
source(uint32_t start, uint32_t nth)
{
	struct sockaddr_in address = loopback_source(start, nth);

	cr_expect_eq(address.sin_family, AF_INET);
	cr_expect_eq(address.sin_port, 0);
	cr_expect(loopback_is((const struct sockaddr *)&address));
	return ntohl(address.sin_addr.s_addr);
}

static bool
is_loopback(const char *url)
{
	struct target target;

	cr_assert_null(target_parse(&target, url));
	return loopback_is(&target.address.any);
}

Test(bench_loopback, only_ipv4_of_this_machine_is)
{
	cr_expect(is_loopback("tcp://127.0.0.1:5000"));
	cr_expect(is_loopback("tcp://127.200.0.9:5000"));
	cr_expect_not(is_loopback("tcp://126.255.255.255:5000"));
	cr_expect_not(is_loopback("tcp://128.0.0.1:5000"));
	cr_expect_not(is_loopback("tcp://0.0.0.0:5000"));
	cr_expect_not(is_loopback("tcp://[::1]:5000"));
	cr_expect_not(is_loopback("unix:/run/throng"));
}

Test(bench_loopback, sources_stay_in_their_range)
{
	cr_expect_eq(source(0, 0), 0x7f010000u);
	cr_expect_eq(source(0, 1), 0x7f010001u);
	cr_expect_eq(source(0, SOURCES - 1), 0x7ffefffeu);
	cr_expect_eq(source(0, SOURCES), 0x7f010000u);
	cr_expect_eq(source(SOURCES - 1, 1), 0x7f010000u);
}

/* Also where the start and the number together exceed 32 bits. */
Test(bench_loopback, each_source_is_another_from_any_start)
{
	static const uint32_t starts[] = {
	    0, 1, SOURCES, 0x80000000u, UINT32_MAX - 1, UINT32_MAX};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		for (uint32_t nth = 0; nth < 1000; nth++) {
			uint32_t one = source(starts[i], nth);
			uint32_t next = source(starts[i], nth + 1);

			cr_expect(next == one + 1 || next == 0x7f010000u);
		}
}

Test(bench_loopback, source_can_be_bound_to)
{
	struct sockaddr_in address = loopback_source(12345, 678);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	cr_assert_geq(fd, 0);
	cr_expect_eq(bind(fd, (void *)&address, sizeof address), 0);
	close(fd);
}
