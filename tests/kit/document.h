/*
 * A document of the tree, for tests that hold it to its word. The lines of one
 * that is cut begin at 1, as an editor counts them. The test's own thread only.
 */
#ifndef TESTS_KIT_DOCUMENT_H
#define TESTS_KIT_DOCUMENT_H

#define DOCUMENT_LINES_MAX 4000

struct document {
	const char *path; /* from the tree's top, where tests run; borrowed */
	char *text;       /* owned; ends at its first line once it is cut */
	char *lines[DOCUMENT_LINES_MAX + 1]; /* into text */
	int line_count;
};

/* Reads the document; a failure ends the test. */
void document_read(struct document *document, const char *path);
/* Cuts what was read into lines. */
void document_cut(struct document *document);
void document_free(struct document *document);

#endif
