// SPDX-License-Identifier: BSD-2-Clause
/* Entry and return of every function of probed.c; PROBED is the path of the program. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define P(fn)                                                                 \
	SEC("uprobe/" PROBED ":" #fn)                                         \
	int BPF_KPROBE(enter_##fn, long a)                                    \
	{                                                                     \
		bpf_printk(#fn " %ld", a);                                    \
		return 0;                                                     \
	}                                                                     \
	SEC("uretprobe/" PROBED ":" #fn)                                      \
	int BPF_KRETPROBE(leave_##fn, long ret)                               \
	{                                                                     \
		bpf_printk(#fn " = %ld, %d", ret, bpf_get_func_ip(ctx) == 0); \
		return 0;                                                     \
	}
P(add7)
SEC("uprobe/" PROBED ":add7") int BPF_KPROBE(args, long a, long b, long c, long d, long e)
{
	bpf_printk("args %ld %ld %ld", c, d, e);
	return 0;
}
P(fact)
P(tail1)
P(tail2)
SEC("uretprobe/" PROBED ":half") int half_ret(struct pt_regs *ctx)
{
	bpf_printk("half");
	return 0;
}
SEC("uprobe/" PROBED ":nothing") int nothing_enter(struct pt_regs *ctx)
{
	bpf_printk("nothing");
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
