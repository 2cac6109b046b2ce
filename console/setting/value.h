/*
 * The kinds of values that settings have: each function is the `parse` of the
 * rows of one kind. They know neither the command line nor the file, so what
 * they say of a wrong text reads the same in both. Pure; any thread.
 */
#ifndef CONSOLE_SETTING_VALUE_H
#define CONSOLE_SETTING_VALUE_H

#include "console/setting/setting.h"

/* A uint32_t: digits within the row's bounds, times its unit. */
value_parser value_number;

/* A uint32_t or enum: which of the words in the row's `value` it is, from 0. */
value_parser value_choice;

/* A bool: true is the first of the two words in `value`, or yes. */
value_parser value_switch;

/* A char array: a path that has some room left behind it, for suffixes. */
value_parser value_path;

/* options->listen: one endpoint more. */
value_parser value_listen;

/* A struct endpoint: tcp:// alone. */
value_parser value_tcp;

/* A char array: http:// or https:// and a host, or several with commas. */
value_parser value_origins;

/* A struct rate: 0 or N/s[:BURST], or with the /h that `value` has. */
value_parser value_rate;

/* options->rate: the same, and it holds for all. */
value_parser value_talk_rate;

/* options->argon2: t=N,m=KIB. */
value_parser value_argon2;

/* options->user and group: NAME[:GROUP]. */
value_parser value_user;

#endif
