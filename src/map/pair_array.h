/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arrays of a number and a program: devices with what runs on what is sent
 * there, cpus with what runs on what is handed to them. bpf(2) gives the
 * program's descriptor and is told its id. Freestanding.
 *
 *	contents | number, program id | ...    (one word each; number 0: none)
 */
#ifndef MAP_PAIR_ARRAY_H
#define MAP_PAIR_ARRAY_H

#include "map/array.h"

int pair_array_layout(const struct map_attr *attr, u64 *contents, u64 *meta);
/* Programs read the element where it is. */
void *pair_array_lookup(struct map *m, struct run *run, const void *key);
int pair_array_sys_lookup(struct map *m, const void *key, void *value, u64 flags);
/* `value`: number and program id. */
int pair_array_sys_update(struct map *m, const void *key, const void *value, u64 flags);
int pair_array_sys_delete(struct map *m, const void *key);
int pair_array_span(struct map *m, u64 addr, struct map_span *out);

#endif
