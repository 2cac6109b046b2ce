#include "bench/report/machine.h"

#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "reactor/check.h"

/* The processor's name as the kernel gives it, without what is around it. */
static void
processor_name(char *name, size_t size)
{
	FILE *info = fopen("/proc/cpuinfo", "re");
	const char *at;
	char line[256];

	snprintf(name, size, "unknown");
	while (info && fgets(line, sizeof line, info)) {
		at = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !at)
			continue;
		at++;
		while (isspace((unsigned char)*at))
			at++;
		snprintf(name, size, "%s", at);
		name[strcspn(name, "\n")] = '\0';
		break;
	}
	if (info)
		fclose(info);
}

/* A machine that has more than a set can hold is told whole. */
static int
usable_cpus(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		return (int)sysconf(_SC_NPROCESSORS_ONLN);
	return CPU_COUNT(&allowed);
}

void
machine_read(struct machine *machine)
{
	struct utsname kernel;

	check_zero(uname(&kernel));
	machine->cpus = usable_cpus();
	processor_name(machine->processor, sizeof machine->processor);
	snprintf(machine->kernel, sizeof machine->kernel, "%s %s",
	    kernel.sysname, kernel.release);
}

void
machine_print(const struct machine *machine)
{
	printf("machine cpus=%d processor=\"%s\" kernel=\"%s\"\n",
	    machine->cpus, machine->processor, machine->kernel);
}
