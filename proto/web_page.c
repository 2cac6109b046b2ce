/* The files of proto/page, as the Makefile lists them in proto/page.inc. */
#include "proto/web_page.h"

#include <stdio.h>
#include <xxhash.h>

/* Each file as it is, between two names. */
#define PAGE(name, kind)                                                       \
	__asm__(".pushsection .rodata\n"                                       \
		"page_" #name "_" #kind ":\n"                                  \
		".incbin \"proto/page/" #name "." #kind "\"\n"                 \
		"page_" #name "_" #kind "_end:\n"                              \
		".popsection\n");                                              \
	extern const char page_##name##_##kind[]                               \
	    __attribute__((visibility("hidden")));                             \
	extern const char page_##name##_##kind##_end[]                         \
	    __attribute__((visibility("hidden")));
#include "proto/page.inc"
#undef PAGE

#define TYPE_css  "text/css; charset=utf-8"
#define TYPE_html "text/html; charset=utf-8"
#define TYPE_js   "text/javascript; charset=utf-8"
#define TYPE_svg  "image/svg+xml"

static const struct page_file files[] = {
#define PAGE(name, kind)                                                       \
	{"/" #name "." #kind, TYPE_##kind, page_##name##_##kind,               \
	    page_##name##_##kind##_end},
#include "proto/page.inc"
#undef PAGE
};

const struct page_file *
page_file(struct span path)
{
	if (span_equals(path, span_of("/")))
		path = span_of("/index.html");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (span_equals(path, span_of(files[i].path)))
			return &files[i];
	return NULL;
}

const char *
page_etag(const struct page_file *file, char text[PAGE_ETAG_BYTES])
{
	XXH64_hash_t hash =
	    XXH3_64bits(file->begin, (size_t)(file->end - file->begin));

	snprintf(
	    text, PAGE_ETAG_BYTES, "\"%016llx\"", (unsigned long long)hash);
	return text;
}
