// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic and moves: what registers hold afterwards, and whether that may be computed at all. */
#include "verify/verifier.h"

static bool leaks(const struct verifier *v, const struct vreg *r)
{
	return !v->ptr_leaks && r->type != REG_SCALAR;
}

/* Bounds that contradict one another, which no real run can reach. */
static int contradicted(struct verifier *v)
{
	return v->in->prog_flags & BPF_F_TEST_REG_INVARIANTS ? verify_fail(v, MSG_INVARIANT) : 0;
}

static int compute(struct verifier *v, const struct isa_op *op, const struct vreg *src)
{
	struct scalar *dst = &verify_reg(v, op->dst)->s, was = *dst;
	bool fine = scalar_alu(dst, op, &src->s);

	verify_older_alu(v, op, &was, &src->s, dst);
	return fine ? 0 : contradicted(v);
}

static int unary(struct verifier *v, const struct isa_op *op)
{
	int err = verify_reg_read(v, op->dst);
	struct vreg *dst = verify_reg(v, op->dst);

	if (err)
		return err;
	if (leaks(v, dst))
		return verify_fail_reg(v, op->dst, MSG_PTR_ARITH, op->dst);
	err = verify_reg_write(v, op->dst);
	if (err)
		return err;
	if (dst->type != REG_SCALAR)
		*dst = verify_unknown(v);
	verify_unlink(dst);
	return compute(v, op, dst);
}

static int move_imm(struct verifier *v, const struct isa_op *op)
{
	int err = verify_reg_write(v, op->dst);
	struct vreg *dst = verify_reg(v, op->dst);

	if (err)
		return err;
	*dst = verify_unknown(v);
	dst->s = scalar_const(isa_info(op->op)->bits == 32 ? (u32)op->imm : (u64)op->imm);
	return 0;
}

static int cast(struct verifier *v, const struct isa_op *op)
{
	bool has_arena = false;
	int err = verify_reg_read(v, op->src);

	err = err ?: verify_reg_write(v, op->dst);
	if (err)
		return err;
	for (u32 i = 0; i < v->in->map_count; i++)
		has_arena |= v->in->maps[i]->type == BPF_MAP_TYPE_ARENA;
	if (!has_arena)
		return verify_fail(v, MSG_CAST_ARENA);
	*verify_reg(v, op->dst) = verify_unknown(v);
	if (op->op == ISA_OP_CAST_KERN)
		verify_reg(v, op->dst)->type = REG_ARENA;
	return 0;
}

/* How many of the source's low bits a move takes, and whether their sign counts. */
static u32 move_width(const struct isa_op *op, bool *is_signed)
{
	switch (op->op) {
	case ISA_OP_MOVSX8_64:
	case ISA_OP_MOVSX8_32: *is_signed = true; return 8;
	case ISA_OP_MOVSX16_64:
	case ISA_OP_MOVSX16_32: *is_signed = true; return 16;
	case ISA_OP_MOVSX32_64: *is_signed = true; return 32;
	case ISA_OP_MOV32_REG: *is_signed = false; return 32;
	default: *is_signed = false; return 64;
	}
}

/* Does the move leave every value the source may have as it is? */
static bool keeps_value(const struct vreg *src, u32 width, bool is_signed)
{
	return width == 64 || src->s.umax < 1ull << (width - is_signed);
}

static int move_narrow(struct verifier *v, const struct isa_op *op, u32 width, bool is_signed)
{
	struct vreg *dst = verify_reg(v, op->dst), *src = verify_reg(v, op->src);
	struct vreg from;
	bool keeps;

	if (leaks(v, src))
		return verify_fail_reg(v, op->src,
				       is_signed && isa_info(op->op)->bits == 64
					       ? MSG_PTR_SIGN_EXTEND
					       : MSG_PTR_PARTIAL_COPY,
				       op->src);
	if (src->type != REG_SCALAR) {
		*dst = verify_unknown(v);
		from = *dst;
		return isa_info(op->op)->bits == 32 ? compute(v, op, &from) : 0;
	}
	keeps = keeps_value(src, width, is_signed) &&
		verify_has(v, is_signed ? KERNEL_MOVSX_LINKED : KERNEL_MOV32_LINKED);
	if (keeps)
		verify_link(v, src);
	from = *src;
	*dst = from;
	if (!keeps)
		verify_unlink(dst);
	return compute(v, op, &from);
}

static int move_reg(struct verifier *v, const struct isa_op *op)
{
	bool is_signed;
	u32 width = move_width(op, &is_signed);
	int err = verify_reg_read(v, op->src);

	err = err ?: verify_reg_write(v, op->dst);
	if (err)
		return err;
	if (width != 64)
		return move_narrow(v, op, width, is_signed);
	verify_link(v, verify_reg(v, op->src));
	*verify_reg(v, op->dst) = *verify_reg(v, op->src);
	return 0;
}

/* What the operation adds, when that is one number of 32 bits; `width`: of the operation. */
static bool constant_added(const struct isa_op *op, const struct scalar *src, u32 *width, s32 *by)
{
	bool minus = false;
	u64 value;

	switch (op->op) {
	case ISA_OP_SUB64_IMM:
	case ISA_OP_SUB64_REG:
		minus = true;
		*width = 64;
		break;
	case ISA_OP_ADD64_IMM:
	case ISA_OP_ADD64_REG: *width = 64; break;
	case ISA_OP_SUB32_IMM:
	case ISA_OP_SUB32_REG:
		minus = true;
		*width = 32;
		break;
	case ISA_OP_ADD32_IMM:
	case ISA_OP_ADD32_REG: *width = 32; break;
	default: return false;
	}
	if (!scalar_is_const(src, *width, &value))
		return false;
	*by = (s32)value;
	if (*width == 64 && (s64)value != *by)
		return false;
	if (minus && *by == INT32_MIN)
		return false;
	*by = minus ? -*by : *by;
	return true;
}

/* r1 = r2; r1 += 4: still one number, four apart. `was`: before the sum. */
static void link_sum(struct verifier *v, const struct isa_op *op, const struct scalar *was,
		     struct vreg *dst, const struct scalar *src)
{
	bool self = isa_info(op->op)->kind == ISA_KIND_ALU_REG && op->dst == op->src;
	u32 width;
	s32 by;

	if (!v->bpf || !verify_has(v, KERNEL_LINKED_DELTA) || !dst->id || self ||
	    dst->id & REG_ADD_CONST || !constant_added(op, src, &width, &by) ||
	    (width == 32 && was->umax > UINT32_MAX)) {
		verify_unlink(dst);
		return;
	}
	dst->id |= REG_ADD_CONST | (width == 32 ? REG_ADD_CONST32 : 0);
	dst->off = by;
}

/* A mask of all ones or zeros: two paths, each with a constant. */
static int split(struct verifier *v, const struct isa_op *op, struct vreg *dst,
		 const struct vreg *src)
{
	struct vstate *other;
	struct scalar zero;
	int err;

	if (!verify_has(v, KERNEL_FORK_SIGN_MASK) || !scalar_fork(&dst->s, op, &src->s, &zero))
		return 0;
	err = verify_push_branch(v, v->insn, v->insn, false, &other);
	if (!err)
		other->frames[other->curframe]->regs[op->dst].s = zero;
	return err;
}

static int numbers(struct verifier *v, const struct isa_op *op, const struct vreg *src)
{
	struct vreg *dst = verify_reg(v, op->dst), from;
	struct scalar was = dst->s;
	int err = split(v, op, dst, src);

	err = err ?: verify_spec_scalar(v, op);
	if (err)
		return err;
	from = *src;
	err = compute(v, op, &from);
	link_sum(v, op, &was, dst, &from.s);
	return err;
}

static int binary_reg(struct verifier *v, const struct isa_op *op)
{
	struct vreg *dst = verify_reg(v, op->dst), *src = verify_reg(v, op->src);
	int err = 0;

	if (src->type != REG_SCALAR && dst->type != REG_SCALAR) {
		if (isa_info(op->op)->code >> 4 != BPF_SUB >> 4 || !v->ptr_leaks)
			return verify_fail_reg(v, op->dst, MSG_PTR_WITH_PTR, op->dst,
					       verify_operator_name(op));
		*dst = verify_unknown(v);
		return 0;
	}
	if (src->type != REG_SCALAR) {
		err = verify_mark_precise(v, op->dst);
		return err ?: verify_pointer_alu(v, op, src, dst);
	}
	if (dst->type != REG_SCALAR) {
		err = verify_mark_precise(v, op->src);
		return err ?: verify_pointer_alu(v, op, dst, src);
	}
	if (dst->precise)
		err = verify_mark_precise(v, op->src);
	return err ?: numbers(v, op, src);
}

/* Constants that an operation is not defined for. */
static int check_constant(struct verifier *v, const struct isa_op *op)
{
	u32 code = isa_info(op->op)->code;
	u32 bits = (code & 7) == BPF_ALU64 ? 64 : 32;

	switch (code & 0xf0) {
	case BPF_DIV:
	case BPF_MOD: return op->imm ? 0 : verify_fail_reg(v, op->dst, MSG_DIV_ZERO);
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return (u64)op->imm < bits
			       ? 0
			       : verify_fail_reg(v, op->dst, MSG_SHIFT_RANGE, (int)op->imm);
	default: return 0;
	}
}

static int binary(struct verifier *v, const struct isa_op *op)
{
	bool by_reg = isa_info(op->op)->kind == ISA_KIND_ALU_REG;
	struct vreg *dst = verify_reg(v, op->dst), constant;
	int err = by_reg ? verify_reg_read(v, op->src) : 0;

	err = err ?: verify_reg_read(v, op->dst);
	if (!by_reg)
		err = err ?: check_constant(v, op);
	err = err ?: verify_reg_write(v, op->dst);
	if (err || dst->type == REG_ARENA)
		return err;
	if (by_reg)
		return binary_reg(v, op);
	constant = vreg_const((u64)op->imm);
	return dst->type == REG_SCALAR ? numbers(v, op, &constant)
				       : verify_pointer_alu(v, op, dst, &constant);
}

int verify_alu(struct verifier *v, const struct isa_op *op)
{
	switch (isa_info(op->op)->kind) {
	case ISA_KIND_UNARY: return unary(v, op);
	case ISA_KIND_MOV_IMM: return move_imm(v, op);
	case ISA_KIND_MOV_REG: return move_reg(v, op);
	case ISA_KIND_CAST: return cast(v, op);
	default: return binary(v, op);
	}
}
