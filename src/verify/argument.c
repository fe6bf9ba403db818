// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arguments of helper calls. A row per kind of argument says which registers
 * will do, whether NULL will, and what else must hold; what holds between
 * arguments (a map and its key, memory and its size, a timer and its map) is
 * kept in the call's meta, in the order of the arguments.
 */
#include "btf/fields.h"
#include "btf/walk.h"
#include "verify/call.h"
#include "verify/memory.h"
#include "verify/verifier.h"

enum arg_flag {
	ARG_NULL = 1 << 0,   /* a constant NULL will do, and a pointer that may be NULL */
	ARG_RDONLY = 1 << 1, /* memory that may only be read will do */
	ARG_WRITES = 1 << 2, /* the helper writes there */
	ARG_RAW = 1 << 3,    /* ... and reads nothing: need not be initialised */
};

/* Register types that will do, in the order they are listed in messages; ends in 0. */
static const u32 memory_types[] = {REG_STACK,
				   REG_PACKET,
				   REG_PACKET_META,
				   REG_MAP_KEY,
				   REG_MAP_VALUE,
				   REG_MEM,
				   REG_MEM | REG_RINGBUF,
				   REG_BUF,
				   REG_BTF_ID | REG_TRUSTED,
				   0};
static const u32 number_types[] = {REG_SCALAR, 0};
static const u32 map_types[] = {REG_MAP_PTR, 0};
static const u32 ctx_types[] = {REG_CTX, 0};
static const u32 sock_common_types[] = {REG_SOCK_COMMON, REG_SOCKET, REG_TCP_SOCK, REG_XDP_SOCK, 0};
static const u32 btf_sock_types[] = {
	REG_SOCK_COMMON,          REG_SOCKET, REG_TCP_SOCK, REG_XDP_SOCK, REG_BTF_ID,
	REG_BTF_ID | REG_TRUSTED, 0};
static const u32 socket_types[] = {REG_SOCKET, 0};
static const u32 btf_types[] = {REG_BTF_ID, REG_BTF_ID | REG_TRUSTED, REG_BTF_ID | REG_RCU, 0};
static const u32 lock_types[] = {REG_MAP_VALUE, REG_BTF_ID | REG_ALLOC, 0};
static const u32 ringbuf_types[] = {REG_MEM | REG_RINGBUF, 0};
static const u32 percpu_types[] = {REG_BTF_ID | REG_PERCPU, REG_BTF_ID | REG_PERCPU | REG_RCU,
				   REG_BTF_ID | REG_PERCPU | REG_TRUSTED, 0};
static const u32 func_types[] = {REG_FUNC, 0};
static const u32 stack_types[] = {REG_STACK, 0};
static const u32 value_types[] = {REG_MAP_VALUE, 0};
static const u32 kptr_types[] = {REG_MAP_VALUE, REG_BTF_ID | REG_ALLOC, 0};
static const u32 dynptr_types[] = {REG_STACK, REG_DYNPTR, 0};

struct arg_rule {
	const u32 *types;
	u32 flags; /* enum arg_flag */
	int (*check)(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		     u32 arg);
	u32 dynptr; /* enum dynptr_kind */
};

static u32 regno_of(u32 arg)
{
	return arg + 1;
}

static enum verify_access access_of(u32 flags)
{
	return flags & ARG_WRITES ? ACCESS_WRITE : ACCESS_READ;
}

/* ---- maps ---- */

static int arg_map(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule, u32 arg)
{
	const struct vreg *r = verify_reg(v, regno_of(arg));

	/* A timer came before: it must be of this very map. */
	if (meta->map && (meta->map != r->map || meta->map_uid != r->map_uid))
		return verify_fail_reg(v, regno_of(arg), MSG_TIMER_MAP, meta->map_uid, r->map_uid);
	meta->map = r->map;
	meta->map_uid = r->map_uid;
	return 0;
}

/* Bytes of the slot's lower end, from byte `from` down, that are of one type. */
static u32 run_of(const struct vslot *slot, u32 from, enum slot_type type)
{
	u32 n = 0;

	while (n <= from && slot->type[from - n] == type)
		n++;
	return n;
}

/* The key on the stack, when one is known there: 1 and *key, 0, or -errno. */
static int constant_key(struct verifier *v, const struct vreg *r, u32 size, s64 *key)
{
	struct vframe *f = verify_frame_of(v, r);
	s64 at = -((s64)r->s.bits.value + r->off) - 1;
	const struct vslot *slot;
	int err;

	if (reg_kind(r->type) != REG_STACK || !reg_is_const(r) || at < 0 || at / 8 >= f->slot_count)
		return 0;
	slot = &f->slots[at / 8];
	if (run_of(slot, (u32)at % 8, SLOT_ZERO) >= size) {
		*key = 0;
		return 1;
	}
	if (slot->type[7] != SLOT_SPILL || slot->reg.type != REG_SCALAR ||
	    run_of(slot, (u32)at % 8, SLOT_SPILL) != size || !reg_is_const(&slot->reg))
		return 0;
	*key = (s64)slot->reg.s.bits.value;
	err = verify_mark_precise_slot(v, r->frame, (u32)at / 8);
	return err ?: 1;
}

bool verify_map_key_tells(const struct verify_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int arg_map_key(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		       u32 arg)
{
	u32 regno = regno_of(arg);
	s64 key;
	int err;

	if (!meta->map)
		return verify_fail_reg(v, regno, MSG_MAP_MISSING, "key");
	err = verify_mem_region(v, regno, meta->map->key_size, ACCESS_READ, false, NULL);
	if (err || !verify_map_key_tells(meta->map) || !v->bpf ||
	    !verify_has(v, KERNEL_LOOKUP_NONNULL))
		return err;
	err = constant_key(v, verify_reg(v, regno), meta->map->key_size, &key);
	if (err == 1)
		meta->const_key = key;
	return err < 0 ? err : 0;
}

static int arg_map_value(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
			 u32 arg)
{
	u32 regno = regno_of(arg);

	if (rule->flags & ARG_NULL && reg_is_null_const(verify_reg(v, regno)))
		return 0;
	if (!meta->map)
		return verify_fail_reg(v, regno, MSG_MAP_MISSING, "value");
	meta->raw = rule->flags & ARG_RAW;
	return verify_mem_region(v, regno, meta->map->value_size, access_of(rule->flags), false,
				 meta);
}

/* ---- memory ---- */

static int arg_memory(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		      u32 arg)
{
	meta->raw = rule->flags & ARG_RAW;
	return 0;
}

static int arg_fixed(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		     u32 arg)
{
	u32 size = meta->proto->fixed_size[arg], regno = regno_of(arg);
	int err;

	meta->raw = rule->flags & ARG_RAW;
	err = verify_mem_region(v, regno, size, access_of(rule->flags), false, meta);
	if (err || !(rule->flags & ARG_WRITES))
		return err;
	return mem_check_alignment(v, regno, 0, size, true);
}

static const struct arg_rule rules[];

static int arg_size(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		    u32 arg)
{
	u32 flags = rules[meta->proto->args[arg - 1]].flags;

	return verify_mem_size(v, regno_of(arg) - 1, regno_of(arg), access_of(flags),
			       meta->proto->args[arg] == ARG_SIZE_OR_ZERO, meta);
}

static int arg_alloc_size(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
			  u32 arg)
{
	const struct vreg *r = verify_reg(v, regno_of(arg));

	if (!reg_is_const(r))
		return verify_fail_reg(v, regno_of(arg), MSG_SIZE_UNKNOWN, regno_of(arg));
	meta->mem_size = r->s.bits.value;
	return verify_mark_precise(v, regno_of(arg));
}

static int arg_string(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		      u32 arg)
{
	return verify_const_string(v, regno_of(arg), NULL, NULL);
}

/* Where the first zero byte lies in [off, end): 0, -ENOENT, or that it cannot be read. */
static int find_end(const struct verify_map *map, u32 off, u32 end, u32 *at)
{
	u64 bytes;

	for (u32 n; off < end; off += n) {
		n = MIN(end - off, 8u);
		if (map->read(map, off, n, &bytes))
			return -EINVAL;
		for (u32 i = 0; i < n; i++)
			if (!(bytes >> i * 8 & 0xff)) {
				*at = off + i;
				return 0;
			}
	}
	return -ENOENT;
}

int verify_const_string(struct verifier *v, u32 regno, u32 *at, u32 *len)
{
	const struct vreg *r = verify_reg(v, regno);
	const struct verify_map *map = r->map;
	u32 off, end = 0;
	int err;

	if (reg_kind(r->type) != REG_MAP_VALUE)
		return verify_fail_reg(v, regno, MSG_STRING_MEMORY, regno);
	if (!map->frozen)
		return verify_fail_reg(v, regno, MSG_STRING_WRITABLE, regno);
	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_STRING_VARIES, regno);
	if (!map->read)
		return verify_fail_reg(v, regno, MSG_STRING_NO_VALUE);
	err = verify_map_access(v, regno, r->off, map->value_size - (u32)r->off, false,
				ACCESS_READ);
	if (err)
		return err;
	off = (u32)r->s.bits.value + (u32)r->off;
	err = find_end(map, off, map->value_size, &end);
	if (err == -EINVAL)
		return verify_fail_reg(v, regno, MSG_STRING_READ);
	if (err)
		return verify_fail_reg(v, regno, MSG_STRING_END);
	if (at)
		*at = off;
	if (len)
		*len = end - off;
	return 0;
}

/* ---- what lives in maps and on the stack ---- */

static int arg_lock(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		    u32 arg)
{
	if (verify_in_rbtree_callback(v))
		return verify_fail_reg(v, regno_of(arg), MSG_LOCK_IN_CALLBACK);
	return verify_spin_lock(v, regno_of(arg), meta->func_id == BPF_FUNC_spin_lock, false,
				false);
}

static int arg_timer(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		     u32 arg)
{
	const struct vreg *r = verify_reg(v, regno_of(arg));

	if (meta->map)
		return verify_bug(v, "two maps in a timer helper");
	meta->map = r->map;
	meta->map_uid = r->map_uid;
	return verify_map_field(v, regno_of(arg), BTF_SPECIAL_TIMER, "bpf_timer");
}

int verify_map_field(struct verifier *v, u32 regno, u32 kind, const char *name)
{
	const struct vreg *r = verify_reg(v, regno);
	const struct btf_special *at;
	s64 off = (s64)r->s.bits.value + r->off;

	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_FIELD_VARIES, regno, name, name);
	if (!r->map->btf)
		return verify_fail_reg(v, regno, MSG_FIELD_NO_BTF, r->map->name, name);
	at = r->map->fields ? btf_fields_first(r->map->fields, kind) : NULL;
	if (!at)
		return verify_fail_reg(v, regno, MSG_FIELD_NONE, r->map->name, name);
	if (off != at->offset)
		return verify_fail_reg(v, regno, MSG_FIELD_OFFSET, (long long)off, name,
				       at->offset);
	return 0;
}

static int arg_kptr(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		    u32 arg)
{
	u32 regno = regno_of(arg);
	const struct vreg *r = verify_reg(v, regno);
	const struct btf_fields *fields;
	const struct btf_special *at;
	struct btf_fields room;
	int off;

	fields = verify_fields_of(v, r, &room);
	meta->kptr_btf = r->btf;
	if (reg_kind(r->type) == REG_MAP_VALUE) {
		meta->map = r->map;
		meta->kptr_btf = r->map->btf;
		if (!r->map->btf)
			return verify_fail_reg(v, regno, MSG_KPTR_NO_BTF, r->map->name);
	}
	if (!reg_is_const(r))
		return verify_fail_reg(v, regno, MSG_KPTR_VARIES, regno);
	if (!fields || !(fields->mask & BTF_SPECIAL_KPTR))
		return verify_fail_reg(v, regno, MSG_KPTR_NONE, regno);
	off = (int)r->s.bits.value + r->off;
	at = btf_fields_find(fields, (u32)off, BTF_SPECIAL_KPTR);
	if (!at)
		return verify_fail_reg(v, regno, MSG_KPTR_OFFSET, off);
	if (at->kind == BTF_SPECIAL_KPTR_UNREF)
		return verify_fail_reg(v, regno, MSG_KPTR_UNREF, off);
	meta->kptr = *at;
	if (at->kernel)
		meta->kptr_btf = v->in->vmlinux;
	return 0;
}

static int arg_func(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		    u32 arg)
{
	meta->subprog = verify_reg(v, regno_of(arg))->subprog;
	return 0;
}

static int arg_percpu(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		      u32 arg)
{
	const struct vreg *r = verify_reg(v, regno_of(arg));

	if (!r->btf_id)
		return verify_fail_reg(v, regno_of(arg), MSG_PERCPU_TYPE, regno_of(arg));
	meta->ret_btf = r->btf;
	meta->ret_btf_id = r->btf_id;
	return 0;
}

static int arg_dynptr(struct verifier *v, struct call_meta *meta, const struct arg_rule *rule,
		      u32 arg)
{
	bool changes = meta->release_regno == regno_of(arg);

	if (rule->flags & ARG_RAW)
		return verify_dynptr_new(v, regno_of(arg), rule->dynptr, 0);
	return verify_dynptr_arg(v, regno_of(arg), rule->dynptr, changes);
}

/* ---- the rows ---- */

static const struct arg_rule rules[] = {
	[ARG_MAP] = {map_types, 0, arg_map},
	[ARG_MAP_KEY] = {memory_types, 0, arg_map_key},
	[ARG_MAP_VALUE] = {memory_types, 0, arg_map_value},
	[ARG_MAP_VALUE_OR_NULL] = {memory_types, ARG_NULL, arg_map_value},
	[ARG_MAP_VALUE_WRITE] = {memory_types, ARG_WRITES | ARG_RAW, arg_map_value},
	[ARG_MEM] = {memory_types, ARG_RDONLY, arg_memory},
	[ARG_MEM_OR_NULL] = {memory_types, ARG_RDONLY | ARG_NULL, arg_memory},
	[ARG_MEM_WRITE] = {memory_types, ARG_WRITES | ARG_RAW, arg_memory},
	[ARG_MEM_WRITE_OR_NULL] = {memory_types, ARG_WRITES | ARG_NULL, arg_memory},
	[ARG_MEM_CHANGE] = {memory_types, ARG_WRITES, arg_memory},
	[ARG_MEM_FIXED] = {memory_types, 0, arg_fixed},
	[ARG_MEM_FIXED_WRITE] = {memory_types, ARG_WRITES | ARG_RAW, arg_fixed},
	[ARG_MEM_FIXED_CHANGE] = {memory_types, ARG_WRITES, arg_fixed},
	[ARG_SIZE] = {number_types, 0, arg_size},
	[ARG_SIZE_OR_ZERO] = {number_types, 0, arg_size},
	[ARG_ALLOC_SIZE] = {number_types, 0, arg_alloc_size},
	[ARG_CTX] = {ctx_types},
	[ARG_CTX_OR_NULL] = {ctx_types, ARG_NULL},
	[ARG_FUNC] = {func_types, 0, arg_func},
	[ARG_STACK_OR_NULL] = {stack_types, ARG_NULL},
	[ARG_CONST_STR] = {value_types, 0, arg_string},
	[ARG_SPIN_LOCK] = {lock_types, 0, arg_lock},
	[ARG_RINGBUF_MEM] = {ringbuf_types},
	[ARG_BTF_PTR] = {btf_types},
	[ARG_BTF_PTR_OR_NULL] = {btf_types, ARG_NULL},
	[ARG_BTF_RELEASED_OR_NULL] = {btf_types, ARG_NULL},
	[ARG_BTF_SOCK_COMMON] = {btf_sock_types},
	[ARG_BTF_SOCK_COMMON_OR_NULL] = {btf_sock_types, ARG_NULL},
	[ARG_SOCK_COMMON] = {sock_common_types},
	[ARG_SOCK_OR_NULL] = {socket_types, ARG_NULL},
	[ARG_PERCPU_BTF] = {percpu_types, 0, arg_percpu},
	[ARG_DYNPTR] = {dynptr_types, ARG_RDONLY, arg_dynptr},
	[ARG_DYNPTR_NEW_LOCAL] = {dynptr_types, ARG_RAW, arg_dynptr, DYNPTR_LOCAL},
	[ARG_DYNPTR_NEW_RINGBUF] = {dynptr_types, ARG_RAW, arg_dynptr, DYNPTR_RINGBUF},
	[ARG_DYNPTR_RINGBUF] = {dynptr_types, 0, arg_dynptr, DYNPTR_RINGBUF},
	[ARG_TIMER] = {value_types, 0, arg_timer},
	[ARG_KPTR] = {kptr_types, 0, arg_kptr},
};

/* ---- registers by type ---- */

static int fail_type(struct verifier *v, u32 regno, u32 type, const u32 *types)
{
	char want[240];
	struct text t;

	text_init(&t, want, sizeof(want));
	for (u32 i = 0; types[i]; i++) {
		text_puts(&t, i ? ", " : "");
		reg_type_format(&t, types[i]);
	}
	return verify_fail_reg(v, regno, MSG_ARG_TYPE, regno, reg_type_name(type).s, want);
}

/* The register's type, without what the argument does not care about. */
static u32 bare_type(const struct call_meta *meta, const struct arg_rule *rule, u32 regno, u32 type)
{
	if (rule->types == memory_types)
		type &= ~REG_OF_PACKET;
	if (rule->flags & ARG_RDONLY)
		type &= ~REG_RDONLY;
	if (rule->flags & ARG_NULL)
		type &= ~REG_MAYBE_NULL;
	if (meta->func_id == BPF_FUNC_kptr_xchg && type & REG_ALLOC && regno == 2)
		type &= ~(REG_ALLOC | REG_PERCPU);
	return type;
}

static int check_struct(struct verifier *v, const struct call_meta *meta, u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *want = meta->proto->btf[regno - 1] ?: "sock_common";
	bool strict = meta->release_regno == regno && meta->func_id != BPF_FUNC_sk_release;
	const struct btf_info *kernel = v->in->vmlinux;
	u32 id = kernel ? btf_find(kernel, want, BTF_KIND_STRUCT) : 0;

	if (id && btf_struct_ids_match(r->btf, r->btf_id, (u32)r->off, kernel, id, strict))
		return 0;
	return verify_fail_reg(v, regno, MSG_ARG_STRUCT, regno, btf_name(r->btf, r->btf_id), want);
}

/* A kernel or allocated object: of the right struct, and surely there. */
static int check_object(struct verifier *v, const struct call_meta *meta,
			const struct arg_rule *rule, u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);

	if (rule->types == memory_types)
		return rule->flags & ARG_RDONLY
			       ? 0
			       : verify_fail_reg(v, regno, MSG_ARG_OBJECT_WRITE, meta->proto->name,
						 regno, reg_type_name(r->type).s);
	if (r->type & REG_MAYBE_NULL && (!(rule->flags & ARG_NULL) || meta->release_regno == regno))
		return verify_fail_reg(v, regno, MSG_ARG_MAY_BE_NULL, regno);
	if (meta->func_id == BPF_FUNC_kptr_xchg && rule->types == btf_types)
		return verify_kptr_match(v, regno, &meta->kptr, meta->kptr_btf) ? -EACCES : 0;
	if (r->type & (REG_ALLOC | REG_PERCPU))
		return 0;
	return check_struct(v, meta, regno);
}

static int check_type(struct verifier *v, const struct call_meta *meta, const struct arg_rule *rule,
		      u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);
	u32 type = bare_type(meta, rule, regno, r->type), i = 0;

	while (rule->types[i] && rule->types[i] != type)
		i++;
	if (!rule->types[i])
		return fail_type(v, regno, r->type, rule->types);
	return reg_kind(r->type) == REG_BTF_ID ? check_object(v, meta, rule, regno) : 0;
}

static int fail_kptr(struct verifier *v, u32 regno, const struct btf_special *field,
		     const struct btf_info *btf)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *has = reg_kind(r->type) == REG_BTF_ID ? btf_name(r->btf, r->btf_id) : "";
	const char *want = btf_name(btf, field->type);

	if (field->kind == BTF_SPECIAL_KPTR_UNREF)
		return verify_fail_reg(v, regno, MSG_KPTR_TYPE_OR, regno, reg_type_name(r->type).s,
				       has, "ptr_", want, "untrusted_ptr_", want);
	return verify_fail_reg(v, regno, MSG_KPTR_TYPE, regno, reg_type_name(r->type).s, has,
			       "ptr_", want);
}

int verify_kptr_match(struct verifier *v, u32 regno, const struct btf_special *field,
		      const struct btf_info *btf)
{
	const struct vreg *r = verify_reg(v, regno);
	bool unref = field->kind == BTF_SPECIAL_KPTR_UNREF;
	u32 may = REG_KIND_MASK | REG_MAYBE_NULL;

	if (reg_kind(r->type) != REG_BTF_ID)
		return fail_kptr(v, regno, field, btf);
	if (r->btf == v->in->vmlinux || btf_base(r->btf) == v->in->vmlinux)
		may |= REG_TRUSTED | REG_RCU | (unref ? REG_UNTRUSTED : 0);
	else
		may |= REG_ALLOC | (field->kind == BTF_SPECIAL_KPTR_PERCPU ? REG_PERCPU : 0);
	if (r->type & ~may)
		return fail_kptr(v, regno, field, btf);
	if (verify_ptr_off(v, r, regno, true))
		return -EACCES;
	if (btf_struct_ids_match(r->btf, r->btf_id, (u32)r->off, btf, field->type, !unref))
		return 0;
	return fail_kptr(v, regno, field, btf);
}

bool verify_object_may_have_offset(const struct vreg *r)
{
	switch (r->type & ~(u32)REG_KIND_MASK) {
	case 0:
	case REG_ALLOC:
	case REG_TRUSTED:
	case REG_RCU:
	case REG_ALLOC | REG_NON_OWN:
	case REG_ALLOC | REG_NON_OWN | REG_RCU: return true;
	default: return false;
	}
}

/* Which pointers may have an offset. */
static int check_offset(struct verifier *v, const struct call_meta *meta, u32 regno, bool dynptr)
{
	const struct vreg *r = verify_reg(v, regno);

	if (meta->release_regno == regno) {
		if (dynptr && reg_kind(r->type) == REG_STACK)
			return 0;
		if (r->off && verify_has(v, KERNEL_ARG_ERRNO))
			return verify_fail_reg(v, regno, MSG_RELEASE_OFFSET, regno);
		return verify_ptr_off(v, r, regno, false);
	}
	switch (reg_kind(r->type)) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_ARENA:
	case REG_SCALAR: return 0;
	case REG_BTF_ID: return verify_ptr_off(v, r, regno, verify_object_may_have_offset(r));
	default: return verify_ptr_off(v, r, regno, false);
	}
}

/* What is given away must be ours. */
static int check_release(struct verifier *v, const struct call_meta *meta, u32 regno, bool dynptr)
{
	const struct vreg *r = verify_reg(v, regno), *d;

	if (dynptr) {
		if (reg_kind(r->type) == REG_DYNPTR)
			return verify_fail_reg(v, regno, MSG_DYNPTR_RELEASE_CONST);
		d = verify_dynptr_slot(v, r);
		return d && d->ref ? 0 : verify_fail_reg(v, regno, MSG_DYNPTR_UNOWNED, regno);
	}
	if (!r->ref && !reg_is_null_const(r))
		return verify_fail_reg(v, regno, MSG_RELEASE_UNREFERENCED, regno);
	return 0;
}

static bool is_released(const struct helper_proto *proto, u32 arg)
{
	return (arg == 0 && proto->flags & HELPER_RELEASES_ARG1) ||
	       (arg == 1 && proto->flags & HELPER_RELEASES_ARG2);
}

/* A map of sockets takes sockets for values. */
static int resolve(struct verifier *v, const struct call_meta *meta, u32 regno, u32 *arg)
{
	if (*arg != ARG_MAP_VALUE && *arg != ARG_MAP_VALUE_WRITE && *arg != ARG_MAP_VALUE_OR_NULL)
		return 0;
	if (!meta->map)
		return verify_fail_reg(v, regno, MSG_MAP_MISSING, "type");
	switch (meta->map->type) {
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
		if (*arg != ARG_MAP_VALUE)
			return verify_fail_reg(v, regno, MSG_SOCKMAP_ARG);
		*arg = ARG_BTF_SOCK_COMMON;
		break;
	case BPF_MAP_TYPE_BLOOM_FILTER:
		if (meta->func_id == BPF_FUNC_map_peek_elem)
			*arg = ARG_MAP_VALUE;
	}
	return 0;
}

static int check_argument(struct verifier *v, struct call_meta *meta, u32 arg, u32 kind)
{
	const struct vreg *r = verify_reg(v, regno_of(arg));
	const struct arg_rule *rule = &rules[kind];
	u32 regno = regno_of(arg);
	bool dynptr = rule->types == dynptr_types;
	int err;

	if (is_released(meta->proto, arg))
		meta->release_regno = regno;
	if (!(rule->flags & ARG_NULL && reg_is_null_const(r))) {
		err = check_type(v, meta, rule, regno) ?: check_offset(v, meta, regno, dynptr);
		if (err)
			return err;
	}
	if (meta->release_regno == regno) {
		err = check_release(v, meta, regno, dynptr);
		if (err)
			return err;
	}
	if (r->ref && kind != ARG_KPTR) {
		if (meta->ref)
			return verify_fail_reg(v, regno, MSG_TWO_REFERENCES, regno, r->ref,
					       meta->ref);
		meta->ref = r->ref;
	}
	err = rule->check ? rule->check(v, meta, rule, arg) : 0;
	if (err == -EINVAL && (kind == ARG_SPIN_LOCK || kind == ARG_TIMER || kind == ARG_KPTR) &&
	    !verify_has(v, KERNEL_ARG_ERRNO))
		err = -EACCES;
	return err;
}

int verify_helper_argument(struct verifier *v, struct call_meta *meta, u32 arg)
{
	u32 kind = meta->proto->args[arg], regno = regno_of(arg);
	const struct vreg *r = verify_reg(v, regno);
	int err;

	if (kind == ARG_NONE)
		return 0;
	err = verify_reg_read(v, regno);
	if (err)
		return err;
	if (kind == ARG_ANY)
		verify_stack_escapes(v, r);
	if (kind == ARG_ANY)
		return v->ptr_leaks || r->type == REG_SCALAR
			       ? 0
			       : verify_fail_reg(v, regno, MSG_ARG_LEAK, regno);
	if (reg_is_packet(r->type) && !meta->packet_access &&
	    v->type->type != BPF_PROG_TYPE_CGROUP_SOCKOPT)
		return verify_fail_reg(v, regno, MSG_ARG_PACKET);
	err = resolve(v, meta, regno, &kind);
	return err ?: check_argument(v, meta, arg, kind);
}
