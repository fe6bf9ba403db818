/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page(s) every participant of an instance maps read-write: per-CPU
 * slots, the doorbell, and each program's counters. A hostile participant can
 * make these numbers wrong, nothing else: readers treat them as data.
 *
 * Slots. A run has one slot; its index is the "cpu". owner is the participant
 * index + 1 of its process, 0 when free; claimed by compare-and-swap. Where there
 * are many, all but the last WORLD_SHARED may be kept by a thread between its
 * runs; the last ones are for everybody else, and for one run at a time. None free:
 * the run is skipped and counted, it never waits. Slots of dead participants
 * are swept by the instance.
 *
 * Doorbell. A ring's producer that must wake its consumer adds 1 to `seq` and,
 * when `sleeping` is set, does one FUTEX_WAKE on `seq`. The instance's relay
 * waits on it and looks at every ring that has a poller. Freestanding.
 */
#ifndef CORE_WORLD_PAGE_H
#define CORE_WORLD_PAGE_H

#include "base/types.h"

#define WORLD_SLOTS       64 /* most slots; possible_cpus says how many are used */
#define WORLD_SHARED      16 /* of these, for one run at a time */
#define WORLD_PROGS       256
#define WORLD_FAULT_SITES 8

struct world_slot {
	u32 owner; /* participant + 1, 0: free */
	u32 busy;  /* a run is in progress */
	u64 sp;    /* stack pointer of the run */
	u64 tid;   /* thread holding the lease (information only) */
	u64 pad[5];
};

struct world_fault {
	u32 kind; /* enum run_fault_kind, 0: unused */
	u32 insn;
	u64 addr; /* of the first */
	u64 count;
	u32 size, arg;
};

struct world_prog {
	u64 runs;             /* that were not counted by slot */
	u64 run_ns;           /* only while statistics are on */
	u64 recursion_misses; /* re-entered, or no slot free */
	u64 faults;           /* runs that ended early */
	u64 unknown;          /* questions the environment could not answer */
	u64 pad[3];
	struct world_fault sites[WORLD_FAULT_SITES]; /* first distinct (kind, insn) */
};

struct world_page {
	u32 magic;
	u32 slots; /* possible cpus */
	u32 seq;   /* doorbell */
	u32 sleeping;
	u32 next_hint; /* where to start looking for a free slot */
	u32 stats_on;
	u32 closed;  /* the instance is gone: events no longer fire */
	u32 no_code; /* somebody told that its programs are interpreted */
	u32 pad[8];
	struct world_slot slot[WORLD_SLOTS];
	struct world_prog prog[WORLD_PROGS];
	u64 slot_runs[WORLD_SLOTS][WORLD_PROGS]; /* by who has the slot: no atomics */
};

/* The first slot for one run at a time; 0: all are. */
static inline u32 world_first_shared(u32 possible_cpus)
{
	u32 n = MIN(possible_cpus, (u32)WORLD_SLOTS);

	return n >= 2 * WORLD_SHARED ? n - WORLD_SHARED : 0;
}

/* All runs of a program. */
static inline u64 world_runs(const struct world_page *page, u32 prog)
{
	u64 n = __atomic_load_n(&page->prog[prog].runs, __ATOMIC_RELAXED);

	for (u32 i = 0; i < WORLD_SLOTS; i++)
		n += __atomic_load_n(&page->slot_runs[i][prog], __ATOMIC_RELAXED);
	return n;
}

/* Freestanding counters; all relaxed atomics. Adds 1 to faults and to the site's count. */
void world_count_fault(struct world_prog *p, u32 kind, u32 insn, u64 addr, u32 size, u32 arg);

#endif
