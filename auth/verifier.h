/*
 * Reads the text form of an Argon2id hash, strictly: exactly what libsodium
 * writes, with a cost that this server would take. A verifier comes out of a
 * file that anybody may have written, and its numbers decide how much memory
 * and time a login takes, so they are bounded here, before any of it is spent.
 * Pure.
 */
#ifndef AUTH_VERIFIER_H
#define AUTH_VERIFIER_H

#include "auth/account.h"

/* 64 passes over 1 GiB take minutes: nobody has a use for more. */
#define ARGON2_PASSES_MAX     64
#define ARGON2_MEMORY_KIB_MIN 8 /* RFC 9106: 8 blocks a lane */
#define ARGON2_MEMORY_KIB_MAX (1024 * 1024)

/* True for a cost that new verifiers may have and that a file may name. */
bool verifier_cost_is_valid(struct argon2_cost cost);

/*
 * Reads a verifier's cost. False, and nothing in *cost, if the text is not one
 * that libsodium would verify or its cost is out of bounds.
 */
bool verifier_parse(struct span text, struct argon2_cost *cost);

#endif
