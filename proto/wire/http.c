/*
 * Tells a web client from a person by its request line. Strict, so that a
 * sentence which only begins like one is still chat.
 */
#include "proto/wire/http.h"

#include <string.h>
#include <strings.h>

/* " HTTP/" and the version, d.d, end the line. */
static const char protocol[] = " HTTP/";
#define PROTOCOL_BYTES (sizeof(protocol) - 1)
#define VERSION_BYTES  3

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
ends_in_protocol(struct span line)
{
	if (line.len < PROTOCOL_BYTES + VERSION_BYTES)
		return false;
	const char *version = line.at + line.len - VERSION_BYTES;
	return !memcmp(version - PROTOCOL_BYTES, protocol, PROTOCOL_BYTES) &&
	       is_digit(version[0]) && version[1] == '.' &&
	       is_digit(version[2]);
}

/* What a method has (RFC 9110, section 5.6.2). */
static bool
is_token(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_in_capitals(struct span word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] < 'A' || word.at[i] > 'Z')
			return false;
	return true;
}

/* Where the target begins, behind a method; 0: there are no such. A page can
 * have any method sent, but those that it need not ask for are in capitals, and
 * what is asked for begins with a slash. */
static size_t
target_at(struct span line)
{
	size_t len = 0;

	while (len < line.len && is_token(line.at[len]))
		len++;
	if (len == 0 || len + 1 >= line.len || line.at[len] != ' ')
		return 0;
	if (line.at[len + 1] != '/' &&
	    !is_in_capitals((struct span){line.at, len}))
		return 0;
	return len + 1;
}

bool
http_is_request(struct span line)
{
	size_t target, end;

	if (!ends_in_protocol(line))
		return false;
	target = target_at(line);
	end = line.len - VERSION_BYTES - PROTOCOL_BYTES;
	return target > 0 && target < end &&
	       !memchr(line.at + target, ' ', end - target);
}

bool
http_is_long_request(struct span beginning)
{
	size_t target = target_at(beginning);
	size_t end = target;

	if (target == 0)
		return false;
	while (end < beginning.len && (unsigned char)beginning.at[end] > ' ')
		end++;
	return end - target > HTTP_BYTES_LONG ||
	       (target > HTTP_BYTES_LONG && beginning.at[target] == '/');
}

bool
http_is_begun_request(struct span beginning)
{
	size_t target = target_at(beginning);
	size_t end = target;
	size_t rest;

	if (target == 0 || beginning.at[target] != '/' ||
	    !is_in_capitals((struct span){beginning.at, target - 1}))
		return false;
	while (end < beginning.len && (unsigned char)beginning.at[end] > ' ')
		end++;
	rest = beginning.len - end;
	return rest <= PROTOCOL_BYTES + VERSION_BYTES &&
	       !memcmp(beginning.at + end, protocol,
		   rest < PROTOCOL_BYTES ? rest : PROTOCOL_BYTES);
}

bool
http_is_host(struct span line)
{
	static const char name[] = "Host:";
	const size_t len = sizeof(name) - 1;

	return line.len >= len && !strncasecmp(line.at, name, len);
}
