/* The mmap and munmap that libsodium calls, and what threads keep. */
#include "auth/hash_memory.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reactor/check.h"

/* What a thread keeps, and what has become of it. */
struct kept {
	void *at; /* NULL: nothing yet */
	size_t len;
	size_t lent;  /* bytes of it that are in use; 0: none */
	size_t dirty; /* bytes to be wiped */
	/* What the matrix takes; 0: between two hashes. */
	size_t expected;
};

static _Thread_local struct kept kept;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit; /* its destructor unmaps what a thread kept */

/* The system call itself: ours may be called before libc is ready to look up
 * its own. */
static int
kernel_munmap(void *at, size_t len)
{
	return (int)syscall(SYS_munmap, at, len);
}

static void
drop(void *unused)
{
	(void)unused;
	if (kept.at)
		check_zero(kernel_munmap(kept.at, kept.len));
	kept = (struct kept){0};
}

static void
prepare(void)
{
	check_zero(pthread_key_create(&at_exit, drop));
}

/* ThreadSanitizer starts up by calling mmap, before any code of ours may run
 * that it has instrumented: it keeps its own, and nothing is kept by us. */
#ifndef __SANITIZE_THREAD__

/* What libsodium maps beyond the matrix: it aligns it. */
#define SLACK_BYTES 65536

static void *
kernel_mmap(
    void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return (void *)syscall(
	    SYS_mmap, at, len, protection, flags, fd, offset);
}

/* Is this call the one that libsodium makes for its matrix? */
static bool
is_for_hash(const void *at, size_t len, int protection, int flags)
{
	return kept.expected && !kept.lent && !at && len >= kept.expected &&
	       len <= kept.expected + SLACK_BYTES &&
	       len <= HASH_MEMORY_KEPT_MAX &&
	       protection == (PROT_READ | PROT_WRITE) &&
	       (flags & (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)) ==
		   (MAP_PRIVATE | MAP_ANONYMOUS);
}

/* Makes what is kept `len` bytes long at least. False: no memory. */
static bool
keep(size_t len)
{
	size_t expected = kept.expected;
	void *at;

	if (kept.at && kept.len >= len)
		return true;
	at = kernel_mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return false;
	/* Both are hints. */
	madvise(at, len, MADV_HUGEPAGE);
	madvise(at, len, MADV_DONTDUMP);
	drop(NULL);
	kept = (struct kept){.at = at, .len = len, .expected = expected};
	/* Any value but NULL has the destructor called. */
	check_zero(pthread_setspecific(at_exit, at));
	return true;
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	if (!is_for_hash(at, len, protection, flags))
		return kernel_mmap(at, len, protection, flags, fd, offset);
	if (!keep(len))
		return MAP_FAILED;
	kept.lent = kept.dirty = len;
	return kept.at;
}

int
munmap(void *at, size_t len)
{
	if (!kept.lent || at != kept.at)
		return kernel_munmap(at, len);
	kept.lent = 0;
	return 0;
}
#endif

void
hash_memory_enter(size_t bytes)
{
	check(!kept.expected);
	check(bytes > 0);
	check_zero(pthread_once(&once, prepare));
	kept.expected = bytes;
}

void
hash_memory_leave(void)
{
	check(kept.expected > 0);
	/* Whoever has not given it back goes on using it: it is his. */
	if (kept.lent)
		kept = (struct kept){0};
	if (kept.dirty)
		sodium_memzero(kept.at, kept.dirty);
	kept.expected = kept.dirty = 0;
}

void
hash_memory_drop(void)
{
	check(!kept.expected);
	drop(NULL);
}
