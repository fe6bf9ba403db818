/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier knows of a register that holds a number: its known bits
 * and its ends as a signed and unsigned number of 64 bits and, of its low half,
 * of 32. A scalar stands for the numbers that satisfy all nine; one cache line,
 * copied by value.
 *
 * Linux 6.18 is followed exactly, in what is derived and in what is not: a
 * verdict, a pruned path and a printed state depend on it. Of registers the
 * caller keeps ids and precision; this is the number alone. No function fails
 * or allocates, and every one is defined for every scalar, sensible or not.
 */
#ifndef VERIFY_SCALAR_H
#define VERIFY_SCALAR_H

#include "isa/op.h"
#include "verify/tnum.h"

struct scalar {
	struct tnum bits;
	s64 smin, smax;
	u64 umin, umax;
	s32 s32min, s32max;
	u32 u32min, u32max;
};

struct scalar scalar_unknown(void);
struct scalar scalar_const(u64 value);
/* min..max, signed or unsigned (what a helper or a context field is known to give). */
struct scalar scalar_signed(s64 min, s64 max);
struct scalar scalar_unsigned(u64 min, u64 max);

/* One number; with `width` 32 only the low half counts. *value, zero-extended, is set when so. */
bool scalar_is_const(const struct scalar *s, u32 width, u64 *value);
bool scalar_has(const struct scalar *s, u64 x);
/* Each of cur's bounds lies within old's, and cur's known bits are known in old or free there. */
bool scalar_within(const struct scalar *old, const struct scalar *cur);

/*
 * Lets each of the nine learn from the others. Nothing sound is lost; the
 * order and number of rounds are the kernel's, so this is no fixed point.
 */
void scalar_sync(struct scalar *s);

/*
 * What the kernel does after every operation and branch: bounds that
 * contradict one another (on paths that cannot be taken) are forgotten, the
 * known bits kept. False when that was necessary.
 */
bool scalar_settle(struct scalar *s);

/*
 * The value of dst after a row of class ALU: any but CAST_KERN and CAST_USER,
 * which are about pointers. `src` is the source register's scalar and may be
 * dst itself; rows with an immediate do not look at it. Returns what scalar_settle() did.
 */
bool scalar_alu(struct scalar *dst, const struct isa_op *op, const struct scalar *src);

/*
 * Whether the kernel goes two ways here: a mask made by an arithmetic shift (-1
 * or 0, of 64 bits or in the low half) that meets a constant in & or |. Then
 * *dst becomes the -1 with which the instruction goes on, and *zero the other
 * register, with which another path starts at this same instruction. To be
 * asked before scalar_alu().
 */
bool scalar_fork(struct scalar *dst, const struct isa_op *op, const struct scalar *src,
		 struct scalar *zero);

/* What a load of 1, 2, 4 or 8 bytes leaves of a 64-bit value whose low bytes it takes. */
void scalar_zero_extend(struct scalar *s, u32 bytes);
void scalar_sign_extend(struct scalar *s, u32 bytes);

enum scalar_cond {
	SCALAR_EQ,
	SCALAR_NE,
	SCALAR_GT,
	SCALAR_GE,
	SCALAR_LT,
	SCALAR_LE,
	SCALAR_SGT,
	SCALAR_SGE,
	SCALAR_SLT,
	SCALAR_SLE,
	SCALAR_SET,   /* a & b */
	SCALAR_CLEAR, /* !(a & b): what holds when a SET jump is not taken */
};

enum scalar_taken {
	SCALAR_UNKNOWN = -1,
	SCALAR_NO,
	SCALAR_YES,
};

struct scalar_test {
	enum scalar_cond cond;
	u32 width; /* 32 or 64 */
};

/* False when `op` is not a row of kind JMP_REG or JMP_IMM. */
bool scalar_test_of(const struct isa_op *op, struct scalar_test *out);
/* The condition that holds when `cond` does not. */
enum scalar_cond scalar_cond_not(enum scalar_cond cond);

/*
 * Does the test come out the same for all members? `a` is dst's scalar, `b`
 * src's or scalar_const(imm). That both are one register is not considered
 * (r1 == r1 is unknown): so 6.18.
 */
enum scalar_taken scalar_taken(struct scalar_test test, const struct scalar *a,
			       const struct scalar *b);

/*
 * What is known of both once the test was taken, or (with !taken) was not; for
 * tests of which scalar_taken() says unknown. a and b may be one scalar.
 * Returns false when bounds had to be forgotten (scalar_settle()).
 */
bool scalar_refine(struct scalar_test test, bool taken, struct scalar *a, struct scalar *b);

/*
 * As the verifier's log prints it: "-5", or
 * "scalar(smin=..,var_off=(..))" without the bounds that say nothing and equal
 * ones joined ("umax=umax32=7"). `first` (NULL: nothing) comes first inside the
 * parentheses, for the caller's "id=3".
 */
void scalar_format(struct text *t, const struct scalar *s, const char *first);
/* What stands inside the parentheses, for pointers too; *sep goes before each part. */
void scalar_format_parts(struct text *t, const struct scalar *s, const char **sep);
/* A bound: small numbers in decimal, others in hexadecimal. */
void scalar_format_number(struct text *t, u64 x, bool is_signed);

/* Known bits as messages have them: "8", or "(0x0; 0xff)". */
struct tnum_name {
	char s[48];
};
struct tnum_name tnum_name(struct tnum t);

#endif
