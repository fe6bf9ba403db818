// SPDX-License-Identifier: BSD-2-Clause
/* Recipes: the stack, map values, packets, contexts. */
#include "fuzz/gen.h"

static bool is_pointer(const struct greg *r)
{
	return r->kind == G_STACK || r->kind == G_VALUE || r->kind == G_PACKET ||
	       r->kind == G_RECORD;
}

/* One access somewhere in [lo, hi) behind the register. */
void gen_access(struct gen *g, u32 reg, s32 lo, s32 hi)
{
	u8 code;
	u32 size = gen_size(g, &code), other;
	s32 off;

	while (size > 1 && (s32)size > hi - lo)
		code = (size >>= 1) == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
	off = rng_chance(&g->rng, 3) ? hi - (s32)size
				     : rng_range(&g->rng, lo, MAX(lo, hi - (s32)size));
	if (!rng_chance(&g->rng, 4))
		off &= -(s32)size;
	off = (s32)gen_slip(g, MAX(off, lo));
	switch (rng_below(&g->rng, 4)) {
	case 0: gen_emit(g, I_ST(code, reg, off, rng_number(&g->rng))); break;
	case 1:
		other = gen_scalar(g);
		gen_emit(g, I_STX(code, reg, other, off));
		break;
	default:
		other = gen_fresh(g);
		gen_emit(g, code != BPF_DW && rng_chance(&g->rng, 4)
				    ? I_LDXS(code, other, reg, off)
				    : I_LDX(code, other, reg, off));
		gen_set(g, other, G_SCALAR);
		g->r[other].bounded = code == BPF_B;
		g->r[other].max = 255;
		break;
	}
}

/* A slot holds what a register of that kind would. */
void gen_stack(struct gen *g)
{
	u32 slot = rng_below(&g->rng, GEN_SLOTS), part, dst;
	s32 off = -8 * (s32)(slot + 1);
	u8 code;

	if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_ST(BPF_DW, 10, off, rng_number(&g->rng)));
		g->slot[slot] = (struct greg){.kind = G_SCALAR};
		return;
	}
	if (g->slot[slot].kind != G_SCALAR && !gen_forgets(g)) {
		gen_emit(g, I_ST(BPF_DW, 10, off, rng_below(&g->rng, 64)));
		g->slot[slot] = (struct greg){.kind = G_SCALAR};
	}
	part = gen_size(g, &code);
	dst = gen_fresh(g);
	off += (s32)gen_slip(g, (s64)(rng_below(&g->rng, 8 / part) * part));
	if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_LDX(code, dst, 10, off));
		gen_set(g, dst, G_SCALAR);
	} else if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_STX(code, 10, gen_scalar(g), off));
	} else {
		gen_emit(g, I_ST(code, 10, off, rng_number(&g->rng)));
	}
}

/* A bounded number added to a pointer to several slots. */
void gen_stack_var(struct gen *g)
{
	u32 room = 8 * (2 + rng_below(&g->rng, 6)), reg, index;
	s32 base = -(s32)room - 8 * (s32)rng_below(&g->rng, 3);
	u8 code;
	u32 size = gen_size(g, &code), dst;

	if (!gen_forgets(g))
		for (s32 off = base; off < base + (s32)room; off += 8) {
			gen_emit(g, I_ST(BPF_DW, 10, off, rng_below(&g->rng, 4)));
			if (-off / 8 <= GEN_SLOTS)
				g->slot[-off / 8 - 1] = (struct greg){.kind = G_SCALAR};
		}
	index = gen_bounded(g, room - size);
	reg = (index + 1 + rng_below(&g->rng, 8)) % 10;
	if (reg == 6)
		reg = index == 7 ? 8 : 7;
	gen_emit(g, I_MOVR(reg, 10));
	gen_emit(g, rng_chance(&g->rng, 8) ? I_ALU64R(BPF_SUB, reg, index)
					   : I_ALU64R(BPF_ADD, reg, index));
	gen_set(g, reg, G_NONE);
	if (rng_chance(&g->rng, 2)) {
		gen_emit(g, rng_chance(&g->rng, 2)
				    ? I_ST(code, reg, gen_slip(g, base), 7)
				    : I_STX(code, reg, gen_scalar(g), gen_slip(g, base)));
		return;
	}
	dst = gen_fresh(g);
	gen_emit(g, I_LDX(code, dst, reg, gen_slip(g, base)));
	gen_set(g, dst, G_SCALAR);
}

static void fill(struct gen *g, u32 slot)
{
	u32 dst = gen_fresh(g);

	gen_emit(g, I_LDX(BPF_DW, dst, 10, -8 * (s32)(slot + 1)));
	g->r[dst] = g->slot[slot];
}

static void spill(struct gen *g, u32 slot)
{
	u32 src = rng_below(&g->rng, 10);
	u8 code;

	if (g->r[src].kind == G_NONE && !gen_forgets(g))
		src = 10;
	if (g->r[src].kind == G_SCALAR && rng_chance(&g->rng, 3)) {
		u32 size = gen_size(g, &code);

		gen_emit(g,
			 I_STX(code, 10, src,
			       -8 * (s32)(slot + 1) + (s32)(rng_below(&g->rng, 8 / size) * size)));
		g->slot[slot] = (struct greg){.kind = G_SCALAR};
		return;
	}
	gen_emit(g, I_STX(BPF_DW, 10, src, -8 * (s32)(slot + 1)));
	g->slot[slot] = g->r[src];
}

void gen_spill(struct gen *g)
{
	u32 slot = rng_below(&g->rng, GEN_SLOTS), dst;
	u8 code;

	if (g->slot[slot].kind == G_NONE || rng_chance(&g->rng, 3)) {
		spill(g, slot);
	} else if (rng_chance(&g->rng, 4)) { /* a part of it */
		u32 size = gen_size(g, &code);

		if (g->slot[slot].kind != G_SCALAR && !gen_forgets(g))
			return fill(g, slot);
		dst = gen_fresh(g);
		gen_emit(g,
			 I_LDX(code, dst, 10,
			       -8 * (s32)(slot + 1) + (s32)(rng_below(&g->rng, 8 / size) * size)));
		gen_set(g, dst, G_SCALAR);
	} else {
		fill(g, slot);
	}
}

static s32 find_value(struct gen *g)
{
	for (u32 n = 0; n < 4; n++) {
		s32 reg = gen_find(g, rng_chance(&g->rng, 6) ? G_RECORD : G_VALUE);

		if (reg >= 0 && (!g->r[reg].maybe_null || gen_forgets(g)))
			return reg;
	}
	return -1;
}

/* Through a pointer to known memory: as it is, or with something added. */
void gen_value(struct gen *g)
{
	s32 reg = find_value(g);
	u32 copy, index, room;

	if (reg < 0) {
		rng_chance(&g->rng, 2) ? gen_direct(g) : gen_lookup(g);
		return;
	}
	room = g->r[reg].size - (u32)g->r[reg].max - (u32)g->r[reg].off;
	switch (rng_below(&g->rng, 5)) {
	case 0: /* the pointer itself moves */
		if (room > 8) {
			s32 by = rng_range(&g->rng, 0, (s32)room - 8);

			gen_emit(g, I_ALU64(BPF_ADD, reg, gen_slip(g, by)));
			g->r[reg].off += by;
		}
		break;
	case 1:
	case 2: { /* a copy moves by something bounded */
		u32 by = rng_below(&g->rng, MAX(room, 2u) - 1);

		index = gen_bounded(g, by);
		if (index == (u32)reg)
			return;
		copy = gen_fresh(g);
		if (copy == index)
			copy = (copy + 1) % 6;
		if (g->r[reg].kind == G_NONE)
			return;
		gen_emit(g, I_MOVR(copy, reg));
		gen_emit(g, rng_chance(&g->rng, 10) ? I_ALU64R(BPF_SUB, copy, index)
						    : I_ALU64R(BPF_ADD, copy, index));
		g->r[copy] = g->r[reg];
		g->r[copy].max += by;
		gen_access(g, copy, -g->r[copy].off,
			   (s32)(g->r[copy].size - (u32)g->r[copy].max) - g->r[copy].off);
		return;
	}
	}
	gen_access(g, reg, -g->r[reg].off, (s32)room);
}

/*
 * data and data_end, or data_meta and data; a comparison in one of its eight
 * forms; accesses as far as was checked.
 */
static void packet_check(struct gen *g, u32 data, u32 end, u32 tmp, u32 n)
{
	u8 form = (u8)rng_below(&g->rng, 8);
	u32 jump, out;

	gen_emit(g, I_MOVR(tmp, data));
	gen_emit(g, I_ALU64(BPF_ADD, tmp, n));
	switch (form) {
	case 0: jump = gen_jump(g, I_JMPR(BPF_JGT, tmp, end, 0)); break;
	case 1: jump = gen_jump(g, I_JMPR(BPF_JGE, tmp, end, 0)); break;
	case 2: jump = gen_jump(g, I_JMPR(BPF_JLT, end, tmp, 0)); break;
	case 3: jump = gen_jump(g, I_JMPR(BPF_JLE, end, tmp, 0)); break;
	default: /* the good way jumps */
		gen_emit(g, form == 4   ? I_JMPR(BPF_JLE, tmp, end, 2)
			    : form == 5 ? I_JMPR(BPF_JLT, tmp, end, 2)
			    : form == 6 ? I_JMPR(BPF_JGT, end, tmp, 2)
					: I_JMPR(BPF_JGE, end, tmp, 2));
		jump = ~0u;
		break;
	}
	g->r[data] = (struct greg){.kind = G_PACKET, .size = n};
	if (jump == ~0u) {
		gen_emit(g, I_MOV(0, 0));
		gen_emit(g, I_EXIT);
		return;
	}
	/* Either the check fails and the program ends, or what needs it is jumped over. */
	if (rng_chance(&g->rng, 2)) {
		gen_emit(g, I_JA(2));
		gen_land(g, jump);
		gen_emit(g, I_MOV(0, 1));
		gen_emit(g, I_EXIT);
		return;
	}
	for (u32 i = 1 + rng_below(&g->rng, 3); i; i--)
		gen_access(g, data, 0, (s32)g->r[data].size);
	out = g->r[data].kind == G_PACKET ? data : ~0u;
	gen_land(g, jump);
	if (out != ~0u && !gen_forgets(g))
		g->r[out].size = 0;
}

static void packet_begin(struct gen *g)
{
	u32 data = 7 + rng_below(&g->rng, 3), end = (data + 1) % 6, tmp = (data + 2) % 6;
	bool xdp = g->p->type == BPF_PROG_TYPE_XDP;
	s32 at = xdp ? 0 : 76, at_end = xdp ? 4 : 80, at_meta = xdp ? 8 : 140;
	u32 n = (u32)rng_pick(&g->rng, 1, 2, 8, 14, 20, 34, 54);

	if (g->r[6].kind != G_CTX && !gen_forgets(g))
		return;
	if (rng_chance(&g->rng, 6)) {
		at_end = at;
		at = at_meta;
	}
	gen_emit(g, I_LDX(BPF_W, data, 6, at));
	gen_emit(g, I_LDX(BPF_W, end, 6, at_end));
	gen_set(g, end, G_NONE);
	gen_set(g, tmp, G_NONE);
	packet_check(g, data, end, tmp, n);
}

static void packet_var(struct gen *g, u32 reg)
{
	u32 max = (u32)rng_pick(&g->rng, 1, 7, 15, 63, 255, 65535, 70000), index, copy, end, tmp;

	index = gen_bounded(g, max);
	if (index == reg || g->r[reg].kind != G_PACKET)
		return;
	copy = 7 + rng_below(&g->rng, 3);
	if (copy == reg || copy == index)
		return;
	end = (index + 1) % 6;
	tmp = (index + 2) % 6;
	if (end == reg || tmp == reg)
		return;
	gen_emit(g, I_MOVR(copy, reg));
	gen_emit(g, I_ALU64R(BPF_ADD, copy, index));
	gen_set(g, end, G_NONE);
	gen_set(g, tmp, G_NONE);
	gen_emit(g, I_LDX(BPF_W, end, 6, g->p->type == BPF_PROG_TYPE_XDP ? 4 : 80));
	packet_check(g, copy, end, tmp, (u32)rng_pick(&g->rng, 1, 4, 8, 20));
	if (g->r[copy].kind == G_PACKET && g->r[copy].size)
		gen_access(g, copy, 0, (s32)g->r[copy].size);
}

void gen_packet(struct gen *g)
{
	s32 reg = gen_find(g, G_PACKET);

	if (reg < 0 || (!g->r[reg].size && !gen_forgets(g)))
		return packet_begin(g);
	if (rng_chance(&g->rng, 4))
		return packet_var(g, (u32)reg);
	gen_access(g, reg, 0, (s32)MAX(g->r[reg].size, 1u));
}

/* Fields of struct __sk_buff, xdp_md, and what raw tracepoints and syscalls have. */
void gen_ctx(struct gen *g)
{
	u32 dst = gen_fresh(g), t = g->p->type;
	s32 reg = gen_find(g, G_CTX);
	s32 off;
	u8 code;

	if (reg < 0)
		return;
	gen_size(g, &code);
	if (t == BPF_PROG_TYPE_XDP)
		off = 4 * rng_range(&g->rng, 3, 5);
	else if (t == BPF_PROG_TYPE_RAW_TRACEPOINT || t == BPF_PROG_TYPE_SYSCALL)
		off = 8 * rng_range(&g->rng, 0, 7);
	else
		off = 4 * rng_range(&g->rng, 0, 47);
	if (rng_chance(&g->rng, 2))
		code = t == BPF_PROG_TYPE_RAW_TRACEPOINT ? BPF_DW : BPF_W;
	off = (s32)gen_slip(g, off);
	switch (rng_below(&g->rng, 5)) {
	case 0: gen_emit(g, I_STX(code, reg, gen_scalar(g), off)); return;
	case 1: gen_emit(g, I_ST(code, reg, off, rng_number(&g->rng))); return;
	}
	gen_emit(g, I_LDX(code, dst, reg, off));
	gen_set(g, dst, G_SCALAR);
}

void gen_atomic(struct gen *g)
{
	static const u16 kinds[] = {BPF_ADD,
				    BPF_AND,
				    BPF_OR,
				    BPF_XOR,
				    BPF_ADD | BPF_FETCH,
				    BPF_AND | BPF_FETCH,
				    BPF_OR | BPF_FETCH,
				    BPF_XOR | BPF_FETCH,
				    BPF_XCHG,
				    BPF_CMPXCHG,
				    BPF_LOAD_ACQ,
				    BPF_STORE_REL};
	u32 kind = kinds[rng_below(&g->rng, ARRAY_SIZE(kinds))], src, slot;
	s32 reg = rng_chance(&g->rng, 2) ? find_value(g) : -1;
	u8 code = rng_chance(&g->rng, 2) ? BPF_DW : BPF_W;
	s32 off;

	if (reg >= 0 && g->r[reg].size >= 16) {
		off = (s32)gen_slip(g, ((s32)rng_below(&g->rng, g->r[reg].size - 8) & -8) -
					       g->r[reg].off);
	} else {
		slot = rng_below(&g->rng, GEN_SLOTS);
		if (g->slot[slot].kind != G_SCALAR && !gen_forgets(g)) {
			gen_emit(g, I_ST(BPF_DW, 10, -8 * (s32)(slot + 1), 1));
			g->slot[slot] = (struct greg){.kind = G_SCALAR};
		}
		reg = 10;
		off = (s32)gen_slip(g, -8 * (s32)(slot + 1));
	}
	src = gen_scalar(g);
	if (src == (u32)reg)
		return;
	if (kind == BPF_CMPXCHG && g->r[0].kind != G_SCALAR && !gen_forgets(g)) {
		if (reg == 0)
			return;
		gen_emit(g, I_MOV(0, 0));
		gen_set(g, 0, G_SCALAR);
	}
	if (kind == BPF_LOAD_ACQ) {
		code = (u8)rng_pick(&g->rng, BPF_B, BPF_H, BPF_W, BPF_DW);
		if (src == 10 || is_pointer(&g->r[src]))
			return;
		gen_emit(g, I_ATOMIC(code, src, reg, off, kind));
		gen_set(g, src, G_SCALAR);
		return;
	}
	gen_emit(g, I_ATOMIC(code, reg, src, off, kind));
	if (kind & BPF_FETCH)
		gen_set(g, kind == BPF_CMPXCHG ? 0 : src, G_SCALAR);
}
