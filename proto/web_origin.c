/*
 * Which pages may talk to this server. A browser says in Origin which page it
 * acts for: one of another site must not talk here in the name of who looks at
 * it, from this machine or from within a firewall.
 *
 * That Origin and Host are alike is not enough, since a site's name can be made
 * to lead here (host.h). It is where the page came by TLS, from us or from a
 * proxy, for only who owns a name has a certificate for it, and a browser lets
 * no such page open a connection without.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/session.h"
#include "proto/web_priv.h"
#include "proto/wire/host.h"
#include "reactor/log.h"

#define HTTP  "http://"
#define HTTPS "https://"

#define LOGGED_BYTES 256 /* of an origin: a name has at most 253 */

static bool
is_same_host(struct span a, struct span b)
{
	return a.len == b.len && !strncasecmp(a.at, b.at, a.len);
}

/* Takes the scheme off the front, if it is that. */
static bool
take_scheme(struct span *origin, const char *scheme)
{
	size_t len = strlen(scheme);

	if (origin->len <= len || memcmp(origin->at, scheme, len) != 0)
		return false;
	origin->at += len;
	origin->len -= len;
	return true;
}

/* Is it an origin of --web-origin, or without its scheme the host of one? */
static bool
is_listed(const struct session *session, struct span text, bool is_host)
{
	const char *list = session_hub(session)->options.web_origins;

	while (*list) {
		size_t len = strcspn(list, ",");
		struct span listed = {list, len};

		if (is_host && !take_scheme(&listed, HTTP))
			take_scheme(&listed, HTTPS);
		if (is_same_host(listed, text))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

bool
web_host_is_ours(const struct session *session, struct span host)
{
	return host_is_near(host) || conn_is_tls(&session->conn) ||
	       is_listed(session, host, true);
}

static bool
is_own_page(const struct session *session, const struct request *request)
{
	struct span origin = request->origin;

	if (!origin.at || is_listed(session, origin, false))
		return true;
	if (take_scheme(&origin, HTTPS))
		return is_same_host(origin, request->host);
	return take_scheme(&origin, HTTP) &&
	       is_same_host(origin, request->host) &&
	       web_host_is_ours(session, request->host);
}

bool
web_may_enter(const struct session *session, const struct request *request)
{
	char origin[LOGGED_BYTES];

	if (is_own_page(session, request))
		return true;
	snprintf(origin, sizeof(origin), "%.*s", (int)request->origin.len,
	    request->origin.at);
	log_warn("refused", LOG_ADDRESS("address", &session->conn.peer),
	    LOG_TEXT("reason", "origin"), LOG_TEXT("origin", origin));
	return false;
}
