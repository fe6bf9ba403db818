/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A segment: the shareable memory of one map (or ring). A memfd laid out as
 *
 *	0                 contents_size             size
 *	| contents ...    | struct segment header   | metadata ... |
 *	  mmapable by       page-aligned              links, locks, free lists: indexes,
 *	  clients                                      checked or masked at every use
 *
 * so that a client's mmap(fd, 0) finds values (or a ring buffer's pages) where
 * the kernel has them. Everything is position-independent: any process maps it
 * anywhere and uses it with the same code. Freestanding.
 */
#ifndef CORE_SEGMENT_H
#define CORE_SEGMENT_H

#include "base/types.h"

#define SEGMENT_MAGIC 0x31474553544e4759ull /* "YGNTSEG1" */

struct segment {
	u64 magic;
	u32 map_id;
	u32 map_type;
	u32 key_size;
	u32 value_size;
	u32 max_entries;
	u32 map_flags;
	u32 possible_cpus;
	u32 seed;          /* of hashes */
	u64 contents_size; /* page-aligned */
	u64 size;          /* of the whole segment, page-aligned */
	u64 doorbell;      /* rings: sequence word producers bump (see core/world_page.h) */
	u8 frozen;
	u8 pad[7];
	/* the type's own metadata follows at SEGMENT_META */
};

#define SEGMENT_META 256 /* offset of the type's metadata from the header */

#endif
