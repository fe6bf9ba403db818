// SPDX-License-Identifier: BSD-2-Clause
/* Programs that have something to do at each event, and as many that have not: the difference is the engine's. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

u64 sum;

static __attribute__((always_inline)) int work(u64 steps)
{
	u64 a = sum + 1;

	for (u64 i = 0; i < steps; i++) {
		a = a * 6364136223846793005ull + i;
		a ^= a >> 29;
	}
	sum = a;
	return 0;
}

#ifdef AT_FUNCTION
SEC("uprobe/libc.so.6:malloc")
#else
SEC("raw_tp/sys_enter")
#endif
int at_event(void *ctx)
{
	return work(STEPS);
}

char LICENSE[] SEC("license") = "GPL";
