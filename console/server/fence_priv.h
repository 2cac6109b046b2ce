/* Between the halves of the fence; for console/fence*.c alone. */
#ifndef CONSOLE_SERVER_FENCE_PRIV_H
#define CONSOLE_SERVER_FENCE_PRIV_H

struct fence;

/* Whether the kernel has seccomp's filters: fence->seccomp. Any thread. */
void fence_probe_calls(struct fence *fence);

#endif
