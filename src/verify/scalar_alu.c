// SPDX-License-Identifier: BSD-2-Clause
/*
 * Transfer functions: a scalar after an instruction.
 *
 * A 64-bit operation is applied to the known bits and to both ranges; a 32-bit
 * one to the known bits and the low range, after which the upper half is zero
 * and the whole follows from the low half. Then all parts learn from one
 * another. Division, remainder and shifts by an unknown count give an unknown
 * register, even where the upper half is sure to be zero: the kernel does not
 * track those.
 */
#include "isa/decode.h"
#include "verify/scalar.h"
#include "verify/scalar_parts.h"

enum alu {
	ALU_ADD,
	ALU_SUB,
	ALU_MUL,
	ALU_AND,
	ALU_OR,
	ALU_XOR,
	ALU_LSH,
	ALU_RSH,
	ALU_ARSH,
	ALU_NEG,
	ALU_MOV,
	ALU_MOVSX8,
	ALU_MOVSX16,
	ALU_MOVSX32,
	ALU_CUT,       /* the low bytes */
	ALU_BSWAP,     /* the low bytes, reversed */
	ALU_UNTRACKED, /* the result is unknown */
};

static enum alu alu_of(u32 op)
{
#define ROWS(name)                                                                      \
	ISA_OP_##name##64_REG : case ISA_OP_##name##64_IMM : case ISA_OP_##name##32_REG \
	    : case ISA_OP_##name##32_IMM
#define PAIR(a, b) ISA_OP_##a : case ISA_OP_##b
#define ENDS(name) ISA_OP_##name##16 : case ISA_OP_##name##32 : case ISA_OP_##name##64
	switch (op) {
	case ROWS(ADD): return ALU_ADD;
	case ROWS(SUB): return ALU_SUB;
	case ROWS(MUL): return ALU_MUL;
	case ROWS(AND): return ALU_AND;
	case ROWS(OR): return ALU_OR;
	case ROWS(XOR): return ALU_XOR;
	case ROWS(LSH): return ALU_LSH;
	case ROWS(RSH): return ALU_RSH;
	case ROWS(ARSH): return ALU_ARSH;
	case ROWS(MOV): return ALU_MOV;
	case PAIR(NEG64, NEG32): return ALU_NEG;
	case PAIR(MOVSX8_64, MOVSX8_32): return ALU_MOVSX8;
	case PAIR(MOVSX16_64, MOVSX16_32): return ALU_MOVSX16;
	case ISA_OP_MOVSX32_64: return ALU_MOVSX32;
	case ENDS(LE): return ALU_CUT;
	case ENDS(BE): return ALU_BSWAP;
	case ENDS(BSWAP): return ALU_BSWAP;
	default: return ALU_UNTRACKED;
	}
#undef ROWS
#undef PAIR
#undef ENDS
}

static bool has_immediate(const struct isa_info *info)
{
	return info->kind == ISA_KIND_ALU_IMM || info->kind == ISA_KIND_MOV_IMM;
}

/* ---- the low half decides ---- */

/* Upper half zero: the whole is the low half as an unsigned number. */
static void zero_upper_half(struct scalar *s)
{
	bool positive = s->s32min >= 0 && s->s32max >= 0;

	s->bits = tnum_subreg(s->bits);
	s->umin = s->u32min;
	s->umax = s->u32max;
	s->smin = positive ? s->s32min : 0;
	s->smax = positive ? s->s32max : UINT32_MAX;
}

void scalar_zero_extend(struct scalar *s, u32 bytes)
{
	u64 keep = range_umax(8 * bytes);

	if (bytes == 8)
		return;
	s->bits = tnum_cast(s->bits, bytes);
	if ((s->umin & ~keep) == (s->umax & ~keep)) {
		s->umin &= keep;
		s->umax &= keep;
	} else {
		s->umin = 0;
		s->umax = keep;
	}
	s->smin = (s64)s->umin;
	s->smax = (s64)s->umax;
	if (bytes < 4)
		scalar_forget_low(s);
	scalar_sync(s);
}

/*
 * The interval [min, max] with its members cut to `bits` and sign-extended:
 * true when one upper part goes with both ends and the results have one sign.
 */
static bool sign_extend_interval(s64 *min, s64 *max, u32 bits)
{
	s64 a = range_signed((u64)*min, bits), b = range_signed((u64)*max, bits);

	if ((u64)*min >> bits != (u64)*max >> bits || (a < 0) != (b < 0))
		return false;
	*min = MIN(a, b);
	*max = MAX(a, b);
	return true;
}

void scalar_sign_extend(struct scalar *s, u32 bytes)
{
	u32 bits = 8 * bytes;
	s64 min = s->smin, max = s->smax;

	if (bytes == 8)
		return;
	if (tnum_is_const(s->bits)) {
		*s = scalar_const((u64)range_signed(s->bits.value, bits));
		return;
	}
	if (sign_extend_interval(&min, &max, bits)) {
		s->bits = tnum_range((u64)min, (u64)max);
		s->umin = (u64)min;
		s->umax = (u64)max;
		s->u32min = (u32)min;
		s->u32max = (u32)max;
	} else {
		*s = scalar_unknown();
		min = range_smin(bits);
		max = range_smax(bits);
	}
	s->smin = min;
	s->smax = max;
	s->s32min = (s32)min;
	s->s32max = (s32)max;
}

/* The same inside the low half; the whole is left for zero_upper_half(). */
static void sign_extend_low(struct scalar *s, u32 bytes)
{
	u32 bits = 8 * bytes;
	s64 min = s->s32min, max = s->s32max;
	struct range low = range_unbounded(32);

	if (tnum_is_const(tnum_subreg(s->bits))) {
		s->bits = tnum_const((u64)range_signed(s->bits.value, bits));
		low = range_const(s->bits.value, 32);
	} else if (sign_extend_interval(&min, &max, bits)) {
		s->bits = tnum_subreg(tnum_range((u64)min, (u64)max));
		low = (struct range){min, max, (u32)min, (u32)max};
	} else {
		s->bits = tnum_subreg(TNUM_UNKNOWN);
		low.smin = range_smin(bits);
		low.smax = range_smax(bits);
	}
	scalar_set_low(s, &low);
}

/* ---- operations ---- */

static struct tnum combine(struct tnum a, struct tnum b, u32 alu)
{
	switch (alu) {
	case ALU_ADD: return tnum_add(a, b);
	case ALU_SUB: return tnum_sub(a, b);
	case ALU_MUL: return tnum_mul(a, b);
	case ALU_AND: return tnum_and(a, b);
	case ALU_OR: return tnum_or(a, b);
	default: return tnum_xor(a, b);
	}
}

/* One range of an operation whose known bits are already computed: `result`, of `bits`. */
static void combine_range(struct range *d, const struct range *s, u32 alu, bool src_const,
			  struct tnum result, u32 bits)
{
	switch (alu) {
	case ALU_ADD: range_add(d, s, bits); return;
	case ALU_SUB: range_sub(d, s, bits); return;
	case ALU_MUL: range_mul(d, s, bits); return;
	}
	if (src_const && tnum_is_const(result))
		*d = range_const(result.value, bits);
	else if (alu == ALU_AND)
		range_and(d, s, result, bits);
	else if (alu == ALU_OR)
		range_or(d, s, result, bits);
	else
		range_xor(d, result, bits);
}

static void arithmetic(struct scalar *d, const struct scalar *s, u32 alu)
{
	struct range whole = scalar_whole(d), low = scalar_low(d);
	struct range src_whole = scalar_whole(s), src_low = scalar_low(s);
	struct tnum result = combine(d->bits, s->bits, alu);
	bool src_const = tnum_is_const(s->bits);
	bool src_low_const = tnum_is_const(tnum_subreg(s->bits));

	combine_range(&low, &src_low, alu, src_low_const, tnum_subreg(result), 32);
	combine_range(&whole, &src_whole, alu, src_const, result, 64);
	d->bits = result;
	scalar_set_whole(d, &whole);
	scalar_set_low(d, &low);
}

static void negate(struct scalar *d)
{
	struct scalar zero = scalar_const(0);

	arithmetic(&zero, d, ALU_SUB);
	*d = zero;
}

/*
 * A compiler extends the sign of a low half by << 32 and s>> 32: there the
 * signed ends come from the low half.
 */
static void shift_left(struct scalar *d, u32 count)
{
	struct range whole = scalar_whole(d), low = scalar_low(d);
	s64 smin = low.smin, smax = low.smax;

	range_lsh(&whole, count, 64);
	if (count == 32) {
		whole.smin = (s64)((u64)smin << 32);
		whole.smax = (s64)((u64)smax << 32);
	}
	range_lsh(&low, count, 32);
	d->bits = tnum_lsh(d->bits, count);
	scalar_set_whole(d, &whole);
	scalar_set_low(d, &low);
}

/* To the right bits of the upper half come into the low one, whose range is gone. */
static void shift_right(struct scalar *d, u32 count, bool arithmetic)
{
	struct range whole = scalar_whole(d);

	if (arithmetic) {
		range_arsh(&whole, count, 64);
		d->bits = tnum_arsh(d->bits, count, 64);
	} else {
		range_rsh(&whole, count, 64);
		d->bits = tnum_rsh(d->bits, count);
	}
	scalar_set_whole(d, &whole);
	scalar_forget_low(d);
}

/* The low half alone; the whole is left for zero_upper_half(). */
static void shift_low(struct scalar *d, u32 alu, u32 count)
{
	struct range low = scalar_low(d);
	struct tnum t = tnum_subreg(d->bits);

	switch (alu) {
	case ALU_LSH:
		range_lsh(&low, count, 32);
		t = tnum_subreg(tnum_lsh(t, count));
		break;
	case ALU_RSH:
		range_rsh(&low, count, 32);
		t = tnum_rsh(t, count);
		break;
	default: range_arsh(&low, count, 32); t = tnum_arsh(t, count, 32);
	}
	d->bits = t;
	scalar_set_low(d, &low);
	scalar_learn_bits_low(d);
}

/* False: the count is not one number below the width (asked of all 64 bits even for 32). */
static bool shift(struct scalar *d, const struct scalar *s, u32 alu, u32 width)
{
	struct range r = width == 32 ? scalar_low(s) : scalar_whole(s);
	u32 count = (u32)r.umin;
	u64 known;

	if (!scalar_is_const(s, width, &known) || !range_is_const(&r) || r.umax >= width ||
	    s->umax >= width)
		return false;
	if (width == 32)
		shift_low(d, alu, count);
	else if (alu == ALU_LSH)
		shift_left(d, count);
	else
		shift_right(d, count, alu == ALU_ARSH);
	return true;
}

static void move_signed(struct scalar *d, const struct scalar *s, u32 bytes, u32 width)
{
	*d = *s;
	if (width == 64)
		scalar_sign_extend(d, bytes);
	else
		sign_extend_low(d, bytes);
}

/* Of intervals nothing is left when bytes change places. */
static void swap_bytes(struct scalar *d, u32 bits)
{
	d->bits = tnum_bswap(d->bits, bits);
	scalar_forget_bounds(d);
	scalar_zero_extend(d, bits / 8);
}

bool scalar_fork(struct scalar *dst, const struct isa_op *op, const struct scalar *src,
		 struct scalar *zero)
{
	enum alu alu = alu_of(op->op);
	struct range whole = scalar_whole(dst), low = scalar_low(dst), ones;

	if (alu != ALU_AND && alu != ALU_OR)
		return false;
	if (!has_immediate(isa_info(op->op)) && !tnum_is_const(src->bits))
		return false;
	if (whole.smin == -1 && whole.smax == 0) {
		*zero = scalar_const(0);
		*dst = scalar_const(~0ull);
		return true;
	}
	if (low.smin != -1 || low.smax != 0)
		return false;
	*zero = *dst;
	zero->bits = tnum_clear_subreg(dst->bits);
	low = range_const(0, 32);
	scalar_set_low(zero, &low);
	dst->bits = tnum_with_subreg(dst->bits, tnum_const(UINT32_MAX));
	ones = range_const(UINT32_MAX, 32);
	scalar_set_low(dst, &ones);
	return true;
}

bool scalar_alu(struct scalar *dst, const struct isa_op *op, const struct scalar *src)
{
	const struct isa_info *info = isa_info(op->op);
	struct scalar imm = scalar_const((u64)op->imm);
	enum alu alu = alu_of(op->op);

	if (has_immediate(info))
		src = &imm;
	switch (alu) {
	case ALU_ADD ... ALU_XOR: arithmetic(dst, src, alu); break;
	case ALU_LSH ... ALU_ARSH:
		if (shift(dst, src, alu, info->bits))
			break;
		*dst = scalar_unknown();
		return true;
	case ALU_NEG: negate(dst); break;
	case ALU_MOV:
		*dst = *src;
		if (info->bits == 64)
			return scalar_settle(dst);
		break;
	case ALU_MOVSX8 ... ALU_MOVSX32:
		move_signed(dst, src, 1u << (alu - ALU_MOVSX8), info->bits);
		if (info->bits == 64)
			return scalar_settle(dst);
		break;
	case ALU_CUT: scalar_zero_extend(dst, info->bits / 8); break;
	case ALU_BSWAP: swap_bytes(dst, info->bits); break;
	default: *dst = scalar_unknown(); return true;
	}
	if (info->bits == 32)
		zero_upper_half(dst);
	scalar_sync(dst);
	return scalar_settle(dst);
}
