/*
 * Memory for hashing passwords that stays with its thread. libsodium maps the
 * memory of each Argon2 hash anew and unmaps it afterwards; at 19 MiB the page
 * faults take twice as long as the hash itself, and with several threads the
 * unmapping interrupts all cores. It has no way to be given memory, so we stand
 * between it and the kernel: this module defines mmap and munmap, which shared
 * libraries call instead of libc's (ld.so(8), symbol binding). Both pass
 * everything on to the kernel but for one mapping, of the size that is
 * expected, between hash_memory_enter and hash_memory_leave.
 *
 * Each thread that hashes keeps the memory of one hash, in huge pages where
 * the kernel has them, until it drops it or ends. It is wiped after each: the
 * first blocks of an Argon2 matrix would let a reader try passwords for next to
 * nothing. More than HASH_MEMORY_KEPT_MAX bytes are not kept. If a later
 * libsodium gets its memory otherwise, nothing breaks, it is only slower.
 */
#ifndef AUTH_HASH_MEMORY_H
#define AUTH_HASH_MEMORY_H

#include <stddef.h>

#define HASH_MEMORY_KEPT_MAX ((size_t)64 * 1024 * 1024)

/* Around one call of crypto_pwhash_* whose matrix has `bytes`; not nested. Any
 * thread. */
void hash_memory_enter(size_t bytes);
void hash_memory_leave(void);

/* Gives back what the calling thread keeps. */
void hash_memory_drop(void);

#endif
