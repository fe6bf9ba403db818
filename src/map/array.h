/* SPDX-License-Identifier: BSD-2-Clause */
/* What the array types share: checks of attributes, walking by index. Freestanding. */
#ifndef MAP_ARRAY_H
#define MAP_ARRAY_H

#include "map/attr.h"

int array_check(const struct map_attr *attr, struct diag *diag);
int array_next_key(struct map *m, const void *key, void *next);
int array_delete(struct map *m, const void *key);
long array_remove(struct map *m, struct run *run, const void *key);
/* Flags and index of an update, in the kernel's order. 0 or -errno. */
int array_check_update(const struct map *m, u32 index, u64 flags);

static inline u32 array_index(const void *key)
{
	u32 index;

	__builtin_memcpy(&index, key, sizeof(index));
	return index;
}

#endif
