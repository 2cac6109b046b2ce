/*
 * Tells a web client from a person by its request line. Strict, so that a
 * sentence which only begins like one is still chat.
 */
#include "proto/wire/http.h"

#include <string.h>

/* Longer than any registered method. */
#define METHOD_BYTES_MAX 20

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

/* Bytes of the method at the start of the line; 0 for none. */
static size_t
method_len(struct span line)
{
	size_t len = 0;

	while (len < line.len && line.at[len] >= 'A' && line.at[len] <= 'Z')
		len++;
	return len <= METHOD_BYTES_MAX ? len : 0;
}

bool
http_is_request(struct span line)
{
	if (!ends_in_protocol(line))
		return false;

	/* The space of " HTTP/" ends this at the latest. */
	size_t method = method_len(line);
	size_t target = method + 1;
	size_t target_end = line.len - VERSION_BYTES - PROTOCOL_BYTES;
	if (method == 0 || line.at[method] != ' ' || target >= target_end)
		return false;
	return memchr(line.at + target, ' ', target_end - target) == NULL;
}

bool
http_is_long_request(struct span beginning)
{
	size_t method = method_len(beginning);
	size_t end = method + 1;

	if (method == 0 || beginning.len < end || beginning.at[method] != ' ')
		return false;
	while (end < beginning.len && (unsigned char)beginning.at[end] > ' ')
		end++;
	return end - method - 1 > HTTP_TARGET_BYTES_LONG;
}
