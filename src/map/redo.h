/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Redo records: how a value changed in place (arrays, per-CPU values) is
 * changed whole or not at all by bpf(2), whenever its writer dies. Freestanding.
 */
#ifndef MAP_REDO_H
#define MAP_REDO_H

#include "core/map.h"

#define REDO_RECORDS 4

struct redo {
	u64 state;  /* 0: free; owner + 1, and REDO_READY once the record is complete */
	u64 target; /* the type's name for what is changed: an index */
	u64 check;  /* the type's proof that the target is still the same element */
	u8 data[];  /* map_sys_value_size() bytes */
};

/* Bytes of all records of a map whose bpf(2) value has `size` bytes. */
u64 redo_bytes(u64 size);
/* Writes the record; NULL when all are in use: then the change is made without. */
struct redo *redo_begin(struct map *m, u8 *records, u64 target, u64 check, const void *data);
void redo_end(struct redo *r); /* NULL is fine */
/* Replays what the dead left, through `apply`. */
void redo_sweep(struct map *m, u8 *records, bool (*dead)(void *data, u32 owner), void *data,
		void (*apply)(struct map *m, u64 target, u64 check, const void *value));

#endif
