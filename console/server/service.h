/*
 * What a service tells its manager, and gets from it: systemd's notify protocol
 * and socket activation (sd_notify(3), sd_listen_fds(3)). Where no manager
 * listens, as on a terminal, all of it does nothing. A notice that cannot be
 * sent is lost without a word: the manager judges by what it hears. The main
 * thread only.
 */
#ifndef CONSOLE_SERVER_SERVICE_H
#define CONSOLE_SERVER_SERVICE_H

/* Clients are served, also again after a reload. `status` is one line for who
 * looks (`systemctl status`). */
void service_ready(const char *status);

/* The configuration is being read again; service_ready ends that. */
void service_reloading(void);

/* The end has begun. */
void service_stopping(void);

/* How often service_alive is expected, in ms: half of what the manager waits
 * before it takes us for hung. 0 when it does not watch. */
int service_watchdog_ms(void);

/* We are not hung. `status` as above. */
void service_alive(const char *status);

/*
 * The listening sockets that were passed to us: fds[] gets them, the caller
 * owns them; they are not inherited by a child and do not block. Their number,
 * 0 for none, or -errno, with nothing left open: -E2BIG when there are more
 * than `max`. They are given once; a second call gets none.
 */
int service_listeners(int fds[], int max);

#endif
