/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations that a hash type and its LRU form share. Freestanding. */
#ifndef MAP_HASH_H
#define MAP_HASH_H

#include "map/table.h"

/* One value per element: hash.c */
void *hash_lookup(struct map *m, struct run *run, const void *key);
long hash_update(struct map *m, struct run *run, const void *key, const void *value, u64 flags);
int hash_sys_lookup(struct map *m, const void *key, void *value, u64 flags);
int hash_sys_update(struct map *m, const void *key, const void *value, u64 flags);
int hash_sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags);
int hash_span(struct map *m, u64 addr, struct map_span *out);

/* One value per element and cpu: percpu_hash.c */
void *percpu_hash_lookup(struct map *m, struct run *run, const void *key);
void *percpu_hash_lookup_percpu(struct map *m, const void *key, u32 cpu);
long percpu_hash_update(struct map *m, struct run *run, const void *key, const void *value,
			u64 flags);
int percpu_hash_sys_lookup(struct map *m, const void *key, void *value, u64 flags);
int percpu_hash_sys_update(struct map *m, const void *key, const void *value, u64 flags);
int percpu_hash_sys_lookup_and_delete(struct map *m, const void *key, void *value, u64 flags);
int percpu_hash_span(struct map *m, u64 addr, struct map_span *out);

#endif
