// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_BLOOM_FILTER: was a value perhaps put here? Each value sets a few
 * bits (map_extra of them, 5 by default), found by as many hashes; a value is
 * there when all its bits are set. Nothing is ever taken out. Bits are set one
 * by one and never cleared: who dies in between has only made the filter
 * answer yes a little more often.
 *
 *	contents: none
 *	metadata | bits |
 */
#include "map/attr.h"

#define BLOOM_FLAGS  (BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | MAP_ACCESS_FLAGS)
#define HASHES_MASK  0xfull
#define HASHES_USUAL 5u

static int check(const struct map_attr *attr, struct diag *diag)
{
	return attr->value_size > MAP_KMALLOC_MAX ? -E2BIG : 0;
}

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	return attr->key_size || !attr->value_size || !attr->max_entries ||
			       attr->flags & ~BLOOM_FLAGS || !map_access_ok(attr->flags) ||
			       attr->extra & ~HASHES_MASK
		       ? -EINVAL
		       : 0;
}

static u32 hash_count(u64 extra)
{
	return extra & HASHES_MASK ?: HASHES_USUAL;
}

/* With n values and k hashes, n * k / ln 2 bits leave half of them clear: 7 / 5 is close. */
static u64 bit_count(u32 entries, u64 extra)
{
	u64 want = (u64)entries * hash_count(extra) * 7 / 5, bits = 64;

	while (bits < want)
		bits <<= 1;
	return MIN(bits, 1ull << 32);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	*contents = 0;
	*meta = bit_count(attr->max_entries, attr->extra) / 8;
	return 0;
}

static int view(struct map *m)
{
	m->priv_space[0] = bit_count(m->max_entries, m->extra) - 1;
	m->priv_space[1] = hash_count(m->extra);
	return 0;
}

static inline u64 mix(u64 h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ull;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ull;
	return h ^ h >> 32;
}

/* Two hashes make all others: the i-th is a + i * b. */
struct hashes {
	u32 a, b;
};

static struct hashes hash_value(const struct map *m, const u8 *value)
{
	u64 h = m->seed * 0x9e3779b97f4a7c15ull + m->value_size;
	u32 i = 0;

	for (; i + 8 <= m->value_size; i += 8) {
		u64 word;

		__builtin_memcpy(&word, value + i, 8);
		h = mix(h ^ word);
	}
	if (i < m->value_size) {
		u64 word = 0;

		__builtin_memcpy(&word, value + i, m->value_size - i);
		h = mix(h ^ word);
	}
	h = mix(h);
	return (struct hashes){(u32)h, h >> 32 | 1};
}

static inline u64 *word_of(const struct map *m, struct hashes h, u32 i, u64 *bit)
{
	u64 at = (u32)(h.a + i * h.b) & m->priv_space[0];

	*bit = 1ull << at % 64;
	return (u64 *)m->meta + at / 64;
}

static long push(struct map *m, struct run *run, const void *value, u64 flags)
{
	struct hashes h;
	u64 bit;

	if (flags != BPF_ANY)
		return -EINVAL;
	h = hash_value(m, value);
	for (u32 i = 0; i < m->priv_space[1]; i++) {
		u64 *word = word_of(m, h, i, &bit);

		__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
	}
	return 0;
}

static long peek(struct map *m, struct run *run, void *value)
{
	struct hashes h = hash_value(m, value);
	u64 bit;

	for (u32 i = 0; i < m->priv_space[1]; i++) {
		const u64 *word = word_of(m, h, i, &bit);

		if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
			return -ENOENT;
	}
	return 0;
}

static long update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static long remove(struct map *m, struct run *run, const void *key)
{
	return -EOPNOTSUPP;
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return peek(m, NULL, value);
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return push(m, NULL, value, flags);
}

static int sys_delete(struct map *m, const void *key)
{
	return -EOPNOTSUPP;
}

static int next_key(struct map *m, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

const struct map_ops map_bloom_filter_ops = {
	.type = BPF_MAP_TYPE_BLOOM_FILTER,
	.name = "bloom_filter",
	.since = 0x0510,
	.types = MAP_TYPES_VALUE,
	.check = check,
	.check_late = check_late,
	.layout = layout,
	.view = view,
	.update = update,
	.remove = remove,
	.push = push,
	.peek = peek,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = sys_delete,
	.next_key = next_key,
};
