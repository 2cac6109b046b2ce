/*
 * The page: the files of proto/page, which are part of the program. Any thread;
 * they never change.
 */
#ifndef PROTO_WEB_PAGE_H
#define PROTO_WEB_PAGE_H

#include "proto/wire/span.h"

struct page_file {
	const char *path; /* as it is asked for */
	const char *type; /* of its content */
	const char *begin;
	const char *end;
};

/* NULL: there is no such file. "/" is the page itself. */
const struct page_file *page_file(struct span path);

#define PAGE_ETAG_BYTES 24

/* Names this content of a file, in quotation marks; returns `text`. */
const char *page_etag(const struct page_file *file, char text[PAGE_ETAG_BYTES]);

#endif
