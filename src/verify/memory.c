// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loads and stores: which kind of memory they touch, and what is flat memory of
 * a known size: map values and keys, buffers, reserved and returned memory.
 *
 * A pointer is base + fixed offset + variable offset. The fixed part is exact;
 * of the variable part the bounds are known, so an access is allowed when it
 * lies inside at both ends of them.
 */
#include "verify/memory.h"

/* Alignment ---------------------------------------------------------------- */

/* What the kernel calls the memory; NULL: alignment is nobody's concern. */
static const char *aligned_as(u32 type)
{
	switch (reg_kind(type)) {
	case REG_FLOW_KEYS: return "flow keys ";
	case REG_MAP_KEY: return "key ";
	case REG_MAP_VALUE: return "value ";
	case REG_CTX: return "context ";
	case REG_STACK: return "stack ";
	case REG_SOCKET: return "sock ";
	case REG_SOCK_COMMON: return "sock_common ";
	case REG_TCP_SOCK: return "tcp_sock ";
	case REG_XDP_SOCK: return "xdp_sock ";
	case REG_ARENA: return NULL;
	default: return "";
	}
}

static bool is_aligned(struct tnum t, u32 size)
{
	return !((t.value | t.mask) & (size - 1));
}

/*
 * Any access is allowed to be misaligned on these machines unless the loader or
 * the instruction asks for more; but stack slots are always whole.
 */
int mem_check_alignment(struct verifier *v, u32 regno, s32 off, u32 size, bool strict)
{
	const struct vreg *r = verify_reg(v, regno);
	s64 shift = reg_is_packet(r->type) ? 2 : 0; /* where the IP header would be aligned */
	const char *what;

	strict |= v->strict || r->type == REG_STACK;
	if (!strict || size == 1)
		return 0;
	what = aligned_as(r->type);
	if (!what || is_aligned(tnum_add(r->s.bits, tnum_const((u64)(shift + r->off + off))), size))
		return 0;
	if (shift)
		return verify_fail_reg(v, regno, MSG_MEM_MISALIGNED_PACKET, (s32)shift,
				       tnum_name(r->s.bits).s, r->off, off, size);
	return verify_fail_reg(v, regno, MSG_MEM_MISALIGNED, what, tnum_name(r->s.bits).s, r->off,
			       off, size);
}

/* Memory of a known size ----------------------------------------------------- */

int mem_check_inside(struct verifier *v, u32 regno, s64 off, u32 size, u32 space, bool zero_ok)
{
	const struct vreg *r = verify_reg(v, regno);

	if (off >= 0 && (size || zero_ok) && (u64)off + size <= space)
		return 0;
	switch (reg_kind(r->type)) {
	case REG_MAP_KEY:
		return verify_fail_reg(v, regno, MSG_MAP_KEY_OUTSIDE, space, (s32)off, size);
	case REG_MAP_VALUE:
		return verify_fail_reg(v, regno, MSG_MAP_VALUE_OUTSIDE, space, (s32)off, size);
	case REG_PACKET:
	case REG_PACKET_META:
		verify_say(v, "invalid access to packet, off=%d size=%d, R%u(id=%u,off=%d,r=%u)\n",
			   (s32)off, size, regno, r->id, (s32)off, space);
		return verify_fail_reg(v, regno, MSG_PACKET_OUTSIDE, regno);
	default: return verify_fail_reg(v, regno, MSG_MEM_OUTSIDE, space, (s32)off, size);
	}
}

/* Does the least offset stay at or above 0, in 32 bits? */
static bool starts_inside(const struct vreg *r, s32 off)
{
	s64 lo;

	if (r->s.smin >= 0)
		return true;
	return !__builtin_add_overflow(r->s.smin, (s64)off, &lo) && lo >= 0 && lo == (s32)lo;
}

int mem_check_span(struct verifier *v, u32 regno, s32 off, u32 size, u32 space, bool zero_ok)
{
	const struct vreg *r = verify_reg(v, regno);
	int err;

	if (!starts_inside(r, off))
		return verify_fail_reg(v, regno, MSG_MEM_MIN_NEGATIVE, regno);
	err = mem_check_inside(v, regno, (s32)(r->s.smin + off), size, space, zero_ok);
	if (err) {
		verify_say(v, "R%u min value is outside of the allowed memory range\n", regno);
		return err;
	}
	if (r->s.umax >= MEM_MAX_VAR_OFF)
		return verify_fail_reg(v, regno, MSG_MEM_UNBOUNDED, regno);
	err = mem_check_inside(v, regno, (s32)(r->s.umax + (u64)(s64)off), size, space, zero_ok);
	if (err)
		verify_say(v, "R%u max value is outside of the allowed memory range\n", regno);
	return err;
}

static int access_memory(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *r = verify_reg(v, a->regno);
	bool probed = (r->type & REG_RDONLY) && (r->type & REG_UNTRUSTED);
	int err = 0;

	if (mem_writes(a) && r->type & REG_RDONLY)
		return verify_fail_reg(v, a->regno, MSG_MEM_READ_ONLY, a->regno,
				       reg_type_name(r->type).s);
	if (mem_leaks(v, a))
		return verify_fail_reg(v, a->regno, MSG_MEM_LEAK, a->value, "mem");
	/* Who reads where nothing is promised reads 0 where nothing is. */
	if (probed)
		v->insns[a->insn].facts |= FACT_BTF_LOAD;
	else
		err = mem_check_span(v, a->regno, a->off, a->size, r->mem_size, false);
	if (!err)
		mem_loaded(v, a);
	return err;
}

static int access_arena(struct verifier *v, const struct mem_access *a)
{
	v->insns[a->insn].facts |= FACT_ARENA;
	mem_loaded(v, a);
	return 0;
}

/* Maps -------------------------------------------------------------------- */

int mem_check_map_rights(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access kind)
{
	const struct verify_map *map = verify_reg(v, regno)->map;

	if (kind == ACCESS_WRITE && map->flags & BPF_F_RDONLY_PROG)
		return verify_fail_reg(v, regno, MSG_MAP_WRITE_FORBIDDEN, map->value_size, off,
				       size);
	if (kind == ACCESS_READ && map->flags & BPF_F_WRONLY_PROG)
		return verify_fail_reg(v, regno, MSG_MAP_READ_FORBIDDEN, map->value_size, off,
				       size);
	return 0;
}

/* Of a special field only a whole pointer may be loaded or stored, and only by an instruction. */
static int check_field(struct verifier *v, u32 regno, s32 off, u32 size,
		       const struct btf_special *field, bool by_helper)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *name = btf_special_name(field->kind);

	if (!(field->kind & (BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR)))
		return verify_fail_reg(v, regno, MSG_MAP_FIELD_DIRECT, name);
	if (by_helper)
		return verify_fail_reg(v, regno, MSG_MAP_FIELD_HELPER, name);
	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_KPTR_VARIABLE, name);
	if (field->offset != (u64)((s64)off + (s64)r->s.bits.value))
		return verify_fail_reg(v, regno, MSG_KPTR_MISALIGNED, name, field->offset,
				       (u64)((s64)off + (s64)r->s.bits.value));
	if (size != 8)
		return verify_fail_reg(v, regno, MSG_KPTR_SIZE, name);
	return 0;
}

int mem_check_map_value(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok,
			bool by_helper)
{
	const struct vreg *r = verify_reg(v, regno);
	const struct btf_fields *fields = r->map->fields;
	int err = mem_check_span(v, regno, off, size, r->map->value_size, zero_ok);
	s64 lo = r->s.smin + off;
	u64 hi = r->s.umax + (u64)(s64)off + size;

	for (u32 i = 0; !err && fields && i < fields->count; i++) {
		const struct btf_special *field = &fields->at[i];

		if (lo < (s64)field->offset + field->size && field->offset < hi)
			err = check_field(v, regno, off, size, field, by_helper);
	}
	return err;
}

int verify_map_access(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok,
		      enum verify_access access)
{
	int err = mem_check_map_rights(v, regno, off, size, access);

	return err ? err : mem_check_map_value(v, regno, off, size, zero_ok, true);
}

/* A frozen map that programs cannot write holds constants. True: *value is what is there. */
static bool read_constant(const struct verifier *v, const struct vreg *r,
			  const struct mem_access *a, u64 *value)
{
	const struct verify_map *map = r->map;

	if (mem_writes(a) || !reg_is_const(r) || !map->frozen || !map->read ||
	    !verify_has(v, KERNEL_RODATA_CONSTANTS))
		return false;
	if (map->read(map, (u32)(a->off + (s32)r->s.bits.value), a->size, value))
		return false;
	if (a->sign_extend)
		*value = (u64)((s64)(*value << (64 - a->size * 8)) >> (64 - a->size * 8));
	return true;
}

static int access_map_value(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *r = verify_reg(v, a->regno);
	const struct btf_fields *fields = r->map->fields;
	const struct btf_special *field = NULL;
	u64 value;
	int err;

	if (mem_leaks(v, a))
		return verify_fail_reg(v, a->regno, MSG_MEM_LEAK, a->value, "map");
	err = mem_check_map_rights(v, a->regno, a->off, a->size, a->kind);
	if (err)
		return err;
	err = mem_check_map_value(v, a->regno, a->off, a->size, false, false);
	if (err)
		return err;
	if (fields && reg_is_const(r))
		field = btf_fields_find(fields, (u32)(a->off + (s32)r->s.bits.value),
					BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR);
	if (field)
		return mem_access_kptr(v, a, field);
	if (a->value >= 0 && read_constant(v, r, a, &value))
		*verify_reg(v, (u32)a->value) = mem_const(v, value);
	else
		mem_loaded(v, a);
	return 0;
}

static int access_map_key(struct verifier *v, const struct mem_access *a)
{
	int err;

	if (mem_writes(a))
		return verify_fail_reg(v, a->regno, MSG_MAP_KEY_WRITE, a->regno);
	err = mem_check_span(v, a->regno, a->off, a->size, verify_reg(v, a->regno)->map->key_size,
			     false);
	if (!err)
		mem_loaded(v, a);
	return err;
}

/* Buffers ----------------------------------------------------------------- */

int mem_check_buffer(struct verifier *v, u32 regno, s32 off, u32 size, const char *what)
{
	const struct vreg *r = verify_reg(v, regno);

	if (off < 0)
		return verify_fail_reg(v, regno, MSG_BUFFER_NEGATIVE, regno, what, off, size);
	if (!reg_is_const(r) || r->s.bits.value)
		return verify_fail_reg(v, regno, MSG_BUFFER_VARIABLE, regno, off,
				       tnum_name(r->s.bits).s);
	return 0;
}

static void note_most(u32 *most, s32 off, u32 size)
{
	*most = MAX(*most, (u32)off + size);
}

static int access_tp_buffer(struct verifier *v, const struct mem_access *a)
{
	int err = mem_check_buffer(v, a->regno, a->off, a->size, "tracepoint");

	if (err)
		return err;
	note_most(&v->max_tp_access, a->off, a->size);
	mem_loaded(v, a);
	return 0;
}

int mem_check_buf(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access kind)
{
	const struct vreg *r = verify_reg(v, regno);
	bool read_only = r->type & REG_RDONLY;
	int err;

	if (read_only && kind == ACCESS_WRITE)
		return verify_fail_reg(v, regno, MSG_MEM_READ_ONLY, regno,
				       reg_type_name(r->type).s);
	err = mem_check_buffer(v, regno, off, size, read_only ? "rdonly" : "rdwr");
	if (!err)
		note_most(read_only ? &v->max_rdonly_access : &v->max_rdwr_access, off, size);
	return err;
}

static int access_buf(struct verifier *v, const struct mem_access *a)
{
	int err = mem_check_buf(v, a->regno, a->off, a->size, a->kind);

	if (!err)
		mem_loaded(v, a);
	return err;
}

/* All kinds --------------------------------------------------------------- */

static int (*const by_kind[REG_KIND_MASK])(struct verifier *, const struct mem_access *) = {
	[REG_CTX] = mem_access_context,
	[REG_MAP_PTR] = mem_access_map_object,
	[REG_MAP_VALUE] = access_map_value,
	[REG_MAP_KEY] = access_map_key,
	[REG_STACK] = mem_access_stack,
	[REG_PACKET_META] = mem_access_packet,
	[REG_PACKET] = mem_access_packet,
	[REG_FLOW_KEYS] = mem_access_flow_keys,
	[REG_SOCKET] = mem_access_socket,
	[REG_SOCK_COMMON] = mem_access_socket,
	[REG_TCP_SOCK] = mem_access_socket,
	[REG_TP_BUFFER] = access_tp_buffer,
	[REG_XDP_SOCK] = mem_access_socket,
	[REG_BTF_ID] = mem_access_object,
	[REG_MEM] = access_memory,
	[REG_ARENA] = access_arena,
	[REG_BUF] = access_buf,
};

int verify_mem_access(struct verifier *v, u32 insn, u32 regno, s32 off, u32 size,
		      enum verify_access access, int value, bool strict, bool sign_extend)
{
	const struct vreg *r = verify_reg(v, regno);
	struct mem_access a = {insn, regno, off + r->off, size, access, value, sign_extend};
	struct vreg *to;
	int err;

	err = mem_check_alignment(v, regno, off, size, strict);
	if (err)
		return err;
	if (r->type & REG_MAYBE_NULL || !by_kind[reg_kind(r->type)])
		return verify_fail_reg(v, regno, MSG_MEM_ACCESS, regno, reg_type_name(r->type).s);
	err = by_kind[reg_kind(r->type)](v, &a);
	if (err || size == 8 || value < 0 || access == ACCESS_WRITE)
		return err;
	to = verify_reg(v, (u32)value);
	if (to->type != REG_SCALAR)
		return 0;
	if (sign_extend)
		scalar_sign_extend(&to->s, size);
	else
		scalar_zero_extend(&to->s, size);
	return 0;
}
