/* The command line, over the configuration file, over the defaults. */
#include "console/setting/options.h"

#include <argp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/setting/config.h"
#include "console/setting/setting.h"
#include "console/setting/textfile.h"
#include "proto/limits.h"
#include "reactor/check.h"
#include "reactor/log.h"
#include "reactor/memory.h"

#define DEFAULT_LISTEN "tcp://127.0.0.1:5000"
#define KEY_FIRST      256 /* of the first setting; below are short options */

_Static_assert(OPTIONS_ERROR_BYTES >= TEXTFILE_ERROR_BYTES, "a line fits");

const char *argp_program_version = "throng " THRONG_VERSION;

/* One of the command line's, in its order. */
struct given {
	const struct setting *setting;
	const char *text; /* in argv */
};

static struct given *given; /* owned; all there are, for reloads */
static unsigned given_count;
static struct options at_start; /* as they were parsed, for reloads */

/* The text is a valid value, or the process ends. */
static void
take_option(
    struct argp_state *state, const struct setting *setting, const char *text)
{
	char problem[SETTING_PROBLEM_BYTES];

	if (!setting->parse(setting, text, state->input, problem))
		argp_error(state, "--%s: %s", setting->name, problem);
	given[given_count++] = (struct given){setting, text};
}

/* What follows --ctl PATH, if anything, is not ours, also where it begins with
 * a dash. */
static void
leave_rest(struct argp_state *state)
{
	struct options *options = state->input;

	options->ctl_index = state->next;
	state->next = state->argc;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "%s: there are only options", arg);
	if (key < KEY_FIRST || key >= KEY_FIRST + (int)settings_count)
		return ARGP_ERR_UNKNOWN;
	take_option(state, &settings[key - KEY_FIRST], arg ? arg : "yes");
	if (options->ctl[0])
		leave_rest(state);
	return 0;
}

/* The table as argp wants it; free() takes it back. */
static struct argp_option *
make_argp_options(void)
{
	static const char *const titles[SETTING_GROUPS] = {
	    [SETTING_NETWORK] = "Network:",
	    [SETTING_CLIENTS] = "Clients:",
	    [SETTING_ACCOUNTS] = "Accounts:",
	    [SETTING_ROOMS] = "Rooms:",
	    [SETTING_OPERATOR] = "For the operator:",
	    [SETTING_PROCESS] = "The process:",
	    [SETTING_OTHERWISE] = "Otherwise:",
	};
	struct argp_option *table =
	    memory_new((settings_count + SETTING_GROUPS + 1) * sizeof(*table));
	struct argp_option *at = table;

	for (int i = 0; i < SETTING_GROUPS; i++)
		*at++ = (struct argp_option){.doc = titles[i], .group = i + 1};
	for (unsigned i = 0; i < settings_count; i++)
		*at++ = (struct argp_option){
		    .name = settings[i].name,
		    .key = KEY_FIRST + (int)i,
		    .arg = settings[i].value,
		    .doc = settings[i].help,
		    .group = (int)settings[i].group + 1,
		};
	return table;
}

/* Puts the command line's values into *options, and all of them into `given`.
 */
static void
parse_arguments(struct options *options, int argc, char *argv[])
{
	struct argp_option *table = make_argp_options();
	struct argp argp = {
	    .options = table,
	    .parser = parse_option,
	    .doc = "A group-chat server. People talk to it in a browser, with "
		   "nc or with telnet; its operator types commands on its "
		   "standard input (help lists them, exit stops it).",
	};

	free(given);
	given = memory_new(((size_t)argc + 1) * sizeof(*given));
	given_count = 0;
	argp_err_exit_status = 2;
	check_zero(argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options));
	free(table);
}

/* Where the accounts are when nobody says. */
static void
default_accounts(struct options *options)
{
	const char *state = getenv("STATE_DIRECTORY");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *out = options->accounts;
	size_t size = sizeof(options->accounts) - OPTIONS_SUFFIX_BYTES;

	if (state && *state)
		snprintf(out, size, "%s/accounts", state);
	else if (xdg && *xdg)
		snprintf(out, size, "%s/throng/accounts", xdg);
	else if (home && *home)
		snprintf(out, size, "%s/.local/state/throng/accounts", home);
	else
		snprintf(out, size, "accounts");
}

static void
take_defaults(struct options *options)
{
	/* Its holes, too: settings are compared byte by byte. */
	memset(options, 0, sizeof(*options));
	options->web = true;
	options->web_ms = 30 * 1000;
	options->per_address_max = 100;
	options->out_limit = 1024 * 1024;
	options->out_total_mib = 512;
	options->stall_ms = 60 * 1000;
	options->login_timeout_ms = 60 * 1000;
	options->unterminated_ms = UNTERMINATED_MS;
	options->password_min = PASSWORD_BYTES_MIN;
	options->rate = (struct rate){.count = 20, .burst = 200};
	options->accounts_max = 1000 * 1000;
	options->register_rate = (struct rate){.count = 10, .burst = 20};
	options->history = 1000;
	options->history_total_mib = 64;
	options->argon2.passes = 2;
	options->argon2.memory_kib = 19456;
	options->log_level = -1;
	options->fence = true;
}

/* Once more what the command line has given; it was valid before. */
static void
take_given(struct options *options)
{
	const struct setting *listen = setting_find("listen");
	char problem[SETTING_PROBLEM_BYTES];

	/* The first replaces all of the file's. */
	for (unsigned i = 0; i < given_count; i++)
		if (given[i].setting == listen)
			options->listen_count = 0;
	for (unsigned i = 0; i < given_count; i++)
		check(given[i].setting->parse(
		    given[i].setting, given[i].text, options, problem));
}

/* Everything, in order of weight. As config_read. */
static int
take_all(struct options *options, const char *config,
    config_complaint *complain, void *context)
{
	int problems = 0;

	take_defaults(options);
	if (*config)
		problems = config_read(config, options, complain, context);
	take_given(options);
	options->accounts_given = options->accounts[0] != '\0';
	if (!options->accounts_given)
		default_accounts(options);
	if (options->listen_count == 0) {
		check(!endpoint_parse(DEFAULT_LISTEN, &options->listen[0]));
		options->listen_count = 1;
	}
	return problems;
}

static void
print_complaint(void *options, const char *line)
{
	if (!((struct options *)options)->check)
		fprintf(stderr, "throng: %s\n", line);
}

void
options_parse(struct options *options, int argc, char *argv[])
{
	static struct options asked;
	int problems;

	memset(&asked, 0, sizeof(asked));
	parse_arguments(&asked, argc, argv);
	problems = take_all(
	    options, asked.ctl[0] ? "" : asked.config, print_complaint, &asked);
	if (problems && !asked.check)
		exit(problems < 0 ? 1 : 2);
	options->ctl_index = asked.ctl_index;
	at_start = *options;
}

bool
options_log_is_seen(const struct options *options)
{
	return !options->log[0] && isatty(STDERR_FILENO);
}

int
options_log_level(const struct options *options)
{
	if (options->log_level >= 0)
		return options->log_level;
	/* Who sits in front of it has the news already. */
	return options_log_is_seen(options) ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
}

const char *
options_unreadable(const struct options *options)
{
	const char *const paths[] = {
	    options->config, options->tls_cert, options->tls_key};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd;

		if (!paths[i][0])
			continue;
		fd = open(paths[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			return paths[i];
		close(fd);
	}
	return NULL;
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !strcmp(a, b) ||
	       (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
		   x.st_ino == y.st_ino);
}

int
options_check_log(
    const struct options *options, char error[OPTIONS_ERROR_BYTES])
{
	const struct {
		const char *name, *path;
	} others[] = {
	    {"accounts", options->accounts},
	    {"config", options->config},
	    {"motd", options->motd},
	    {"bans", options->bans},
	    {"tls-cert", options->tls_cert},
	    {"tls-key", options->tls_key},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (!options->log[0] || !others[i].path[0] ||
		    !is_same_file(options->log, others[i].path))
			continue;
		snprintf(error, OPTIONS_ERROR_BYTES,
		    "--log: %s is the file of --%s", options->log,
		    others[i].name);
		return -1;
	}
	return 0;
}

static void
keep_first_complaint(void *error, const char *line)
{
	if (!*(char *)error)
		snprintf(error, OPTIONS_ERROR_BYTES, "%s", line);
}

static void
append_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

int
options_reload(const struct options *running, struct options *next,
    struct reload_report *report)
{
	static struct options fresh;

	*report = (struct reload_report){0};
	if (take_all(&fresh, at_start.config, keep_first_complaint,
		report->error) != 0)
		return -1;
	*next = *running;
	for (unsigned i = 0; i < settings_count; i++) {
		const struct setting *setting = &settings[i];

		if (!(setting->traits & SETTING_LIVE)) {
			if (!setting_is_same(setting, &at_start, &fresh))
				append_name(report->restart,
				    sizeof(report->restart), setting->name);
		} else if (!setting_is_same(setting, running, &fresh)) {
			setting_copy(setting, next, &fresh);
			append_name(report->taken, sizeof(report->taken),
			    setting->name);
		}
	}
	return 0;
}
