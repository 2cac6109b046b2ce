/*
 * Any text as the value of any setting is refused with a reason, or means what
 * it says; and nothing but that setting is changed.
 *
 * The first byte chooses the setting, the next ones are the text. The text is
 * tried as a length of time as well.
 */
/* Covers: console/setting/value.c console/setting/setting.c */
/* Covers: console/setting/duration.c */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/verifier.h"
#include "console/setting/duration.h"
#include "console/setting/options.h"
#include "console/setting/setting.h"
#include "console/setting/value.h"
#include "proto/wire/utf8.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

/* Digits alone, and which number they are; saturated. */
static bool
read_digits(const char *text, uint64_t *number)
{
	size_t len = strspn(text, "0123456789");

	*number = strtoull(text, NULL, 10);
	return len > 0 && text[len] == '\0';
}

static void
check_number(const struct setting *setting, const char *text, bool taken,
    const void *field)
{
	uint64_t number;
	uint32_t value;
	bool good = read_digits(text, &number) && number >= setting->min &&
		    number <= setting->max;

	check(taken == good);
	memcpy(&value, field, sizeof(value));
	if (taken)
		check(value == number * setting->unit);
}

/* The word at this place of "a|b|c". */
static bool
is_word(const char *words, unsigned place, const char *text)
{
	size_t len;

	for (; place > 0; place--) {
		words = strchr(words, '|');
		check(words != NULL);
		words++;
	}
	len = strcspn(words, "|");
	return strlen(text) == len && !strncmp(words, text, len);
}

static void
check_choice(const struct setting *setting, const char *text, bool taken,
    const void *field)
{
	uint32_t value;

	memcpy(&value, field, sizeof(value));
	if (taken)
		check(is_word(setting->value, value, text));
}

static void
check_switch(const struct setting *setting, const char *text, bool taken,
    const void *field)
{
	const char *words = setting->value ? setting->value : "yes|no";
	bool on = *(const bool *)field;

	check(taken == (is_word(words, 0, text) || is_word(words, 1, text)));
	if (taken)
		check(is_word(words, on ? 0 : 1, text));
}

static void
check_path(const struct setting *setting, const char *text, bool taken,
    const void *field)
{
	size_t len = strlen(text);

	check(
	    taken == (len > 0 && len <= setting->size - OPTIONS_SUFFIX_BYTES));
	if (taken)
		check(!strcmp(field, text));
}

static void
check_endpoint(const char *text, bool taken, const struct endpoint *endpoint)
{
	struct endpoint expected;
	bool good = endpoint_parse(text, &expected) == NULL;

	check(good || !taken);
	if (taken)
		check(!memcmp(endpoint, &expected, sizeof(expected)));
}

/* `unit` is what it is counted by: s or h. */
static void
check_rate(const char *text, bool taken, char unit, const struct rate *field)
{
	const struct rate rate = *field;
	char out[64];

	if (!taken)
		return;
	check(rate.count <= 1000000);
	check(rate.burst <= 1000000);
	check((rate.count == 0) == (rate.burst == 0));
	if (rate.count == 0)
		strcpy(out, "0");
	else if (strchr(text, ':'))
		snprintf(
		    out, sizeof(out), "%u/%c:%u", rate.count, unit, rate.burst);
	else
		snprintf(out, sizeof(out), "%u/%c", rate.count, unit);
	/* But for zeros before a number it is what was typed. */
	check(strlen(out) <= strlen(text));
	check(rate.count == strtoul(text, NULL, 10));
	check(!strcmp(out + strcspn(out, "/"), text + strcspn(text, "/")) ||
	      strchr(text, '0') != NULL);
}

static void
check_argon2(const char *text, bool taken, const struct options *options)
{
	unsigned passes, memory;

	if (!taken)
		return;
	check(verifier_cost_is_valid(options->argon2));
	check(sscanf(text, "t=%u,m=%u", &passes, &memory) == 2);
	check(options->argon2.passes == passes);
	check(options->argon2.memory_kib == memory);
}

static void
check_user(const char *text, bool taken, const struct options *options)
{
	char out[sizeof(options->user) + sizeof(options->group) + 1];

	if (!taken)
		return;
	snprintf(out, sizeof(out), "%s%s%s", options->user,
	    options->group[0] ? ":" : "", options->group);
	check(!strcmp(out, text));
}

/* Taken as it stands: a scheme and a host, and so on behind each comma. */
static void
check_origins(const struct setting *setting, const char *text, bool taken,
    const char *field)
{
	if (!taken)
		return;
	check(strlen(text) < setting->size);
	check(!strcmp(field, text));
	for (const char *at = text; at; at = strchr(at, ',')) {
		at += *at == ',';
		check(
		    !strncmp(at, "http://", 7) || !strncmp(at, "https://", 8));
		check(at[strcspn(at, "/") + 2] != ',');
		check(at[strcspn(at, "/") + 2] != '\0');
	}
}

static void
check_meaning(const struct setting *setting, const char *text, bool taken,
    const struct options *options)
{
	const void *field = (const char *)options + setting->offset;

	if (setting->parse == value_number)
		check_number(setting, text, taken, field);
	else if (setting->parse == value_choice)
		check_choice(setting, text, taken, field);
	else if (setting->parse == value_switch)
		check_switch(setting, text, taken, field);
	else if (setting->parse == value_path)
		check_path(setting, text, taken, field);
	else if (setting->parse == value_listen)
		check_endpoint(text, taken, &options->listen[0]);
	else if (setting->parse == value_tcp)
		check_endpoint(text, taken, field);
	else if (setting->parse == value_rate)
		check_rate(text, taken, 'h', field);
	else if (setting->parse == value_talk_rate)
		check_rate(text, taken, 's', &options->rate);
	else if (setting->parse == value_origins)
		check_origins(setting, text, taken, field);
	else if (setting->parse == value_argon2)
		check_argon2(text, taken, options);
	else if (setting->parse == value_user)
		check_user(text, taken, options);
	else
		unreachable("no other kind of value");
}

static void
check_setting(const struct setting *setting, const char *text)
{
	static struct options options, other;
	char problem[SETTING_PROBLEM_BYTES] = "";
	bool taken;

	memset(&options, 0, sizeof(options));
	memset(&other, 0, sizeof(other));
	taken = setting->parse(setting, text, &options, problem);
	check(taken == (problem[0] == '\0'));
	check(memchr(problem, '\0', sizeof(problem)) != NULL);
	check_meaning(setting, text, taken, &options);
	setting_copy(setting, &other, &options);
	check(setting_is_same(setting, &other, &options));
	check(!memcmp(&other, &options, sizeof(options)));
	check(setting_find(setting->name) == setting);
	/* It can be given until there is no room for more. */
	if (!taken || !(setting->traits & SETTING_REPEATS))
		return;
	for (unsigned i = 1; i < OPTIONS_LISTEN_MAX; i++)
		check(setting->parse(setting, text, &options, problem));
	check(!setting->parse(setting, text, &options, problem));
	check(options.listen_count == OPTIONS_LISTEN_MAX);
}

static void
check_duration(const char *text)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	size_t digits = strspn(text, "0123456789");
	uint64_t number = strtoull(text, NULL, 10);
	int64_t seconds = -1, expected = -1;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (digits == 0 || text[digits] != units[i].letter ||
		    text[digits + 1] != '\0')
			continue;
		if (number >= 1 &&
		    number <= (uint64_t)(DURATION_S_MAX / units[i].seconds))
			expected = (int64_t)number * units[i].seconds;
	}
	check(duration_parse(text, &seconds) == (expected > 0));
	check(seconds == expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = {data, size};
	unsigned which = source_byte(&source) % settings_count;
	char *text = source_text(&source);

	check_setting(&settings[which], text);
	check_duration(text);
	check(setting_find(text) == NULL ||
	      !strcmp(setting_find(text)->name, text));
	free(text);
	return 0;
}
