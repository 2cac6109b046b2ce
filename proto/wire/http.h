/*
 * Tells a web client from a person, so that HTTP is spoken to it, or it is
 * closed: a page in a browser must not be able to make the browser talk to this
 * server as a user (cross-protocol requests). Pure.
 */
#ifndef PROTO_WIRE_HTTP_H
#define PROTO_WIRE_HTTP_H

#include <stdbool.h>

#include "proto/wire/span.h"

#define HTTP_BYTES_LONG 2048

/*
 * True when a connection's first line is an HTTP request line (RFC 9112: method
 * SP target SP HTTP/digit.digit; also the HTTP/2 preface, RFC 9113). "GET well
 * soon" is not one. A method that is not in capitals is one only before a
 * slash.
 */
bool http_is_request(struct span line);

/*
 * True when the beginning of a line, that may have no end yet, is a method and
 * a target, one of them of more than HTTP_BYTES_LONG: nobody types that, and
 * the line may become too long to be looked at as a whole.
 */
bool http_is_long_request(struct span beginning);

/*
 * True when the beginning of a line, that has no end yet, is a method in
 * capitals and a target with a slash before it, and nothing follows but what
 * does in a request line: the rest of one may be on its way.
 */
bool http_is_begun_request(struct span beginning);

/* True for the header that comes first in what browsers send, which is all that
 * is left when the line before it was too long. */
bool http_is_host(struct span line);

#endif
