/* Intrusive lists, and the one promise behind all of them: a link that is in
 * no list says so. */
#include <criterion/criterion.h>

#include "reactor/list.h"

struct item {
	int number;
	struct list link;
};

static struct list list;
static struct item items[6];

static void
setup(void)
{
	list_init(&list);
	for (int i = 0; i < 6; i++) {
		items[i].number = i;
		list_init(&items[i].link);
	}
}

TestSuite(reactor_list, .init = setup);

static void
fill(struct list *l, int from, int to)
{
	for (int i = from; i < to; i++)
		list_append(l, &items[i].link);
}

/* The numbers in the list, as digits, forwards; backwards must agree. */
static const char *
digits(struct list *l)
{
	static char text[16];
	struct list *link;
	size_t n = 0;
	size_t back = 0;

	list_for_each (link, l)
		text[n++] =
		    (char)('0' + list_entry(link, struct item, link)->number);
	text[n] = '\0';
	for (link = l->prev; link != l; link = link->prev, back++)
		cr_assert_eq(list_entry(link, struct item, link)->number,
		    text[n - 1 - back] - '0');
	cr_assert_eq(back, n);
	return text;
}

Test(reactor_list, new_list_and_new_link_are_empty)
{
	cr_assert(list_is_empty(&list));
	cr_assert(list_is_empty(&items[0].link));
	cr_assert_null(list_take_first(&list));
}

Test(reactor_list, append_keeps_the_order)
{
	fill(&list, 0, 4);
	cr_assert_str_eq(digits(&list), "0123");
	cr_assert_not(list_is_empty(&list));
	cr_assert_not(list_is_empty(&items[2].link));
}

Test(reactor_list, remove_at_any_place_leaves_the_others)
{
	static const char *const left[] = {"123", "023", "013", "012"};

	for (int i = 0; i < 4; i++) {
		setup();
		fill(&list, 0, 4);
		list_remove(&items[i].link);
		cr_assert_str_eq(digits(&list), left[i]);
		cr_assert(list_is_empty(&items[i].link));
	}
}

Test(reactor_list, remove_of_a_link_in_no_list_does_nothing)
{
	fill(&list, 0, 2);
	list_remove(&items[5].link);
	cr_assert(list_is_empty(&items[5].link));
	list_remove(&items[0].link);
	list_remove(&items[0].link);
	cr_assert_str_eq(digits(&list), "1");
}

Test(reactor_list, take_first_empties_from_the_front)
{
	fill(&list, 0, 3);
	for (int i = 0; i < 3; i++) {
		struct list *link = list_take_first(&list);

		cr_assert_eq(link, &items[i].link);
		cr_assert(list_is_empty(link));
	}
	cr_assert_null(list_take_first(&list));
	cr_assert(list_is_empty(&list));
}

Test(reactor_list, move_all_joins_at_the_end)
{
	struct list other;

	list_init(&other);
	fill(&list, 0, 2);
	fill(&other, 2, 5);
	list_move_all(&list, &other);
	cr_assert_str_eq(digits(&list), "01234");
	cr_assert(list_is_empty(&other));
	list_append(&other, &items[5].link);
	cr_assert_str_eq(digits(&other), "5");
}

Test(reactor_list, move_all_from_or_to_an_empty_list)
{
	struct list other;

	list_init(&other);
	list_move_all(&list, &other);
	cr_assert(list_is_empty(&list));
	fill(&other, 0, 2);
	list_move_all(&list, &other);
	cr_assert_str_eq(digits(&list), "01");
	list_move_all(&list, &other);
	cr_assert_str_eq(digits(&list), "01");
}

Test(reactor_list, body_of_the_safe_loop_may_remove_its_link)
{
	struct list *link;
	struct list *after;

	fill(&list, 0, 6);
	list_for_each_safe (link, after, &list)
		if (list_entry(link, struct item, link)->number % 2 == 0)
			list_remove(link);
	cr_assert_str_eq(digits(&list), "135");
	list_for_each_safe (link, after, &list)
		list_remove(link);
	cr_assert(list_is_empty(&list));
}
