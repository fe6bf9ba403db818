/* SPDX-License-Identifier: BSD-2-Clause */
/* What the storages of sockets, inodes, tasks and cgroups share. Freestanding. */
#ifndef MAP_STORAGE_H
#define MAP_STORAGE_H

#include "map/attr.h"

#define STORAGE_HEADER     128 /* what the kernel puts in front of each value */
#define STORAGE_VALUE_MOST (UINT16_MAX - STORAGE_HEADER)

int storage_check(const struct map_attr *attr, struct diag *diag);
/* What sys/ asks once it knows the object; none keeps a value yet. */
int storage_sys_lookup(struct map *m, const void *key, void *value, u64 flags);
int storage_sys_update(struct map *m, const void *key, const void *value, u64 flags);
int storage_sys_delete(struct map *m, const void *key);
int storage_next_key(struct map *m, const void *key, void *next);

#endif
