// SPDX-License-Identifier: BSD-2-Clause
/*
 * Values with special fields, which copies leave out, and with a spin lock. The lock's word names
 * its holder: one that died is found by sweeping and its lock released. Who wants the lock
 * meanwhile tries for a bounded time and then goes without.
 */
#include "map/attr.h"

#define LOCK_TRIES (1u << 16)

int map_slots_layout(u64 entries, u64 size, u64 *contents, u64 *meta)
{
	if (size > MAP_MAX_BYTES || entries * size > MAP_MAX_BYTES)
		return -ENOMEM;
	*contents = ROUND_UP(entries * size, PAGE_BYTES);
	*meta = 0;
	return 0;
}

int map_empty_layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = *meta = 0;
	return 0;
}

int map_plain_view(struct map *m)
{
	return 0;
}

void map_copy_value(const struct map *m, void *dst, const void *src)
{
	u32 at = 0;

	for (u32 i = 0; i < m->field_count; i++) {
		const struct map_field *f = &m->fields[i];

		if (f->offset < at || f->size > m->value_size ||
		    f->offset > m->value_size - f->size)
			break;
		__builtin_memcpy((u8 *)dst + at, (const u8 *)src + at, f->offset - at);
		at = f->offset + f->size;
	}
	__builtin_memcpy((u8 *)dst + at, (const u8 *)src + at, m->value_size - at);
}

void map_clear_fields(const struct map *m, void *value)
{
	for (u32 i = 0; i < m->field_count; i++) {
		const struct map_field *f = &m->fields[i];

		if (f->size <= m->value_size && f->offset <= m->value_size - f->size)
			__builtin_memset((u8 *)value + f->offset, 0, f->size);
	}
}

static bool try_lock(u32 *word, u32 owner)
{
	u32 old = 0;

	return __atomic_compare_exchange_n(word, &old, map_lock_word(owner, ~0u), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

int map_copy_locked(const struct map *m, void *elem, void *dst, const void *src)
{
	u32 *word = (u32 *)((u8 *)elem + m->spin_lock_off);
	u32 tries = 0;

	while (!try_lock(word, m->owner)) {
		if (++tries == LOCK_TRIES)
			return -EBUSY;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	map_copy_value(m, dst, src);
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	return 0;
}

void map_sweep_lock(const struct map *m, void *elem, bool (*dead)(void *data, u32 owner),
		    void *data)
{
	u32 *word = (u32 *)((u8 *)elem + m->spin_lock_off);
	u32 held = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (held && dead(data, (held >> 8) - 1))
		__atomic_compare_exchange_n(word, &held, 0, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
}
