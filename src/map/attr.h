/* SPDX-License-Identifier: BSD-2-Clause */
/* What map types share of their checks: flags, sizes, the spin lock in a value. Freestanding. */
#ifndef MAP_ATTR_H
#define MAP_ATTR_H

#include <cygnet/abi.h>
#include <linux/errno.h>
#include "core/map.h"

#define MAP_ENOTSUPP     524 /* the kernel's ENOTSUPP, which no header of userspace has */
#define MAP_ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY | BPF_F_WRONLY_PROG)
#define MAP_MAX_BYTES    (1ull << 40) /* of a segment */
#define MAP_PERCPU_MAX   (32u << 10)  /* the kernel's largest per-CPU allocation */
#define MAP_KMALLOC_MAX  (4u << 20)   /* the kernel's largest allocation of other kinds */

/* A program may be kept from reading or from writing, not from both. */
static inline bool map_access_ok(u32 flags)
{
	return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

/* Contents of `entries` slots of `size` bytes each, no metadata: 0 or -ENOMEM. */
int map_slots_layout(u64 entries, u64 size, u64 *contents, u64 *meta);
/* A map without memory of its own. */
int map_empty_layout(const struct map_attr *attr, u64 *contents, u64 *meta);
/* Nothing to prepare. */
int map_plain_view(struct map *m);

/* BPF_ANY, BPF_NOEXIST or BPF_EXIST, and BPF_F_LOCK where the value has a lock? */
static inline bool map_update_flags_ok(const struct map *m, u64 flags)
{
	return (flags & ~(u64)BPF_F_LOCK) <= BPF_EXIST &&
	       !((flags & BPF_F_LOCK) && m->spin_lock_off < 0);
}

/* Copies a value, all but its special fields, which keep the destination's state. */
void map_copy_value(const struct map *m, void *dst, const void *src);
/* The same with the element's lock held: `elem` is the one in the segment, either dst or src. */
int map_copy_locked(const struct map *m, void *elem, void *dst, const void *src);
/* Zeroes the special fields: what a copy shows of them, and how a new element begins. */
void map_clear_fields(const struct map *m, void *value);
/* Releases an element's lock whose holder is dead. */
void map_sweep_lock(const struct map *m, void *elem, bool (*dead)(void *data, u32 owner),
		    void *data);

#endif
