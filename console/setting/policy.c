/* Options and their files, as hubs and the store want them. */
#include "console/setting/policy.h"

#include <stdlib.h>
#include <string.h>

#include "console/setting/banlist.h"
#include "console/setting/motd.h"
#include "reactor/memory.h"

_Static_assert(
    TEXTFILE_ERROR_BYTES <= POLICY_ERROR_BYTES, "a file's error fits");

/* The greeting as one text, each line with its LF. NULL when there is none. */
static char *
join_lines(const struct motd *motd)
{
	char *text = memory_new(MOTD_BYTES_MAX + MOTD_LINES_MAX + 1);
	char *at = text;

	for (unsigned i = 0; i < motd->count; i++) {
		at = stpcpy(at, motd->lines[i]);
		*at++ = '\n';
	}
	return text;
}

static int
read_motd(struct policy *policy, const char *path, char *error)
{
	struct motd motd;

	if (motd_read(&motd, path, error) < 0)
		return -1;
	policy->hub.motd = join_lines(&motd);
	motd_free(&motd);
	return 0;
}

static int
read_bans(struct policy *policy, const char *path, char *error)
{
	struct banlist list;

	if (banlist_read(&list, path, error) < 0)
		return -1;
	policy->bans = memory_new((list.count + 1) * sizeof(*policy->bans));
	for (size_t i = 0; i < list.count; i++)
		policy->bans[i] = list.entries[i].ban;
	policy->ban_count = list.count;
	banlist_free(&list);
	return 0;
}

int
policy_read(struct policy *policy, const struct options *options,
    char error[POLICY_ERROR_BYTES])
{
	*policy = (struct policy){
	    .hub =
		{
		    .out_limit = options->out_limit,
		    .out_total = (size_t)options->out_total_mib << 20,
		    .login_timeout_ms = options->login_timeout_ms,
		    .unterminated_ms = options->unterminated_ms,
		    .password_min = options->password_min,
		    .require_login = options->require_login,
		    .tls_only = options->tls_only,
		    .web = options->web,
		    .web_ms = options->web_ms,
		    .web_counts = options->web_counts,
		    .history = options->history,
		    .history_total = (size_t)options->history_total_mib << 20,
		    .rate_for_all = options->rate_for_all,
		    .rate = options->rate,
		    .register_rate = options->register_rate,
		},
	};
	strcpy(policy->hub.web_origins, options->web_origins);
	if ((options->motd[0] && read_motd(policy, options->motd, error) < 0) ||
	    (options->bans[0] && read_bans(policy, options->bans, error) < 0)) {
		policy_fini(policy);
		return -1;
	}
	return 0;
}

void
policy_fini(struct policy *policy)
{
	free((char *)policy->hub.motd);
	free(policy->bans);
	*policy = (struct policy){0};
}
