/* SPDX-License-Identifier: BSD-2-Clause */
/* What queue and stack share: values in a ring between two ends. Freestanding. */
#ifndef MAP_QUEUE_H
#define MAP_QUEUE_H

#include "map/attr.h"

int queue_check(const struct map_attr *attr, struct diag *diag);
int queue_layout(const struct map_attr *attr, u64 *contents, u64 *meta);
long queue_push(struct map *m, struct run *run, const void *value, u64 flags);
long queue_update(struct map *m, struct run *run, const void *key, const void *value, u64 flags);
long queue_remove(struct map *m, struct run *run, const void *key);
int queue_sys_update(struct map *m, const void *key, const void *value, u64 flags);
int queue_sys_delete(struct map *m, const void *key);
int queue_next_key(struct map *m, const void *key, void *next);
void queue_sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data);

/*
 * Copies out the oldest value or the newest, and takes it away when `take`: 0,
 * -EBUSY, or -ENOENT and the value zeroed.
 */
int queue_get(struct map *m, void *value, bool newest, bool take);

#endif
