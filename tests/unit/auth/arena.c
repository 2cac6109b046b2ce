#include <criterion/criterion.h>
#include <string.h>

#include "auth/arena.h"

Test(auth_arena, taken_blocks_do_not_overlap)
{
	static unsigned char *blocks[2000];
	static size_t lens[2000];
	struct arena arena;
	uint32_t ref;
	size_t i, k;

	cr_assert_eq(arena_init(&arena), 0);
	for (i = 0; i < 2000; i++) {
		lens[i] = 1 + i * 37 % ARENA_BLOCK_BYTES_MAX;
		blocks[i] = arena_take(&arena, lens[i], &ref);
		cr_assert_not_null(blocks[i]);
		cr_assert_neq(ref, 0);
		cr_assert_eq(arena_at(&arena, ref), blocks[i]);
		cr_assert_eq((uintptr_t)blocks[i] % 16, 0);
		memset(blocks[i], (int)(i % 251), lens[i]);
	}
	cr_assert_gt(arena.chunk_count, 1);
	for (i = 0; i < 2000; i++)
		for (k = 0; k < lens[i]; k++)
			cr_assert_eq(blocks[i][k], i % 251);
	arena_fini(&arena);
}

Test(auth_arena, given_block_is_wiped_and_taken_again)
{
	struct arena arena;
	uint32_t first, second, other;
	unsigned char *block;
	size_t i;

	cr_assert_eq(arena_init(&arena), 0);
	block = arena_take(&arena, 100, &first);
	memset(block, 0x5a, 100);
	arena_give(&arena, first, 100);
	for (i = 0; i < 100; i++)
		cr_assert_eq(block[i], 0);
	arena_take(&arena, 40, &other);
	cr_assert_neq(other, first);
	cr_assert_eq(arena_take(&arena, 112, &second), block);
	cr_assert_eq(second, first);
	arena_fini(&arena);
}

Test(auth_arena, many_given_are_all_taken_again_before_memory_grows)
{
	static uint32_t refs[1000];
	struct arena arena;
	uint32_t next, chunks;
	size_t i;

	cr_assert_eq(arena_init(&arena), 0);
	for (i = 0; i < 1000; i++)
		arena_take(&arena, 150, &refs[i]);
	next = arena.next;
	chunks = arena.chunk_count;
	for (i = 0; i < 1000; i++)
		arena_give(&arena, refs[i], 150);
	for (i = 0; i < 1000; i++)
		cr_assert_not_null(arena_take(&arena, 150, &refs[i]));
	cr_assert_eq(arena.next, next);
	cr_assert_eq(arena.chunk_count, chunks);
	arena_fini(&arena);
}
