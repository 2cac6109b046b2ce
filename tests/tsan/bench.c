/* What ThreadSanitizer should overlook in throng-bench. */

const char *__tsan_default_options(void);
const char *__tsan_default_suppressions(void);

/* A mistaken command line ends the process, whatever threads there are. */
const char *
__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

/* Each thread has a table of descriptors of its own (bench/load/swarm.c); the
 * sanitizer knows one, in which they use each other's. */
const char *
__tsan_default_suppressions(void)
{
	return "race_top:^__interceptor_accept4$\n"
	       "race_top:^__interceptor_close$\n"
	       "race_top:^__interceptor_connect$\n"
	       "race_top:^__interceptor_epoll_create1$\n"
	       "race_top:^__interceptor_epoll_ctl$\n"
	       "race_top:^__interceptor_epoll_wait$\n"
	       "race_top:^__interceptor_eventfd$\n"
	       "race_top:^__interceptor_recv$\n"
	       "race_top:^__interceptor_send$\n"
	       "race_top:^__interceptor_socket$\n";
}
