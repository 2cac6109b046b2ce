/*
 * Intrusive doubly linked list. The link lives in the object; a list is a link
 * that points at itself when empty. A link is in one list or, when it points
 * at itself, in none. No locks: one thread owns a list and all in it.
 */
#ifndef REACTOR_LIST_H
#define REACTOR_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

/* The object of type `type` whose member `member` is the link at `link`. */
#define list_entry(link, type, member)                                         \
	((type *)((char *)(link)-offsetof(type, member)))

/* Makes a list empty, or a link one that is in no list. */
static inline void
list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

/* True for an empty list, and for a link that is in no list. */
static inline bool
list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* Puts an unlinked `link` at the end of `l`. */
static inline void
list_append(struct list *l, struct list *link)
{
	link->prev = l->prev;
	link->next = l;
	l->prev->next = link;
	l->prev = link;
}

/* Takes a link out of its list, if it is in one. */
static inline void
list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* Takes the first link out; NULL when the list is empty. */
static inline struct list *
list_take_first(struct list *l)
{
	struct list *first = l->next;

	if (first == l)
		return NULL;
	l->next = first->next;
	l->next->prev = l;
	list_init(first);
	return first;
}

/* Moves everything in `from` to the end of `to`; `from` is empty after. */
static inline void
list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* `link` runs over the list; it must stay linked during the loop's body. */
#define list_for_each(link, l)                                                 \
	for ((link) = (l)->next; (link) != (l); (link) = (link)->next)

/* The same where the body may remove `link` (but not `after`). */
#define list_for_each_safe(link, after, l)                                     \
	for ((link) = (l)->next, (after) = (link)->next; (link) != (l);        \
	     (link) = (after), (after) = (link)->next)

#endif
