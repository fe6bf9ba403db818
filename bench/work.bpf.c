// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that have something to do at each event (STEPS searches in a table), and as many that
 * have not: the difference is the engine's.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u32 bounds[64] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181};
u64 found[64];

static __attribute__((always_inline)) int work(u32 seed)
{
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < STEPS; i++) {
		u32 want = (seed + i * 40503) & 0xfff, at = 0;

		for (u32 step = 32; step; step >>= 1)
			if (bounds[(at + step) & 63] && bounds[(at + step) & 63] <= want)
				at += step;
		found[at & 63]++;
	}
	return 0;
}

#ifdef AT_FUNCTION
SEC("uprobe/libc.so.6:malloc")
#else
SEC("raw_tp/sys_enter")
#endif
int at_event(void *ctx)
{
	return work(bounds[0]);
}

char LICENSE[] SEC("license") = "GPL";
