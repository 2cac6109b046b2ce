/* What others may ask of a reactor, on both engines. */
#include "tests/unit/reactor/rig.h"

#include <unistd.h>

#include "reactor/mailbox.h"

RIG_TEST(reactor_knows_itself, .reactors = 2)
{
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(reactor_index(rig->reactors[i]), i);
		cr_assert_eq(reactor_count(rig->reactors[i]), 2);
		cr_assert_eq(reactor_owner(rig->reactors[i]), &rig->owners[i]);
	}
}

RIG_TEST(reactor_counts_why_clients_left)
{
	int fd = rig_connect(rig);

	close(fd);
	rig_await(&rig->closed);
	rig_turn(rig, 0);
	for (unsigned i = 0; i < CLOSE_COUNT; i++)
		cr_assert_eq(reactor_closed(rig->reactors[0], i),
		    i == rig->last.conn.reason);
}

static void
on_nothing(struct envelope *envelope, void *owner)
{
	(void)envelope;
	(void)owner;
}

RIG_TEST(reactor_tells_how_much_mail_waits)
{
	struct envelope late[2] = {
	    {.handle = on_nothing}, {.handle = on_nothing}};

	rig_ask_to_stop(rig);
	rig_join(rig);
	cr_assert_eq(reactor_mail_waiting(rig->reactors[0]), 0);
	for (int i = 0; i < 2; i++)
		reactor_send(rig->reactors[0], &late[i]);
	cr_assert_eq(reactor_mail_waiting(rig->reactors[0]), 2);
	cr_assert_eq(reactor_drain_mail(rig->reactors[0]), 2);
	cr_assert_eq(reactor_mail_waiting(rig->reactors[0]), 0);
}
