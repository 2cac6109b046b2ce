/* What is counted, as Prometheus reads it. */
#include "console/server/metrics_page.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "console/server/capacity.h"
#include "console/server/server.h"
#include "console/setting/options.h"
#include "proto/account_service.h"
#include "reactor/check.h"
#include "reactor/clock.h"
#include "reactor/conn.h"
#include "reactor/counters.h"
#include "reactor/log.h"
#include "reactor/memory.h"
#include "reactor/reactor.h"
#include "reactor/timing.h"

/* More than all families have, and than a reactor's histogram has. */
#define PAGE_BYTES         16384
#define PAGE_REACTOR_BYTES 1536

struct page {
	char *text; /* owned */
	size_t len;
	size_t size;
};

struct process_files {
	int64_t started_s; /* since 1970 */
	DIR *descriptors;  /* owned; NULL where it can't be read */
	int memory;        /* owned; -1 where it can't be read */
	uint64_t descriptors_max;
};

static __attribute__((format(printf, 2, 3))) void
put(struct page *page, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(
	    page->text + page->len, page->size - page->len, format, arguments);
	va_end(arguments);
	check(len >= 0 && (size_t)len < page->size - page->len);
	page->len += (size_t)len;
}

/* What is called throng_NAME; process_NAME keeps the name that it has in all
 * programs. */
static const char *
prefix(const char *name)
{
	return strncmp(name, "process_", 8) ? "throng_" : "";
}

static void
put_family(
    struct page *page, const char *name, const char *type, const char *help)
{
	put(page, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix(name), name, help,
	    prefix(name), name, type);
}

/* `label` is `key="value"`, or empty. */
static void
put_sample(
    struct page *page, const char *name, const char *label, uint64_t value)
{
	bool has = label[0] != '\0';

	put(page, "%s%s%s%s%s %llu\n", prefix(name), name, has ? "{" : "",
	    label, has ? "}" : "", (unsigned long long)value);
}

static void
put_seconds(struct page *page, const char *name, const char *label, uint64_t us)
{
	bool has = label[0] != '\0';

	put(page, "%s%s%s%s%s %llu.%06llu\n", prefix(name), name,
	    has ? "{" : "", label, has ? "}" : "",
	    (unsigned long long)us / 1000000, (unsigned long long)us % 1000000);
}

static void
put_number(struct page *page, const char *name, const char *type,
    const char *help, uint64_t value)
{
	put_family(page, name, type, help);
	put_sample(page, name, "", value);
}

static void
put_timing(struct page *page, const char *name, const char *label,
    const struct timing *timing)
{
	struct timing_count count = timing_read(timing);
	const char *comma = label[0] ? "," : "";
	char part[64];

	snprintf(part, sizeof(part), "%s_bucket", name);
	for (int i = 0; i < TIMING_BOUNDS; i++)
		put(page, "throng_%s{%s%sle=\"%u.%06u\"} %llu\n", part, label,
		    comma, timing_bounds_us[i] / 1000000,
		    timing_bounds_us[i] % 1000000,
		    (unsigned long long)count.within[i]);
	put(page, "throng_%s{%s%sle=\"+Inf\"} %llu\n", part, label, comma,
	    (unsigned long long)count.all);
	snprintf(part, sizeof(part), "%s_sum", name);
	put_seconds(page, part, label, count.sum_us);
	snprintf(part, sizeof(part), "%s_count", name);
	put_sample(page, part, label, count.all);
}

/* The rows of one metric are neighbours. */
static void
put_counters(struct page *page, const struct counters *total)
{
	static const struct {
		const char *metric, *label, *help;
	} rows[] = {
#define COUNTER(name, metric, label, help) {metric, label, help},
#include "reactor/counters.def"
#undef COUNTER
	};
	const counter *values = (const counter *)total;
	const char *last = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].metric)
			continue;
		if (strcmp(rows[i].metric, last) != 0)
			put_family(
			    page, rows[i].metric, "counter", rows[i].help);
		put_sample(page, rows[i].metric, rows[i].label,
		    counter_read(&values[i]));
		last = rows[i].metric;
	}
}

static void
put_closed(struct page *page, const struct server *server)
{
	static const char name[] = "connections_closed_total";

	put_family(page, name, "counter", "connections closed");
	for (unsigned reason = CLOSE_NONE + 1; reason < CLOSE_COUNT; reason++) {
		const struct reactor *reactor;
		uint64_t closed = 0;
		char label[64];

		for (unsigned i = 0; (reactor = server_reactor(server, i)); i++)
			closed += reactor_closed(reactor, reason);
		snprintf(label, sizeof(label), "reason=\"%s\"",
		    close_reason_word(reason));
		put_sample(page, name, label, closed);
	}
}

/* What each reactor has of it. */
static void
put_depths(struct page *page, const struct server *server, const char *name,
    const char *help, uint64_t (*depth)(const struct reactor *reactor))
{
	const struct reactor *reactor;
	char label[32];

	put_family(page, name, "gauge", help);
	for (unsigned i = 0; (reactor = server_reactor(server, i)); i++) {
		snprintf(label, sizeof(label), "reactor=\"%u\"", i);
		put_sample(page, name, label, depth(reactor));
	}
}

static void
put_reactors(struct page *page, const struct server *server)
{
	const struct reactor *reactor;
	char label[32];

	put_family(page, "turn_seconds", "histogram",
	    "time that a reactor works between two sleeps");
	for (unsigned i = 0; (reactor = server_reactor(server, i)); i++) {
		snprintf(label, sizeof(label), "reactor=\"%u\"", i);
		put_timing(
		    page, "turn_seconds", label, reactor_turn_time(reactor));
	}
	put_depths(page, server, "mail_waiting",
	    "envelopes from other threads that wait for a reactor",
	    reactor_mail_waiting);
	put_depths(page, server, "output_waiting_bytes",
	    "memory for output that waits for the clients of a reactor",
	    reactor_output_waiting);
}

static void
put_clients(struct page *page, const struct server *server)
{
	struct server_count count = server_count(server);
	struct counters total;
	uint64_t ended;

	/* A room ends after it was made: see server_count. */
	server_counters(server, &total);
	ended = counter_read(&total.rooms_ended);
	put_counters(page, &total);
	put_closed(page, server);
	put_number(page, "connections", "gauge", "connections that are open",
	    count.connected);
	put_number(page, "connections_max", "gauge",
	    "connections that can be open", server_capacity(server)->clients);
	put_number(page, "sessions", "gauge", "connections that are logged in",
	    count.logged_in);
	server_counters(server, &total);
	put_number(page, "rooms", "gauge",
	    "rooms, the lobby and those that are only remembered too",
	    counter_read(&total.rooms_made) - ended);
}

static void
put_bans(struct page *page, struct auth *auth)
{
	static const char *const kinds[BAN_KINDS] = {
	    [BANNED_NAME] = "kind=\"name\"",
	    [BANNED_ADDRESS] = "kind=\"address\"",
	    [MUTED_NAME] = "kind=\"mute\"",
	};

	put_family(page, "bans", "gauge",
	    "bans and mutes that hold, besides those of the file of bans");
	for (int kind = 0; kind < BAN_KINDS; kind++)
		put_sample(page, "bans", kinds[kind],
		    auth_ban_count(auth, (enum auth_ban_kind)kind));
}

static void
put_pools(struct page *page, const struct worker_count counts[2])
{
	static const char *const labels[2] = {
	    "pool=\"hash\"", "pool=\"journal\""};
	int i;

	put_family(page, "jobs_waiting", "gauge",
	    "passwords that wait to be hashed, changes to be written");
	for (i = 0; i < 2; i++)
		put_sample(page, "jobs_waiting", labels[i], counts[i].waiting);
	put_family(page, "jobs_total", "counter", "jobs that were done");
	for (i = 0; i < 2; i++)
		put_sample(page, "jobs_total", labels[i], counts[i].done);
	put_family(page, "jobs_refused_total", "counter",
	    "jobs that were not taken, since too many waited");
	for (i = 0; i < 2; i++)
		put_sample(
		    page, "jobs_refused_total", labels[i], counts[i].refused);
	put_family(page, "jobs_seconds_total", "counter",
	    "time that the jobs took, of all threads together");
	for (i = 0; i < 2; i++)
		put_seconds(
		    page, "jobs_seconds_total", labels[i], counts[i].busy_us);
}

static void
put_accounts(struct page *page, const struct server *server)
{
	struct account_service *service = server_account_service(server);
	struct auth *auth = account_service_auth(service);
	struct worker_count counts[2] = {
	    account_service_hashing(service),
	    account_service_journaling(service),
	};

	put_number(
	    page, "accounts", "gauge", "accounts", server_accounts(server));
	put_number(page, "accounts_read_only", "gauge",
	    "1 while accounts cannot be made or changed, else 0",
	    auth_error(auth)[0] != '\0');
	put_bans(page, auth);
	put_pools(page, counts);
	put_family(page, "journal_commit_seconds", "histogram",
	    "time to write and sync one batch of changes to accounts");
	put_timing(page, "journal_commit_seconds", "",
	    account_service_commit_time(service));
}

struct process_files *
process_files_open(void)
{
	struct process_files *files = memory_new(sizeof(*files));
	struct rlimit limit = {0};

	getrlimit(RLIMIT_NOFILE, &limit);
	files->descriptors_max = limit.rlim_cur;
	files->started_s = (int64_t)time(NULL);
	files->descriptors = opendir("/proc/self/fd");
	files->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	return files;
}

void
process_files_close(struct process_files **files)
{
	if ((*files)->descriptors)
		closedir((*files)->descriptors);
	if ((*files)->memory >= 0)
		close((*files)->memory);
	free(*files);
	*files = NULL;
}

/* Since Linux 6.2 the size of the directory is how many there are; before, they
 * are counted. */
static uint64_t
count_descriptors(DIR *descriptors)
{
	const struct dirent *entry;
	uint64_t count = 0;
	struct stat st;

	if (fstat(dirfd(descriptors), &st) == 0 && st.st_size > 0)
		return (uint64_t)st.st_size;
	rewinddir(descriptors);
	while ((entry = readdir(descriptors)))
		count += entry->d_name[0] != '.';
	return count;
}

/* What other programs tell by the same names. */
static void
put_process(struct page *page, struct process_files *files)
{
	unsigned long long pages;
	char text[128] = "";

	put_number(page, "process_start_time_seconds", "gauge",
	    "when the server started, in seconds since 1970",
	    (uint64_t)files->started_s);
	put_family(page, "process_cpu_seconds_total", "counter",
	    "processor time that was used");
	put_seconds(page, "process_cpu_seconds_total", "",
	    clock_read_us(CLOCK_PROCESS_CPUTIME_ID));
	put_number(page, "process_max_fds", "gauge",
	    "descriptors that can be open", files->descriptors_max);
	if (files->descriptors)
		put_number(page, "process_open_fds", "gauge",
		    "descriptors that are open",
		    count_descriptors(files->descriptors));
	if (pread(files->memory, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%*u %llu", &pages) == 1)
		put_number(page, "process_resident_memory_bytes", "gauge",
		    "memory in use", pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

size_t
metrics_page(
    const struct server *server, struct process_files *files, char **out)
{
	struct page page = {0};
	char label[128];

	page.size = PAGE_BYTES + server_reactors(server) * PAGE_REACTOR_BYTES;
	page.text = memory_new_raw(page.size);
	snprintf(label, sizeof(label), "version=\"%s\",engine=\"%s\"",
	    THRONG_VERSION, server_engine_name(server));
	put_family(&page, "build_info", "gauge", "which server this is");
	put_sample(&page, "build_info", label, 1);
	put_clients(&page, server);
	put_reactors(&page, server);
	put_accounts(&page, server);
	put_number(&page, "log_lines_lost_total", "counter",
	    "lines of the log that could not be written", log_lines_lost());
	put_process(&page, files);
	*out = page.text;
	return page.len;
}
