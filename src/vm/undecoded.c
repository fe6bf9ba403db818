// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel's words for instructions that are none: by opcode it names the
 * instruction whose fields are wrong, where the decoder names the field.
 */
#include <cygnet/abi.h>
#include "isa/decode.h"
#include "vm/undecoded.h"

static bool is_lddw(u8 code)
{
	return code == (BPF_LD | BPF_IMM | BPF_DW);
}

static const char *constant_words(const struct bpf_insn *insn, const struct bpf_insn *high)
{
	if (!high || high->code || high->dst_reg || high->src_reg || high->off)
		return "invalid bpf_ld_imm64 insn";
	if (insn->src_reg > BPF_PSEUDO_MAP_IDX_VALUE ||
	    ((insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_IDX) &&
	     high->imm))
		return "unrecognized bpf_ld_imm64 insn";
	return "BPF_LD_IMM64 uses reserved fields";
}

static const char *alu_words(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_END: return "BPF_END uses reserved fields";
	case BPF_NEG: return "BPF_NEG uses reserved fields";
	case BPF_MOV: return "BPF_MOV uses reserved fields";
	default: return "BPF_ALU uses reserved fields";
	}
}

static const char *jump_words(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_CALL: return "BPF_CALL uses reserved fields";
	case BPF_EXIT: return "BPF_EXIT uses reserved fields";
	case BPF_JA: return "BPF_JA uses reserved fields";
	default: return "BPF_JMP/JMP32 uses reserved fields";
	}
}

static const char *field_words(const struct bpf_insn *insn, const struct bpf_insn *high)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return is_lddw(insn->code) ? constant_words(insn, high)
					   : "BPF_LD_[ABS|IND] uses reserved fields";
	case BPF_LDX: return "BPF_LDX uses reserved fields";
	case BPF_ST: return "BPF_ST uses reserved fields";
	case BPF_STX: return "BPF_STX uses reserved fields";
	case BPF_JMP:
	case BPF_JMP32: return jump_words(insn->code);
	default: return alu_words(insn->code);
	}
}

/* Looked at before anything else. */
static bool ends_well(u8 code)
{
	return code == (BPF_JMP | BPF_EXIT) || code == (BPF_JMP | BPF_JA) ||
	       code == (BPF_JMP32 | BPF_JA);
}

void undecoded_format(struct text *t, const u8 *insns, u32 count, const struct diag *diag)
{
	const struct bpf_insn *all = (const struct bpf_insn *)insns, *insn;
	u32 i = (u32)diag->insn;

	if (diag->insn < 0 || i >= count)
		return;
	/* The second half of a pair is the pair's fault; one that is whole is none. */
	if (diag->id == ISA_DIAG_PAIR && i && !is_lddw(all[i].code))
		i--;
	insn = &all[i];
	if (!ends_well(all[count - 1].code))
		text_puts(t, "last insn is not an exit or jmp\n");
	else if (diag->id == ISA_DIAG_PAIR && insn == &all[diag->insn])
		text_puts(t, "invalid bpf_ld_imm64 insn\n");
	else if (diag->id == ISA_DIAG_REGISTER)
		text_fmt(t, "%s\n", diag->what);
	else if (diag->id == ISA_DIAG_OPCODE && BPF_CLASS(insn->code) != BPF_LDX)
		text_fmt(t, "unknown opcode %02x\n", insn->code);
	else if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC)
		text_fmt(t, "BPF_ATOMIC uses invalid atomic opcode %02x\n", (u32)insn->imm);
	else
		text_fmt(t, "%s\n", field_words(insn, i + 1 < count ? &all[i + 1] : NULL));
}
