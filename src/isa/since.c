// SPDX-License-Identifier: BSD-2-Clause
/* Instructions by the kernel that first had them, and what an older one says of them. */
#include <errno.h>

#include <cygnet/abi.h>
#include "isa/decode.h"

static const struct {
	u16 kernel;
	u8 cpu;
} since[ISA_OP_COUNT] = {
#define SINCE(op, kernel, cpu) [ISA_OP_##op] = {kernel, cpu},
#include "isa/since.def"
#undef SINCE
};

static const struct {
	u16 op, series;
} carried[] = {
#define SINCE(op, kernel, cpu)
#define CARRIED(op, series) {ISA_OP_##op, series},
#include "isa/since.def"
#undef SINCE
};

bool isa_in_kernel(u32 op, u32 version)
{
	u32 series = version >> 8;

	if (!version || series >= isa_since(op))
		return true;
	for (u32 i = 0; i < ARRAY_SIZE(carried); i++)
		if (carried[i].op == op && carried[i].series == series)
			return true;
	return false;
}

u32 isa_since(u32 op)
{
	return op < ISA_OP_COUNT ? since[op].kernel : 0;
}

u32 isa_cpu(u32 op)
{
	return op < ISA_OP_COUNT && since[op].cpu ? since[op].cpu : 1;
}

/* In the words that a kernel without the instruction has for its bytes. */
static int refuse(const struct isa_op *op, u32 version, u32 i, struct diag *d)
{
	const struct isa_info *info = isa_info(op->op);

	switch (info->kind) {
	case ISA_KIND_LDDW:
		return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "unrecognized bpf_ld_imm64 insn");
	case ISA_KIND_CALL_KFUNC:
		return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "BPF_CALL uses reserved fields");
	case ISA_KIND_MOV_REG:
	case ISA_KIND_CAST:
		return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "BPF_MOV uses reserved fields");
	case ISA_KIND_ALU_REG:
	case ISA_KIND_ALU_IMM:
		return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "BPF_ALU uses reserved fields");
	case ISA_KIND_ATOMIC:
	case ISA_KIND_ATOMIC_FETCH:
	case ISA_KIND_CMPXCHG:
	case ISA_KIND_LOAD_ACQ:
	case ISA_KIND_STORE_REL:
		if (info->bits < 32)
			break;
		if (version >> 8 >= 0x050c)
			return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i,
					"BPF_ATOMIC uses invalid atomic opcode %02x",
					(u32)info->imm);
		return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "BPF_STX uses reserved fields");
	}
	return diag_set(d, -EINVAL, ISA_DIAG_KERNEL, i, "unknown opcode %02x", info->code);
}

int isa_check_kernel(const struct isa_op *ops, u32 count, u32 version, struct diag *diag)
{
	for (u32 i = 0; i < count; i++) {
		u32 first = isa_since(ops[i].op);
		int err;

		if (isa_in_kernel(ops[i].op, version))
			continue;
		err = refuse(&ops[i], version, i, diag);
		diag_hint(diag, "%s is in kernels from %u.%u on", isa_info(ops[i].op)->name,
			  first >> 8, first & 0xff);
		return err;
	}
	return 0;
}
