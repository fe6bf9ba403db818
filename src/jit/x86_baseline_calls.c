// SPDX-License-Identifier: BSD-2-Clause
/* x86-64's baseline: words of the table, constants, and calls of all kinds. */
#include <errno.h>
#include <cygnet/abi.h>
#include "core/kfunc.h"
#include "core/packet.h"
#include "jit/x86_baseline.h"

/* the table ---------------------------------------------------------------------------- */

/* The table's word, found again by a hash: images name few, but often. */
static u32 word(struct baseline *b, u32 kind, u32 index, s64 addend)
{
	u32 hash = (kind * 0x9e3779b1u + index * 0x85ebca6bu + (u32)addend * 0xc2b2ae35u) >> 26;
	struct native_slot key = {kind, index, addend};
	u32 n = (u32)b->code->slots.len;

	_Static_assert(BASE_WORDS == 1 << 6, "the hash has as many bits");
	if (b->words[hash].slot && b->words[hash].key.kind == kind &&
	    b->words[hash].key.index == index && b->words[hash].key.addend == addend)
		return b->words[hash].slot - 1;
	b->err = b->err ?: vec_push(&b->code->slots, key);
	b->words[hash].key = key;
	b->words[hash].slot = n + 1;
	return n;
}

void base_word(struct baseline *b, u32 opcode, bool wide, u32 reg, u32 kind, u32 index, s64 addend)
{
	struct jit_ref r = {.slot = word(b, kind, index, addend)};

	b->p = enc_op_table(b->p, opcode, wide, reg);
	r.offset = base_here(b) - 4;
	b->err = b->err ?: vec_push(&b->refs, r);
}

static void move(struct baseline *b, u32 to, u32 from)
{
	b->p = enc_op_reg(b->p, 0, 0x89, true, from, to, false);
}

static void call_word(struct baseline *b, u32 kind, u32 index)
{
	move(b, RDI, BASE_RUN);
	base_word(b, 0xff, false, 2, kind, index, 0);
}

void base_call_native(struct baseline *b, u32 call)
{
	call_word(b, NATIVE_CALL, call);
}

/* A constant of the program: under JIT_BLIND no instruction holds it. */
void base_const(struct baseline *b, u32 reg, s64 value)
{
	u32 other = reg == R11 ? R10 : R11;
	bool is_short = value == (s64)(u32)value;
	u64 mask;

	if (!(b->opts->flags & JIT_BLIND)) {
		b->p = enc_load_const(b->p, reg, value, false);
		return;
	}
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	mask = is_short ? (u32)b->random : b->random;
	b->p = enc_load_const(b->p, reg, value ^ (s64)mask, false);
	b->p = enc_load_const(b->p, other, (s64)mask, false);
	b->p = enc_op_reg(b->p, 0, 0x31, !is_short, other, reg, false);
}

/* Jumps over what follows: where its distance goes. */
u8 *base_skip(struct baseline *b, u32 cond)
{
	b->p = enc_byte(b->p, cond == JUMP_ALWAYS ? 0xeb : 0x70 | enc_condition(cond));
	b->p = enc_byte(b->p, 0);
	return b->p;
}

void base_land(struct baseline *b, u8 *from)
{
	from[-1] = (u8)(b->p - from);
}

/* calls ---------------------------------------------------------------------------------- */

/* The subprogram that begins there; they ascend. */
static u32 sub_at(struct baseline *b, u32 start)
{
	const struct image_sub *subs = image_subs(b->image);
	u32 lo = 0, hi = b->image->sub_count;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (subs[mid].start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == b->image->sub_count || subs[lo].start != start) {
		b->err = b->err ?: -EOPNOTSUPP;
		return 0;
	}
	return lo;
}

void base_call(struct baseline *b, u32 sub)
{
	struct jit_call c = {.sub = sub == BASE_LOADER ? b->image->sub_count : sub};

	b->loads |= sub == BASE_LOADER;
	b->p = enc_byte(b->p, 0xe8);
	c.at = base_here(b);
	b->p = enc_word32(b->p, 0);
	b->err = b->err ?: vec_push(&b->calls, c);
}

/* Goes on in the program found, if one is. */
static void tail_call(struct baseline *b)
{
	struct x86_address ctx = {BASE_RUN, MACH_NONE, 1, offsetof(struct run, ctx)};
	u8 *none;

	move(b, RSI, RDX);
	move(b, RDX, RCX);
	base_call_native(b, b->is_main ? NATIVE_TAIL : NATIVE_TAIL_SUB);
	b->p = enc_op_reg(b->p, 0, 0x85, true, RAX, RAX, false);
	none = base_skip(b, COND_EQ);
	base_leave(b);
	b->p = enc_load(b->p, RDI, 8, false, &ctx);
	b->p = enc_op_reg(b->p, 0, 0xff, false, 4, RAX, false);
	base_land(b, none);
}

/* The address of the value at the key that r2 points to, of m->max_entries a stride apart. */
static void look_up_value(struct baseline *b, const struct image_fact *f, const struct map *m)
{
	struct x86_address key = {RDX, MACH_NONE, 1, 0};
	struct x86_address cpu = {BASE_RUN, MACH_NONE, 1, offsetof(struct run, cpu)};
	bool per_cpu = m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
	u8 *outside, *no_cpu = NULL;

	b->p = enc_load(b->p, RDI, 4, false, &key);
	b->p = enc_load_const(b->p, RAX, 0, false);
	b->p = enc_alu_const(b->p, 7, false, RDI, (s32)m->max_entries);
	outside = base_skip(b, COND_GE);
	if (per_cpu) {
		b->p = enc_load(b->p, R10, 4, false, &cpu);
		b->p = enc_alu_const(b->p, 7, false, R10, (s32)m->possible_cpus);
		no_cpu = base_skip(b, COND_GE);
		b->p = enc_multiply_const(b->p, true, R10, R10, (s32)m->priv_space[0]);
	}
	b->p = enc_multiply_const(b->p, true, RAX, RDI, (s32)m->value_stride);
	if (per_cpu)
		b->p = enc_op_reg(b->p, 0, 0x01, true, R10, RAX, false);
	base_word(b, 0x03, true, RAX, NATIVE_MAP_MEMORY, f->map, 0);
	if (per_cpu)
		base_land(b, no_cpu);
	base_land(b, outside);
}

/* Lookups in arrays, when the map is known (map/array_inline.c). */
static bool look_up(struct baseline *b)
{
	const struct image_fact *f = b->facts ? &b->facts[b->insn] : NULL;
	const struct map *m = f && f->facts & FACT_ONE_MAP ? b->maps[f->map] : NULL;

	if (!m || m->value_stride > INT32_MAX || b->opts->flags & JIT_BLIND)
		return false;
	if (m->type == BPF_MAP_TYPE_ARRAY && f->facts & FACT_CONST_KEY) {
		if (f->key < m->max_entries)
			base_word(b, 0x8b, true, RAX, NATIVE_MAP_MEMORY, f->map,
				  (s64)f->key * m->value_stride);
		else
			b->p = enc_load_const(b->p, RAX, 0, false);
		return true;
	}
	if (m->type != BPF_MAP_TYPE_ARRAY &&
	    !(m->type == BPF_MAP_TYPE_PERCPU_ARRAY && m->priv_space[0] <= INT32_MAX))
		return false;
	look_up_value(b, f, m);
	return true;
}

static bool call_inline(struct baseline *b, const struct isa_op *op)
{
	struct x86_address cpu = {BASE_RUN, MACH_NONE, 1, offsetof(struct run, cpu)};

	switch (op->imm) {
	case BPF_FUNC_map_lookup_elem: return look_up(b);
	case BPF_FUNC_tail_call: tail_call(b); return true;
	case BPF_FUNC_get_smp_processor_id: b->p = enc_load(b->p, RAX, 4, false, &cpu); return true;
	default: return false;
	}
}

void base_stop(struct baseline *b, u32 kind)
{
	b->p = enc_load_const(b->p, RSI, kind, false);
	b->p = enc_load_const(b->p, RDX, b->insn, false);
	base_call_native(b, NATIVE_STOP);
}

static void call_helper(struct baseline *b, const struct isa_op *op)
{
	struct x86_address fault = {BASE_RUN, MACH_NONE, 1, offsetof(struct run, fault.kind)};
	const struct helper_proto *proto = core_helper((u32)op->imm);
	u8 *fine;

	if (call_inline(b, op))
		return;
	if (!proto || !proto->fn) {
		base_stop(b, FAULT_NO_HELPER);
		return;
	}
	call_word(b, NATIVE_HELPER, (u32)op->imm);
	if (!native_may_fault(proto))
		return;
	b->p = enc_op_memory(b->p, 0, 0x83, false, 7, &fault, false); /* cmp */
	b->p = enc_byte(b->p, FAULT_NONE);
	fine = base_skip(b, COND_EQ);
	base_stop(b, FAULT_NONE);
	base_land(b, fine);
}

static void call_kfunc(struct baseline *b, const struct isa_op *op)
{
	const struct kfunc_body *body = core_kfunc_body((u32)op->off);

	if (!body)
		base_stop(b, FAULT_NO_HELPER);
	else if (body->fn == kfunc_bpf_throw)
		base_call_native(b, NATIVE_THROW);
	else
		call_word(b, NATIVE_KFUNC, (u32)op->off);
}

void base_call_op(struct baseline *b, const struct isa_op *op)
{
	switch (op->op) {
	case ISA_OP_CALL_SUB: base_call(b, sub_at(b, (u32)op->imm)); break;
	case ISA_OP_CALL_KFUNC: call_kfunc(b, op); break;
	case ISA_OP_CALL_HELPER: call_helper(b, op); break;
	default: b->err = b->err ?: -EOPNOTSUPP; /* by register: no verified program has it */
	}
}

/* packets --------------------------------------------------------------------------------- */

/* RAX = the bytes at offset RSI when they lie in what is linear of a packet; else the jumps that
 * are left to land. */
static void load_linear(struct baseline *b, u32 size, u8 *rare[2])
{
	struct x86_address packet = {BASE_RUN, MACH_NONE, 1, offsetof(struct run, packet)};
	struct x86_address data = {R10, MACH_NONE, 1, offsetof(struct packet, data)};
	struct x86_address end = {R10, MACH_NONE, 1, offsetof(struct packet, end)};
	struct x86_address behind = {RSI, MACH_NONE, 1, (s32)size}, bytes = {R11, RSI, 1, 0};

	b->p = enc_load(b->p, R10, 8, false, &packet);
	b->p = enc_op_reg(b->p, 0, 0x85, true, R10, R10, false);
	rare[0] = base_skip(b, COND_EQ);
	b->p = enc_load(b->p, R11, 8, false, &data);
	b->p = enc_load(b->p, R10, 8, false, &end);
	b->p = enc_op_reg(b->p, 0, 0x29, true, R11, R10, false);
	b->p = enc_op_memory(b->p, 0, 0x8d, true, RDI, &behind, false);
	b->p = enc_op_reg(b->p, 0, 0x39, true, RDI, R10, false);
	rare[1] = base_skip(b, COND_LT);
	b->p = enc_load(b->p, RAX, size, false, &bytes);
	if (size == 2) { /* rol ax, 8 */
		b->p = enc_op_reg(b->p, 0x66, 0xc1, false, 0, RAX, false);
		b->p = enc_byte(b->p, 8);
	} else if (size == 4) {
		b->p = enc_byte_swap(b->p, false, RAX);
	}
}

/* A packet load that fails ends the function with 0. */
void base_packet_load(struct baseline *b, const struct isa_op *op, const struct base_row *row)
{
	u32 size = row->bits / 8;
	u8 *rare[2], *done, *good;

	if (row->kind == ISA_KIND_LD_IND) {
		base_const(b, RDI, (u32)op->imm);
		b->p = enc_op_reg(b->p, 0, 0x01, false, base_regs[op->src], RDI, false);
		b->p = enc_op_reg(b->p, 0, 0x89, false, RDI, RSI, false);
	} else {
		base_const(b, RSI, (u32)op->imm);
	}
	load_linear(b, size, rare);
	done = base_skip(b, JUMP_ALWAYS);
	base_land(b, rare[0]);
	base_land(b, rare[1]);
	b->p = enc_load_const(b->p, RDX, size, false);
	base_call_native(b, NATIVE_LD_ABS);
	b->p = enc_op_reg(b->p, 0, 0x85, true, RAX, RAX, false);
	good = base_skip(b, COND_SGE);
	b->p = enc_load_const(b->p, RAX, 0, false);
	base_return(b);
	base_land(b, good);
	base_land(b, done);
}
