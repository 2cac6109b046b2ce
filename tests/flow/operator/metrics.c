/* What Prometheus gets at --metrics. */
#include "tests/kit/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "reactor/listener.h"

#define GET        "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
#define PAGE_BYTES 65536

static char target[64]; /* tcp://127.0.0.1:PORT */

/* The port of the server's [METRICS] line. */
static void
read_target(struct server_process *server, const char *host)
{
	const char *line = server_process_expect(
	    server, "\\[METRICS] http://%s:+([0-9])/metrics", host);
	const char *at = strstr(line, "://");

	snprintf(target, sizeof(target), "tcp%.*s",
	    (int)strcspn(at + 3, "/") + 3, at);
}

static struct server_process *
start(const char *engine)
{
	struct server_process *server =
	    server_process_start(engine, "--metrics=tcp://127.0.0.1:0", NULL);

	read_target(server, "127.0.0.1");
	return server;
}

/* Reads up to the end of the connection: what came, its head, and its body or
 * "". */
struct answer {
	char text[PAGE_BYTES];
	const char *body;
};

static void
take(struct test_client *client, struct answer *answer)
{
	const char *line;
	size_t len = 0;

	while ((line = harness_stream_line(&client->in)) != NULL) {
		cr_assert_lt(len + strlen(line) + 2, PAGE_BYTES);
		len += (size_t)sprintf(answer->text + len, "%s\n", line);
	}
	answer->text[len] = '\0';
	answer->body = strstr(answer->text, "\r\n\r\n");
	cr_assert_not_null(answer->body, "%s", answer->text);
	answer->body += 4;
	test_client_close(client);
}

static const struct answer *
ask(const char *request)
{
	static struct answer answer;
	struct test_client *client = test_client_open_at(target);

	test_client_send(client, "%s", request);
	take(client, &answer);
	return &answer;
}

static bool
is_status(const struct answer *answer, const char *status)
{
	return strncmp(answer->text, "HTTP/1.1 ", 9) == 0 &&
	       strncmp(answer->text + 9, status, strlen(status)) == 0;
}

/* The value of a metric, with its labels; there has to be just one. */
static double
value(const struct answer *answer, const char *name)
{
	const char *at = answer->body, *found = NULL;
	size_t len = strlen(name);

	while ((at = strstr(at, name)) != NULL) {
		if (at[-1] == '\n' && at[len] == ' ') {
			cr_assert_null(found, "%s is there twice", name);
			found = at + len;
		}
		at += len;
	}
	cr_assert_not_null(found, "%s is missing", name);
	return atof(found);
}

#define IS(name, wanted)                                                       \
	cr_expect_float_eq(value(page, name), wanted, 1e-9, "%s is %g", name,  \
	    value(page, name))

static void
say(struct test_client *client, const char *line, const char *answer)
{
	test_client_send(client, "%s\n", line);
	test_client_match(client, "%s", answer);
}

FLOW_TEST(metrics_count_what_clients_do)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *eve = test_client_open(server);
	const struct answer *page;

	say(eve, "/login ann wrong-password", "ERR bad-credentials *");
	for (int i = 0; i < 3; i++)
		test_client_send(ann, "/b message %d\n", i);
	for (int i = 0; i < 3; i++) {
		test_client_match(ann, "\\[ann#*] message %d", i);
		test_client_match(ben, "\\[ann#*] message %d", i);
	}
	say(ann, "/join dev", "OK joined #dev *");
	server_process_type(server, "mute ben\nban zoe\nban 192.0.2.0/24\n");
	server_process_expect(server, "zoe is banned*");
	server_process_expect(server, "192.0.2.0/24 is banned*");
	test_client_match(ben, "*** you are muted*");
	say(ben, "/b psst", "ERR muted *");
	page = ask(GET);
	IS("throng_logins_total", 2);
	IS("throng_login_failures_total{reason=\"bad-credentials\"}", 1);
	IS("throng_login_failures_total{reason=\"throttled\"}", 0);
	IS("throng_login_failures_total{reason=\"banned\"}", 0);
	IS("throng_messages_total", 3);
	IS("throng_deliveries_total", 6);
	IS("throng_deliveries_skipped_total", 0);
	IS("throng_muted_lines_total", 1);
	IS("throng_room_joins_total", 1);
	IS("throng_connections_accepted_total", 3);
	IS("throng_connections", 3);
	IS("throng_sessions", 2);
	IS("throng_rooms", 2);
	IS("throng_accounts", 2);
	IS("throng_bans{kind=\"name\"}", 1);
	IS("throng_bans{kind=\"address\"}", 1);
	IS("throng_bans{kind=\"mute\"}", 1);
	IS("throng_log_lines_lost_total", 0);
	cr_expect_geq(value(page, "throng_received_bytes_total"), 100);
	/* Two accounts, a mute and two bans, some perhaps together; hashing
	 * for those accounts, and three logins, the last not yet counted. */
	cr_expect_geq(value(page, "throng_journal_commit_seconds_count"), 3);
	cr_expect_geq(value(page, "throng_jobs_total{pool=\"hash\"}"), 4);
	cr_expect_geq(value(page, "process_open_fds"), 6);
	cr_expect_gt(value(page, "process_resident_memory_bytes"), 0);
	server_process_stop(server);
}

FLOW_TEST(metrics_tell_that_accounts_cannot_be_changed)
{
	struct server_process *server = start(engine);
	struct test_client *client = test_client_user(server, "ann");
	struct rlimit limit = {0, RLIM_INFINITY};
	struct stat about;
	const struct answer *page = ask(GET);

	IS("throng_accounts_read_only", 0);
	cr_assert_eq(stat(server->accounts, &about), 0);
	limit.rlim_cur = (rlim_t)about.st_size;
	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	say(client, "/passwd " HARNESS_PASSWORD " secretpw", "ERR read-only *");
	page = ask(GET);
	IS("throng_accounts_read_only", 1);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(prlimit(server->pid, RLIMIT_FSIZE, &limit, NULL), 0);
	say(client, "/passwd " HARNESS_PASSWORD " secretpw", "OK *");
	page = ask(GET);
	IS("throng_accounts_read_only", 0);
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(metrics_go_down_with_who_leaves)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	struct test_client *ben = test_client_user(server, "ben");
	struct test_client *guest = test_client_open(server);
	const struct answer *page;

	say(ann, "/join dev", "OK joined #dev *");
	say(ann, "/leave dev", "OK left #dev*");
	say(ann, "/logout", "OK logged out");
	test_client_send(guest, "/quit\n");
	test_client_match(guest, "OK *");
	test_client_expect_end(guest);
	server_process_type(server, "kick ben\n");
	test_client_match(ben, "*** you were kicked");
	test_client_expect_end(ben);
	/* The room goes at the end of its home's turn: two questions that go
	 * round come there in two turns. */
	for (int i = 0; i < 2; i++) {
		server_process_type(server, "rooms\n");
		server_process_expect(server, "[0-9] room?(s)");
	}
	page = ask(GET);
	IS("throng_connections_closed_total{reason=\"quit\"}", 1);
	IS("throng_connections_closed_total{reason=\"kicked\"}", 1);
	IS("throng_connections_closed_total{reason=\"lost\"}", 0);
	IS("throng_connections", 1);
	IS("throng_sessions", 0);
	IS("throng_logins_total", 2);
	IS("throng_logouts_total", 2);
	IS("throng_rooms", 1);
	IS("throng_room_joins_total", 1);
	server_process_stop(server);
}

static double
waiting(void)
{
	const struct answer *page = ask(GET);

	return value(page, "throng_output_waiting_bytes{reactor=\"0\"}") +
	       value(page, "throng_output_waiting_bytes{reactor=\"1\"}");
}

FLOW_TEST(metrics_tell_what_waits_for_who_does_not_read)
{
	struct server_process *server =
	    server_process_start(engine, "--metrics=tcp://127.0.0.1:0",
		"--out-limit=65536", "--listen=unix:{folder}/socket", NULL);
	struct test_client *ann = test_client_user(server, "ann"), *slow;
	int said = 0;

	read_target(server, "127.0.0.1");
	/* A Unix socket holds little by itself. */
	slow = test_client_open_at(server->listen[1]);
	test_client_enter(slow, "ann");
	while (value(ask(GET), "throng_deliveries_skipped_total") < 1) {
		for (int i = 0; i < 20; i++)
			test_client_send(ann, "/b %01000d\n", said++);
		for (int i = 0; i < 20; i++)
			test_client_match(ann, "\\[ann#*] *");
	}
	cr_expect_geq(waiting(), 65536 / 2);
	test_client_send(slow, "/ping here\n");
	while (strcmp(test_client_line(slow), "OK pong here") != 0)
		;
	while (waiting() > 0)
		;
	server_process_stop(server);
}

/* The family that a sample of this type belongs to, by its name. */
static void
strip_part(char *name, const char *type)
{
	static const char *const parts[] = {"_bucket", "_sum", "_count"};
	size_t len = strlen(name);

	if (strcmp(type, "histogram"))
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t part = strlen(parts[i]);

		if (len > part && !strcmp(name + len - part, parts[i])) {
			name[len - part] = '\0';
			return;
		}
	}
	harness_fail("%s is of no histogram", name);
}

/* Goes through the lines as Prometheus does; the manual has to name all of
 * them. Tests run at the tree's top. Returns how many metrics there are. */
static int
check_page(const char *page)
{
	static char manual[PAGE_BYTES];
	char family[80] = "", type[16] = "", seen[64 * 64] = " ";
	FILE *file = fopen("console/throng.8", "re");
	int families = 0;
	const char *line;

	cr_assert_not_null(file);
	cr_assert_lt(fread(manual, 1, PAGE_BYTES, file), PAGE_BYTES);
	fclose(file);
	for (line = page; *line; line += strcspn(line, "\n") + 1) {
		char name[64], end;
		double number;

		if (sscanf(line, "# HELP %63[a-z_] %c", name, &end) == 2) {
			snprintf(family, sizeof(family), " %s ", name);
			cr_assert_null(strstr(seen, family), "twice: %s", name);
			strcat(seen, family + 1);
			strcpy(family, name);
			cr_assert_not_null(strstr(manual, name),
			    "%s is not in the manual", name);
			type[0] = '\0';
			families++;
		} else if (sscanf(line, "# TYPE %63[a-z_] %15s", name, type) ==
			   2) {
			cr_assert_str_eq(name, family);
			cr_assert_eq(!strcmp(type, "counter"),
			    strlen(name) > 6 &&
				!strcmp(name + strlen(name) - 6, "_total"),
			    "%s is a %s", name, type);
		} else {
			cr_assert(sscanf(line, "%63[a-z_]%*[^ ] %lf%c", name,
				      &number, &end) == 3 ||
				      sscanf(line, "%63[a-z_] %lf%c", name,
					  &number, &end) == 3,
			    "%s", line);
			cr_assert_eq(end, '\n');
			cr_assert_neq(type[0], '\0', "no TYPE of %s", name);
			strip_part(name, type);
			cr_assert_str_eq(name, family);
		}
	}
	return families;
}

FLOW_TEST(metrics_are_well_formed)
{
	struct server_process *server = start(engine);
	struct test_client *ann = test_client_user(server, "ann");
	const struct answer *page;
	char name[96], info[96];
	double turns = 0;

	test_client_fence(ann);
	page = ask(GET);
	cr_expect(is_status(page, "200 OK"), "%s", page->text);
	cr_expect_not_null(strstr(
	    page->text, "\r\nContent-Type: text/plain; version=0.0.4\r\n"));
	cr_expect_geq(check_page(page->body), 30);
	/* Turns get longer, and all are counted. */
	for (int i = 0; i < 2; i++) {
		static const char *const bounds[] = {"0.000010", "0.000032",
		    "0.000100", "0.000316", "0.001000", "0.003200", "0.010000",
		    "0.032000", "0.100000", "0.316000", "+Inf"};
		double last = 0;

		for (size_t b = 0; b < sizeof(bounds) / sizeof(*bounds); b++) {
			double now;

			snprintf(name, sizeof(name),
			    "throng_turn_seconds_bucket{reactor=\"%d\",le="
			    "\"%s\"}",
			    i, bounds[b]);
			now = value(page, name);
			cr_expect_geq(now, last, "%s", name);
			last = now;
		}
		snprintf(name, sizeof(name),
		    "throng_turn_seconds_count{reactor=\"%d\"}", i);
		cr_expect_float_eq(value(page, name), last, 1e-9);
		turns += last;
		snprintf(name, sizeof(name),
		    "throng_mail_waiting{reactor=\"%d\"}", i);
		cr_expect_leq(value(page, name), 8);
	}
	cr_expect_gt(turns, 0);
	snprintf(info, sizeof(info),
	    "throng_build_info{version=\"0.1.0\",engine=\"%s\"}",
	    strcmp(engine, "uring") ? engine : "io_uring");
	IS(info, 1);
	server_process_stop(server);
}

FLOW_TEST(metrics_are_all_that_is_served)
{
	struct server_process *server = start(engine);
	const struct answer *answer;

	answer = ask("GET /metrics?a=b HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(is_status(answer, "200"), "%s", answer->text);
	cr_expect_str_neq(answer->body, "");
	answer = ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(is_status(answer, "200"), "%s", answer->text);
	cr_expect_not_null(strstr(answer->text, "\r\nContent-Length: "));
	cr_expect_str_eq(answer->body, "");
	answer = ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(is_status(answer, "404"), "%s", answer->text);
	answer = ask("GET /metrics/x HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(is_status(answer, "404"), "%s", answer->text);
	answer = ask("POST /metrics HTTP/1.1\r\nHost: a\r\n"
		     "Content-Length: 3\r\n\r\nabc");
	cr_expect(is_status(answer, "405"), "%s", answer->text);
	cr_expect_not_null(strstr(answer->text, "\r\nAllow: GET, HEAD\r\n"));
	answer = ask("DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_expect(is_status(answer, "405"), "%s", answer->text);
	server_process_stop(server);
}

FLOW_TEST(metrics_peers_that_are_silent_hold_nothing_up)
{
	struct server_process *server = start(engine);
	struct test_client *silent[LISTENER_SCRAPERS_MAX], *late;
	struct test_client *ann = test_client_user(server, "ann");
	static struct answer answer;

	for (int i = 0; i < LISTENER_SCRAPERS_MAX; i++) {
		silent[i] = test_client_open_at(target);
		test_client_send(silent[i], "%s", i % 2 ? "GET /met" : "");
	}
	late = test_client_open_at(target);
	test_client_send(late, "%s", GET);
	server_process_type(server, "broadcast still here\ncount\n");
	server_process_expect(server, "1 connected, 1 logged in");
	test_client_expect(ann, "*** still here");
	/* Who came later than all of them is next, also when they go at the
	 * same time and nothing else happens. */
	server_process_signal(server, SIGSTOP);
	for (int i = 0; i < LISTENER_SCRAPERS_MAX; i++)
		test_client_close(silent[i]);
	server_process_signal(server, SIGCONT);
	take(late, &answer);
	cr_expect(is_status(&answer, "200 OK"), "%s", answer.text);
	/* One is still there when the server stops. */
	silent[0] = test_client_open_at(target);
	test_client_send(silent[0], "GET /met");
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
}

FLOW_TEST(metrics_address_in_use_is_told)
{
	struct server_process *server = start(engine), *second;
	struct server_setup setup = {.engine = engine};
	char option[96], wanted[256];
	const char *errors;

	snprintf(option, sizeof(option), "--metrics=%s", target);
	setup.args[0] = option;
	second = server_process_launch(&setup);
	cr_expect_eq(server_process_wait(second), 1);
	errors = server_process_errors(second);
	snprintf(wanted, sizeof(wanted),
	    "throng: cannot listen on %s: Address already in use (is another "
	    "server running?)\n",
	    target);
	cr_expect(strstr(errors, wanted), "%s", errors);
	server_process_stop(server);
}

FLOW_TEST(metrics_are_served_on_ipv6)
{
	struct server_process *server = server_process_start(
	    engine, "--metrics=tcp://[::1]:0", "--log-level=info", NULL);

	read_target(server, "\\[::1]");
	cr_expect(is_status(ask(GET), "200 OK"));
	server_process_type(server, "exit\n");
	server_process_expect(server, "all threads joined");
	cr_assert_eq(server_process_wait(server), 0);
	cr_expect_not_null(strstr(server_process_errors(server),
	    " info metrics-listening url=http://[::1]:"));
}
