// SPDX-License-Identifier: BSD-2-Clause
/* Instructions changed one by one. */
#include <string.h>
#include "fuzz/gen.h"

static u8 any_code(struct rng *rng)
{
	static const u8 codes[] = {BPF_ALU64 | BPF_MOV | BPF_X,
				   BPF_ALU64 | BPF_MOV | BPF_K,
				   BPF_ALU | BPF_MOV | BPF_X,
				   BPF_ALU64 | BPF_ADD | BPF_X,
				   BPF_ALU64 | BPF_ADD | BPF_K,
				   BPF_ALU | BPF_ADD | BPF_K,
				   BPF_ALU64 | BPF_SUB | BPF_X,
				   BPF_ALU64 | BPF_AND | BPF_K,
				   BPF_ALU64 | BPF_LSH | BPF_K,
				   BPF_ALU64 | BPF_RSH | BPF_K,
				   BPF_ALU64 | BPF_ARSH | BPF_K,
				   BPF_ALU | BPF_ARSH | BPF_K,
				   BPF_ALU64 | BPF_MUL | BPF_K,
				   BPF_ALU64 | BPF_NEG,
				   BPF_ALU64 | BPF_END,
				   BPF_LDX | BPF_MEM | BPF_DW,
				   BPF_LDX | BPF_MEM | BPF_W,
				   BPF_LDX | BPF_MEM | BPF_B,
				   BPF_LDX | BPF_MEMSX | BPF_W,
				   BPF_STX | BPF_MEM | BPF_DW,
				   BPF_STX | BPF_MEM | BPF_W,
				   BPF_ST | BPF_MEM | BPF_DW,
				   BPF_ST | BPF_MEM | BPF_B,
				   BPF_STX | BPF_ATOMIC | BPF_DW,
				   BPF_JMP | BPF_JA,
				   BPF_JMP | BPF_JEQ | BPF_K,
				   BPF_JMP | BPF_JGT | BPF_X,
				   BPF_JMP | BPF_JSGT | BPF_K,
				   BPF_JMP32 | BPF_JLT | BPF_K,
				   BPF_JMP | BPF_JSET | BPF_K,
				   BPF_JMP | BPF_EXIT,
				   BPF_JMP | BPF_CALL,
				   BPF_JMP | BPF_JCOND};

	return rng_chance(rng, 20) ? (u8)rng_next(rng) : codes[rng_below(rng, sizeof(codes))];
}

static void insert(struct program *p, u32 at, struct bpf_insn in)
{
	if (p->count + 1 >= PROGRAM_INSNS)
		return;
	memmove(&p->insn[at + 1], &p->insn[at], (p->count - at) * sizeof(in));
	p->insn[at] = in;
	p->count++;
}

static void change(struct rng *rng, struct bpf_insn *in)
{
	switch (rng_below(rng, 9)) {
	case 0: in->imm = (s32)rng_number(rng); break;
	case 1: in->imm += rng_range(rng, -2, 2); break;
	case 2: in->off = (s16)(in->off + rng_range(rng, -2, 2)); break;
	case 3: in->off = (s16)(in->off + 8 * rng_range(rng, -2, 2)); break;
	case 4: in->dst_reg = rng_below(rng, 11); break;
	case 5: in->src_reg = rng_below(rng, 11); break;
	case 6: in->code = any_code(rng); break;
	case 7: in->code ^= 1u << rng_below(rng, 8); break;
	default: /* a like one: of another width, of another condition */
		if (BPF_CLASS(in->code) == BPF_LDX || BPF_CLASS(in->code) == BPF_STX ||
		    BPF_CLASS(in->code) == BPF_ST)
			in->code = (u8)((in->code & ~0x18) |
					rng_pick(rng, BPF_B, BPF_H, BPF_W, BPF_DW));
		else if (BPF_CLASS(in->code) == BPF_JMP || BPF_CLASS(in->code) == BPF_JMP32)
			in->code = (u8)((in->code & 0x0f) | (rng_below(rng, 14) << 4));
		else
			in->code = (u8)((in->code & 0x0f) | (rng_below(rng, 14) << 4));
		break;
	}
}

/* Fields that an instruction does not use are 0: what else they hold is refused for that alone. */
static void tidy(struct bpf_insn *in)
{
	u8 cls = BPF_CLASS(in->code), op = BPF_OP(in->code);
	bool jump = cls == BPF_JMP || cls == BPF_JMP32, alu = cls == BPF_ALU || cls == BPF_ALU64;

	if (jump && (op == BPF_EXIT || op == BPF_JA)) {
		in->code &= (u8)~BPF_X;
		in->dst_reg = in->src_reg = 0;
		if (op == BPF_EXIT || cls == BPF_JMP)
			in->imm = 0;
		if (op == BPF_EXIT || cls == BPF_JMP32)
			in->off = 0;
		return;
	}
	if (jump && op == BPF_CALL) {
		in->dst_reg = 0;
		in->off = 0;
		return;
	}
	if (jump || (alu && op != BPF_END)) {
		if (alu && op == BPF_NEG)
			in->code &= (u8)~BPF_X;
		if (BPF_SRC(in->code) == BPF_X)
			in->imm = 0;
		else
			in->src_reg = 0;
		if (alu && op == BPF_NEG)
			in->imm = 0;
		if (alu && op != BPF_DIV && op != BPF_MOD && op != BPF_MOV)
			in->off = 0;
		else if (alu && op != BPF_MOV)
			in->off &= 1;
		return;
	}
	if (alu) {
		in->imm = in->imm & 1 ? 16 : in->imm & 2 ? 32 : 64;
		in->src_reg = 0;
		in->off = 0;
		return;
	}
	if (cls == BPF_LDX || (cls == BPF_STX && BPF_MODE(in->code) != BPF_ATOMIC))
		in->imm = 0;
	if (cls == BPF_ST)
		in->src_reg = 0;
}

void gen_mutate(struct rng *rng, struct program *p)
{
	for (u32 n = 1 + rng_below(rng, 3); n && p->count > 2; n--) {
		u32 at = rng_below(rng, p->count), other = rng_below(rng, p->count);

		switch (rng_below(rng, 8)) {
		case 0: program_cut(p, at, 1); break;
		case 1: insert(p, at, p->insn[other]); break;
		case 2: { /* two change places */
			struct bpf_insn in = p->insn[at];

			p->insn[at] = p->insn[other];
			p->insn[other] = in;
			break;
		}
		case 3:
			insert(p, at,
			       FUZZ_INSN(any_code(rng), rng_below(rng, 11), rng_below(rng, 11),
					 rng_range(rng, -2, 4), rng_number(rng)));
			break;
		default: change(rng, &p->insn[at]); break;
		}
		for (u32 i = 0; i < p->count; i++) {
			if (p->insn[i].code == (BPF_LD | BPF_IMM | BPF_DW))
				i++;
			else if (!rng_chance(rng, 1000))
				tidy(&p->insn[i]);
		}
	}
}
