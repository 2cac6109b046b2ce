/* What commands act on, on the main thread. */
#include "console/server/supervisor.h"

#include "console/server/server.h"
#include "proto/account_service.h"

struct auth *
supervisor_auth(struct supervisor *supervisor)
{
	return account_service_auth(server_account_service(supervisor->server));
}

struct mailbox *
supervisor_mailbox(struct supervisor *supervisor)
{
	return &supervisor->mailbox;
}

struct reactor *
supervisor_first_reactor(struct supervisor *supervisor)
{
	return server_first_reactor(supervisor->server);
}

uint64_t
supervisor_clients(const struct supervisor *supervisor)
{
	return server_count(supervisor->server).connected;
}
