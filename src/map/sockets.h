/* SPDX-License-Identifier: BSD-2-Clause */
/* What the maps of sockets and of devices share. Freestanding. */
#ifndef MAP_SOCKETS_H
#define MAP_SOCKETS_H

#include "map/array.h"

#define SOCKETS_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

/* An element is a descriptor's or device's number, or twice as long. */
static inline bool sockets_value_ok(const struct map_attr *attr)
{
	return attr->value_size == sizeof(u32) || attr->value_size == sizeof(u64);
}

/* What can be told of a socket is its cookie, which needs eight bytes. There is none. */
static inline int sockets_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return m->value_size == sizeof(u64) ? -ENOENT : -ENOSPC;
}

/* A socket that sys/ found good: none can be kept yet. */
static inline int sockets_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

#endif
