// SPDX-License-Identifier: BSD-2-Clause
/*
 * The stack: what loads find there and what stores leave.
 *
 * A slot of eight bytes remembers a whole register when one was stored at its
 * low end ("spilled"), else what kind of byte each one is. A store at a known
 * offset replaces; one at an offset between bounds makes every byte in reach a
 * byte that may be the old or the new one, so a spilled register there is lost.
 * A load at a known offset gets the spilled register back ("filled"), narrowed
 * to the load; a load of bytes is 0 when all are zero bytes, else some number.
 *
 * Equalities: what is spilled and its copy in the register are one value, so
 * they share an id; a spill or fill that cuts bits off breaks that.
 *
 * Bytes never stored may be read by who holds RIGHT_UNINIT_STACK only.
 */
#include "verify/memory.h"

static inline u32 slot_at(s32 off)
{
	return (u32)(-off - 1) / 8;
}

static inline u8 *byte_at(struct vframe *f, s32 off)
{
	u32 i = (u32)(-off - 1);

	return &f->slots[i / 8].type[i % 8];
}

/* Bytes a spill occupies. */
static u32 spill_size(const struct vslot *s)
{
	u32 n = 0;

	while (n < 8 && s->type[7 - n] == SLOT_SPILL)
		n++;
	return n;
}

static bool holds_special(const struct vslot *s)
{
	switch (s->type[7]) {
	case SLOT_SPILL:
	case SLOT_DYNPTR:
	case SLOT_ITER:
	case SLOT_IRQ: return true;
	default: return false;
	}
}

/* What was a register or a thing is bytes from now on. */
static void scrub(struct vslot *s)
{
	for (u32 i = 0; i < 8; i++)
		if (s->type[i] != SLOT_INVALID)
			s->type[i] = SLOT_MISC;
}

static bool is_pointer(const struct verifier *v, const struct vreg *r)
{
	return !v->ptr_leaks && r->type != REG_SCALAR;
}

static u32 width_of(const struct vreg *r) /* bits */
{
	return r->s.umax ? 64 - (u32)__builtin_clzll(r->s.umax) : 0;
}

static bool is_zero(const struct vreg *r)
{
	return r->type == REG_SCALAR && reg_is_null_const(r);
}

/* Kinds that a slot remembers; of others only that something was stored. */
static bool is_spillable(u32 type)
{
	switch (reg_kind(type)) {
	case REG_NOT_INIT:
	case REG_SCALAR:
	case REG_TP_BUFFER:
	case REG_DYNPTR: return false;
	default: return true;
	}
}

/* Is the store that of a constant, and which? Calls that write memory are none. */
static bool stored_constant(const struct verifier *v, const struct mem_access *a, s64 *imm)
{
	const struct isa_op *op = &v->ops[a->insn];

	if (a->value >= 0 || isa_info(op->op)->kind != ISA_KIND_ST)
		return false;
	*imm = op->imm;
	return true;
}

/* Bounds ------------------------------------------------------------------ */

static int fail_outside(struct verifier *v, const struct mem_access *a, bool above)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	const char *how = mem_writes(a) ? " write to" : " read from";

	if (reg_is_const(reg))
		return verify_fail_reg(v, a->regno, above ? MSG_STACK_ABOVE : MSG_STACK_OUTSIDE,
				       how, a->regno, a->off, a->size);
	return verify_fail_reg(v, a->regno, above ? MSG_STACK_VAR_ABOVE : MSG_STACK_VAR_OUTSIDE,
			       how, a->regno, tnum_name(reg->s.bits).s, a->off, a->size);
}

/* The frame exists down to `off`: grows it, and what its subprogram needs. */
static int grow_to(struct verifier *v, struct vframe *f, s64 off)
{
	u32 bytes = (u32)(-off + 7) & ~7u;
	int err;

	if (f->slot_count * 8 >= bytes)
		return 0;
	err = verify_frame_grow(v, f, bytes);
	if (!err && v->subs[f->subprog].stack < bytes)
		v->subs[f->subprog].stack = bytes;
	return err;
}

/* The frame holds every byte the access may touch; it grows to do so. */
static int check_bounds(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	struct vframe *f = verify_frame_of(v, reg);
	s64 deepest, lo, hi;

	if (reg_is_const(reg)) {
		lo = (s64)reg->s.bits.value + a->off;
		hi = lo + a->size;
	} else {
		if (reg->s.smax >= MEM_MAX_VAR_OFF || reg->s.smin <= -(s64)MEM_MAX_VAR_OFF)
			return verify_fail_reg(v, a->regno, MSG_STACK_UNBOUNDED,
					       mem_writes(a) ? " write to" : " read from",
					       a->regno);
		lo = reg->s.smin + a->off;
		hi = reg->s.smax + a->off + a->size;
	}
	deepest = mem_writes(a) || v->uninit_stack ? -ISA_STACK_SIZE : -8 * (s64)f->slot_count;
	if (lo < deepest || lo > -1)
		return fail_outside(v, a, false);
	if (hi > 0)
		return fail_outside(v, a, true);
	return grow_to(v, f, lo);
}

/* Loads ------------------------------------------------------------------- */

/* May bytes of these kinds be read? Counts zeros and bytes of a spill. */
static int check_bytes(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		       u32 *zeros, u32 *spilled)
{
	*zeros = *spilled = 0;
	for (u32 i = 0; i < a->size; i++) {
		switch (*byte_at(f, off + (s32)i)) {
		case SLOT_MISC: continue;
		case SLOT_ZERO: ++*zeros; continue;
		case SLOT_SPILL:
			if (f->slots[slot_at(off)].type[7] != SLOT_SPILL)
				break;
			++*spilled;
			continue;
		case SLOT_INVALID:
			if (v->uninit_stack)
				continue;
		}
		return verify_fail_reg(v, a->regno, MSG_STACK_NOT_INIT, off, i, a->size);
	}
	return 0;
}

static void load_bytes(struct verifier *v, const struct mem_access *a, bool zero)
{
	if (a->value >= 0)
		*verify_reg(v, (u32)a->value) = zero ? mem_const(v, 0) : verify_unknown(v);
}

/* What older kernels did not do. */
static bool fills_narrower(const struct verifier *v)
{
	return verify_has(v, KERNEL_FILL_NARROWER);
}

static bool links_spills(const struct verifier *v)
{
	return v->bpf && verify_has(v, KERNEL_LINKED_SPILLS);
}

/* Less than all of a number that is 8 bytes, or any of one that is less. */
static int fill_part(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		     bool *filled)
{
	struct vslot *s = &f->slots[slot_at(off)];
	u32 stored = spill_size(s), zeros, spilled;
	struct vreg *to;
	int err;

	if (s->reg.type != REG_SCALAR)
		return verify_fail_reg(v, a->regno, MSG_FILL_SIZE);
	if (a->value < 0)
		return 0;
	to = verify_reg(v, (u32)a->value);
	if (off % 8 == 0 && (a->size == stored || (a->size < stored && fills_narrower(v)))) {
		if (links_spills(v) && a->size == 4 && stored == 4 && width_of(&s->reg) <= 32)
			verify_link(v, &s->reg);
		*to = s->reg;
		if (width_of(&s->reg) > a->size * 8)
			verify_unlink(to);
		*filled = true;
		return 0;
	}
	err = check_bytes(v, a, f, off, &zeros, &spilled);
	if (err)
		return err;
	if (!verify_has(v, KERNEL_SPILL_ZERO_PARTIAL)) {
		load_bytes(v, a, false);
		return 0;
	}
	/* A part of a register that is 0 hangs on that register. */
	*filled = spilled == a->size && is_zero(&s->reg);
	load_bytes(v, a, *filled || zeros == a->size);
	return 0;
}

static int fill(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		u32 frame)
{
	struct vslot *s = &f->slots[slot_at(off)];
	bool filled = true;
	int err = 0;

	if (a->size != 8 || spill_size(s) != 8) {
		filled = false;
		err = fill_part(v, a, f, off, &filled);
	} else if (a->value >= 0) {
		*verify_reg(v, (u32)a->value) = s->reg;
	} else if (is_pointer(v, &s->reg)) {
		/* An atomic: what it exchanges for the pointer shows the pointer. */
		return verify_fail_reg(v, a->regno, MSG_STACK_LEAK, off);
	}
	if (err || !filled)
		return err;
	return verify_step_push(v, verify_step_stack(frame, slot_at(off)), 0);
}

static int read_fixed(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		      u32 frame)
{
	u32 slot = slot_at(off), zeros, spilled;
	int err;

	verify_slots_read(v, frame, 1ull << slot);
	verify_touch_slot(v, slot);
	if (f->slots[slot].type[7] == SLOT_SPILL)
		return fill(v, a, f, off, frame);
	err = check_bytes(v, a, f, off, &zeros, &spilled);
	if (!err)
		load_bytes(v, a, zeros == a->size);
	return err;
}

static int read_variable(struct verifier *v, const struct mem_access *a, struct vframe *f)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	s32 lo = (s32)reg->s.smin + a->off, hi = (s32)reg->s.smax + a->off + (s32)a->size;
	bool zero = true;
	int err;

	if (a->value < 0)
		return verify_fail_reg(v, a->regno, MSG_STACK_VAR_HELPER, tnum_name(reg->s.bits).s,
				       a->off, a->size);
	err = verify_stack_range(v, a->regno, a->off, a->size, ACCESS_READ, NULL);
	if (err)
		return err;
	for (s32 i = lo; i < hi && zero; i++) {
		verify_touch_slot(v, slot_at(i));
		zero = *byte_at(f, i) == SLOT_ZERO;
	}
	load_bytes(v, a, zero);
	return 0;
}

/* Stores ------------------------------------------------------------------ */

int verify_slots_destroy(struct verifier *v, struct vframe *f, u32 slot)
{
	if (slot >= f->slot_count || f->slots[slot].type[0] != SLOT_DYNPTR)
		return 0;
	return verify_dynptr_destroy_slot(v, f, slot);
}

/* The rest of a slot whose low bytes were spilled: no invalid bytes beside a register. */
static void keep_byte(const struct verifier *v, u8 *type)
{
	if (*type == SLOT_ZERO && verify_has(v, KERNEL_SPILL_ZERO_PARTIAL))
		return;
	if (v->ptr_leaks && *type == SLOT_INVALID)
		return;
	*type = SLOT_MISC;
}

static void spill(struct verifier *v, struct vslot *s, const struct vreg *r, u32 size)
{
	s->reg = *r;
	for (u32 i = 0; i < 8; i++) {
		if (i >= 8 - size)
			s->type[i] = SLOT_SPILL;
		else
			keep_byte(v, &s->type[i]);
	}
}

/*
 * A processor that bypasses stores may read what was there before: a pointer
 * where the program put a number, or the reverse. Such stores get a fence.
 */
static void fence_store(struct verifier *v, const struct mem_access *a, const struct vslot *s,
			const struct vreg *r)
{
	bool fence = r && is_spillable(r->type);

	if (v->no_spec_v4)
		return;
	for (u32 i = 0; i < a->size && !fence; i++)
		fence = s->type[i] != SLOT_MISC && s->type[i] != SLOT_ZERO;
	if (fence)
		v->insns[a->insn].nospec_result = true;
}

/* Bytes that are no register: not at a slot's low end, or of no kind that is kept. */
static int store_bytes(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		       const struct vreg *r)
{
	struct vslot *s = &f->slots[slot_at(off)];
	u8 type = SLOT_MISC;
	s64 imm = -1;
	int err;

	s->reg.type = REG_NOT_INIT;
	if (holds_special(s))
		scrub(s);
	if (r ? is_zero(r) : stored_constant(v, a, &imm) && imm == 0) {
		/* Zero bytes are compared as such, so the number's value counts. */
		err = r ? verify_mark_precise(v, (u32)a->value) : 0;
		if (err)
			return err;
		type = SLOT_ZERO;
	}
	for (u32 i = 0; i < a->size; i++)
		*byte_at(f, off + (s32)i) = type;
	return 0;
}

/* A number, or a constant, at the low end of a slot. */
static void store_number(struct verifier *v, const struct mem_access *a, struct vslot *s,
			 struct vreg *r)
{
	bool fits = width_of(r) <= a->size * 8;

	if (fits && links_spills(v))
		verify_link(v, r);
	spill(v, s, r, a->size);
	if (!fits)
		s->reg.id = 0;
}

/* Is a number at the low end of a slot kept? Not all by older kernels, and none without CAP_BPF. */
static bool keeps_number(const struct verifier *v, const struct mem_access *a, const struct vreg *r)
{
	const struct scalar nothing = scalar_unknown();

	if (!v->bpf || !verify_has(v, a->size == 8 ? KERNEL_SPILL_SCALARS : KERNEL_SPILL_NARROW))
		return false;
	if (verify_has(v, KERNEL_SPILL_UNBOUNDED))
		return true;
	if (a->value < 0)
		return !is_zero(r) || verify_has(v, KERNEL_SPILL_ZERO_PARTIAL);
	return !is_zero(r) && __builtin_memcmp(&r->s, &nothing, sizeof(nothing));
}

static bool keeps_constant(const struct verifier *v, const struct mem_access *a, struct vreg *r)
{
	s64 imm;

	if (!stored_constant(v, a, &imm) || !verify_has(v, KERNEL_SPILL_IMM))
		return false;
	*r = vreg_const((u64)imm);
	return keeps_number(v, a, r);
}

static int store_pointer(struct verifier *v, const struct mem_access *a, struct vframe *f,
			 struct vslot *s, const struct vreg *r)
{
	if (a->size != 8)
		return verify_fail_reg(v, a->regno, MSG_SPILL_SIZE);
	if (f != verify_frame(v) && r->type == REG_STACK)
		return verify_fail_reg(v, a->regno, MSG_SPILL_CALLER);
	spill(v, s, r, 8);
	return 0;
}

static int write_fixed(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		       u32 frame)
{
	struct vreg *r = a->value >= 0 ? verify_reg(v, (u32)a->value) : NULL, constant;
	u32 slot = slot_at(off);
	struct vslot *s = &f->slots[slot];
	int err;

	if (!v->ptr_leaks && s->type[7] == SLOT_SPILL && s->reg.type != REG_SCALAR && a->size != 8)
		return verify_fail_reg(v, a->regno, MSG_SPILL_CORRUPT);
	fence_store(v, a, s, r);
	err = verify_slots_destroy(v, f, slot);
	if (err)
		return err;
	if (a->size == 8)
		verify_slots_written(v, frame, 1ull << slot);
	verify_touch_slot(v, slot);
	if (r && off % 8 == 0 && r->type == REG_SCALAR && keeps_number(v, a, r)) {
		/* Once, precision was followed back through r10 only. */
		if (a->regno != 10 && !verify_has(v, KERNEL_PRECISION_BY_STACK))
			err = verify_mark_precise(v, (u32)a->value);
		if (!err)
			store_number(v, a, s, r);
	} else if (!r && off % 8 == 0 && keeps_constant(v, a, &constant)) {
		spill(v, s, &constant, a->size);
	} else if (r && is_spillable(r->type)) {
		err = store_pointer(v, a, f, s, r);
	} else {
		return store_bytes(v, a, f, off, r);
	}
	return err ? err : verify_step_push(v, verify_step_stack(frame, slot), 0);
}

/* One byte that a store at an unknown offset may change. */
static int maybe_store(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 off,
		       bool zero, bool *zero_used)
{
	struct vslot *s = &f->slots[slot_at(off)];
	u8 *type = byte_at(f, off), now = SLOT_MISC;

	verify_touch_slot(v, slot_at(off));
	if (!v->ptr_leaks && *type != SLOT_INVALID && *type != SLOT_MISC && *type != SLOT_ZERO)
		return verify_fail_reg(v, a->regno, MSG_STACK_VAR_SPILL, a->insn, off);
	if (zero && *type == SLOT_SPILL && s->type[7] == SLOT_SPILL && is_zero(&s->reg)) {
		*zero_used = true;
		return 0;
	}
	s->reg.type = REG_NOT_INIT;
	if (holds_special(s))
		scrub(s);
	if (zero && *type == SLOT_ZERO) {
		now = SLOT_ZERO;
		*zero_used = true;
	}
	if (*type == SLOT_INVALID && !v->uninit_stack)
		return verify_fail_reg(v, a->regno, MSG_STACK_VAR_UNINIT, a->insn, off);
	*type = now;
	return 0;
}

static int write_variable(struct verifier *v, const struct mem_access *a, struct vframe *f)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	s32 lo = (s32)reg->s.smin + a->off, hi = (s32)reg->s.smax + a->off + (s32)a->size;
	bool zero, zero_used = false;
	s64 imm = -1;
	int err = 0;

	zero = a->value >= 0 ? is_zero(verify_reg(v, (u32)a->value))
			     : stored_constant(v, a, &imm) && imm == 0;
	for (s32 i = lo; i < hi && !err; i++)
		err = verify_slots_destroy(v, f, slot_at(i));
	for (s32 i = lo; i < hi && !err; i++)
		err = maybe_store(v, a, f, i, zero, &zero_used);
	if (!err && zero_used && a->value >= 0)
		err = verify_mark_precise(v, (u32)a->value);
	return err;
}

int mem_access_stack(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	struct vframe *f = verify_frame_of(v, reg);
	int err = check_bounds(v, a);
	s32 off;

	if (err)
		return err;
	if (a->regno != 10)
		verify_slots_indirect(v, f, a->off + reg->s.smin, a->off + reg->s.smax + a->size);
	off = a->off + (s32)(reg_is_const(reg) ? (s64)reg->s.bits.value : reg->s.smin);
	verify_fastcall_access(v, f, a->insn, off);
	if (!reg_is_const(reg) && !verify_has(v, KERNEL_VAR_OFF_STACK))
		return verify_fail_reg(v, a->regno, MSG_STACK_VAR_OLD, tnum_name(reg->s.bits).s,
				       a->off, a->size);
	if (!reg_is_const(reg))
		return mem_writes(a) ? write_variable(v, a, f) : read_variable(v, a, f);
	return mem_writes(a) ? write_fixed(v, a, f, off, reg->frame)
			     : read_fixed(v, a, f, off, reg->frame);
}

/* Ranges ------------------------------------------------------------------ */

int verify_slots_misc(struct verifier *v, struct vframe *f, u32 regno, s32 lo, s32 hi)
{
	/* Pointers that the loader must not see are not cut to pieces, byte by byte. */
	for (s32 off = lo; off < hi && !v->ptr_leaks; off++) {
		const struct vslot *s = &f->slots[slot_at(off)];

		if (slot_at(off) < f->slot_count && s->type[7] == SLOT_SPILL &&
		    s->reg.type != REG_SCALAR)
			return verify_fail_reg(v, regno, MSG_SPILL_CORRUPT);
	}
	for (s32 off = lo; off < hi; off++) {
		struct vslot *s = &f->slots[slot_at(off)];

		if (slot_at(off) >= f->slot_count)
			continue;
		verify_touch_slot(v, slot_at(off));
		s->reg.type = REG_NOT_INIT;
		if (holds_special(s))
			scrub(s);
		*byte_at(f, off) = SLOT_MISC;
	}
	return 0;
}

/* Memory that a callee fills whatever it held, but for dynptrs, which would turn into bytes. */
static int check_raw(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 lo,
		     s32 hi, struct call_meta *meta)
{
	for (s32 off = lo; off < hi; off++)
		if (slot_at(off) < f->slot_count && *byte_at(f, off) == SLOT_DYNPTR)
			return verify_fail_reg(v, a->regno, MSG_STACK_RAW_DYNPTR, off);
	meta->access_size = a->size;
	meta->regno = a->regno;
	return 0;
}

/* One byte that a callee reads, or (write) reads and may change. False: it holds nothing. */
static bool pass_byte(struct verifier *v, struct vframe *f, s32 off, bool writes)
{
	struct vslot *s = &f->slots[slot_at(off)];
	u8 *type = byte_at(f, off);

	if (*type == SLOT_MISC)
		return true;
	if (*type == SLOT_ZERO || (*type == SLOT_INVALID && v->uninit_stack)) {
		if (writes)
			*type = SLOT_MISC;
		return true;
	}
	if (s->type[7] != SLOT_SPILL || (s->reg.type != REG_SCALAR && !v->ptr_leaks))
		return false;
	if (writes) {
		s->reg = verify_unknown(v);
		scrub(s);
	}
	return true;
}

/* What is known of the bytes ends with this access. Once every callee's ended it. */
static bool ends_knowledge(const struct verifier *v, const struct mem_access *a)
{
	return mem_writes(a) || (isa_info(v->ops[v->insn].op)->cls == ISA_CLASS_CALL &&
				 !verify_has(v, KERNEL_CALLEE_READS));
}

static int check_range(struct verifier *v, const struct mem_access *a, struct vframe *f, s32 lo,
		       s32 hi, u32 frame)
{
	const struct vreg *reg = verify_reg(v, a->regno);
	bool ends = ends_knowledge(v, a);

	for (s32 off = lo; off < hi; off++) {
		if (pass_byte(v, f, off, ends)) {
			verify_slots_read(v, frame, 1ull << slot_at(off));
			continue;
		}
		if (reg_is_const(reg))
			return verify_fail_reg(v, a->regno, MSG_STACK_RANGE, a->regno, lo, off - lo,
					       a->size);
		return verify_fail_reg(v, a->regno, MSG_STACK_VAR_RANGE, a->regno,
				       tnum_name(reg->s.bits).s, off - lo, a->size);
	}
	return 0;
}

int verify_stack_range(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access access,
		       struct call_meta *meta)
{
	const struct vreg *reg = verify_reg(v, regno);
	struct mem_access a = {.insn = v->insn,
			       .regno = regno,
			       .off = off,
			       .size = size,
			       .kind = access,
			       .value = -1};
	struct vframe *f = verify_frame_of(v, reg);
	s32 lo, hi;
	int err = check_bounds(v, &a);

	if (err)
		return err;
	lo = hi = (s32)reg->s.bits.value + off;
	if (!reg_is_const(reg)) {
		if (!v->no_spec_v1)
			return verify_fail_reg(v, regno, MSG_STACK_VAR_UNPRIV, regno,
					       tnum_name(reg->s.bits).s);
		/* Which bytes get filled is not known, so all have to hold something. */
		meta = NULL;
		lo = (s32)reg->s.smin + off;
		hi = (s32)reg->s.smax + off;
	}
	hi += (s32)size;
	verify_slots_indirect(v, f, lo, hi);
	if (meta && meta->raw)
		return check_raw(v, &a, f, lo, hi, meta);
	return check_range(v, &a, f, lo, hi, reg->frame);
}
