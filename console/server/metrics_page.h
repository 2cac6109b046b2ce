/*
 * What Prometheus reads: the text format 0.0.4, a family of metrics after the
 * other, each with its HELP and TYPE. What reactors count is summed up, but for
 * the time of their turns. The main thread only.
 */
#ifndef CONSOLE_SERVER_METRICS_PAGE_H
#define CONSOLE_SERVER_METRICS_PAGE_H

#include <stddef.h>

struct process_files;
struct server;

#define METRICS_PAGE_TYPE "text/plain; version=0.0.4"

/*
 * What the kernel tells of this process, opened early: it may be out of reach
 * once the process has given its rights up. What cannot be opened is not on
 * the page.
 */
struct process_files *process_files_open(void);
void process_files_close(struct process_files **files);

/* The page as it is now, and its length; *page is for the caller to free. Its
 * size is bounded by the number of reactors. */
size_t metrics_page(
    const struct server *server, struct process_files *files, char **page);

#endif
