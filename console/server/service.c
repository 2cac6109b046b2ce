/* The service manager. */
#include "console/server/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "reactor/check.h"

void
service_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void
service_reloading(void)
{
	struct timespec now;

	/* Type=notify-reload wants to know that this is no older reload. */
	check_zero(clock_gettime(CLOCK_MONOTONIC, &now));
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
service_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

int
service_watchdog_ms(void)
{
	uint64_t usec = 0;
	uint64_t ms;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	ms = usec / 2 / 1000;
	if (ms == 0)
		return 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

void
service_alive(const char *status)
{
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
}

int
service_listeners(int fds[], int max)
{
	/* Takes them out of the environment, and closes them on exec. */
	int count = sd_listen_fds(1);
	int error = count > max ? E2BIG : 0;

	if (count < 0)
		return count;
	for (int i = 0; i < count && !error; i++) {
		fds[i] = SD_LISTEN_FDS_START + i;
		if (fcntl(fds[i], F_SETFL,
			fcntl(fds[i], F_GETFL) | O_NONBLOCK) < 0)
			error = errno;
	}
	if (!error)
		return count;
	for (int i = 0; i < count; i++)
		close(SD_LISTEN_FDS_START + i);
	return -error;
}
