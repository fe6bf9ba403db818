// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel's words for instructions that are none: by opcode it names the
 * instruction whose fields are wrong, where the decoder names the field.
 */
#include <cygnet/abi.h>
#include "isa/decode.h"
#include "verify/undecoded.h"

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

/* A load of no mode that there is, which is found before its opcode is looked up. */
static bool is_strange_load(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX &&
	       ((BPF_MODE(insn->code) != BPF_MEM && BPF_MODE(insn->code) != BPF_MEMSX) ||
		insn->imm);
}

static u32 wrong_register(const struct bpf_insn *insn)
{
	return insn->src_reg > BPF_REG_10 && BPF_CLASS(insn->code) != BPF_LD ? insn->src_reg
									     : insn->dst_reg;
}

void undecoded_format(struct text *t, const void *insns, u32 count, u32 i, u32 bad)
{
	const struct bpf_insn *insn = (const struct bpf_insn *)insns + i;

	if (bad == ISA_DIAG_PAIR)
		text_puts(t, constant_words(insn, i + 1 < count ? insn + 1 : NULL));
	else if (bad == ISA_DIAG_REGISTER)
		text_fmt(t, "R%u is invalid", wrong_register(insn));
	else if (bad == ISA_DIAG_OPCODE && !is_strange_load(insn))
		text_fmt(t, "unknown opcode %02x", insn->code);
	else if (insn->code == (BPF_JMP | BPF_JCOND))
		text_fmt(t, "invalid may_goto imm %d", insn->imm);
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->off == BPF_ADDR_SPACE_CAST)
		text_puts(t, "addr_space_cast insn can only convert between address space 1 and 0");
	else if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC)
		text_fmt(t, "BPF_ATOMIC uses invalid atomic opcode %02x", (u32)insn->imm);
	else
		text_puts(t, field_words(insn, i + 1 < count ? insn + 1 : NULL));
}

bool undecoded_at_once(const void *insns, u32 i, u32 bad)
{
	const struct bpf_insn *insn = (const struct bpf_insn *)insns + i;

	if (bad == ISA_DIAG_OPCODE || bad == ISA_DIAG_PAIR)
		return true;
	if (bad != ISA_DIAG_FIELD)
		return false;
	return BPF_CLASS(insn->code) == BPF_LDX ||
	       (is_lddw(insn->code) && insn->src_reg > BPF_PSEUDO_MAP_IDX_VALUE);
}
