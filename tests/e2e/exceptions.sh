#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bpf_throw on every engine: from main, through subprograms, after callbacks, and in programs gone on with.
# The values are those of Linux 6.18's TEST_RUN.
. "$(dirname "$0")/tap.sh"
cd "$W" || exit 1
cat >throw.bpf.c <<'C'
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
extern void bpf_throw(u64 cookie) __ksym;
__noinline int sub(struct __sk_buff *ctx, u64 n)
{
	if (n > 3)
		bpf_throw(n);
	return n + 1;
}
static __noinline int deep(struct __sk_buff *ctx, u64 n)
{
	return sub(ctx, n) * 2;
}
static int round(u32 i, void *c)
{
	return 0;
}
SEC("tc") int from_main(struct __sk_buff *ctx)
{
	bpf_throw(64);
	return 0;
}
SEC("tc") int nothing(struct __sk_buff *ctx)
{
	return deep(ctx, 2);
}
SEC("tc") int from_below(struct __sk_buff *ctx)
{
	deep(ctx, ctx->len);
	return 1;
}
SEC("tc") int after_callbacks(struct __sk_buff *ctx)
{
	bpf_loop(5, round, 0, 0);
	if (ctx->len)
		bpf_throw(7);
	return 1;
}
char LICENSE[] SEC("license") = "GPL";
C
data=hex:$(printf '%0128d' 0)
for e in interp checked baseline jit; do
	for c in from_main:64 nothing:6 from_below:64 after_callbacks:7; do
		"$CYGNET" test throw.bpf.c --engine $e --prog ${c%:*} --data-in $data --json >out 2>err
		has "$e: ${c%:*}" out "\"retval\":${c#*:}[,}]"
	done
done
done_testing
