// SPDX-License-Identifier: BSD-2-Clause
/*
 * Objects that BTF describes: of the kernel, made by the program, or maps
 * themselves. A load walks the type to the member at its offset; a member that
 * is a pointer gives a pointer again, whose flags say how far it may be trusted:
 *
 *	trusted	valid while the program runs: what the kernel handed over, and
 *		members that are known to live as long as what holds them
 *	RCU	valid until the end of the RCU section
 *	neither	(old programs) may be passed to helpers, may be stale
 *	untrusted	may be anything: loads from it are probes that may fault
 *
 * Which members keep trust the kernel says in structs beside the real ones, of
 * the same name and "__safe_trusted", "__safe_rcu" and so on: they are in BTF.
 */
#include "btf/btf.h"
#include "btf/walk.h"
#include "verify/memory.h"
#include "verify/target.h"

bool verify_in_rcu(const struct verifier *v)
{
	return v->state->active_rcu || v->state->active_locks || !verify_in_sleepable_place(v);
}

/* Does struct "<name><suffix>" list the member, with the type found? */
static bool is_listed(const struct vreg *r, const struct btf_access *found, const char *suffix)
{
	char name[128];
	struct text t;
	u32 id, target;

	text_init(&t, name, sizeof(name));
	text_fmt(&t, "%s%s", btf_name(r->btf, r->btf_id), suffix);
	if (t.lost || !found->field || !found->field[0])
		return false;
	id = btf_find(r->btf, name, btf_kind_of(r->btf, r->btf_id));
	for (u32 i = 0; i < btf_field_count(r->btf, id); i++) {
		struct btf_field member;

		if (btf_field_at(r->btf, id, i, &member) ||
		    !btf_pointee(r->btf, member.type, &target))
			continue;
		if (target == found->type && !__builtin_strcmp(member.name, found->field))
			return true;
	}
	return false;
}

/* Flags of a pointer found by walking one that is trusted or under RCU. */
static u32 inherited(const struct verifier *v, const struct vreg *r, const struct btf_access *found,
		     u32 flags)
{
	if (is_listed(r, found, "__safe_trusted"))
		return flags | REG_TRUSTED;
	if (is_listed(r, found, "__safe_trusted_or_null"))
		return flags | REG_TRUSTED | REG_MAYBE_NULL;
	if (!verify_in_rcu(v) || r->type & REG_MAYBE_NULL)
		return REG_UNTRUSTED;
	if (is_listed(r, found, "__safe_rcu"))
		return flags | REG_RCU;
	if (is_listed(r, found, "__safe_rcu_or_null"))
		return (flags | REG_RCU | REG_MAYBE_NULL) & ~(u32)REG_UNTRUSTED;
	if (flags & REG_RCU)
		return flags | REG_MAYBE_NULL;
	if (flags & (REG_PERCPU | REG_USER))
		return flags;
	return flags & ~(u32)(REG_TRUSTED | REG_RCU);
}

static u32 pointer_flags(const struct verifier *v, const struct vreg *r,
			 const struct btf_access *found)
{
	u32 flags = 0;

	if (found->flags & BTF_FOUND_USER)
		flags |= REG_USER;
	if (found->flags & BTF_FOUND_PERCPU)
		flags |= REG_PERCPU;
	if (found->flags & BTF_FOUND_RCU)
		flags |= REG_RCU;
	if (found->flags & BTF_FOUND_IN_UNION)
		flags |= REG_UNTRUSTED;
	if (r->type & REG_UNTRUSTED)
		return REG_UNTRUSTED;
	if (verify_is_trusted(r) || r->type & REG_RCU)
		return inherited(v, r, found, flags);
	return flags & ~(u32)(REG_TRUSTED | REG_RCU);
}

static struct vreg object(struct verifier *v, const struct btf_info *btf, u32 id, u32 flags)
{
	struct vreg r = vreg_pointer(REG_BTF_ID | flags);

	r.btf = btf;
	r.btf_id = id;
	if (flags & REG_MAYBE_NULL)
		r.id = ++v->next_id;
	return r;
}

static int fail_walk(struct verifier *v, const struct btf_access_fault *f, int err)
{
	switch (f->what) {
	case BTF_ACCESS_BEYOND: return verify_fail(v, MSG_WALK_BEYOND, f->type, f->off, f->size);
	case BTF_ACCESS_HOLE: return verify_fail(v, MSG_WALK_HOLE, f->type, f->off);
	case BTF_ACCESS_POINTER:
		return verify_fail(v, MSG_WALK_POINTER, f->field, f->place, f->type, f->off,
				   f->size);
	case BTF_ACCESS_MEMBER:
		return verify_fail(v, MSG_WALK_MEMBER, f->field, f->place, f->type, f->off,
				   f->size);
	default:
		return err == -EFAULT ? verify_fail(v, MSG_WALK_SIZE, f->field)
				      : verify_fail(v, MSG_WALK_TYPE, f->type);
	}
}

/* Special fields of an object that the program made are not its to touch. */
static int check_object_fields(struct verifier *v, const struct vreg *r, s32 off, u32 size)
{
	const struct btf_special *field;
	struct btf_fields fields;

	if (btf_fields_of_object(r->btf, r->btf_id, v->in->vmlinux, &fields))
		return 0;
	field = btf_fields_touched(&fields, (u32)off, size);
	return field ? verify_fail(v, MSG_OBJECT_FIELD, btf_special_name(field->kind)) : 0;
}

/* The walk, and what a load finds. */
static int walk(struct verifier *v, const struct vreg *r, s32 off, u32 size, struct vreg *to)
{
	struct btf_access_fault fault;
	struct btf_access found;
	int err = 0;

	if (r->type & REG_ALLOC)
		err = check_object_fields(v, r, off, size);
	if (err)
		return err;
	err = btf_struct_access(r->btf, r->btf_id, (u32)off, size, &found, &fault);
	if (err)
		return fail_walk(v, &fault, err);
	if (found.found == BTF_FOUND_SCALAR ||
	    (found.found == BTF_FOUND_OBJECT && r->type & REG_ALLOC)) {
		*to = verify_unknown(v);
	} else if (found.found == BTF_FOUND_OBJECT) {
		*to = object(v, r->btf, found.type, pointer_flags(v, r, &found));
	} else if (!verify_has(v, KERNEL_POINTER_LEAF)) {
		*to = verify_unknown(v);
	} else {
		*to = vreg_pointer(REG_MEM | REG_RDONLY | REG_UNTRUSTED);
		to->mem_size = 0;
	}
	return 0;
}

static bool is_kernel_btf(const struct verifier *v, const struct btf_info *btf)
{
	return btf == v->in->vmlinux;
}

/* Rights, and offsets that are exact. */
static int check_object(struct verifier *v, u32 regno, s32 off)
{
	const struct vreg *r = verify_reg(v, regno);
	const char *name = btf_name(r->btf, r->btf_id);

	if (!v->ptr_leaks)
		return verify_fail_reg(v, regno, MSG_BTF_UNPRIV, name);
	if (!v->in->gpl && is_kernel_btf(v, r->btf))
		return verify_fail_reg(v, regno, MSG_BTF_GPL, name);
	if (off < 0)
		return verify_fail_reg(v, regno, MSG_BTF_NEGATIVE, regno, name, off);
	if (!reg_is_const(r) || r->s.bits.value)
		return verify_fail_reg(v, regno, MSG_BTF_VARIABLE, regno, name, off,
				       tnum_name(r->s.bits).s);
	if (r->type & REG_USER)
		return verify_fail_reg(v, regno, MSG_BTF_USER, regno, name, off);
	if (r->type & REG_PERCPU)
		return verify_fail_reg(v, regno, MSG_BTF_PERCPU, regno, name, off);
	return 0;
}

int verify_btf_access(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access access,
		      int value)
{
	const struct vreg *r = verify_reg(v, regno);
	bool alloc = r->type & REG_ALLOC, untrusted = r->type & REG_UNTRUSTED;
	struct vreg to;
	int err = check_object(v, regno, off);

	if (err)
		return err;
	if (access == ACCESS_WRITE && (!alloc || untrusted)) {
		err = alloc || untrusted ? 1 : verify_target_write(v, r, (u32)off, size);
		return err > 0 ? verify_fail_reg(v, regno, MSG_BTF_WRITE) : err;
	}
	err = walk(v, r, off, size, &to);
	if (!err && access == ACCESS_READ && value >= 0)
		*verify_reg(v, (u32)value) = to;
	return err;
}

int mem_access_object(struct verifier *v, const struct mem_access *a)
{
	if (!(verify_reg(v, a->regno)->type & REG_ALLOC))
		v->insns[a->insn].facts |= FACT_BTF_LOAD;
	return verify_btf_access(v, a->regno, a->off, a->size, a->kind, a->value);
}

/* Maps as objects ---------------------------------------------------------- */

static const struct {
	u32 type;
	const char *name;
} map_structs[] = {
	{BPF_MAP_TYPE_HASH, "bpf_htab"},
	{BPF_MAP_TYPE_ARRAY, "bpf_array"},
	{BPF_MAP_TYPE_PROG_ARRAY, "bpf_array"},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, "bpf_array"},
	{BPF_MAP_TYPE_PERCPU_HASH, "bpf_htab"},
	{BPF_MAP_TYPE_PERCPU_ARRAY, "bpf_array"},
	{BPF_MAP_TYPE_STACK_TRACE, "bpf_stack_map"},
	{BPF_MAP_TYPE_CGROUP_ARRAY, "bpf_array"},
	{BPF_MAP_TYPE_LRU_HASH, "bpf_htab"},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH, "bpf_htab"},
	{BPF_MAP_TYPE_LPM_TRIE, "lpm_trie"},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, "bpf_array"},
	{BPF_MAP_TYPE_HASH_OF_MAPS, "bpf_htab"},
	{BPF_MAP_TYPE_DEVMAP, "bpf_dtab"},
	{BPF_MAP_TYPE_SOCKMAP, "bpf_stab"},
	{BPF_MAP_TYPE_CPUMAP, "bpf_cpu_map"},
	{BPF_MAP_TYPE_XSKMAP, "xsk_map"},
	{BPF_MAP_TYPE_SOCKHASH, "bpf_shtab"},
	{BPF_MAP_TYPE_CGROUP_STORAGE, "bpf_cgroup_storage_map"},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "reuseport_array"},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, "bpf_cgroup_storage_map"},
	{BPF_MAP_TYPE_QUEUE, "bpf_queue_stack"},
	{BPF_MAP_TYPE_STACK, "bpf_queue_stack"},
	{BPF_MAP_TYPE_SK_STORAGE, "bpf_local_storage_map"},
	{BPF_MAP_TYPE_DEVMAP_HASH, "bpf_dtab"},
	{BPF_MAP_TYPE_STRUCT_OPS, "bpf_struct_ops_map"},
	{BPF_MAP_TYPE_RINGBUF, "bpf_ringbuf_map"},
	{BPF_MAP_TYPE_INODE_STORAGE, "bpf_local_storage_map"},
	{BPF_MAP_TYPE_TASK_STORAGE, "bpf_local_storage_map"},
	{BPF_MAP_TYPE_BLOOM_FILTER, "bpf_bloom_filter"},
	{BPF_MAP_TYPE_USER_RINGBUF, "bpf_ringbuf_map"},
	{BPF_MAP_TYPE_CGRP_STORAGE, "bpf_local_storage_map"},
	{BPF_MAP_TYPE_ARENA, "bpf_arena"},
};

static u32 map_struct(const struct verifier *v, u32 map_type)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_structs); i++)
		if (map_structs[i].type == map_type)
			return btf_find(v->in->vmlinux, map_structs[i].name, BTF_KIND_STRUCT);
	return 0;
}

int mem_access_map_object(struct verifier *v, const struct mem_access *a)
{
	const struct vreg *r = verify_reg(v, a->regno);
	struct vreg map, to;
	const char *name;
	u32 id;
	int err;

	if (!v->in->vmlinux)
		return verify_fail_reg(v, a->regno, MSG_MAP_OBJECT_NO_BTF);
	id = map_struct(v, r->map->type);
	if (!id)
		return verify_fail_reg(v, a->regno, MSG_MAP_OBJECT_TYPE, r->map->type);
	name = btf_name(v->in->vmlinux, id);
	if (!v->ptr_leaks)
		return verify_fail_reg(v, a->regno, MSG_BTF_UNPRIV, name);
	if (a->off < 0)
		return verify_fail_reg(v, a->regno, MSG_MAP_OBJECT_NEGATIVE, a->regno, name,
				       a->off);
	if (mem_writes(a))
		return verify_fail_reg(v, a->regno, MSG_MAP_OBJECT_WRITE, name);
	map = object(v, v->in->vmlinux, id, 0);
	err = walk(v, &map, a->off, a->size, &to);
	if (err)
		return err;
	v->insns[a->insn].facts |= FACT_BTF_LOAD;
	if (a->value >= 0)
		*verify_reg(v, (u32)a->value) = to;
	return 0;
}

/* Pointers in map values --------------------------------------------------- */

/* Kernel structs that RCU keeps alive when their last reference is gone. */
static const char *const rcu_protected[] = {
	"prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx",
};

static bool is_rcu_protected(const struct verifier *v, const struct btf_special *field)
{
	const char *name;

	if (!field->kernel)
		return true;
	name = btf_name(v->in->vmlinux, field->type);
	for (u32 i = 0; i < ARRAY_SIZE(rcu_protected); i++)
		if (!__builtin_strcmp(rcu_protected[i], name))
			return true;
	return false;
}

/* A node of a list or tree that it may be in: who holds the pointer does not own it. */
static bool points_to_node(const struct verifier *v, const struct btf_special *field,
			   const struct btf_info *btf)
{
	struct btf_fields fields;

	return !field->kernel && !btf_fields_of_object(btf, field->type, v->in->vmlinux, &fields) &&
	       fields.mask & BTF_SPECIAL_GRAPH_NODE;
}

u32 verify_kptr_flags(const struct verifier *v, const struct btf_special *field,
		      const struct btf_info *btf)
{
	bool rcu = field->kind == BTF_SPECIAL_KPTR_PERCPU ||
		   (field->kind == BTF_SPECIAL_KPTR_REF && is_rcu_protected(v, field));

	if (!rcu || !verify_in_rcu(v))
		return REG_MAYBE_NULL | REG_UNTRUSTED;
	if (field->kind == BTF_SPECIAL_KPTR_PERCPU)
		return REG_MAYBE_NULL | REG_RCU | REG_PERCPU;
	return REG_MAYBE_NULL | REG_RCU | (field->kernel ? 0 : REG_ALLOC) |
	       (points_to_node(v, field, btf) ? REG_NON_OWN : 0);
}

static const struct btf_info *field_btf(const struct verifier *v, const struct verify_map *map,
					const struct btf_special *field)
{
	return field->kernel ? v->in->vmlinux : map->btf;
}

/* The user's memory that user space has put there: a whole struct. */
static int load_uptr(struct verifier *v, const struct mem_access *a, const struct verify_map *map,
		     const struct btf_special *field)
{
	struct vreg to = vreg_pointer(REG_MEM | REG_MAYBE_NULL);

	if (btf_size_of(field_btf(v, map, field), field->type, &to.mem_size))
		return verify_bug(v, "user pointer without a size");
	to.id = ++v->next_id;
	*verify_reg(v, (u32)a->value) = to;
	return 0;
}

int mem_access_kptr(struct verifier *v, const struct mem_access *a, const struct btf_special *field)
{
	const struct verify_map *map = verify_reg(v, a->regno)->map;
	const struct isa_info *info = isa_info(v->ops[a->insn].op);

	if (info->cls == ISA_CLASS_ATOMIC || a->sign_extend)
		return verify_fail_reg(v, a->regno, MSG_KPTR_MODE);
	if (!mem_writes(a)) {
		if (a->value < 0)
			return 0;
		if (field->kind == BTF_SPECIAL_UPTR)
			return load_uptr(v, a, map, field);
		*verify_reg(v, (u32)a->value) =
			object(v, field_btf(v, map, field), field->type,
			       verify_kptr_flags(v, field, field_btf(v, map, field)));
		return 0;
	}
	if (field->kind == BTF_SPECIAL_UPTR)
		return verify_fail_reg(v, a->regno, MSG_UPTR_STORE);
	if (field->kind != BTF_SPECIAL_KPTR_UNREF)
		return verify_fail_reg(v, a->regno, MSG_KPTR_STORE_REF);
	if (a->value >= 0) {
		if (reg_is_null_const(verify_reg(v, (u32)a->value)))
			return 0;
		return verify_kptr_match(v, (u32)a->value, field, field_btf(v, map, field))
			       ? -EACCES
			       : 0;
	}
	if (v->ops[a->insn].imm)
		return verify_fail_reg(v, a->regno, MSG_KPTR_STORE_IMM, field->offset);
	return 0;
}
