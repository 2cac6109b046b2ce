/* Lines of commands, out of bytes that come in any pieces. */
#include "console/admin/admin_input.h"

#include <string.h>

#include "console/server/supervisor.h"

char *
admin_input_room(struct admin_input *input, size_t *room)
{
	/* One byte less than fits, for the NUL. */
	*room = sizeof(input->bytes) - 1 - input->len;
	return input->bytes + input->len;
}

/* One line of `len` bytes, `used` with its newline. */
static void
take_line(
    struct admin_input *input, struct admin *admin, size_t len, size_t used)
{
	char line[ADMIN_LINE_BYTES];

	memcpy(line, input->bytes, len);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	input->len -= used;
	memmove(input->bytes, input->bytes + used, input->len);
	explicit_bzero(input->bytes + input->len, used);
	if (input->skipping)
		input->skipping = false;
	else if (strlen(line) < len) /* a NUL: no half of it is meant */
		admin_refuse(admin, ADMIN_BAD_LINE);
	else if (admin->wants_secret)
		admin_secret(admin, line);
	else
		admin_run(admin, line);
	explicit_bzero(line, sizeof(line));
}

/* A line that has no end in sight. */
static void
drop_line(struct admin_input *input, struct admin *admin)
{
	explicit_bzero(input->bytes, input->len);
	input->len = 0;
	if (!input->skipping)
		admin_refuse(admin, "the line is too long");
	input->skipping = true;
}

void
admin_input_run(struct admin_input *input, struct admin *admin)
{
	while (input->len > 0 && !admin_is_busy(admin) &&
	       !admin->supervisor->stopping) {
		char *newline = memchr(input->bytes, '\n', input->len);
		size_t len =
		    newline ? (size_t)(newline - input->bytes) : input->len;

		if (newline || input->ended)
			take_line(input, admin, len, len + (newline != NULL));
		else if (input->len == sizeof(input->bytes) - 1)
			drop_line(input, admin);
		else
			return;
	}
	if (input->ended && input->len == 0 && admin->wants_secret)
		admin_secret(admin, NULL);
}
