/* The operator's list of bans. */
#include "console/setting/banlist.h"

#include <stdlib.h>
#include <string.h>

#include "proto/wire/name.h"
#include "proto/wire/network.h"
#include "reactor/memory.h"

bool
banlist_parse(const char *text, struct auth_ban *ban)
{
	struct network network;

	if (network_parse(span_of(text), &network)) {
		ban->kind = BANNED_ADDRESS;
		network_format(&network, ban->name);
		return true;
	}
	if ((strchr(text, '.') && !text[strspn(text, "0123456789.")]) ||
	    !name_is_valid(span_of(text)))
		return false;
	ban->kind = BANNED_NAME;
	strcpy(ban->name, text);
	return true;
}

/* The next entry. 1, 0 when there is none, or -1 with `error`. */
static int
next_entry(struct textfile *file, struct banlist_entry *entry,
    char error[TEXTFILE_ERROR_BYTES])
{
	char *line;
	int result;

	do {
		result = textfile_next(file, &line, error);
		if (result <= 0)
			return result;
		line = textfile_strip(line);
	} while (!*line);
	*entry = (struct banlist_entry){
	    .text = line,
	    .line = file->line,
	    .ban = {.until = AUTH_FOREVER, .listed = true},
	};
	if (banlist_parse(line, &entry->ban))
		return 1;
	textfile_complain(
	    file, error, "%.100s is not a name, an address or a prefix", line);
	return -1;
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
