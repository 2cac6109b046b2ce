/* Looking settings up, comparing and copying them. */
#include "console/setting/setting.h"

#include <string.h>

const struct setting *
setting_find(const char *name)
{
	for (unsigned i = 0; i < settings_count; i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	return NULL;
}

bool
setting_is_same(const struct setting *setting, const struct options *a,
    const struct options *b)
{
	return !memcmp((const char *)a + setting->offset,
	    (const char *)b + setting->offset, setting->size);
}

void
setting_copy(const struct setting *setting, struct options *to,
    const struct options *from)
{
	memcpy((char *)to + setting->offset,
	    (const char *)from + setting->offset, setting->size);
}
