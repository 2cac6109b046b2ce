/*
 * Tells a web client from a person, so that it can be closed without an
 * answer: a page in a browser must not be able to make the browser talk to
 * this server as a user (cross-protocol requests). Pure.
 */
#ifndef PROTO_WIRE_HTTP_H
#define PROTO_WIRE_HTTP_H

#include <stdbool.h>

#include "proto/wire/span.h"

/*
 * True when a connection's first line is an HTTP request line (RFC 9112: method
 * SP target SP HTTP/digit.digit; also the HTTP/2 preface, RFC 9113). "GET well
 * soon" is not one.
 */
bool http_is_request(struct span line);

/*
 * True for the header line that every request has (Host, RFC 9112), in any
 * case: it gives a request away whose first line was too long to be looked at.
 */
bool http_is_host_header(struct span line);

#endif
