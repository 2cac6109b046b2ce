/* The table of settings. */
#include "console/setting/setting.h"

#include "console/setting/options.h"
#include "console/setting/value.h"
#include "proto/limits.h"
#include "reactor/log.h"

/* The words of a choice are in the order of its enum. */
_Static_assert(IO_AUTO == 0 && IO_URING == 1 && IO_EPOLL == 2, "--io");
_Static_assert(LOG_LEVEL_DEBUG == 0 && LOG_LEVEL_ERROR == 3, "--log-level");
_Static_assert(WEB_COUNTS_OFF == 0 && WEB_COUNTS_ON == 2, "--web-metrics");
_Static_assert(LOG_FORMAT_TEXT == 0 && LOG_FORMAT_JSON == 1, "--log-*");

/* Where a row's value is: one field, or neighbours from first to last. */
#define FIELDS(first, last)                                                    \
	.offset = offsetof(struct options, first),                             \
	.size = offsetof(struct options, last) +                               \
		sizeof(((struct options *)0)->last) -                          \
		offsetof(struct options, first)
#define FIELD(name) FIELDS(name, name)
#define NUMBER(name, low, high, u)                                             \
	FIELD(name), .min = low, .max = high, .unit = u

const struct setting settings[] = {
    {"listen", "URL",
	"tcp://127.0.0.1:5000 (the default), tcp://[::1]:5000 or "
	"unix:PATH; line://, tls:// and http:// take one thing alone; may be "
	"repeated; port 0 picks a free one",
	SETTING_NETWORK, SETTING_REPEATS, value_listen,
	FIELDS(listen, listen_count)},
    {"tls-cert", "FILE",
	"certificate for clients that speak TLS, with its chain, as PEM",
	SETTING_NETWORK, SETTING_LIVE, value_path, FIELD(tls_cert)},
    {"tls-key", "FILE", "the key of --tls-cert, without a password",
	SETTING_NETWORK, SETTING_LIVE, value_path, FIELD(tls_key)},
    {"tls-only", NULL,
	"take no password from a client of another machine that does not "
	"speak TLS",
	SETTING_NETWORK, SETTING_LIVE, value_switch, FIELD(tls_only)},
    {"web", "on|off",
	"speak HTTP, with a page to chat on, and WebSocket to those who "
	"begin with it (default: on)",
	SETTING_NETWORK, SETTING_LIVE, value_switch, FIELD(web)},
    {"web-metrics", "off|local|on",
	"whether the counters, and /healthz, are at /metrics beside the "
	"page, for clients of this machine or for all (default: off)",
	SETTING_NETWORK, 0, value_choice, FIELD(web_counts)},
    {"web-origin", "URL[,URL...]",
	"pages of other hosts that may open a WebSocket, or of this one where "
	"it has a name in the DNS and no TLS, as http://chat.example.org",
	SETTING_NETWORK, SETTING_LIVE, value_origins, FIELD(web_origins)},
    {"web-timeout", "S",
	"seconds of silence after which a browser is asked for a sign, "
	"and then closed after as many (default: 30)",
	SETTING_NETWORK, SETTING_LIVE, value_number,
	NUMBER(web_ms, 1, 3600, 1000)},
    {"io", "auto|uring|epoll",
	"how to wait for the kernel (default: auto, io_uring where it "
	"works)",
	SETTING_NETWORK, 0, value_choice, FIELD(io)},
    {"reactors", "N",
	"threads that serve clients (default: one per core, or as many "
	"as --max-clients needs)",
	SETTING_NETWORK, 0, value_number, NUMBER(reactors, 1, REACTORS_MAX, 1)},
    {"max-clients", "N",
	"connections at once (default: as many as there are descriptors for; "
	"with io_uring their limit is each reactor's)",
	SETTING_CLIENTS, 0, value_number,
	NUMBER(clients_max, 1, CLIENTS_MAX, 1)},
    {"max-per-address", "N",
	"connections at once from one IPv4 address or IPv6 /64 of another "
	"machine (default: 100; 0: no limit)",
	SETTING_CLIENTS, SETTING_LIVE, value_number,
	NUMBER(per_address_max, 0, CLIENTS_MAX, 1)},
    {"rate", "N/s[:BURST]",
	"messages that one client may send, joins, topics and listings "
	"counted; what is faster waits unread (default: 20/s:200, for "
	"clients from other machines alone; 0: no limit)",
	SETTING_CLIENTS, SETTING_LIVE, value_talk_rate,
	FIELDS(rate_for_all, rate)},
    {"out-limit", "BYTES",
	"unread output past which a client is sent no more room "
	"messages (default: 1048576)",
	SETTING_CLIENTS, SETTING_LIVE, value_number,
	NUMBER(out_limit, 4096, 1u << 30, 1)},
    {"out-total", "MIB",
	"unread output of all clients together, past which each one that does "
	"not read has 16384 bytes (default: 512)",
	SETTING_CLIENTS, SETTING_LIVE, value_number,
	NUMBER(out_total_mib, 1, 1024 * 1024, 1)},
    {"stall-timeout", "S",
	"seconds after which a client that reads nothing is closed "
	"(default: 60)",
	SETTING_CLIENTS, 0, value_number, NUMBER(stall_ms, 1, 86400, 1000)},
    {"login-timeout", "S",
	"seconds a client from another machine has to log in "
	"(default: 60; 0: no limit)",
	SETTING_CLIENTS, SETTING_LIVE, value_number,
	NUMBER(login_timeout_ms, 0, 86400, 1000)},
    {"unterminated-after", "MS",
	"silence that ends a line of a client that has never sent a "
	"newline (default: 100; 0: off)",
	SETTING_CLIENTS, SETTING_LIVE, value_number,
	NUMBER(unterminated_ms, 0, 60000, 1)},
    {"require-login", NULL,
	"answer a guest's plain text with an error, not with an echo",
	SETTING_CLIENTS, SETTING_LIVE, value_switch, FIELD(require_login)},
    {"motd", "FILE",
	"text to show to whoever logs in: at most 20 lines and 4096 "
	"bytes",
	SETTING_CLIENTS, SETTING_LIVE, value_path, FIELD(motd)},
    {"accounts", "FILE",
	"the account file (default: $STATE_DIRECTORY, else "
	"$XDG_STATE_HOME/throng, else ~/.local/state/throng)",
	SETTING_ACCOUNTS, 0, value_path, FIELD(accounts)},
    {"argon2", "t=N,m=KIB",
	"cost of hashing a new password (default: t=2,m=19456)",
	SETTING_ACCOUNTS, 0, value_argon2, FIELD(argon2)},
    {"min-password", "N", "shortest new password in bytes (default: 8)",
	SETTING_ACCOUNTS, SETTING_LIVE, value_number,
	NUMBER(password_min, 1, PASSWORD_BYTES_MAX, 1)},
    {"max-accounts", "N",
	"accounts that there may be (default: 1000000; 0: no limit)",
	SETTING_ACCOUNTS, SETTING_LIVE, value_number,
	NUMBER(accounts_max, 0, 1000 * 1000 * 1000, 1)},
    {"register-rate", "N/h[:BURST]",
	"accounts that one address of another machine may make or change "
	"(default: 10/h:20; 0: no limit)",
	SETTING_ACCOUNTS, SETTING_LIVE, value_rate, FIELD(register_rate)},
    {"bans", "FILE",
	"names, addresses and prefixes to keep out, one a line, "
	"besides those that the console has banned",
	SETTING_ACCOUNTS, SETTING_LIVE, value_path, FIELD(bans)},
    {"history", "N", "messages that a room keeps for /history (default: 1000)",
	SETTING_ROOMS, 0, value_number, NUMBER(history, 0, 1000 * 1000, 1)},
    {"history-total", "MIB",
	"memory for what all rooms keep; the longest silent ones lose "
	"their oldest messages first (default: 64)",
	SETTING_ROOMS, 0, value_number, NUMBER(history_total_mib, 1, 65536, 1)},
    {"control", "PATH", "a Unix socket that takes the console's commands",
	SETTING_OPERATOR, 0, value_path, FIELD(control)},
    {"log", "FILE", "where the log goes (default: standard error)",
	SETTING_OPERATOR, SETTING_LIVE, value_path, FIELD(log)},
    {"log-format", "text|json",
	"how a line of the log is written (default: text)", SETTING_OPERATOR,
	SETTING_LIVE, value_choice, FIELD(log_format)},
    {"log-level", "debug|info|warn|error",
	"the least that is logged (default: info, on a terminal warn)",
	SETTING_OPERATOR, SETTING_LIVE, value_choice, FIELD(log_level)},
    {"metrics", "URL",
	"where Prometheus reads the counters, as tcp://127.0.0.1:9464",
	SETTING_OPERATOR, 0, value_tcp, FIELD(metrics)},
    {"user", "NAME[:GROUP]", "whom to become, where started as root",
	SETTING_PROCESS, 0, value_user, FIELDS(user, group)},
    {"fence", "on|off",
	"give up what a server does not need of the kernel once it "
	"has started (default: on)",
	SETTING_PROCESS, 0, value_switch, FIELD(fence)},
    {"config", "FILE",
	"read settings from a file first, `name = value' in each line",
	SETTING_OTHERWISE, SETTING_NO_FILE, value_path, FIELD(config)},
    {"check", NULL,
	"look at all that a start needs, say what is wrong, change "
	"nothing",
	SETTING_OTHERWISE, SETTING_NO_FILE, value_switch, FIELD(check)},
    {"ctl", "PATH COMMAND...",
	"send a command to the server that has this --control socket",
	SETTING_OTHERWISE, SETTING_NO_FILE, value_path, FIELD(ctl)},
};

const unsigned settings_count = sizeof(settings) / sizeof(settings[0]);
