// SPDX-License-Identifier: BSD-2-Clause
/*
 * Open addressing, linear probing, at most two thirds full. A removal closes
 * the gap: every slot behind it, up to the next empty one, moves back unless
 * that would put it before the place its key asks for. So there are no
 * tombstones, and a probe ends at the first empty slot.
 */
#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash.h"

#define FIRST_CAP 16

static size_t find(const struct hash *h, u64 key)
{
	size_t i = hash_u64(key) & (h->cap - 1);

	while (h->slots[i].value && h->slots[i].key != key)
		i = (i + 1) & (h->cap - 1);
	return i;
}

static int grow(struct hash *h)
{
	struct hash bigger = {.len = h->len, .cap = h->cap ? h->cap * 2 : FIRST_CAP};

	bigger.slots = base_calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < h->cap; i++)
		if (h->slots[i].value)
			bigger.slots[find(&bigger, h->slots[i].key)] = h->slots[i];
	base_free(h->slots);
	*h = bigger;
	return 0;
}

int hash_set(struct hash *h, u64 key, void *value)
{
	size_t i;

	if (h->cap) {
		i = find(h, key);
		if (h->slots[i].value) {
			h->slots[i].value = value;
			return 0;
		}
	}
	if ((h->len + 1) * 3 > h->cap * 2) {
		int err = grow(h);

		if (err)
			return err;
	}
	i = find(h, key);
	h->slots[i] = (struct hash_slot){key, value};
	h->len++;
	return 0;
}

void *hash_get(const struct hash *h, u64 key)
{
	return h->cap ? h->slots[find(h, key)].value : NULL;
}

void *hash_del(struct hash *h, u64 key)
{
	size_t mask = h->cap - 1, gap, i;
	void *value;

	if (!h->cap)
		return NULL;
	gap = find(h, key);
	value = h->slots[gap].value;
	if (!value)
		return NULL;
	for (i = (gap + 1) & mask; h->slots[i].value; i = (i + 1) & mask) {
		size_t home = hash_u64(h->slots[i].key) & mask;

		if (((i - home) & mask) >= ((i - gap) & mask)) {
			h->slots[gap] = h->slots[i];
			gap = i;
		}
	}
	h->slots[gap] = (struct hash_slot){0};
	h->len--;
	return value;
}

void *hash_next(const struct hash *h, size_t *pos, u64 *key)
{
	while (*pos < h->cap) {
		const struct hash_slot *s = &h->slots[(*pos)++];

		if (s->value) {
			if (key)
				*key = s->key;
			return s->value;
		}
	}
	return NULL;
}

void hash_fini(struct hash *h)
{
	base_free(h->slots);
	*h = (struct hash){0};
}

u64 hash_bytes(const void *data, size_t size, u64 seed)
{
	const u8 *p = data;
	u64 h = hash_u64(seed ^ 0x9e3779b97f4a7c15ull) ^ size, w;

	for (; size >= 8; p += 8, size -= 8) {
		memcpy(&w, p, 8);
		h = hash_u64(h ^ w) + 0x9e3779b97f4a7c15ull;
	}
	w = 0;
	if (size)
		memcpy(&w, p, size);
	return hash_u64(h ^ w);
}
