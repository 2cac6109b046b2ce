/*
 * The end of a request's head is where a plain reader finds it, whatever was
 * known before; what is read of the head lies in it, and is the same however
 * often it is read; and what is refused has a status that there is.
 */
/* Covers: proto/wire/request.c proto/wire/host.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/host.h"
#include "proto/wire/request.h"
#include "reactor/check.h"
#include "tests/fuzz/source.h"

/* Behind the first empty line. */
static size_t
plain_end(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t next = i + 1;

		if (bytes[i] != '\n')
			continue;
		if (next + 1 < len && bytes[next] == '\r')
			next++;
		if (next < len && bytes[next] == '\n')
			return next + 1;
	}
	return 0;
}

static void
check_within(struct span span, const char *head, size_t len)
{
	check(!span.at || (span.at >= head && span.at <= head + len &&
			      span.len <= len - (size_t)(span.at - head)));
}

/* In memory of its own, so that a byte too many is seen. */
static void
check_head(const char *bytes, size_t len)
{
	char *head = malloc(len);
	struct request request, again;
	int status;

	memcpy(head, bytes, len);
	status = request_parse(head, len, &request);
	check(status == 0 || status == 400 || status == 405 || status == 505);
	check(request_parse(head, len, &again) == status);
	check(!memcmp(head, bytes, len));
	check_within(request.path, head, len);
	check_within(request.host, head, len);
	check_within(request.origin, head, len);
	check_within(request.if_none_match, head, len);
	check_within(request.key, head, len);
	check_within(request.version, head, len);
	if (status == 0) {
		check(request.path.len > 0);
		check(span_equals(request.path, again.path));
		check(request.keeps == again.keeps);
		check(host_is_valid(request.host));
		check(host_is_near(request.host) == host_is_near(again.host));
	}
	free(head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size);
	size_t end;

	if (size > 0)
		memcpy(bytes, data, size);
	end = plain_end(bytes, size);
	for (size_t known = 0; known <= (end > 0 ? end - 1 : size); known++)
		check(request_head_bytes(bytes, size, known) == end);
	if (end > 0)
		check_head(bytes, end);
	free(bytes);
	return 0;
}
