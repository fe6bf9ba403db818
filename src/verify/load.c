// SPDX-License-Identifier: BSD-2-Clause
/*
 * The instructions that load, store, exchange and load packets: their
 * registers, and what one instruction may touch on different paths.
 *
 * An instruction is compiled once, so all paths must give it the same kind of
 * pointer wherever kinds are compiled differently.
 */
#include "verify/memory.h"

static u32 size_of(const struct isa_op *op)
{
	return isa_info(op->op)->bits / 8;
}

/* Kinds of which an access is compiled in a way of its own. */
static bool is_compiled_apart(u32 type)
{
	switch (reg_kind(type)) {
	case REG_CTX:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
	case REG_BTF_ID:
	case REG_ARENA: return true;
	default: return false;
	}
}

static bool is_probed_kind(u32 type)
{
	return reg_kind(type) == REG_MEM || reg_kind(type) == REG_BTF_ID;
}

/*
 * The kind of pointer of the current instruction on this path, beside those of
 * others. With `merge`, memory that differs in trust only becomes the less
 * trusted: loads that may fault.
 */
static int note_pointer(struct verifier *v, u32 type, bool merge)
{
	u32 *prev = &v->insns[v->insn].ptr_type;

	if (*prev == REG_NOT_INIT) {
		*prev = type;
		return 0;
	}
	if (*prev == type || (!is_compiled_apart(type) && !is_compiled_apart(*prev)))
		return 0;
	if (!merge || !is_probed_kind(type) || !is_probed_kind(*prev))
		return verify_fail(v, MSG_MEM_SAME_INSN);
	*prev = (reg_kind(type) == REG_MEM || reg_kind(*prev) == REG_MEM ? REG_MEM : REG_BTF_ID) |
		((type | *prev) & (REG_UNTRUSTED | REG_RDONLY));
	return 0;
}

static int load(struct verifier *v, const struct isa_op *op, bool strict, bool sign, bool merge)
{
	u32 type;
	int err = verify_reg_read(v, op->src);

	if (!err)
		err = verify_reg_write(v, op->dst);
	if (err)
		return err;
	type = verify_reg(v, op->src)->type;
	err = verify_mem_access(v, v->insn, op->src, op->off, size_of(op), ACCESS_READ, op->dst,
				strict, sign);
	return err ? err : note_pointer(v, type, merge);
}

static bool sign_extends(u32 op)
{
	return op == ISA_OP_LDSX8 || op == ISA_OP_LDSX16 || op == ISA_OP_LDSX32;
}

int verify_load(struct verifier *v, const struct isa_op *op)
{
	return load(v, op, false, sign_extends(op->op), true);
}

/* `src`: the register stored, or -1 */
static int store(struct verifier *v, const struct isa_op *op, int src, bool strict)
{
	u32 type;
	int err = src >= 0 ? verify_reg_read(v, (u32)src) : 0;

	if (!err)
		err = verify_reg_read(v, op->dst);
	if (err)
		return err;
	type = verify_reg(v, op->dst)->type;
	err = verify_mem_access(v, v->insn, op->dst, op->off, size_of(op), ACCESS_WRITE, src,
				strict, false);
	return err ? err : note_pointer(v, type, false);
}

int verify_store(struct verifier *v, const struct isa_op *op)
{
	bool constant = isa_info(op->op)->kind == ISA_KIND_ST;
	const struct vreg *to = verify_reg(v, op->dst);

	if (constant && to->type == REG_CTX && !verify_has(v, KERNEL_CTX_ST))
		return verify_fail_reg(v, op->dst, MSG_CTX_STORE_IMM, op->dst,
				       reg_type_name(to->type).s);
	return store(v, op, constant ? -1 : op->src, false);
}

/* Atomics ----------------------------------------------------------------- */

/* Memory that the processor may change in place: nothing that is translated on the way. */
static bool takes_atomics(u32 type)
{
	switch (reg_kind(type)) {
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_FLOW_KEYS:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK: return false;
	default: return true;
	}
}

static bool is_address(struct verifier *v, u32 regno)
{
	return !v->ptr_leaks && verify_reg(v, regno)->type != REG_SCALAR;
}

static int check_operands(struct verifier *v, const struct isa_op *op, u32 kind)
{
	int err = verify_reg_read(v, op->src);

	if (!err)
		err = verify_reg_read(v, op->dst);
	if (!err && kind == ISA_KIND_CMPXCHG) {
		err = verify_reg_read(v, 0);
		if (!err && is_address(v, 0))
			err = verify_fail_reg(v, 0, MSG_MEM_LEAK, 0, "mem");
	}
	if (!err && is_address(v, op->src))
		err = verify_fail_reg(v, op->src, MSG_MEM_LEAK, op->src, "mem");
	if (!err && !takes_atomics(verify_reg(v, op->dst)->type))
		err = verify_fail_reg(v, op->dst, MSG_ATOMIC_STORE, op->dst,
				      reg_type_name(verify_reg(v, op->dst)->type).s);
	return err;
}

static int read_modify_write(struct verifier *v, const struct isa_op *op, u32 kind)
{
	int value = kind == ISA_KIND_CMPXCHG ? 0 : kind == ISA_KIND_ATOMIC_FETCH ? op->src : -1;
	u32 size = size_of(op);
	bool arena;
	int err = check_operands(v, op, kind);

	if (err)
		return err;
	arena = reg_kind(verify_reg(v, op->dst)->type) == REG_ARENA;
	if (value >= 0) {
		err = verify_reg_write(v, (u32)value);
		if (err)
			return err;
		*verify_reg(v, (u32)value) = verify_unknown(v);
	}
	/* The first without a register: a pointer may not be exchanged for what the program gets.
	 */
	err = verify_mem_access(v, v->insn, op->dst, op->off, size, ACCESS_READ, -1, true, false);
	if (!err && value >= 0)
		err = verify_mem_access(v, v->insn, op->dst, op->off, size, ACCESS_READ, value,
					true, false);
	if (!err && arena)
		err = note_pointer(v, REG_ARENA, false);
	if (!err)
		err = verify_mem_access(v, v->insn, op->dst, op->off, size, ACCESS_WRITE, -1, true,
					false);
	return err;
}

static int load_acquire(struct verifier *v, const struct isa_op *op)
{
	u32 type = verify_reg(v, op->src)->type;
	int err = load(v, op, true, false, false);

	if (!err && !takes_atomics(type))
		err = verify_fail_reg(v, op->src, MSG_ATOMIC_LOAD, op->src, reg_type_name(type).s);
	return err;
}

static int store_release(struct verifier *v, const struct isa_op *op)
{
	u32 type = verify_reg(v, op->dst)->type;
	int err = store(v, op, op->src, true);

	if (!err && !takes_atomics(type))
		err = verify_fail_reg(v, op->dst, MSG_ATOMIC_STORE, op->dst, reg_type_name(type).s);
	return err;
}

int verify_atomic(struct verifier *v, const struct isa_op *op)
{
	u32 kind = isa_info(op->op)->kind;

	switch (kind) {
	case ISA_KIND_LOAD_ACQ: return load_acquire(v, op);
	case ISA_KIND_STORE_REL: return store_release(v, op);
	default: return read_modify_write(v, op, kind);
	}
}

/* Packet loads ------------------------------------------------------------- */

static bool loads_packets(u32 type)
{
	return type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SCHED_ACT;
}

static int check_ld_abs(struct verifier *v, const struct isa_op *op)
{
	int err;

	if (!loads_packets(v->in->prog_type))
		return verify_fail(v, MSG_PACKET_LOAD);
	err = verify_reg_read(v, 6);
	if (!err)
		err = verify_check_leaks(v, false, false, "BPF_LD_[ABS|IND]");
	if (err)
		return err;
	if (verify_reg(v, 6)->type != REG_CTX)
		return verify_fail_reg(v, 6, MSG_LD_ABS_CTX);
	if (isa_info(op->op)->kind == ISA_KIND_LD_IND) {
		err = verify_reg_read(v, op->src);
		if (err)
			return err;
	}
	return verify_ptr_off(v, verify_reg(v, 6), 6, false);
}

/*
 * A load outside of the packet ends its function with 0, so nothing may be left
 * that an exit may not leave, and in a function that was called there are two ways
 * on: behind the load, and behind the call.
 */
int verify_ld_abs(struct verifier *v, const struct isa_op *op, u32 *next)
{
	struct vstate *loaded;
	bool done = false;
	int err = check_ld_abs(v, op);

	if (err)
		return err;
	verify_clobber_caller_saved(v);
	err = verify_reg_write(v, 0);
	if (err)
		return err;
	*verify_reg(v, 0) = verify_unknown(v);
	if (!v->state->curframe)
		return 0;
	err = verify_push_branch(v, v->insn + 1, v->insn, false, &loaded);
	if (err)
		return err;
	*verify_reg(v, 0) = mem_const(v, 0);
	return verify_exit(v, false, next, &done);
}
