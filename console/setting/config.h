/*
 * The configuration file: `name = value` in each line, the names of the command
 * line without their dashes (console/setting/setting_table.c), # for comments,
 * a flag is yes or no, a value may stand in double quotes. Main thread.
 */
#ifndef CONSOLE_SETTING_CONFIG_H
#define CONSOLE_SETTING_CONFIG_H

struct options;

/* Is told each thing that is wrong with a file: "FILE:LINE: rate: ...". The
 * line is borrowed for the call. */
typedef void config_complaint(void *context, const char *line);

/*
 * Puts what the file sets into the options, over what they have. 0, or how many
 * lines are wrong (no more are looked at after the tenth), or -1 when it cannot
 * be read; unless 0 the options are half of one and half of the other.
 */
int config_read(const char *path, struct options *options,
    config_complaint *complain, void *context);

#endif
