// SPDX-License-Identifier: BSD-2-Clause
/*
 * Redo records. A record belongs to who set its state word from 0; complete,
 * it is marked ready by one store, and from then on the change will happen:
 * by its owner, or, when that has died, by the sweep. Doing it twice is the
 * same as once, and the owner's death leaves nobody waiting: others take
 * another record, or none.
 */
#include "map/redo.h"

#define REDO_READY (1ull << 32)

static u64 record_bytes(u64 size)
{
	return sizeof(struct redo) + ROUND_UP(size, 8);
}

u64 redo_bytes(u64 size)
{
	return REDO_RECORDS * record_bytes(size);
}

static struct redo *record_at(struct map *m, u8 *records, u32 i)
{
	return (struct redo *)(records + i * record_bytes(map_sys_value_size(m)));
}

struct redo *redo_begin(struct map *m, u8 *records, u64 target, u64 check, const void *data)
{
	for (u32 i = 0; i < REDO_RECORDS; i++) {
		struct redo *r = record_at(m, records, i);
		u64 old = 0;

		if (!__atomic_compare_exchange_n(&r->state, &old, (u64)m->owner + 1, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		r->target = target;
		r->check = check;
		__builtin_memcpy(r->data, data, map_sys_value_size(m));
		__atomic_store_n(&r->state, ((u64)m->owner + 1) | REDO_READY, __ATOMIC_RELEASE);
		return r;
	}
	return NULL;
}

void redo_end(struct redo *r)
{
	if (r)
		__atomic_store_n(&r->state, 0, __ATOMIC_RELEASE);
}

void redo_sweep(struct map *m, u8 *records, bool (*dead)(void *data, u32 owner), void *data,
		void (*apply)(struct map *m, u64 target, u64 check, const void *value))
{
	for (u32 i = 0; i < REDO_RECORDS; i++) {
		struct redo *r = record_at(m, records, i);
		u64 state = __atomic_load_n(&r->state, __ATOMIC_ACQUIRE);

		if (!(u32)state || !dead(data, (u32)state - 1))
			continue;
		if (state & REDO_READY)
			apply(m, r->target, r->check, r->data);
		__atomic_compare_exchange_n(&r->state, &state, 0, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
}
