/*
 * The server's process as /proc shows it: which one listens at the target, the
 * processor time it has used, and its memory. The parsers are pure; the rest
 * reads /proc and fails when that is not allowed or the server is on another
 * machine. One thread at a time.
 */
#ifndef BENCH_CROWD_PROCESS_H
#define BENCH_CROWD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct target;

/* User and system time since the process began, as told by two sources. */
struct process_cpu {
	uint64_t tasks_ns; /* of the threads that run now; to the nanosecond */
	uint64_t all_ns;   /* also of those that have ended; in 10 ms */
};

/* The process that listens at the target on this machine; 0 when none is
 * found. */
int process_find(const struct target *target);

/* Reads what the process has used so far. False when it cannot be told. */
bool process_read_cpu(int pid, struct process_cpu *cpu);

/* Nanoseconds between two readings: the exact ones, unless threads that have
 * ended since took time with them. */
uint64_t
process_cpu_between(const struct process_cpu *a, const struct process_cpu *b);

/* Bytes of private anonymous memory: heap, stacks and their like, without the
 * program, its libraries and the kernel's. False when it cannot be told. */
bool process_read_memory(int pid, uint64_t *bytes);

/* How many descriptors the process has open. False when it cannot be told. */
bool process_read_descriptors(int pid, uint64_t *count);

/* /proc/PID/stat: utime + stime. False when the text is not of that kind. */
bool
process_parse_stat(const char *text, unsigned ticks_per_s, uint64_t *used_ns);

/* /proc/PID/task/TID/schedstat: its first number. False as above. */
bool process_parse_schedstat(const char *text, uint64_t *used_ns);

/* smaps_rollup or status: the line of `key` ("Anonymous:"). False as above. */
bool process_parse_kb(const char *text, const char *key, uint64_t *bytes);

/* A line of /proc/net/tcp or tcp6: the inode of a socket that listens on
 * `port`; 0 when it is none. */
uint64_t process_parse_listener(const char *line, unsigned port);

#endif
