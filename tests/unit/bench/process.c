#include <criterion/criterion.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/crowd/meter.h"
#include "bench/crowd/process.h"
#include "bench/load/target.h"

Test(bench_process, stat_gives_user_and_system_time)
{
	uint64_t used = 0;

	cr_expect(process_parse_stat(
	    "695 (redis-server) S 1 695 695 0 -1 4194560 3000 0 10 0 250 125 "
	    "7 8 20 0 5 0 123456 75218944 2621 18446744073709551615\n",
	    100, &used));
	cr_expect_eq(used, 3750000000u);
}

Test(bench_process, stat_of_a_strange_name_is_read)
{
	uint64_t used = 0;

	cr_expect(process_parse_stat(
	    "1 (a) b (1 2 3) R 1 1 1 0 -1 0 0 0 0 0 3 4 0 0 20 0 1 0 9", 100,
	    &used));
	cr_expect_eq(used, 70000000u);
	cr_expect_not(process_parse_stat("1 (a) R 1 1", 100, &used));
	cr_expect_not(process_parse_stat("", 100, &used));
}

Test(bench_process, schedstat_gives_nanoseconds)
{
	uint64_t used = 0;

	cr_expect(process_parse_schedstat("6661560 17604908 3\n", &used));
	cr_expect_eq(used, 6661560);
	cr_expect_not(process_parse_schedstat("", &used));
	cr_expect_not(process_parse_schedstat("off\n", &used));
}

Test(bench_process, memory_is_found_by_its_key)
{
	static const char rollup[] =
	    "5598b3058000-7ffc45a21000 ---p 00000000 00:00 0  [rollup]\n"
	    "Rss:                1636 kB\n"
	    "Pss_Anon:            999 kB\n"
	    "Anonymous:           112 kB\n"
	    "AnonHugePages:         0 kB\n";
	uint64_t bytes = 0;

	cr_expect(process_parse_kb(rollup, "Anonymous:", &bytes));
	cr_expect_eq(bytes, 112 * 1024);
	cr_expect(process_parse_kb(rollup, "AnonHugePages:", &bytes));
	cr_expect_eq(bytes, 0);
	cr_expect_not(process_parse_kb(rollup, "Swap:", &bytes));
	cr_expect_not(process_parse_kb("Swap: much\n", "Swap:", &bytes));
}

static const char listener[] =
    "   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 "
    "00000000     0        0 1527 1 00000000112417d7 100 0 0 10 0\n";
static const char listener6[] =
    "  11: 00000000000000000000000001000000:1388 "
    "00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 "
    "00000000     0        0 99 1 00000000112417d7 100 0 0 10 0\n";
static const char established[] =
    "   1: 0100007F:1388 0100007F:A8C7 01 00000000:00000000 03:00000A40 "
    "00000000     0        0 1528 3 00000000259f1e83\n";

Test(bench_process, only_a_listener_on_the_port_has_its_inode)
{
	cr_expect_eq(process_parse_listener(listener, 5000), 1527);
	cr_expect_eq(process_parse_listener(listener6, 5000), 99);
	cr_expect_eq(process_parse_listener(listener, 5001), 0);
	cr_expect_eq(process_parse_listener(established, 5000), 0);
	cr_expect_eq(process_parse_listener("  sl  local_address\n", 5000), 0);
	cr_expect_eq(process_parse_listener("", 5000), 0);
}

Test(bench_process, exact_time_counts_unless_threads_have_ended)
{
	static const struct process_cpu begin = {1000000007, 1000000000};
	static const struct process_cpu end = {1500000009, 1510000000};
	static const struct process_cpu ended = {1200000009, 1510000000};
	static const struct process_cpu none = {0, 1000000000};

	cr_expect_eq(process_cpu_between(&begin, &end), 500000002);
	cr_expect_eq(process_cpu_between(&begin, &ended), 510000000);
	cr_expect_eq(process_cpu_between(&none, &end), 510000000);
}

Test(bench_process, own_listener_is_found)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof address;
	struct target target;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof url, "tcp://127.0.0.1:%u",
	    (unsigned)ntohs(address.sin_port));
	cr_assert_null(target_parse(&target, url));
	cr_expect_eq(process_find(&target), getpid());
	close(fd);
	cr_expect_eq(process_find(&target), 0);
}

Test(bench_process, own_cpu_and_memory_are_told)
{
	struct meter meter = {.pid = getpid()};
	volatile unsigned spun = 0;
	uint64_t memory = 0;

	meter_begin(&meter);
	while (spun < 20000000)
		spun++;
	meter_end(&meter);
	cr_expect(meter.begin.server_known);
	cr_expect_gt(
	    process_cpu_between(&meter.begin.server, &meter.end.server), 0);
	cr_expect_gt(meter.end.own_ns, meter.begin.own_ns);
	cr_expect_gt(meter_seconds(&meter), 0);
	cr_expect(process_read_memory(getpid(), &memory));
	cr_expect_gt(memory, 0);
}

Test(bench_process, unknown_process_is_not_told)
{
	struct process_cpu cpu;
	uint64_t memory;

	cr_expect_not(process_read_cpu(0, &cpu));
	cr_expect_not(process_read_memory(0, &memory));
}
