/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a program type: one file per type (or close family) in
 * prog/, ending in `const struct prog_type_ops prog_<type>_ops`, listed in
 * core/tables.def. Freestanding.
 */
#ifndef CORE_PROG_H
#define CORE_PROG_H

#include "base/diag.h"
#include "core/helper.h"

enum prog_sleeps {
	PROG_SLEEPS_NEVER,
	PROG_SLEEPS_MAY, /* with BPF_F_SLEEPABLE */
	PROG_SLEEPS_ALWAYS,
};

/* What r0 may be at the program's exit, both ends included. */
struct prog_range {
	s32 lo, hi;
};

struct prog_type_ops {
	u32 type;         /* BPF_PROG_TYPE_* */
	const char *name; /* as bpftool prints it */
	u16 since;        /* first kernel, 0xMMmm */
	bool tracing;     /* fires from events of processes */
	/* Since 6.13 each function of these has a stack of its own: 512 bytes each, not together.
	 */
	bool private_stack;
	bool by_btf;     /* attached by BTF id: PROG_LOAD names what to, or fails with -EINVAL */
	u8 sleeps;       /* enum prog_sleeps */
	const char *doc; /* one line; lint: never NULL */
	/* Bytes of context a program may read; 0: unlimited pointer-sized slots (raw tracepoints).
	 */
	u32 ctx_size;
	u32 ctx_write_lo, ctx_write_hi; /* writable bytes [lo, hi) */
	/* expected_attach_type allowed at PROG_LOAD? 0 or -EINVAL. NULL: the kernel does not look.
	 */
	int (*check_attach)(u32 attach_type, struct diag *diag);
	/* May this type call the helper? (GPL is checked by the caller.) */
	bool (*allows)(const struct helper_proto *proto, u32 attach_type);
	/* What it may return; false, or NULL: anything. */
	bool (*returns)(u32 attach_type, struct prog_range *out);
};

const struct prog_type_ops *core_prog_ops(u32 type); /* NULL: unknown */

#endif
