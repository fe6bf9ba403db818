/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arrays whose elements are objects: bpf(2) takes descriptors, which sys/
 * translates, and the element is the object's id. Freestanding.
 *
 *	contents | id 0 | id 1 | ...    (u32, 0: none)
 */
#ifndef MAP_ID_ARRAY_H
#define MAP_ID_ARRAY_H

#include "map/array.h"

/* Values of four bytes, which programs cannot be kept from. */
int id_array_check(const struct map_attr *attr, struct diag *diag);
int id_array_layout(const struct map_attr *attr, u64 *contents, u64 *meta);
/* `value` holds the id. */
int id_array_update(struct map *m, const void *key, const void *value, u64 flags);
/* The id; -ENOENT when there is none. */
int id_array_lookup(struct map *m, const void *key, void *value, u64 flags);
int id_array_delete(struct map *m, const void *key);

/* The id at an index below max_entries; 0: none. */
static inline u32 id_array_at(const struct map *m, u32 index)
{
	return __atomic_load_n((u32 *)m->contents + index, __ATOMIC_ACQUIRE);
}

#endif
