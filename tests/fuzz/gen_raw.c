// SPDX-License-Identifier: BSD-2-Clause
/*
 * Raw programs, safe by construction.
 *
 * What each register holds is known at every instruction: nothing yet, a number,
 * or a pointer into the memory or the own stack with a known distance to its
 * start. Only numbers are computed with, compared and shown, so no result
 * depends on an address. Branches go forward, to a label of their block or of
 * one around it; where ways meet, a register holds what it holds on all of them.
 * Loops count in a slot of the stack that nothing else touches, a few rounds
 * each. Stack slots are set at a function's start, each with one pattern of
 * access or with any.
 */
#include <string.h>
#include "fuzz/gen_raw.h"

#define RAW_SUBS    4
#define RAW_PENDING 24
#define RAW_DEPTH   3
#define RAW_SLOTS   64

enum raw_kind {
	K_NONE,
	K_NUMBER,
	K_MEMORY, /* points to byte `off` of the memory */
	K_STACK,  /* to byte `off` of the area */
};

struct raw_reg {
	u8 kind, off;
};

struct raw_label { /* a branch whose target is to come */
	u32 at, block;
	struct raw_reg r[10];
};

struct raw_sub {
	u32 calls[8], call_count; /* what is to be patched */
	bool callback;
	bool memory; /* r1 is the memory */
	u32 args;
};

struct raw {
	struct rng rng;
	struct program *p;
	u32 budget;
	struct raw_reg r[10];
	u32 keeper; /* holds the memory, is never written */
	struct raw_label labels[RAW_PENDING];
	u32 label_count, block;
	u32 slots; /* of the stack that are set; the last `loops` of them count */
	u32 area;  /* first slot from the bottom that pointers may reach, RAW_AREA bytes; 0: none */
	u8 pattern[RAW_SLOTS]; /* by slot: 0: any; else size << 4 | offset in it */
	u32 depth, loops, calls_left;
	bool in_loop;
	u32 sub; /* that is being made; 0: main */
	struct raw_sub subs[RAW_SUBS];
	u32 sub_count;
};

static u32 below(struct raw *g, u32 n)
{
	return rng_below(&g->rng, n);
}

static bool chance(struct raw *g, u32 of)
{
	return rng_chance(&g->rng, of);
}

static void emit(struct raw *g, struct bpf_insn in)
{
	if (g->p->count < PROGRAM_INSNS)
		g->p->insn[g->p->count++] = in;
	if (g->budget)
		g->budget--;
}

/* registers ------------------------------------------------------------------------ */

static void set(struct raw *g, u32 reg, u32 kind, u32 off)
{
	g->r[reg] = (struct raw_reg){(u8)kind, (u8)off};
}

/* To be written. */
static u32 fresh(struct raw *g)
{
	u32 reg = below(g, 9);

	return reg >= g->keeper ? reg + 1 : reg;
}

static void constant(struct raw *g, u32 reg)
{
	u64 n = rng_number(&g->rng);

	if (chance(g, 4)) {
		emit(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (u32)n));
		emit(g, FUZZ_INSN(0, 0, 0, 0, n >> 32));
	} else if (chance(g, 2)) {
		emit(g, I_ALU32(BPF_MOV, reg, n));
	} else {
		emit(g, I_MOV(reg, n));
	}
	set(g, reg, K_NUMBER, 0);
}

/* One that holds a number. */
static u32 number(struct raw *g)
{
	u32 first = below(g, 10), reg;

	for (u32 i = 0; i < 10; i++) {
		reg = (first + i) % 10;
		if (g->r[reg].kind == K_NUMBER)
			return reg;
	}
	reg = fresh(g);
	constant(g, reg);
	return reg;
}

/* arithmetic --------------------------------------------------------------------------- */

static const u8 alu_ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
			     BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH};

static s32 alu_operand(struct raw *g, u32 op, bool wide)
{
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return (s32)below(g, wide ? 64 : 32);
	if ((op == BPF_DIV || op == BPF_MOD) && chance(g, 2))
		return (s32)(below(g, 2) ? 1 + below(g, 1000) : 1u << below(g, 32));
	return (s32)rng_number(&g->rng);
}

static void put_alu(struct raw *g)
{
	u32 op = alu_ops[below(g, ARRAY_SIZE(alu_ops))], dst = number(g);
	bool wide = chance(g, 2), divides = op == BPF_DIV || op == BPF_MOD;
	u32 cls = wide ? BPF_ALU64 : BPF_ALU;
	s32 imm;

	if (chance(g, 2)) {
		emit(g, FUZZ_INSN(cls | op | BPF_X, dst, number(g), divides && chance(g, 2), 0));
		return;
	}
	imm = alu_operand(g, op, wide);
	if (divides && !imm)
		imm = -1;
	emit(g, FUZZ_INSN(cls | op | BPF_K, dst, 0, divides && chance(g, 2), imm));
}

static void put_move(struct raw *g)
{
	u32 src = number(g), dst = fresh(g);

	switch (below(g, 6)) {
	case 0: emit(g, I_ALU32R(BPF_MOV, dst, src)); break;
	case 1:
		emit(g, FUZZ_INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 8u << below(g, 3), 0));
		break;
	case 2:
		emit(g, FUZZ_INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, 8u << below(g, 2), 0));
		break;
	case 3: constant(g, dst); break;
	default: emit(g, I_MOVR(dst, src));
	}
	set(g, dst, K_NUMBER, 0);
}

static void put_unary(struct raw *g)
{
	u32 dst = number(g), bits = 16u << below(g, 3);

	switch (below(g, 5)) {
	case 0: emit(g, I_ALU64(BPF_NEG, dst, 0)); break;
	case 1: emit(g, I_ALU32(BPF_NEG, dst, 0)); break;
	case 2: emit(g, FUZZ_INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)); break;
	case 3: emit(g, FUZZ_INSN(BPF_ALU | BPF_END | BPF_TO_LE, dst, 0, 0, bits)); break;
	default: emit(g, FUZZ_INSN(BPF_ALU64 | BPF_END, dst, 0, 0, bits));
	}
}

/* Pieces that compilers of BPF write and that ours look for. */
static void put_idiom(struct raw *g)
{
	u32 a = number(g), b = number(g), dst = fresh(g), n = 1 + below(g, 31);
	bool wide = chance(g, 2);
	u32 cls = wide ? BPF_ALU64 : BPF_ALU, shift = chance(g, 2) ? BPF_RSH : BPF_ARSH;

	if (dst == a || dst == b)
		return;
	switch (below(g, 9)) {
	case 0: /* a rotation, or not quite one */
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_LSH | BPF_K, dst, 0, 0, n));
		emit(g, FUZZ_INSN(cls | BPF_RSH | BPF_K, a, 0, 0,
				  ((wide ? 64 : 32) - n + !below(g, 6)) & (wide ? 63 : 31)));
		emit(g, FUZZ_INSN(cls | (chance(g, 3) ? BPF_XOR : BPF_OR) | BPF_X, dst, a, 0, 0));
		break;
	case 1: /* an extension by shifts */
		emit(g, I_MOVR(dst, a));
		n = (u32)rng_pick(&g->rng, 32, 48, 56, 16, 31);
		emit(g, I_ALU64(BPF_LSH, dst, n));
		emit(g, I_ALU64(shift, dst, chance(g, 5) ? (n ^ 1) : n));
		break;
	case 2: /* lea */
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_LSH | BPF_K, dst, 0, 0, below(g, 4)));
		emit(g, FUZZ_INSN(cls | BPF_ADD | BPF_X, dst, b, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_ADD | BPF_K, dst, 0, 0, rng_number(&g->rng)));
		break;
	case 3: /* a field */
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN(cls | shift | BPF_K, dst, 0, 0, n));
		emit(g, FUZZ_INSN(cls | BPF_AND | BPF_K, dst, 0, 0, (1u << below(g, 32)) - 1));
		break;
	case 4: /* a choice */
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN((wide ? BPF_JMP : BPF_JMP32) |
					  (chance(g, 2) ? BPF_JGT : BPF_JSLE) | BPF_X,
				  a, b, 1, 0));
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, b, 0, 0));
		break;
	case 5: /* bits counted */
		emit(g, I_MOVR(dst, a));
		emit(g, I_ALU64(BPF_RSH, dst, 1));
		emit(g, I_ALU64(BPF_AND, dst, 0x55555555));
		emit(g, I_ALU64R(BPF_SUB, a, dst));
		break;
	case 6: /* a truth value */
		emit(g, I_MOV(dst, 1));
		emit(g, FUZZ_INSN((wide ? BPF_JMP : BPF_JMP32) | BPF_JSET | BPF_K, a, 0, 1,
				  rng_number(&g->rng)));
		emit(g, I_MOV(dst, 0));
		break;
	case 7: /* quotient and remainder */
		n = (u32)rng_number(&g->rng) | 1;
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_DIV | BPF_K, dst, 0, wide, (s32)n));
		emit(g, FUZZ_INSN(cls | BPF_MOD | BPF_K, a, 0, wide, (s32)n));
		break;
	default: /* the sum of products */
		emit(g, FUZZ_INSN(cls | BPF_MOV | BPF_X, dst, a, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_MUL | BPF_X, dst, b, 0, 0));
		emit(g, FUZZ_INSN(cls | BPF_MUL | BPF_K, a, 0, 0, rng_number(&g->rng)));
		emit(g, FUZZ_INSN(cls | BPF_ADD | BPF_X, dst, a, 0, 0));
	}
	set(g, dst, K_NUMBER, 0);
}

/* memory --------------------------------------------------------------------------------- */

static const u8 sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

struct where {
	u32 base;
	s32 off;
	u32 size; /* log2 */
};

static struct where in_slot(struct raw *g, u32 size)
{
	u32 slot = below(g, g->slots - g->loops), pattern = g->pattern[slot];
	struct where w = {10, -(s32)(slot + 1) * 8, size};

	if (pattern) {
		w.size = pattern >> 4;
		w.off += pattern & 15;
	} else {
		w.off += (s32)(below(g, 8u >> size) << size);
	}
	return w;
}

/* Somewhere to read or write: the memory, a slot, or what a pointer points to. */
static struct where somewhere(struct raw *g, bool aligned)
{
	u32 size = below(g, 4), first = below(g, 10), bytes = 1u << size;

	if (g->slots > g->loops && chance(g, 3))
		return in_slot(g, size);
	for (u32 i = 0; i < 10; i++) {
		u32 reg = (first + i) % 10, room;
		const struct raw_reg *r = &g->r[reg];
		s32 at;

		if (r->kind < K_MEMORY)
			continue;
		room = r->kind == K_MEMORY ? RAW_MEMORY : RAW_AREA;
		at = (s32)(aligned || r->kind == K_STACK ? below(g, room / bytes) * bytes
							 : below(g, room - bytes + 1));
		return (struct where){reg, at - r->off, size};
	}
	/* Nothing points to the memory: then the stack it is, if there is some. */
	return g->slots > g->loops ? in_slot(g, size) : (struct where){11, 0, 0};
}

static void put_load(struct raw *g, struct where w)
{
	u32 dst = fresh(g);

	if (w.size < 3 && chance(g, 4))
		emit(g, I_LDXS(sizes[w.size], dst, w.base, w.off));
	else
		emit(g, I_LDX(sizes[w.size], dst, w.base, w.off));
	set(g, dst, K_NUMBER, 0);
}

static void put_store(struct raw *g, struct where w, u32 src)
{
	if (chance(g, 3))
		emit(g, I_ST(sizes[w.size], w.base, w.off, rng_number(&g->rng)));
	else
		emit(g, I_STX(sizes[w.size], w.base, src, w.off));
}

static void put_memory(struct raw *g)
{
	u32 op = alu_ops[below(g, ARRAY_SIZE(alu_ops))], dst, other = number(g);
	struct where w = somewhere(g, false);

	if (w.base > 10)
		return;
	switch (below(g, 6)) {
	case 0:
	case 1: put_load(g, w); break;
	case 2:
	case 3: put_store(g, w, other); break;
	default: /* there and back */
		dst = fresh(g);
		if (dst == w.base)
			return;
		emit(g, I_LDX(sizes[w.size], dst, w.base, w.off));
		set(g, dst, K_NUMBER, 0);
		if (chance(g, 3))
			emit(g, FUZZ_INSN(BPF_ALU | BPF_END | (chance(g, 2) ? BPF_TO_BE : 0), dst,
					  0, 0, 16u << below(g, 3)));
		else
			emit(g, FUZZ_INSN((chance(g, 2) ? BPF_ALU64 : BPF_ALU) | op | BPF_X, dst,
					  other, 0, 0));
		emit(g, I_STX(sizes[w.size], w.base, dst, w.off));
	}
}

static void put_atomic(struct raw *g)
{
	static const u8 ops[] = {BPF_ADD, BPF_OR, BPF_AND, BPF_XOR};
	u32 src = number(g), size, op = ops[below(g, 4)];
	struct where w = somewhere(g, true);

	if (w.base > 10)
		return;
	size = sizes[w.size];
	if (chance(g, 3)) {
		if (chance(g, 2)) {
			emit(g, I_ATOMIC(size, w.base, src, w.off, 0x110));
		} else {
			emit(g, I_ATOMIC(size, src, w.base, w.off, 0x100));
			set(g, src, K_NUMBER, 0);
		}
		return;
	}
	if (w.size < 2)
		return;
	switch (below(g, 5)) {
	case 0: emit(g, I_ATOMIC(size, w.base, src, w.off, op)); break;
	case 1: emit(g, I_ATOMIC(size, w.base, src, w.off, BPF_XCHG)); break;
	case 2:
		if (w.base == 0 || g->keeper == 0)
			break;
		if (g->r[0].kind != K_NUMBER || chance(g, 2)) {
			emit(g, I_LDX(size, 0, w.base, w.off)); /* what will be found */
			set(g, 0, K_NUMBER, 0);
		}
		emit(g, I_ATOMIC(size, w.base, src, w.off, BPF_CMPXCHG));
		break;
	default: emit(g, I_ATOMIC(size, w.base, src, w.off, op | BPF_FETCH));
	}
}

/* A pointer with a variable part: base + index * scale + displacement. */
static void put_indexed(struct raw *g)
{
	u32 index = number(g), p = fresh(g), base = 10, scale = below(g, 4), size = below(g, 4),
	    most;
	s32 at, off = 0;

	for (u32 reg = 0; reg < 10; reg++)
		if (g->r[reg].kind == K_MEMORY && (base == 10 || chance(g, 2)))
			base = reg;
	if (base == 10 || p == base)
		return;
	off = g->r[base].off;
	most = 1u << (3 + below(g, 2)); /* values of the index */
	if (p == index || chance(g, 2))
		emit(g, I_ALU64(BPF_AND, index, most - 1));
	else
		emit(g, I_ALU64(BPF_MOD, index, most));
	if (p == index && chance(g, 2))
		p = g->keeper == 9 ? 8 : 9;
	if (p == base || p == index)
		return;
	at = (s32)below(g, RAW_MEMORY - (most << scale) - (1u << size) + 1);
	emit(g, I_MOVR(p, index));
	if (scale || chance(g, 2))
		emit(g, I_ALU64(BPF_LSH, p, scale));
	emit(g, I_ALU64R(BPF_ADD, p, base));
	set(g, p, K_NONE, 0);
	if (chance(g, 2))
		put_load(g, (struct where){p, at - off, size});
	else
		put_store(g, (struct where){p, at - off, size}, index);
}

/* A pointer made, moved, kept on the stack, or measured. */
static void put_pointer(struct raw *g)
{
	u32 p = fresh(g), slot;
	s32 off;

	switch (below(g, 4)) {
	case 0:
		if (!g->area)
			return;
		emit(g, I_MOVR(p, 10));
		emit(g, I_ALU64(BPF_ADD, p, -(s32)g->area * 8));
		set(g, p, K_STACK, 0);
		break;
	case 1:
		if (g->r[g->keeper].kind != K_MEMORY)
			return;
		emit(g, I_MOVR(p, g->keeper));
		off = (s32)below(g, RAW_MEMORY);
		emit(g, I_ALU64(BPF_ADD, p, off));
		set(g, p, K_MEMORY, (u32)off);
		break;
	case 2: /* spilled, filled */
		if (g->slots <= g->loops || g->r[g->keeper].kind != K_MEMORY)
			return;
		slot = below(g, g->slots - g->loops);
		if (g->pattern[slot] && g->pattern[slot] != 0x30)
			return;
		emit(g, I_STX(BPF_DW, 10, g->keeper, -(s32)(slot + 1) * 8));
		for (u32 n = below(g, 3); n; n--)
			put_alu(g);
		emit(g, I_LDX(BPF_DW, p, 10, -(s32)(slot + 1) * 8));
		set(g, p, K_MEMORY, 0);
		emit(g, I_ST(BPF_DW, 10, -(s32)(slot + 1) * 8, rng_number(&g->rng)));
		break;
	default: /* the distance between two is a number, and so is which is greater */
		if (g->r[g->keeper].kind != K_MEMORY)
			return;
		emit(g, I_MOVR(p, g->keeper));
		emit(g, I_ALU64(BPF_ADD, p, below(g, RAW_MEMORY)));
		emit(g, I_ALU64R(BPF_SUB, p, g->keeper));
		set(g, p, K_NUMBER, 0);
	}
}

/* branches ----------------------------------------------------------------------------------- */

static const u8 tests[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
			   BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};

/* What was emitted last goes to a label still to come, of this block or one around it. */
static void pend(struct raw *g)
{
	struct raw_label *l = &g->labels[g->label_count++];

	l->at = g->p->count - 1;
	l->block = g->block - (g->block && chance(g, 6));
	memcpy(l->r, g->r, sizeof(l->r));
}

static void land(struct raw *g, u32 i)
{
	struct raw_label *l = &g->labels[i];
	struct bpf_insn *in = &g->p->insn[l->at];
	s32 off = (s32)(g->p->count - l->at - 1);

	if (in->code == (BPF_JMP32 | BPF_JA))
		in->imm = off;
	else
		in->off = (s16)off;
	for (u32 r = 0; r < 10; r++)
		if (memcmp(&g->r[r], &l->r[r], sizeof(g->r[r])))
			g->r[r].kind = K_NONE;
	*l = g->labels[--g->label_count];
}

static void land_some(struct raw *g, u32 once_in)
{
	for (u32 i = g->label_count; i-- > 0;)
		if (g->labels[i].block >= g->block && chance(g, once_in))
			land(g, i);
}

static void put_branch(struct raw *g)
{
	u32 op = tests[below(g, ARRAY_SIZE(tests))], a = number(g);
	u32 cls = chance(g, 2) ? BPF_JMP : BPF_JMP32;

	if (g->label_count == RAW_PENDING)
		return;
	if (chance(g, 2))
		emit(g, FUZZ_INSN(cls | op | BPF_X, a, number(g), 0, 0));
	else
		emit(g, FUZZ_INSN(cls | op | BPF_K, a, 0, 0, rng_number(&g->rng)));
	pend(g);
}

/* From here no way leads on: a label that waits must stand here. */
static void put_jump(struct raw *g, bool exits)
{
	u32 waiting = ~0u;

	for (u32 i = 0; i < g->label_count; i++)
		if (g->labels[i].block >= g->block)
			waiting = i;
	if (waiting == ~0u || g->label_count == RAW_PENDING)
		return;
	if (exits) {
		u32 reg = number(g);

		if (g->keeper == 0)
			return;
		emit(g, I_MOVR(0, reg));
		if (g->sub && g->subs[g->sub - 1].callback)
			emit(g, I_ALU64(BPF_AND, 0, 1));
		emit(g, I_EXIT);
	} else {
		emit(g, chance(g, 4) ? FUZZ_INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0) : I_JA(0));
		pend(g);
	}
	memcpy(g->r, g->labels[waiting].r, sizeof(g->r));
	land(g, waiting);
}

/* if-chains on one value, as switches become. */
static void put_switch(struct raw *g)
{
	u32 of = number(g), n = 3 + below(g, 10), dst = fresh(g), end[16], first;
	s32 value = chance(g, 2) ? 0 : (s32)rng_number(&g->rng);
	u32 cls = chance(g, 2) ? BPF_JMP : BPF_JMP32;

	if (dst == of)
		return;
	if (chance(g, 2)) {
		emit(g, I_ALU64(BPF_AND, of, 15));
		value &= 3;
	}
	first = g->p->count;
	for (u32 i = 0; i < n; i++) {
		emit(g, FUZZ_INSN(cls | BPF_JEQ | BPF_K, of, 0, 0, value));
		value += chance(g, 4) ? (s32)below(g, 100) : 1;
	}
	emit(g, I_MOV(dst, rng_number(&g->rng)));
	emit(g, I_JA(0));
	for (u32 i = 0; i < n; i++) {
		if (!chance(g, 4) || !i)
			end[i] = g->p->count;
		else
			end[i] = end[i - 1];
		g->p->insn[first + i].off = (s16)(end[i] - first - i - 1);
		if (end[i] != g->p->count)
			continue;
		emit(g, chance(g, 2) ? I_MOV(dst, rng_number(&g->rng)) : I_MOVR(dst, of));
		if (i + 1 < n && !chance(g, 4))
			emit(g, I_JA(0));
	}
	for (u32 i = first; i < g->p->count; i++)
		if (g->p->insn[i].code == (BPF_JMP | BPF_JA))
			g->p->insn[i].off = (s16)(g->p->count - i - 1);
	set(g, dst, K_NUMBER, 0);
}

static void put_block(struct raw *g, u32 pieces);

static void put_loop(struct raw *g)
{
	struct raw_reg before[10];
	u32 head, counter, limit = g->in_loop ? 3 : 9;
	s32 slot;
	bool was = g->in_loop;

	if (g->depth >= RAW_DEPTH || g->loops + 1 >= g->slots)
		return;
	slot = -(s32)(g->slots - g->loops) * 8;
	if (g->pattern[g->slots - g->loops - 1] && g->pattern[g->slots - g->loops - 1] != 0x30)
		return;
	g->loops++;
	emit(g, I_ST(BPF_DW, 10, slot, 1 + below(g, limit)));
	for (u32 r = 0; r < 10; r++)
		if (r != g->keeper && g->r[r].kind > K_NUMBER)
			g->r[r].kind = K_NONE;
	memcpy(before, g->r, sizeof(before));
	head = g->p->count;
	g->in_loop = true;
	put_block(g, 2 + below(g, 8));
	g->in_loop = was;
	for (u32 r = 0; r < 10; r++)
		if (before[r].kind == K_NUMBER && g->r[r].kind != K_NUMBER)
			constant(g, r);
	counter = fresh(g);
	if (before[counter].kind == K_NUMBER && chance(g, 2)) {
		for (u32 r = 0; r < 10; r++)
			if (r != g->keeper && before[r].kind != K_NUMBER)
				counter = r;
	}
	emit(g, I_LDX(BPF_DW, counter, 10, slot));
	emit(g, I_ALU64(BPF_ADD, counter, -1));
	emit(g, I_STX(BPF_DW, 10, counter, slot));
	set(g, counter, K_NUMBER, 0);
	emit(g, I_JMP(BPF_JNE, counter, 0, (s32)head - (s32)g->p->count - 1));
	g->loops--;
	g->pattern[g->slots - g->loops - 1] = 0x30;
}

/* calls ---------------------------------------------------------------------------------------- */

static void clobber(struct raw *g)
{
	for (u32 r = 1; r <= 5; r++)
		set(g, r, K_NONE, 0);
	set(g, 0, K_NUMBER, 0);
}

/* A number to each of the arguments from `first` to `last`. */
static void pass_numbers(struct raw *g, u32 first, u32 last)
{
	for (u32 r = first; r <= last; r++) {
		u32 src;

		if (g->r[r].kind == K_NUMBER && chance(g, 2))
			continue;
		src = number(g);
		if (chance(g, 3))
			constant(g, r);
		else if (src != r)
			emit(g, I_MOVR(r, src));
		set(g, r, K_NUMBER, 0);
	}
}

static struct raw_sub *pick_sub(struct raw *g, bool callback)
{
	struct raw_sub *s;

	for (u32 i = g->sub; i < g->sub_count; i++)
		if (g->subs[i].callback == callback && chance(g, 2) &&
		    g->subs[i].call_count < ARRAY_SIZE(g->subs[i].calls))
			return &g->subs[i];
	if (g->sub_count == RAW_SUBS)
		return NULL;
	s = &g->subs[g->sub_count++];
	*s = (struct raw_sub){.callback = callback, .memory = chance(g, 2), .args = below(g, 6)};
	return s;
}

static void put_call(struct raw *g)
{
	bool callback = chance(g, 4);
	struct raw_sub *s;
	u32 src;

	/* What calls clobber must not be what keeps the memory. */
	if (g->keeper < 6 || !g->calls_left || (g->in_loop && g->sub))
		return;
	if (chance(g, 4)) {
		emit(g, I_CALL(BPF_FUNC_get_smp_processor_id));
		clobber(g);
		return;
	}
	if (g->r[g->keeper].kind != K_MEMORY)
		return;
	s = pick_sub(g, callback);
	if (!s)
		return;
	g->calls_left--;
	if (callback) {
		src = number(g);
		if (chance(g, 2))
			emit(g, I_MOV(1, below(g, 6)));
		else if (emit(g, I_ALU64(BPF_AND, src, 7)), src != 1)
			emit(g, I_MOVR(1, src));
		emit(g, FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 0));
		s->calls[s->call_count++] = g->p->count - 1;
		emit(g, FUZZ_INSN(0, 0, 0, 0, 0));
		emit(g, I_MOVR(3, g->keeper));
		emit(g, I_MOV(4, 0));
		emit(g, I_CALL(BPF_FUNC_loop));
	} else {
		if (s->memory)
			set(g, 1, K_NONE, 0);
		pass_numbers(g, 1 + s->memory, s->args);
		if (s->memory)
			emit(g, I_MOVR(1, g->keeper));
		emit(g, FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
		s->calls[s->call_count++] = g->p->count - 1;
	}
	clobber(g);
}

/* functions --------------------------------------------------------------------------------------
 */

struct piece {
	void (*put)(struct raw *g);
	u32 weight;
};

static void put_goto(struct raw *g)
{
	put_jump(g, false);
}

static void put_exit(struct raw *g)
{
	put_jump(g, true);
}

static const struct piece pieces[] = {
	{put_alu, 30},   {put_move, 10},   {put_unary, 6},   {put_idiom, 12},  {put_memory, 20},
	{put_atomic, 4}, {put_indexed, 4}, {put_pointer, 3}, {put_branch, 10}, {put_goto, 4},
	{put_exit, 1},   {put_switch, 1},  {put_loop, 2},    {put_call, 2},
};

static void put_piece(struct raw *g)
{
	u32 total = 0, at;

	for (u32 i = 0; i < ARRAY_SIZE(pieces); i++)
		total += pieces[i].weight;
	at = below(g, total);
	for (u32 i = 0; i < ARRAY_SIZE(pieces); i++) {
		if (at < pieces[i].weight) {
			pieces[i].put(g);
			return;
		}
		at -= pieces[i].weight;
	}
}

static void put_block(struct raw *g, u32 count)
{
	g->block++;
	g->depth++;
	for (u32 i = 0; i < count && g->budget; i++) {
		put_piece(g);
		land_some(g, 4);
	}
	land_some(g, 1);
	g->depth--;
	g->block--;
}

/* Which slots there are, how each is used, all set. */
static void put_stack(struct raw *g)
{
	u32 n = chance(g, 4) ? 0 : chance(g, 12) ? 1 + below(g, RAW_SLOTS) : 1 + below(g, 8);

	g->slots = n;
	g->area = 0;
	g->loops = 0;
	for (u32 s = 0; s < n; s++) {
		u32 size = below(g, 4);

		g->pattern[s] = chance(g, 2)   ? 0x30
				: chance(g, 2) ? 0
					       : (u8)(size << 4 | below(g, 8u >> size) << size);
	}
	if (n >= RAW_AREA / 8 && chance(g, 3)) {
		g->area = RAW_AREA / 8 + below(g, n - RAW_AREA / 8 + 1);
		for (u32 s = g->area - RAW_AREA / 8; s < g->area; s++)
			g->pattern[s] = 0;
	}
	for (u32 s = 0; s < n; s++) {
		u32 size = g->pattern[s] ? g->pattern[s] >> 4 : 3;
		s32 off = -(s32)(s + 1) * 8 + (g->pattern[s] & 15);

		if (chance(g, 2))
			emit(g, I_STX(sizes[size], 10, number(g), off));
		else
			emit(g, I_ST(sizes[size], 10, off, rng_number(&g->rng)));
	}
	/* Loops count in the last ones, which pointers must not reach. */
	if (g->area && g->slots < RAW_SLOTS - 3)
		for (u32 k = 0; k < 3; k++) {
			g->pattern[g->slots] = 0x30;
			emit(g, I_ST(BPF_DW, 10, -(s32)(++g->slots) * 8, below(g, 100)));
		}
	else if (g->area)
		g->area = 0;
}

/* What is seen at the end: some of the registers, in the result or in memory. */
static void put_end(struct raw *g)
{
	bool callback = g->sub && g->subs[g->sub - 1].callback;
	u32 seen = chance(g, 3) ? (u32)rng_next(&g->rng) : ~0u;

	land_some(g, 1);
	if (g->keeper == 0 || g->r[0].kind != K_NUMBER) {
		/* The memory is lost with r0, so nothing is stored afterwards. */
		emit(g, I_MOV(0, below(g, 100)));
		set(g, 0, K_NUMBER, 0);
		if (g->keeper == 0)
			g->keeper = 10;
	}
	for (u32 r = 1; r < 10; r++) {
		if (g->r[r].kind != K_NUMBER || !(seen >> r & 1))
			continue;
		if (g->keeper < 10 && g->r[g->keeper].kind == K_MEMORY && chance(g, 2)) {
			emit(g, I_STX(BPF_DW, g->keeper, r, r * 8));
			continue;
		}
		emit(g, I_ALU64R(BPF_XOR, 0, r));
		emit(g, I_ALU64(BPF_MUL, 0, 31));
	}
	for (u32 s = 0; s < g->slots; s++) {
		u32 size = g->pattern[s] ? g->pattern[s] >> 4 : 3;

		if (s >= 8 && !chance(g, 4))
			continue;
		emit(g, I_LDX(sizes[size], g->keeper == 1 ? 2 : 1, 10,
			      -(s32)(s + 1) * 8 + (g->pattern[s] & 15)));
		emit(g, I_ALU64R(BPF_ADD, 0, g->keeper == 1 ? 2 : 1));
	}
	if (callback)
		emit(g, chance(g, 2) ? I_MOV(0, 0) : I_ALU64(BPF_AND, 0, 1));
	emit(g, I_EXIT);
}

static void put_function(struct raw *g, u32 size)
{
	bool memory = !g->sub || g->subs[g->sub - 1].memory || g->subs[g->sub - 1].callback;
	u32 from = g->sub && g->subs[g->sub - 1].callback ? 2 : 1;

	g->budget = size;
	g->calls_left = g->sub ? 2 : 4;
	g->depth = 0;
	g->keeper = chance(g, 4) ? below(g, 6) : 6 + below(g, 4);
	if (!memory)
		g->keeper = 9;
	/* The memory goes where it is kept, which is no other argument's place. */
	if (g->keeper != from && g->keeper >= 1 && g->keeper <= 5)
		g->keeper = from;
	if (memory && g->keeper != from) {
		emit(g, I_MOVR(g->keeper, from));
		set(g, from, K_NONE, 0);
	}
	set(g, g->keeper, memory ? K_MEMORY : K_NONE, 0);
	if (memory)
		for (u32 n = below(g, 9); n; n--) {
			u32 dst = fresh(g);

			emit(g, I_LDX(sizes[chance(g, 4) ? below(g, 4) : 3], dst, g->keeper,
				      below(g, RAW_MEMORY / 8) * 8));
			set(g, dst, K_NUMBER, 0);
		}
	put_stack(g);
	while (g->budget)
		put_block(g, 8);
	put_end(g);
}

static void start_sub(struct raw *g, u32 i)
{
	struct raw_sub *s = &g->subs[i];

	g->sub = i + 1;
	memset(g->r, 0, sizeof(g->r));
	if (s->callback) {
		set(g, 1, K_NUMBER, 0);
	} else {
		for (u32 r = 1 + s->memory; r <= s->args; r++)
			set(g, r, K_NUMBER, 0);
	}
	for (u32 k = 0; k < s->call_count; k++)
		g->p->insn[s->calls[k]].imm = (s32)(g->p->count - s->calls[k] - 1);
}

void gen_raw(u64 seed, struct program *p)
{
	struct raw g = {.rng = rng_seeded(seed), .p = p};

	memset(p, 0, offsetof(struct program, insn));
	p->seed = seed;
	put_function(&g, chance(&g, 20) ? 40 + below(&g, 700) : 8 + below(&g, 90));
	for (u32 i = 0; i < g.sub_count; i++) {
		start_sub(&g, i);
		put_function(&g, 4 + below(&g, 30));
	}
}
