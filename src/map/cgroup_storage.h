/* SPDX-License-Identifier: BSD-2-Clause */
/* What both storages of cgroup programs share. Freestanding. */
#ifndef MAP_CGROUP_STORAGE_H
#define MAP_CGROUP_STORAGE_H

#include "map/storage.h"

int cgroup_storage_check(const struct map_attr *attr, struct diag *diag);
int cgroup_storage_lookup(struct map *m, const void *key, void *value, u64 flags);
int cgroup_storage_update(struct map *m, const void *key, const void *value, u64 flags);
int cgroup_storage_delete(struct map *m, const void *key);
int cgroup_storage_next_key(struct map *m, const void *key, void *next);

#endif
