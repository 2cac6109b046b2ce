/* The timer wheel. */
#include "reactor/timer.h"

#include "reactor/check.h"

#define SLOT_BITS 6
#define SPAN_MAX  ((uint64_t)1 << (SLOT_BITS * TIMER_LEVELS))

_Static_assert(TIMER_SLOTS == 1 << SLOT_BITS, "a slot is picked by its bits");

/* Files a timer under its due tick, by how far away that is. */
static void
wheel_file(struct timer_wheel *wheel, struct timer *timer)
{
	uint64_t away = timer->tick - wheel->tick;
	unsigned level = 0;
	unsigned slot;

	check(timer->tick > wheel->tick);
	while (level < TIMER_LEVELS - 1 &&
	       away >= (uint64_t)1 << (SLOT_BITS * (level + 1)))
		level++;
	slot = (timer->tick >> (SLOT_BITS * level)) & (TIMER_SLOTS - 1);
	list_append(&wheel->slots[level][slot], &timer->link);
	wheel->used[level] |= (uint64_t)1 << slot;
}

void
timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms)
{
	for (int level = 0; level < TIMER_LEVELS; level++) {
		wheel->used[level] = 0;
		for (int slot = 0; slot < TIMER_SLOTS; slot++)
			list_init(&wheel->slots[level][slot]);
	}
	wheel->tick = now_ms / TIMER_TICK_MS;
}

/* Takes a slot's timers out: due ones to `due`, the others down a level. */
static void
wheel_empty_slot(
    struct timer_wheel *wheel, unsigned level, unsigned slot, struct list *due)
{
	struct list taken;
	struct list *link;

	list_init(&taken);
	list_move_all(&taken, &wheel->slots[level][slot]);
	wheel->used[level] &= ~((uint64_t)1 << slot);
	while ((link = list_take_first(&taken)) != NULL) {
		struct timer *timer = list_entry(link, struct timer, link);

		if (timer->tick <= wheel->tick)
			list_append(due, &timer->link);
		else
			wheel_file(wheel, timer);
	}
}

/* The next tick after wheel->tick at which some slot's turn comes. */
static bool
wheel_next_tick(const struct timer_wheel *wheel, uint64_t *next)
{
	bool found = false;

	for (unsigned level = 0; level < TIMER_LEVELS; level++) {
		unsigned shift = SLOT_BITS * level;
		uint64_t here = wheel->tick >> shift;
		unsigned from = (here + 1) & (TIMER_SLOTS - 1);
		uint64_t used = wheel->used[level];
		uint64_t at;

		if (!used)
			continue;
		/* Rotate so that the slot after the present one is bit 0. */
		if (from)
			used = used >> from | used << (TIMER_SLOTS - from);
		at = (here + 1 + (unsigned)__builtin_ctzll(used)) << shift;
		if (!found || at < *next)
			*next = at;
		found = true;
	}
	return found;
}

static void
wheel_turn_to(struct timer_wheel *wheel, uint64_t tick, struct list *due)
{
	wheel->tick = tick;
	for (unsigned level = 0; level < TIMER_LEVELS; level++) {
		unsigned shift = SLOT_BITS * level;

		if (tick & (((uint64_t)1 << shift) - 1))
			break;
		wheel_empty_slot(
		    wheel, level, (tick >> shift) & (TIMER_SLOTS - 1), due);
	}
}

void
timer_wheel_advance(struct timer_wheel *wheel, uint64_t now_ms)
{
	uint64_t now = now_ms / TIMER_TICK_MS;
	uint64_t next;
	struct list due;
	struct list *link;

	list_init(&due);
	while (wheel_next_tick(wheel, &next) && next <= now)
		wheel_turn_to(wheel, next, &due);
	if (wheel->tick < now)
		wheel->tick = now;
	while ((link = list_take_first(&due)) != NULL) {
		struct timer *timer = list_entry(link, struct timer, link);

		timer->handle(timer);
	}
}

int
timer_wheel_wait_ms(const struct timer_wheel *wheel, uint64_t now_ms)
{
	uint64_t next;
	uint64_t at_ms;

	if (!wheel_next_tick(wheel, &next))
		return -1;
	at_ms = next * TIMER_TICK_MS;
	if (at_ms <= now_ms)
		return 0;
	return at_ms - now_ms > 60000 ? 60000 : (int)(at_ms - now_ms);
}

void
timer_init(struct timer *timer, timer_handler *handle)
{
	list_init(&timer->link);
	timer->tick = 0;
	timer->handle = handle;
}

void
timer_set(struct timer_wheel *wheel, struct timer *timer, uint64_t now_ms,
    uint64_t delay_ms)
{
	/* Rounded up, so that it never fires early. */
	uint64_t tick = (now_ms + delay_ms) / TIMER_TICK_MS + 1;

	timer_stop(timer);
	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	if (tick - wheel->tick >= SPAN_MAX)
		tick = wheel->tick + SPAN_MAX - 1;
	timer->tick = tick;
	wheel_file(wheel, timer);
}

void
timer_stop(struct timer *timer)
{
	list_remove(&timer->link);
}
