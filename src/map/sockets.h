/* SPDX-License-Identifier: BSD-2-Clause */
/* What the maps of sockets and of devices share of their checks. Freestanding. */
#ifndef MAP_SOCKETS_H
#define MAP_SOCKETS_H

#include "map/array.h"

#define SOCKETS_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

/* An element is a descriptor's or device's number, or twice as long. */
static inline bool sockets_value_ok(const struct map_attr *attr)
{
	return attr->value_size == sizeof(u32) || attr->value_size == sizeof(u64);
}

#endif
