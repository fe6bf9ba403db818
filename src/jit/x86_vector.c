// SPDX-License-Identifier: BSD-2-Clause
/*
 * x86-64: IR_VECTOR as one operation, a loop of its own over 256-bit registers
 * (AVX2). Lane values have ymm0 on, in order; behind them come the accumulators.
 * The scratch register counts elements and is the index of all addresses, whose
 * scale is the size of what is loaded or stored.
 */
#include <string.h>
#include "jit/vector.h"
#include "jit/x86.h"
#include "jit/x86_vector.h"

enum vex_map {
	MAP_0F = 1,
	MAP_0F38,
	MAP_0F3A,
};

enum vex_prefix {
	PP_NONE,
	PP_66,
	PP_F3,
};

/* An operation of ymm registers; `wide` is VEX.W. */
struct vex {
	u8 map, pp, op;
	bool wide;
};

struct vectoring {
	const struct ir_vector *v;
	const u32 *args; /* machine registers */
	u8 *out;
	u32 len;
	u32 sums; /* first accumulator */
};

static void byte(struct vectoring *c, u32 b)
{
	if (c->len < X86_VECTOR_BYTES)
		c->out[c->len] = (u8)b;
	c->len++;
}

static void word32(struct vectoring *c, u32 w)
{
	for (u32 i = 0; i < 4; i++)
		byte(c, w >> 8 * i);
}

/* The three-byte prefix. x, b: of the index and base, or of the register operand. */
static void prefix(struct vectoring *c, struct vex op, u32 reg, u32 x, u32 b, u32 first, bool is256)
{
	byte(c, 0xc4);
	byte(c, (reg < 8 ? 0x80u : 0) | (x < 8 ? 0x40u : 0) | (b < 8 ? 0x20u : 0) | op.map);
	byte(c, (op.wide ? 0x80u : 0) | (~first & 15) << 3 | (is256 ? 4u : 0) | op.pp);
	byte(c, op.op);
}

/* reg = first op rm */
static void reg3(struct vectoring *c, struct vex op, u32 reg, u32 first, u32 rm, bool is256)
{
	prefix(c, op, reg, 0, rm, first, is256);
	byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* With memory: the element at the scratch register's index. */
static void memory(struct vectoring *c, struct vex op, u32 reg, u32 first,
		   const struct ir_lane *lane, s32 disp)
{
	u32 base = c->args[lane->arg];
	u32 scale = lane->size == 8 ? 3 : lane->size == 4 ? 2 : lane->size == 2 ? 1 : 0;

	prefix(c, op, reg, X86_SCRATCH, base, first, true);
	byte(c, 0x80 | (reg & 7) << 3 | 4);
	byte(c, scale << 6 | (X86_SCRATCH & 7) << 3 | (base & 7));
	word32(c, (u32)disp);
}

/* lanes ------------------------------------------------------------------------------ */

static u32 log_bytes(u32 bits)
{
	return bits == 64 ? 3 : bits == 32 ? 2 : bits == 16 ? 1 : 0;
}

/* vpmovzx from 1, 2, 4 bytes to 2, 4, 8; vpmovsx is 0x10 below. */
static struct vex widen(u32 size, u32 width)
{
	static const u8 ops[3][4] = {{0, 0x30, 0x31, 0x32}, {0, 0, 0x33, 0x34}, {0, 0, 0, 0x35}};

	return (struct vex){MAP_0F38, PP_66, ops[log_bytes(size * 8)][log_bytes(width)], false};
}

static void load(struct vectoring *c, const struct ir_lane *lane, u32 reg, u32 copy)
{
	u32 width = c->v->width, elements = 256 / width;
	s32 disp = lane->disp + (s32)(copy * elements * lane->size);
	struct vex op = {MAP_0F, PP_F3, 0x6f, false};

	if (lane->size * 8u != width)
		op = widen(lane->size, width);
	if (lane->size * 8u != width && lane->op == LANE_LOADS)
		op.op -= 0x10;
	memory(c, op, reg, 0, lane, disp);
}

static struct vex binary_op(u32 op, u32 width)
{
	static const u8 add[] = {0xfc, 0xfd, 0xfe, 0xd4}, sub[] = {0xf8, 0xf9, 0xfa, 0xfb};
	struct vex v = {MAP_0F, PP_66, 0, false};

	switch (op) {
	case LANE_ADD: v.op = add[log_bytes(width)]; break;
	case LANE_SUB: v.op = sub[log_bytes(width)]; break;
	case LANE_AND: v.op = 0xdb; break;
	case LANE_OR: v.op = 0xeb; break;
	case LANE_XOR: v.op = 0xef; break;
	default: /* LANE_MUL */
		v.op = width == 64 ? 0xf4 : width == 32 ? 0x40 : 0xd5;
		v.map = width == 32 ? MAP_0F38 : MAP_0F;
	}
	return v;
}

/* Counts beyond the width clear, as the processor has it. */
static void shift(struct vectoring *c, const struct ir_lane *lane, u32 reg)
{
	u32 which = lane->op == LANE_SHL ? 6 : 2;
	struct vex op = {MAP_0F, PP_66, (u8)(0x70 + log_bytes(c->v->width)), false};

	prefix(c, op, which, 0, lane->a, reg, true);
	byte(c, 0xc0 | which << 3 | (lane->a & 7));
	byte(c, (u32)lane->disp);
}

static void lane(struct vectoring *c, u32 i, u32 copy)
{
	const struct ir_lane *l = &c->v->lanes[i];

	switch (l->op) {
	case LANE_SPLAT: break;
	case LANE_LOAD:
	case LANE_LOADS: load(c, l, i, copy); break;
	case LANE_STORE:
		memory(c, (struct vex){MAP_0F, PP_F3, 0x7f, false}, l->a, 0, l, l->disp);
		break;
	case LANE_SHL:
	case LANE_SHR: shift(c, l, i); break;
	default: reg3(c, binary_op(l->op, c->v->width), i, l->a, l->b, true);
	}
}

/* Before the loop: what is the same in all rounds, into each element. */
static void splat(struct vectoring *c, u32 i)
{
	static const u8 broadcast[] = {0x78, 0x79, 0x58, 0x59};
	struct vex move = {MAP_0F, PP_66, 0x6e, true};
	struct vex spread = {MAP_0F38, PP_66, broadcast[log_bytes(c->v->width)], false};

	reg3(c, move, i, 0, c->args[c->v->lanes[i].arg], false);
	reg3(c, spread, i, 0, i, true);
}

/* sums ------------------------------------------------------------------------------- */

static u32 sum_width(const struct ir_vector *v)
{
	return v->bytes ? 64 : v->width;
}

static void clear(struct vectoring *c, u32 reg)
{
	/* & begins with all ones: vpcmpeqd */
	u32 op = c->v->reduce == LANE_AND ? 0x76 : 0xef;

	reg3(c, (struct vex){MAP_0F, PP_66, (u8)op, false}, reg, reg, reg, true);
}

static void add_up(struct vectoring *c, u32 to, u32 from, bool is256)
{
	reg3(c, binary_op(c->v->reduce, sum_width(c->v)), to, to, from, is256);
}

/* All elements of all accumulators into one register. */
static void reduce(struct vectoring *c, u32 d)
{
	u32 sum = c->sums, other = c->sums + 1, width = sum_width(c->v);
	struct vex extract = {MAP_0F3A, PP_66, 0x39, false};
	struct vex shuffle = {MAP_0F, PP_66, 0x70, false};
	struct vex move = {MAP_0F, PP_66, 0x7e, width == 64};

	if (c->v->unroll == 2)
		add_up(c, sum, other, true);
	reg3(c, extract, sum, 0, other, true);
	byte(c, 1);
	add_up(c, sum, other, false);
	reg3(c, shuffle, other, 0, sum, false);
	byte(c, 0x4e);
	add_up(c, sum, other, false);
	if (width == 32) {
		reg3(c, shuffle, other, 0, sum, false);
		byte(c, 0xb1);
		add_up(c, sum, other, false);
	}
	reg3(c, move, sum, 0, d, false);
}

/* the loop ---------------------------------------------------------------------------- */

static void one_copy(struct vectoring *c, u32 copy)
{
	const struct ir_vector *v = c->v;

	if (v->bytes) { /* vpsadbw against zero, which is behind the accumulators */
		const struct ir_lane *l = &v->lanes[0];

		memory(c, (struct vex){MAP_0F, PP_66, 0xf6, false}, 0, c->sums + 2, l,
		       l->disp + (s32)copy * 32);
		add_up(c, c->sums + copy, 0, true);
		return;
	}
	for (u32 i = 0; i < v->count; i++)
		lane(c, i, copy);
	if (v->reduce != LANE_OPS)
		add_up(c, c->sums + copy, v->count - 1, true);
}

static void begin(struct vectoring *c)
{
	for (u32 i = 0; i < c->v->count; i++)
		if (c->v->lanes[i].op == LANE_SPLAT)
			splat(c, i);
	for (u32 k = 0; k < c->v->unroll && c->v->reduce != LANE_OPS; k++)
		clear(c, c->sums + k);
	if (c->v->bytes)
		clear(c, c->sums + 2);
	/* xor r11d, r11d */
	byte(c, 0x45), byte(c, 0x31), byte(c, 0xdb);
}

static void go_round(struct vectoring *c, u32 top)
{
	/* add r11d, n; cmp r11d, rounds; jb top */
	byte(c, 0x41), byte(c, 0x81), byte(c, 0xc3);
	word32(c, vector_elements(c->v));
	byte(c, 0x41), byte(c, 0x81), byte(c, 0xfb);
	word32(c, c->v->rounds);
	byte(c, 0x0f), byte(c, 0x82);
	word32(c, top - (c->len + 4));
}

u32 x86_vector(const struct ir_vector *v, const u32 *args, u32 d, u8 out[X86_VECTOR_BYTES])
{
	struct vectoring c = {.v = v, .args = args, .out = out, .sums = v->count};
	u32 top;

	begin(&c);
	top = c.len;
	for (u32 k = 0; k < v->unroll; k++)
		one_copy(&c, k);
	go_round(&c, top);
	if (v->reduce != LANE_OPS && d != MACH_NONE)
		reduce(&c, d);
	/* vzeroupper */
	byte(&c, 0xc5), byte(&c, 0xf8), byte(&c, 0x77);
	return c.len;
}
