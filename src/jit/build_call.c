// SPDX-License-Identifier: BSD-2-Clause
/* Calls and packet loads, from the image to the intermediate form. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <cygnet/abi.h>
#include "core/kfunc.h"
#include "core/native.h"
#include "core/packet.h"
#include "isa/decode.h"
#include "jit/build.h"

/* what is called ------------------------------------------------------------------ */

/* How many parameters the C declaration has. */
static u32 parameters(const char *declaration)
{
	const char *p = strchr(declaration, '(');
	u32 n = 1;

	if (!p || !strncmp(p, "(void)", 6))
		return 0;
	while ((p = strchr(p + 1, ',')))
		n++;
	return MIN(n, 5u);
}

static u32 kfunc_args(u32 number)
{
	const struct kfunc_body *body = core_kfunc_body(number);
	const struct kfunc_proto *k = body ? core_kfunc(body->name) : NULL;

	return k && k->proto ? parameters(k->proto) : 5;
}

u32 build_call_uses(const struct isa_op *op)
{
	const struct helper_proto *proto;
	u32 n = 5;

	switch (op->op) {
	case ISA_OP_CALL_KFUNC: n = kfunc_args((u32)op->off); break;
	case ISA_OP_CALL_HELPER:
		proto = core_helper((u32)op->imm);
		n = proto ? core_helper_reads(proto) : 0;
		break;
	default: return isa_uses(op);
	}
	return ((1u << (n + 1)) - 1) & ~1u;
}

bool build_is_throw(const struct isa_op *op)
{
	const struct kfunc_body *body =
		op->op == ISA_OP_CALL_KFUNC ? core_kfunc_body((u32)op->off) : NULL;

	return body && body->fn == kfunc_bpf_throw;
}

/* parts ------------------------------------------------------------------------------ */

ir_ref build_call(struct build *b, u32 op, s64 imm, const ir_ref *args, u32 count)
{
	ir_ref r = build_ins(b, op, 64, 0, 0);
	struct ir_function *f = b->f;

	if (!r)
		return 0;
	ir_at(f, r)->imm = imm;
	ir_at(f, r)->args = (u32)f->args.len;
	ir_at(f, r)->count = (u8)count;
	for (u32 i = 0; i < count; i++)
		f->failed |= vec_push(&f->args, args[i]) != 0;
	f->calls = true;
	return r;
}

u32 build_sub(const struct build *b, u32 start)
{
	const struct image_sub *subs = image_subs(b->image);

	for (u32 i = 0; i < b->image->sub_count; i++)
		if (subs[i].start == start)
			return i;
	return 0;
}

/* Goes on in a new block, or in a rare one when the condition holds: returned. */
u32 build_unlikely(struct build *b, enum ir_cond cond, u32 bits, ir_ref x, ir_ref y)
{
	ir_ref r = build_ins(b, IR_BRANCH, bits, x, y);
	u32 rare = ir_block_new(b->f), goes_on = ir_block_new(b->f);

	if (!r || !rare || !goes_on)
		return 0;
	ir_at(b->f, r)->imm = cond;
	ir_edge(b->f, b->at, rare);
	ir_edge(b->f, b->at, goes_on);
	b->f->blocks.data[rare].rare = true;
	b->f->blocks.data[goes_on].rare = b->f->blocks.data[b->at].rare;
	b->at = goes_on;
	return rare;
}

static void stop_in(struct build *b, u32 block, u32 kind)
{
	u32 goes_on = b->at;
	ir_ref r;

	if (!block)
		return;
	b->at = block;
	r = build_ins(b, IR_STOP, 64, 0, 0);
	if (r)
		ir_at(b->f, r)->imm = kind;
	b->f->calls = true;
	b->at = goes_on;
}

ir_ref build_stop(struct build *b, u32 kind)
{
	ir_ref zero = build_const(b, 0);

	/* What follows belongs to blocks that others may reach. */
	stop_in(b, build_unlikely(b, COND_EQ, 64, zero, zero), kind);
	return zero;
}

static ir_ref run_field(struct build *b, size_t offset, u32 size)
{
	return build_memory(b, IR_LOAD, size, build_ins(b, IR_RUN, 64, 0, 0), (s64)offset, 0);
}

ir_ref build_helper(struct build *b, u32 id, const ir_ref args[5])
{
	const struct helper_proto *proto = core_helper(id);
	ir_ref r, fault;

	if (!proto || !proto->fn)
		return build_stop(b, FAULT_NO_HELPER);
	r = build_call(b, IR_HELPER, id, args, 5);
	if (native_may_fault(proto)) {
		fault = run_field(b, offsetof(struct run, fault) + offsetof(struct run_fault, kind),
				  sizeof(u32));
		stop_in(b, build_unlikely(b, COND_NE, 32, fault, build_const(b, FAULT_NONE)),
			FAULT_NONE);
	}
	return r;
}

/* calls -------------------------------------------------------------------------------- */

static void after_call(struct build *b, ir_ref result)
{
	for (u32 r = 1; r <= 5; r++)
		b->vars[r] = 0;
	b->vars[0] = result;
}

static void throw_cookie(struct build *b, ir_ref cookie)
{
	build_ins(b, IR_THROW, 64, cookie, 0);
	b->f->calls = true;
}

void build_calls(struct build *b, const struct isa_op *op)
{
	ir_ref args[5], result = 0;

	for (u32 i = 0; i < 5; i++)
		args[i] = build_var(b, 1 + i);
	switch (op->op) {
	case ISA_OP_CALL_SUB:
		result = build_call(b, IR_CALL, build_sub(b, (u32)op->imm), args, 5);
		break;
	case ISA_OP_CALL_KFUNC:
		if (build_is_throw(op)) {
			throw_cookie(b, args[0]);
			return;
		}
		result = core_kfunc_body((u32)op->off)
				 ? build_call(b, IR_KFUNC, op->off, args, kfunc_args((u32)op->off))
				 : build_stop(b, FAULT_NO_HELPER);
		break;
	case ISA_OP_CALL_HELPER:
		if (op->imm == BPF_FUNC_tail_call)
			result = build_tail_call(b, args);
		else if (!build_inline(b, args, &result))
			result = build_helper(b, (u32)op->imm, args);
		break;
	default: b->err = -EOPNOTSUPP; return; /* by register: no verified program has it */
	}
	after_call(b, result);
}

/* packet loads -------------------------------------------------------------------------- */

/* From network order, as the load left it in the low bytes. */
static ir_ref host_order(struct build *b, u32 size, ir_ref x)
{
	return size > 1 ? build_size(b, IR_BSWAP, 64, size, x) : x;
}

/*
 * The bytes at `offset` when they lie in what is linear of a packet; the ways on which
 * they may not are left to join `rare`.
 */
static ir_ref load_inline(struct build *b, ir_ref offset, u32 size, u32 rare[2])
{
	ir_ref packet = run_field(b, offsetof(struct run, packet), 8), data, end, room;

	rare[0] = build_unlikely(b, COND_EQ, 64, packet, build_const(b, 0));
	data = build_memory(b, IR_LOAD, 8, packet, offsetof(struct packet, data), 0);
	end = build_memory(b, IR_LOAD, 8, packet, offsetof(struct packet, end), 0);
	room = build_ins(b, IR_SUB, 64, end, data);
	rare[1] = build_unlikely(b, COND_LT, 64, room,
				 build_ins(b, IR_ADD, 64, offset, build_const(b, size)));
	return host_order(
		b, size,
		build_memory(b, IR_LOAD, size, build_ins(b, IR_ADD, 64, data, offset), 0, 0));
}

ir_ref build_phi(struct build *b, ir_ref first, ir_ref second)
{
	ir_ref phi = build_ins(b, IR_PHI, 64, 0, 0);

	if (!phi)
		return 0;
	ir_at(b->f, phi)->aux = BUILD_PHI_WHOLE;
	ir_at(b->f, phi)->imm = (s64)b->f->phis.len;
	b->f->failed |= vec_push(&b->f->phis, first) || vec_push(&b->f->phis, second);
	return phi;
}

void build_join(struct build *b, u32 to)
{
	build_ins(b, IR_JUMP, 64, 0, 0);
	ir_edge(b->f, b->at, to);
}

/* A packet load that fails ends the function with 0. */
void build_packet_load(struct build *b, const struct isa_op *op)
{
	const struct isa_info *info = isa_info(op->op);
	u32 size = info->bits / 8, rare[2], call = ir_block_new(b->f), joined = ir_block_new(b->f),
	    fails;
	ir_ref offset = build_const(b, (u32)op->imm), args[2], fast, slow;

	if (info->kind == ISA_KIND_LD_IND)
		offset = build_ins(b, IR_ADD, 32, build_reg(b, op->src), offset);
	args[0] = offset;
	args[1] = build_const(b, size);
	fast = load_inline(b, offset, size, rare);
	build_join(b, joined);
	for (u32 i = 0; i < 2 && rare[i]; i++) {
		b->at = rare[i];
		build_join(b, call);
	}
	b->at = call;
	b->f->blocks.data[call].rare = true;
	slow = build_call(b, IR_CCALL, NATIVE_LD_ABS, args, 2);
	fails = build_unlikely(b, COND_SLT, 64, slow, build_const(b, 0));
	b->f->blocks.data[b->at].rare = true;
	build_join(b, joined);
	b->at = fails;
	build_ins(b, IR_RETURN, 64, build_const(b, 0), 0);
	b->at = joined;
	after_call(b, build_phi(b, fast, slow));
}
