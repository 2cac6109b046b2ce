/*
 * What a run was made on. Figures mean little without it. Any thread.
 */
#ifndef BENCH_REPORT_MACHINE_H
#define BENCH_REPORT_MACHINE_H

#define MACHINE_NAME_BYTES 128

struct machine {
	int cpus;                            /* that this process may use */
	char processor[MACHINE_NAME_BYTES];  /* its name, or "unknown" */
	char kernel[MACHINE_NAME_BYTES + 8]; /* "Linux 6.1.0-18-amd64" */
};

/* Fills all of it; what cannot be found out is "unknown". */
void machine_read(struct machine *machine);

/* Prints it on standard output as a key=value line. */
void machine_print(const struct machine *machine);

#endif
