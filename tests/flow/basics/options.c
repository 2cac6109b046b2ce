/* The command line: what is wrong with it is said, and nothing is started. */
#include "tests/kit/harness.h"

#include <string.h>

static const struct {
	const char *argument;
	const char *said; /* in the message */
} wrong[] = {
    {"--nope", "nope"},
    {"extra", "extra"},
    {"--reactors=0", "reactors"},
    {"--reactors=x", "reactors"},
    {"--reactors=-1", "reactors"},
    {"--reactors=2x", "reactors"},
    {"--reactors=99999999999999999999", "reactors"},
    {"--io=select", "select"},
    {"--listen=https://127.0.0.1:80", "https://127.0.0.1:80"},
    {"--listen=tcp://127.0.0.1", "tcp://127.0.0.1"},
    {"--listen=tcp://127.0.0.1:65536", "65536"},
    {"--listen=tcp://127.0.0.1:", "tcp://127.0.0.1:"},
    {"--listen=tcp://localhost:5000", "localhost"},
    {"--listen=tcp://[::1:5000", "tcp://[::1:5000"},
    {"--listen=unix:", "unix:"},
    {"--listen=", "--listen"},
    {"--max-clients=0", "max-clients"},
    {"--out-limit=1", "out-limit"},
    {"--stall-timeout=0", "stall-timeout"},
    {"--login-timeout=-5", "login-timeout"},
    {"--unterminated-after=soon", "unterminated-after"},
    {"--min-password=0", "min-password"},
    {"--min-password=129", "min-password"},
    {"--argon2=t=0,m=8", "t=0,m=8"},
    {"--argon2=t=1,m=7", "t=1,m=7"},
    {"--argon2=t=1,m=8,p=2", "t=1,m=8,p=2"},
    {"--argon2=cheap", "cheap"},
    {"--accounts=", "accounts"},
    {"--log-level=loud", "loud"},
    {"--listen", "listen"},
};

Test(flow_start, options_that_are_wrong_end_with_status_2, .fini = harness_fini)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct server_process *server = server_process_launch(
		    &(struct server_setup){.args = {wrong[i].argument}});
		const char *errors;

		cr_expect_eq(server_process_wait(server), 2, "%s: status %d",
		    wrong[i].argument, server->status);
		errors = server_process_errors(server);
		/* The name of the program is how it was called. */
		cr_expect(strstr(errors, "throng: "), "%s: %s",
		    wrong[i].argument, errors);
		cr_expect(strstr(errors, wrong[i].said), "%s: %s",
		    wrong[i].argument, errors);
		cr_expect_eq(server->output.len, 0, "%s: it said `%s`",
		    wrong[i].argument,
		    harness_quote(server->output.bytes, server->output.len));
	}
}

Test(flow_start, options_too_many_listeners_are_refused, .fini = harness_fini)
{
	struct server_setup setup = {0};
	struct server_process *server;

	for (int i = 0; i < HARNESS_ARGS_MAX - 1; i++)
		setup.args[i] = "--listen=tcp://127.0.0.1:0";
	server = server_process_launch(&setup);
	cr_assert_eq(server_process_wait(server), 2);
	cr_assert(strstr(server_process_errors(server), "--listen"));
}

Test(flow_start, options_help_and_version_end_with_status_0,
    .fini = harness_fini)
{
	static const char *const asked[] = {"--help", "--version", "--usage"};
	static const char *const said[] = {
	    "--unterminated-after", "throng ", "--unterminated-after"};

	for (int i = 0; i < 3; i++) {
		struct server_process *server = server_process_launch(
		    &(struct server_setup){.args = {asked[i]}});

		cr_expect_eq(server_process_wait(server), 0, "%s", asked[i]);
		cr_expect(memmem(server->output.bytes, server->output.len,
			      said[i], strlen(said[i])),
		    "%s: %.*s", asked[i], (int)server->output.len,
		    server->output.bytes);
		cr_expect_str_eq(server_process_errors(server), "");
	}
}
