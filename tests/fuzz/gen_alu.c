// SPDX-License-Identifier: BSD-2-Clause
/* Recipes: arithmetic, branches, loops, packet loads. */
#include "fuzz/gen.h"

static const u8 ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV,  BPF_OR,  BPF_AND, BPF_LSH,
			 BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH, BPF_ADD, BPF_AND, BPF_RSH};

static s64 operand(struct gen *g, u8 op, bool wide)
{
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return gen_slip(g, rng_below(&g->rng, wide ? 64 : 32));
	if (op == BPF_DIV || op == BPF_MOD)
		return gen_slip(g, (s32)rng_number(&g->rng) | 1);
	return (s32)rng_number(&g->rng);
}

static void unary(struct gen *g, u32 dst)
{
	static const u8 widths[] = {8, 16, 32};

	switch (rng_below(&g->rng, 5)) {
	case 0:
		gen_emit(g, rng_chance(&g->rng, 2) ? I_ALU64(BPF_NEG, dst, 0)
						   : I_ALU32(BPF_NEG, dst, 0));
		break;
	case 1:
		gen_emit(g, FUZZ_INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0,
				      rng_pick(&g->rng, 16, 32, 64)));
		break;
	case 2:
		gen_emit(g, FUZZ_INSN(BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0,
				      rng_pick(&g->rng, 16, 32, 64)));
		break;
	case 3:
		gen_emit(g,
			 FUZZ_INSN(BPF_ALU64 | BPF_END, dst, 0, 0, rng_pick(&g->rng, 16, 32, 64)));
		break;
	default: /* sign extension */
		if (rng_chance(&g->rng, 2))
			gen_emit(g, FUZZ_INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, gen_scalar(g),
					      widths[rng_below(&g->rng, 3)], 0));
		else
			gen_emit(g, FUZZ_INSN(BPF_ALU | BPF_MOV | BPF_X, dst, gen_scalar(g),
					      widths[rng_below(&g->rng, 2)], 0));
		break;
	}
}

static void one(struct gen *g)
{
	u8 op = ops[rng_below(&g->rng, sizeof(ops))];
	bool wide = rng_chance(&g->rng, 2);
	u32 dst = gen_scalar(g), src;
	s16 off = (op == BPF_DIV || op == BPF_MOD) && rng_chance(&g->rng, 3);

	if (dst == 10 && !gen_forgets(g))
		dst = 0;
	if (rng_chance(&g->rng, 6)) {
		unary(g, dst);
	} else if (rng_chance(&g->rng, 8)) {
		src = gen_scalar(g);
		dst = gen_fresh(g);
		gen_emit(g, wide ? I_MOVR(dst, src) : I_ALU32R(BPF_MOV, dst, src));
	} else if (rng_chance(&g->rng, 3)) {
		src = gen_scalar(g);
		gen_emit(g, FUZZ_INSN((wide ? BPF_ALU64 : BPF_ALU) | op | BPF_X, dst, src, off, 0));
	} else {
		gen_emit(g, FUZZ_INSN((wide ? BPF_ALU64 : BPF_ALU) | op | BPF_K, dst, 0, off,
				      operand(g, op, wide)));
	}
	gen_set(g, dst, G_SCALAR);
}

void gen_alu(struct gen *g)
{
	for (u32 n = 1 + rng_below(&g->rng, 3); n; n--)
		one(g);
}

static const u8 tests[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
			   BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};

static struct bpf_insn condition(struct gen *g)
{
	u8 op = tests[rng_below(&g->rng, sizeof(tests))];
	u8 cls = rng_chance(&g->rng, 2) ? BPF_JMP : BPF_JMP32;
	u32 a = gen_scalar(g);

	if (rng_chance(&g->rng, 3))
		return FUZZ_INSN(cls | op | BPF_X, a, gen_scalar(g), 0, 0);
	return FUZZ_INSN(cls | op | BPF_K, a, 0, 0, rng_number(&g->rng));
}

/* What both ways know. */
static void merge(struct gen *g, const struct greg other[11], const struct greg slots[GEN_SLOTS])
{
	if (gen_forgets(g))
		return;
	for (u32 i = 0; i < 10; i++)
		if (g->r[i].kind != other[i].kind || g->r[i].maybe_null != other[i].maybe_null ||
		    g->r[i].size != other[i].size || g->r[i].off != other[i].off)
			gen_set(g, i,
				g->r[i].kind == G_SCALAR && other[i].kind == G_SCALAR ? G_SCALAR
										      : G_NONE);
	for (u32 i = 0; i < GEN_SLOTS; i++)
		if (g->slot[i].kind != slots[i].kind)
			g->slot[i] = (struct greg){0};
}

void gen_if(struct gen *g)
{
	struct greg before[11], then[11], slots[GEN_SLOTS], then_slots[GEN_SLOTS];
	u32 jump, skip;

	if (g->depth >= 4)
		return;
	jump = gen_jump(g, condition(g));
	__builtin_memcpy(before, g->r, sizeof(before));
	__builtin_memcpy(slots, g->slot, sizeof(slots));
	g->depth++;
	if (rng_chance(&g->rng, 6) && g->depth == 1) { /* leaves */
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
		gen_land(g, jump);
		__builtin_memcpy(g->r, before, sizeof(before));
		g->depth--;
		return;
	}
	gen_block(g, 1 + rng_below(&g->rng, 3));
	if (rng_chance(&g->rng, 2)) {
		gen_land(g, jump);
		merge(g, before, slots);
		g->depth--;
		return;
	}
	skip = gen_jump(g, I_JA(0));
	gen_land(g, jump);
	__builtin_memcpy(then, g->r, sizeof(then));
	__builtin_memcpy(then_slots, g->slot, sizeof(then_slots));
	__builtin_memcpy(g->r, before, sizeof(before));
	__builtin_memcpy(g->slot, slots, sizeof(slots));
	gen_block(g, 1 + rng_below(&g->rng, 3));
	gen_land(g, skip);
	merge(g, then, then_slots);
	g->depth--;
}

/* The loop's body may only count on what it does not change. */
static void forget_scalars(struct gen *g)
{
	for (u32 i = 0; i < 10; i++)
		if (g->r[i].kind == G_SCALAR)
			gen_set(g, i, G_SCALAR);
}

void gen_loop(struct gen *g)
{
	struct greg before[11], slots[GEN_SLOTS];
	u32 counter = gen_kept(g), start, form = rng_below(&g->rng, 5), exit = 0;
	s32 n = rng_pick(&g->rng, 1, 2, 3, 4, 8, 16, 30);
	s32 step = rng_chance(&g->rng, 8) ? rng_range(&g->rng, 1, 3) : 1;

	if (g->depth >= 3)
		return;
	gen_emit(g, I_MOV(counter, form == 1 ? n : 0));
	gen_set(g, counter, G_SCALAR);
	forget_scalars(g);
	start = g->p->count;
	__builtin_memcpy(before, g->r, sizeof(before));
	__builtin_memcpy(slots, g->slot, sizeof(slots));
	g->depth++;
	g->r[counter] = (struct greg){.kind = G_SCALAR, .bounded = form != 1, .max = (u64)n - 1};
	if (form == 2)
		exit = gen_jump(g, I_JMP(BPF_JGE, counter, n, 0));
	if (form == 3) /* may_goto */
		exit = gen_jump(g, FUZZ_INSN(BPF_JMP | BPF_JCOND, 0, 0, 0, 0));
	gen_block(g, 1 + rng_below(&g->rng, 3));
	switch (form) {
	case 0:
		gen_emit(g, I_ALU64(BPF_ADD, counter, step));
		gen_emit(g,
			 I_JMP(step == 1 ? rng_pick(&g->rng, BPF_JLT, BPF_JSLT, BPF_JNE) : BPF_JLT,
			       counter, n, (s32)start - (s32)g->p->count - 1));
		break;
	case 1:
		gen_emit(g, I_ALU64(BPF_SUB, counter, step));
		gen_emit(g,
			 I_JMP(step == 1 ? rng_pick(&g->rng, BPF_JNE, BPF_JSGT, BPF_JGT) : BPF_JSGT,
			       counter, 0, (s32)start - (s32)g->p->count - 1));
		break;
	case 4:
		gen_emit(g, I_ALU32(BPF_ADD, counter, step));
		gen_emit(g, I_JMP32(BPF_JLT, counter, n, (s32)start - (s32)g->p->count - 1));
		break;
	default:
		gen_emit(g, I_ALU64(BPF_ADD, counter, 1));
		gen_emit(g, I_JA((s32)start - (s32)g->p->count - 1));
		gen_land(g, exit);
		break;
	}
	g->depth--;
	merge(g, before, slots);
	gen_set(g, counter, G_SCALAR);
}

void gen_ld_abs(struct gen *g)
{
	u8 code = (u8)rng_pick(&g->rng, BPF_B, BPF_H, BPF_W);

	if (g->r[6].kind != G_CTX && !gen_forgets(g))
		return;
	if (rng_chance(&g->rng, 2))
		gen_emit(g, FUZZ_INSN(BPF_LD | BPF_ABS | code, 0, 0, 0,
				      rng_pick(&g->rng, 0, 4, 12, 60, -4096, -2097152 + 2)));
	else
		gen_emit(g, FUZZ_INSN(BPF_LD | BPF_IND | code, 0, gen_bounded(g, 63), 0,
				      rng_range(&g->rng, 0, 16)));
	gen_clobber(g);
	g->r[0] = (struct greg){
		.kind = G_SCALAR, .bounded = code != BPF_W, .max = code == BPF_B ? 255 : 65535};
}
