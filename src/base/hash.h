/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table from u64 keys to pointers, and from strings to u64s. Not for run-time code. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/types.h"

struct hash_slot {
	u64 key;
	void *value; /* NULL: empty */
};

/* Zero-initialised is an empty table. Values must not be NULL. */
struct hash {
	struct hash_slot *slots;
	size_t len, cap;
};

int hash_set(struct hash *h, u64 key, void *value); /* replaces; 0 or -ENOMEM */
void *hash_get(const struct hash *h, u64 key);      /* NULL when absent */
void *hash_del(struct hash *h, u64 key);            /* the removed value or NULL */
/* Iteration: *pos starts at 0; returns the next value or NULL at the end. No changes meanwhile. */
void *hash_next(const struct hash *h, size_t *pos, u64 *key);
void hash_fini(struct hash *h);

u64 hash_bytes(const void *data, size_t size, u64 seed);
static inline u64 hash_u64(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	return x ^ x >> 33;
}

#endif
