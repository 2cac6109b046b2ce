/* The operator's list of bans. */
#include "console/banlist.h"

#include <stdlib.h>
#include <string.h>

#include "proto/wire/name.h"
#include "proto/wire/network.h"
#include "reactor/memory.h"

enum kind {
	KIND_NAME,
	KIND_NETWORK,
	KIND_NONE,
};

/* Some names are addresses as well, 192.0.2.7 for one: those are addresses
 * here. What has only digits and dots otherwise is most likely a slip. */
static enum kind
classify(const char *text)
{
	struct network network;

	if (network_parse(span_of(text), &network))
		return KIND_NETWORK;
	if (strchr(text, '.') && !text[strspn(text, "0123456789.")])
		return KIND_NONE;
	return name_is_valid(span_of(text)) ? KIND_NAME : KIND_NONE;
}

/* The next entry. 1, 0 when there is none, or -1 with `error`. */
static int
next_entry(struct textfile *file, struct banlist_entry *entry,
    char error[TEXTFILE_ERROR_BYTES])
{
	enum kind kind;
	char *line;
	int result;

	do {
		result = textfile_next(file, &line, error);
		if (result <= 0)
			return result;
		line = textfile_strip(line);
	} while (!*line);
	kind = classify(line);
	if (kind == KIND_NONE) {
		textfile_complain(file, error,
		    "%.100s is not a name, an address or a prefix", line);
		return -1;
	}
	*entry = (struct banlist_entry){
	    .text = line,
	    .line = file->line,
	    .is_network = kind == KIND_NETWORK,
	};
	return 1;
}

int
banlist_read(
    struct banlist *list, const char *path, char error[TEXTFILE_ERROR_BYTES])
{
	struct banlist_entry entry;
	size_t cap = 0;
	int result;

	*list = (struct banlist){0};
	if (textfile_open(&list->file, path, BANLIST_BYTES_MAX, error) < 0)
		return -1;
	while ((result = next_entry(&list->file, &entry, error)) > 0) {
		if (list->count == cap) {
			cap = cap ? cap * 2 : 64;
			list->entries = memory_resize(
			    list->entries, cap * sizeof(*list->entries));
		}
		list->entries[list->count++] = entry;
	}
	if (result < 0)
		banlist_free(list);
	return result;
}

void
banlist_free(struct banlist *list)
{
	free(list->entries);
	textfile_close(&list->file);
	*list = (struct banlist){0};
}
