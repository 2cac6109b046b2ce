/* The kinds of values that settings have. */
#include "console/setting/value.h"

#include <stdio.h>
#include <string.h>

#include "console/setting/options.h"

static void *
field_of(const struct setting *setting, struct options *options)
{
	return (char *)options + setting->offset;
}

/* Digits in a range, at the front of *text, which moves behind them. */
static bool
take_number(const char **text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;
	const char *at = *text;

	while (*at >= '0' && *at <= '9' && value <= max)
		value = value * 10 + (uint64_t)(*at++ - '0');
	if (at == *text || value < min || value > max)
		return false;
	*text = at;
	*out = (uint32_t)value;
	return true;
}

/* This word at the front of *text, which moves behind it. */
static bool
take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

/* Which of the words with | between them it is, or -1. */
static int
find_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (int i = 0;; i++) {
		size_t end = strcspn(words, "|");

		if (end == len && !strncmp(words, text, len))
			return i;
		if (!words[end])
			return -1;
		words += end + 1;
	}
}

/* "x is not a, b or c". */
static void
say_words(
    const char *words, const char *text, char problem[SETTING_PROBLEM_BYTES])
{
	size_t used = (size_t)snprintf(
	    problem, SETTING_PROBLEM_BYTES, "%.300s is not ", text);

	for (;;) {
		size_t end = strcspn(words, "|");
		const char *next = words[end] ? words + end + 1 : NULL;
		const char *between = "";

		if (next)
			between = strchr(next, '|') ? ", " : " or ";
		used += (size_t)snprintf(problem + used,
		    SETTING_PROBLEM_BYTES - used, "%.*s%s", (int)end, words,
		    between);
		if (!next)
			return;
		words = next;
	}
}

bool
value_number(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *at = text;
	uint32_t value = 0;

	if (!take_number(&at, setting->min, setting->max, &value) || *at) {
		snprintf(problem, SETTING_PROBLEM_BYTES,
		    "%.300s is not a number from %u to %u", text, setting->min,
		    setting->max);
		return false;
	}
	value *= setting->unit;
	memcpy(field_of(setting, options), &value, sizeof(value));
	return true;
}

bool
value_choice(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	int which = find_word(setting->value, text);

	if (which < 0) {
		say_words(setting->value, text, problem);
		return false;
	}
	memcpy(field_of(setting, options), &which, sizeof(which));
	return true;
}

bool
value_switch(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *words = setting->value ? setting->value : "yes|no";
	int which = find_word(words, text);
	bool on = which == 0;

	if (which < 0) {
		say_words(words, text, problem);
		return false;
	}
	memcpy(field_of(setting, options), &on, sizeof(on));
	return true;
}

bool
value_path(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	size_t room = setting->size - OPTIONS_SUFFIX_BYTES;

	if (!*text || strlen(text) > room) {
		snprintf(problem, SETTING_PROBLEM_BYTES,
		    "the path is empty or too long (%zu bytes)", room);
		return false;
	}
	memset(field_of(setting, options), 0, setting->size);
	strcpy(field_of(setting, options), text);
	return true;
}

bool
value_listen(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *wrong;

	(void)setting;
	if (options->listen_count == OPTIONS_LISTEN_MAX) {
		snprintf(problem, SETTING_PROBLEM_BYTES,
		    "more than %d addresses", OPTIONS_LISTEN_MAX);
		return false;
	}
	wrong = endpoint_parse(text, &options->listen[options->listen_count]);
	if (wrong) {
		snprintf(
		    problem, SETTING_PROBLEM_BYTES, "%.300s: %s", text, wrong);
		return false;
	}
	options->listen_count++;
	return true;
}

bool
value_tcp(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	struct endpoint endpoint;
	const char *wrong = endpoint_parse(text, &endpoint);

	if (!wrong && (endpoint.path[0] || endpoint.speaks != SPEAKS_ANY))
		wrong = "it must start with tcp://";
	if (wrong) {
		snprintf(
		    problem, SETTING_PROBLEM_BYTES, "%.300s: %s", text, wrong);
		return false;
	}
	memcpy(field_of(setting, options), &endpoint, sizeof(endpoint));
	return true;
}

/* A scheme and a host, maybe with a port: what a browser sends as Origin. */
static bool
is_origin(const char *text, size_t len)
{
	const char *at = text;

	if (!take_word(&at, "http://") && !take_word(&at, "https://"))
		return false;
	len -= (size_t)(at - text);
	return len > 0 && strcspn(at, "/?#@, \t") == len;
}

bool
value_origins(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *at = text;

	for (;;) {
		size_t len = strcspn(at, ",");

		if (!is_origin(at, len)) {
			snprintf(problem, SETTING_PROBLEM_BYTES,
			    "%.300s is not http:// or https:// and a host", at);
			return false;
		}
		if (!at[len])
			break;
		at += len + 1;
	}
	if (strlen(text) >= setting->size) {
		snprintf(problem, SETTING_PROBLEM_BYTES, "more than %zu bytes",
		    setting->size - 1);
		return false;
	}
	memset(field_of(setting, options), 0, setting->size);
	strcpy(field_of(setting, options), text);
	return true;
}

/* N/s or N/h, as --help calls it. */
static bool
parse_rate(const struct setting *setting, const char *text, struct rate *rate,
    char problem[SETTING_PROBLEM_BYTES])
{
	const char unit[] = {'/', setting->value[2], '\0'};
	const char *at = text;
	bool ok;

	*rate = (struct rate){0};
	ok = take_number(&at, 0, 1000000, &rate->count);
	if (ok && rate->count > 0) {
		rate->burst = rate->count;
		ok = take_word(&at, unit);
		if (ok && take_word(&at, ":"))
			ok = take_number(&at, 1, 1000000, &rate->burst);
	}
	if (ok && !*at)
		return true;
	snprintf(problem, SETTING_PROBLEM_BYTES, "%.300s is not 0 or %s", text,
	    setting->value);
	return false;
}

bool
value_rate(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	struct rate rate;

	if (!parse_rate(setting, text, &rate, problem))
		return false;
	memcpy(field_of(setting, options), &rate, sizeof(rate));
	return true;
}

bool
value_talk_rate(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	struct rate rate;

	if (!parse_rate(setting, text, &rate, problem))
		return false;
	options->rate = rate;
	options->rate_for_all = true;
	return true;
}

bool
value_argon2(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *at = text;
	uint32_t passes = 0, memory = 0;

	(void)setting;
	if (!take_word(&at, "t=") || !take_number(&at, 1, 64, &passes) ||
	    !take_word(&at, ",m=") ||
	    !take_number(&at, 8, 1024 * 1024, &memory) || *at) {
		snprintf(problem, SETTING_PROBLEM_BYTES,
		    "%.300s is not t=N,m=KIB (t 1 to 64, m 8 to 1048576)",
		    text);
		return false;
	}
	options->argon2.passes = passes;
	options->argon2.memory_kib = memory;
	return true;
}

bool
value_user(const struct setting *setting, const char *text,
    struct options *options, char problem[SETTING_PROBLEM_BYTES])
{
	const char *colon = strchrnul(text, ':');
	const char *group = *colon ? colon + 1 : "";
	size_t len = (size_t)(colon - text);

	if (len == 0 || len >= sizeof(options->user) ||
	    strlen(group) >= sizeof(options->group) || (*colon && !*group) ||
	    strpbrk(text, " \t/") || strchr(group, ':')) {
		snprintf(problem, SETTING_PROBLEM_BYTES,
		    "%.300s is not NAME or NAME:GROUP", text);
		return false;
	}
	memset(field_of(setting, options), 0, setting->size);
	memcpy(options->user, text, len);
	strcpy(options->group, group);
	return true;
}
