/*
 * How many connections each network has, so that one stranger cannot take all
 * places: the network is what he cannot choose freely of his address, all of
 * IPv4, of IPv6 the /64 (address_network). Clients of this machine are not
 * counted. One for all reactors; asked at each accept and close, and by nobody
 * else.
 *
 * A table by keyed hash with 16 locks, each held for one look-up or while a
 * 16th of the table gets another size. It has 9 to 14 bytes for each network
 * that has a connection, when it grows, and gives memory back when they leave.
 * No address is kept: two of 2^44 hashes being the same, which nobody can aim
 * at, would have those two share what one may have.
 */
#ifndef REACTOR_TALLY_H
#define REACTOR_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct hash_key;
struct tally;

/* Connections that can be counted of one. */
#define TALLY_MAX ((1u << 24) - 1)

/* Nobody is there, and there is no limit. The key is random, and copied. */
struct tally *tally_new(const struct hash_key *key);

/* All have left. */
void tally_free(struct tally **tally);

/* From now on at most so many of one network are let in, 0: any number; those
 * that are there stay. Any thread. */
void tally_set_max(struct tally *tally, uint32_t max);

/* Counts a connection from there in. False, and nothing has changed, when there
 * are as many as there may be. Any thread. */
bool tally_enter(struct tally *tally, const struct address *peer);

/* Counts one out that was counted in. Any thread. */
void tally_leave(struct tally *tally, const struct address *peer);

/* What the table takes, in bytes. Any thread. */
size_t tally_bytes(struct tally *tally);

#endif
