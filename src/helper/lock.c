// SPDX-License-Identifier: BSD-2-Clause
/*
 * Spin locks in map values. The word names the holder's participant and cpu
 * slot (map_lock_word), so a run that meets a lock of its own slot (it interrupted the holder) sees
 * that waiting would be forever. A run holds one lock at most; what it still holds when it ends,
 * run_release() gives back. Waiting is bounded: a holder that died keeps the word until the
 * instance sweeps the map.
 */
#include "helper/helper.h"

#define SPINS (1u << 26)

static void pause(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

static u64 lock_fault(struct run *run, u64 lock)
{
	run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, lock, sizeof(struct bpf_spin_lock), 1);
	return 0;
}

static u32 own_word(const struct run *run)
{
	/* A lock lies in a map, and all of a run's maps are this participant's views. */
	u32 owner = run->image && run->image->map_count && run->maps[0] ? run->maps[0]->owner : 0;

	return map_lock_word(owner, run->cpu);
}

HELPER_BODY(spin_lock)
{
	u32 *word = u64_to_ptr(r1), own = own_word(run);

	if (run->held_lock)
		return lock_fault(run, r1);
	for (u32 i = 0; i < SPINS; i++) {
		u32 seen = 0;

		if (__atomic_compare_exchange_n(word, &seen, own, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			run->held_lock = word;
			return 0;
		}
		if (seen == own)
			break;
		while (i < SPINS && __atomic_load_n(word, __ATOMIC_RELAXED))
			pause(), i++;
	}
	return lock_fault(run, r1);
}

HELPER_BODY(spin_unlock)
{
	if (!run->held_lock || ptr_to_u64(run->held_lock) != r1)
		return lock_fault(run, r1);
	run->held_lock = NULL;
	__atomic_store_n((u32 *)u64_to_ptr(r1), 0, __ATOMIC_RELEASE);
	return 0;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_spin_lock,
	 .name = "bpf_spin_lock",
	 .fn = spin_lock,
	 .flags = HELPER_FAULTS,
	 .ret = RET_VOID,
	 .args = {ARG_SPIN_LOCK},
	 .since = 0x0501,
	 .doc = "Takes the lock in a map value"},
	{.id = BPF_FUNC_spin_unlock,
	 .name = "bpf_spin_unlock",
	 .fn = spin_unlock,
	 .flags = HELPER_FAULTS,
	 .ret = RET_VOID,
	 .args = {ARG_SPIN_LOCK},
	 .since = 0x0501,
	 .doc = "Releases the lock in a map value"},
};
HELPER_FAMILY(helper_lock_family, protos);
