/*
 * A scenario gives main.c's table its entry: it parses its own options, drives
 * the server, prints its report and returns the exit status.
 */
#ifndef BENCH_SCENARIO_SCENARIO_H
#define BENCH_SCENARIO_SCENARIO_H

/*
 * Many clients at once: half register, half log in, talk and log out, and
 * every answer is checked. argv[0] is the name for messages. Exit status: 0
 * when every client saw exactly what it should, 1 when not, 2 on bad usage.
 */
int lab_main(int argc, char **argv);

/*
 * Requests and their answers, messages to all members of a room or of many, how
 * long both take at given rates, clients that come, ask and leave, and clients
 * that only stay: each of them also against throng's peers, and with the cost
 * to the server. As above.
 */
int echo_main(int argc, char **argv);
int fanout_main(int argc, char **argv);
int rooms_main(int argc, char **argv);
int latency_main(int argc, char **argv);
int connect_main(int argc, char **argv);
int idle_main(int argc, char **argv);

/* The server is told to end while many are logged in. As above. */
int exit_main(int argc, char **argv);

/*
 * Accounts: how fast they are made and how many of them share a sync, what a
 * login costs, and whether one tells by its time which names exist. As above.
 */
int register_main(int argc, char **argv);
int login_main(int argc, char **argv);
int guess_main(int argc, char **argv);

/*
 * Everything at once, for a moment or for long, with servers that are killed
 * meanwhile: one verdict over all of it. As above.
 */
int mixed_main(int argc, char **argv);
int soak_main(int argc, char **argv);

#endif
