/* A thread that stands still (stall.h). */
#include "tests/kit/stall.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tests/kit/harness.h"
#include "tests/kit/observe.h"

static pid_t stalled; /* 0: none */

void
stall_begin(const struct server_process *server, const char *thread)
{
	pid_t tid = observe_thread(server, thread);
	int status;

	cr_assert_eq(stalled, 0);
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		cr_skip_test("no tracing here: %s", strerror(errno));
	/* A server that is killed is gone only when all its threads are let go.
	 */
	harness_at_fini(stall_end);
	stalled = tid;
	cr_assert_eq(ptrace(PTRACE_INTERRUPT, tid, NULL, NULL), 0);
	cr_assert_eq(waitpid(tid, &status, __WALL), tid);
	cr_assert(WIFSTOPPED(status));
}

void
stall_end(void)
{
	/* One that was killed meanwhile is taken note of: its process is gone
	 * only then. */
	if (stalled && ptrace(PTRACE_DETACH, stalled, NULL, NULL) < 0)
		waitpid(stalled, NULL, __WALL | WNOHANG);
	stalled = 0;
}
