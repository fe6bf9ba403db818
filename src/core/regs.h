/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 struct pt_regs exactly as programs see it (the ABI of bpf_tracing.h's PT_REGS_*). */
#ifndef CORE_REGS_H
#define CORE_REGS_H

#include "base/types.h"

struct core_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
		flags, sp, ss;
};

#endif
