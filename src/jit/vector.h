/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds of a counted loop done several at a time: what vector.c finds, and
 * targets with vector registers emit (x86_vector.c) as one operation, IR_VECTOR.
 *
 * Lanes are a short straight program, done for `rounds` elements from 0 on. Its
 * values have `width` bits each; what is above them nobody asks for. Arguments
 * are those of the instruction: addresses that loads and stores start from, and
 * values that are the same in all rounds.
 */
#ifndef JIT_VECTOR_H
#define JIT_VECTOR_H

#include "base/types.h"

#define VECTOR_LANES 10
#define VECTOR_ARGS  5

enum lane_op {
	LANE_SPLAT, /* argument `arg` */
	LANE_LOAD,  /* `size` bytes at args[arg] + element * size + disp, zero-extended */
	LANE_LOADS, /* ... sign-extended */
	LANE_STORE, /* the same, of a; size is the width */
	LANE_ADD,   /* a, b */
	LANE_SUB,
	LANE_AND,
	LANE_OR,
	LANE_XOR,
	LANE_MUL, /* of 64 bits: the product of the lower halves */
	LANE_SHL, /* a by disp */
	LANE_SHR,
	LANE_OPS
};

struct ir_lane {
	u32 ref; /* the value that it is of */
	u8 op;   /* enum lane_op */
	u8 size, arg;
	u8 a, b; /* lanes before */
	s32 disp;
};

struct ir_vector {
	u32 rounds; /* a multiple of width's elements in 256 bits times `unroll` */
	u8 width;   /* 8, 16, 32, 64 */
	u8 unroll;
	u8 count;
	u8 reduce;  /* LANE_ADD, AND, OR, XOR: of all rounds' last lane, that is the result; else
		       LANE_OPS */
	bool bytes; /* the sum of bytes: lane 0 is their load, and the only one */
	struct ir_lane lanes[VECTOR_LANES];
};

static inline u32 vector_elements(const struct ir_vector *v)
{
	return (v->bytes ? 32 : 256 / v->width) * v->unroll;
}

#endif
