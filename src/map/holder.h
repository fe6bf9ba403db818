/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock in shared memory whose word names its holder, so that the sweep can
 * release a dead one's. Who does not get it in time goes without, as in the
 * kernel: an interrupted holder may be below us on our own stack. Freestanding.
 */
#ifndef MAP_HOLDER_H
#define MAP_HOLDER_H

#include "map/attr.h"

#define HOLDER_TRIES (1u << 16)

/* 0 or -EBUSY. */
static inline int holder_lock(const struct map *m, u64 *lock)
{
	for (u32 tries = 0; tries < HOLDER_TRIES; tries++) {
		u64 old = 0;

		if (likely(__atomic_compare_exchange_n(lock, &old, (u64)m->owner + 1, false,
						       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
			return 0;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	return -EBUSY;
}

static inline void holder_unlock(u64 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* Takes the lock over from a dead holder: true, and it is ours. */
static inline bool holder_inherit(const struct map *m, u64 *lock,
				  bool (*dead)(void *data, u32 owner), void *data)
{
	u64 held = __atomic_load_n(lock, __ATOMIC_RELAXED);

	return held && dead(data, (u32)held - 1) &&
	       __atomic_compare_exchange_n(lock, &held, (u64)m->owner + 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

#endif
