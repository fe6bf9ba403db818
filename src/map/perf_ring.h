/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of a perf event as a consumer of perf_event_open(2) maps it. Freestanding. */
#ifndef MAP_PERF_RING_H
#define MAP_PERF_RING_H

#include "core/map.h"

/*
 * Appends one PERF_RECORD_SAMPLE with raw data, from a run on `cpu`. 0; -ENOSPC: no room (counted;
 * the next record tells), or someone else is writing to an event of any cpu; -EOPNOTSUPP: another
 * cpu's event; -E2BIG: no record is that long.
 */
int perf_ring_write(struct map *ring, u32 cpu, const void *data, u32 size);

#endif
