/* throng: what it is asked to be, a server or the operator of one. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "console/admin/ctl.h"
#include "console/life.h"
#include "console/preflight.h"
#include "console/setting/options.h"
#include "reactor/check.h"

/* What the process was started without is nothing: it must not become the first
 * file or socket that is opened, for somebody reads and writes it as ever. */
static void
keep_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Before the first thread: signals that mean something arrive at the main
 * thread's loop, those that would end it in passing do nothing. -1 with errno.
 */
static int
take_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN); /* a peer is gone: send() says so */
	signal(SIGXFSZ, SIG_IGN); /* a file is too large: write() says so */
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	check_zero(pthread_sigmask(SIG_BLOCK, &set, NULL));
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
main(int argc, char *argv[])
{
	static struct options options;
	int signals, status;

	keep_standard_descriptors();
	/* What is typed is sent as it is, and has to be UTF-8: also where the
	 * environment says nothing of it. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	options_parse(&options, argc, argv);
	if (options.ctl[0])
		return ctl_run(options.ctl, argv + options.ctl_index);
	if (options.check)
		return preflight_run(&options) < 0;
	signals = take_signals();
	if (signals < 0) {
		fprintf(stderr, "throng: %s\n", strerrordesc_np(errno));
		return 1;
	}
	status = life_run(&options, signals);
	close(signals);
	return status;
}
