// SPDX-License-Identifier: BSD-2-Clause
/* Key and value types of maps: sizes, special fields and which map types may have which. */
#include "sys/map_value.h"
#include "btf/btf.h"
#include "core/kernel.h"

#define POINTERS (BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR)
#define TYPE(t)  (1ull << BPF_MAP_TYPE_##t)

#define LOCAL_STORAGE \
	(TYPE(SK_STORAGE) | TYPE(INODE_STORAGE) | TYPE(TASK_STORAGE) | TYPE(CGRP_STORAGE))

#define ELEMENTS   (TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY))
#define LOCKABLE   (TYPE(HASH) | TYPE(ARRAY) | TYPE(CGROUP_STORAGE) | LOCAL_STORAGE)
#define PERCPU     (TYPE(PERCPU_HASH) | TYPE(LRU_PERCPU_HASH) | TYPE(PERCPU_ARRAY))
#define PLAIN_KPTR (BTF_SPECIAL_KPTR_UNREF | BTF_SPECIAL_KPTR_REF)

/* Which map types may have a field, and since which kernel; all rows of a kind count together. */
static const struct {
	u32 kinds;
	u32 since;
	u64 maps;
} rules[] = {
	{BTF_SPECIAL_SPIN_LOCK, 0x0501, LOCKABLE},
	{BTF_SPECIAL_TIMER, 0x050f, ELEMENTS},
	{PLAIN_KPTR, 0x0513, ELEMENTS},
	{BTF_SPECIAL_LIST_HEAD, 0x0602, ELEMENTS},
	{BTF_SPECIAL_RB_ROOT, 0x0603, ELEMENTS},
	{PLAIN_KPTR, 0x0603, PERCPU | LOCAL_STORAGE},
	{BTF_SPECIAL_REFCOUNT, 0x0604, ELEMENTS | PERCPU | LOCAL_STORAGE},
	{BTF_SPECIAL_KPTR_PERCPU, 0x0607, ELEMENTS | PERCPU | LOCAL_STORAGE},
	{BTF_SPECIAL_WORKQUEUE, 0x060a, ELEMENTS},
	{BTF_SPECIAL_UPTR, 0x060d, TYPE(TASK_STORAGE)},
	{BTF_SPECIAL_RES_SPIN_LOCK, 0x060f, LOCKABLE},
	{BTF_SPECIAL_TASK_WORK, 0x0612, ELEMENTS},
};

/* What the imitated kernel knows of special fields. */
static u32 known_kinds(const struct cygnet *inst)
{
	u32 kinds = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
		if (core_kernel_since(inst->kernel, rules[i].since))
			kinds |= rules[i].kinds;
	return kinds;
}

/* A value whose fields cannot be is a value without any, as the kernel has it. */
static void find_fields(struct cygnet *inst, const struct btf_info *btf, u32 type,
			struct btf_fields *out)
{
	u32 kinds = known_kinds(inst);

	if (btf_fields_parse(btf, type, kinds, NULL, out) || !(out->mask & POINTERS) ||
	    btf_object_load_kernel(inst->vmlinux))
		return;
	if (btf_fields_parse(btf, type, kinds, inst->vmlinux->btf, out))
		*out = (struct btf_fields){0};
}

static u64 maps_with(const struct cygnet *inst, u32 kind)
{
	u64 maps = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].kinds & kind && core_kernel_since(inst->kernel, rules[i].since))
			maps |= rules[i].maps;
	return maps;
}

static int check_fields(struct call *k, const struct map_attr *m, const struct btf_fields *f)
{
	if (!f->count)
		return 0;
	if (k->c->unprivileged)
		return -EPERM;
	if (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (u32 n = 0; n < f->count; n++)
		if (!(maps_with(k->inst, f->at[n].kind) >> m->type & 1))
			return -EOPNOTSUPP;
	return 0;
}

/* What a type's value is of: through names, and a variable to its type. */
static u32 resolve(const struct btf_info *btf, u32 id)
{
	id = btf_strip(btf, id);
	return btf_kind_of(btf, id) == BTF_KIND_VAR ? btf_strip(btf, btf_at(btf, id)->type) : id;
}

/* An integer of so many bits, all of its bytes. */
static bool is_int(const struct btf_info *btf, u32 id, u32 bits)
{
	const struct btf_type *t = btf_at(btf, resolve(btf, id));
	u32 enc;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT || t->size * 8 != bits)
		return false;
	memcpy(&enc, t + 1, sizeof(enc));
	return BTF_INT_BITS(enc) == bits && !BTF_INT_OFFSET(enc);
}

/* A cgroup's id, or struct bpf_cgroup_storage_key. */
static bool is_cgroup_key(const struct btf_info *btf, u32 id, u32 size)
{
	struct btf_field cgroup, attach;

	if (size != sizeof(struct bpf_cgroup_storage_key))
		return is_int(btf, id, 64);
	id = resolve(btf, id);
	return btf_kind_of(btf, id) == BTF_KIND_STRUCT && btf_field_count(btf, id) == 2 &&
	       !btf_field_at(btf, id, 0, &cgroup) && !btf_field_at(btf, id, 1, &attach) &&
	       cgroup.bit_offset == 0 && is_int(btf, cgroup.type, 64) && attach.bit_offset == 64 &&
	       is_int(btf, attach.type, 32);
}

/* What a type has to say of its own about the two. */
static int check_of_type(const struct map_attr *m, u8 types, const struct btf_info *btf, u32 key,
			 u32 value)
{
	switch ((enum map_types)types) {
	case MAP_TYPES_NONE: return -ENOTSUPP;
	case MAP_TYPES_INDEX:
		/* a section's one element has no key type */
		if (!key)
			return m->type == BPF_MAP_TYPE_ARRAY && m->max_entries == 1 &&
					       btf_kind_of(btf, resolve(btf, value)) ==
						       BTF_KIND_DATASEC
				       ? 0
				       : -EINVAL;
		return is_int(btf, key, 32) ? 0 : -EINVAL;
	case MAP_TYPES_INT: return is_int(btf, key, 32) ? 0 : -EINVAL;
	case MAP_TYPES_STRUCT:
		return btf_kind_of(btf, resolve(btf, key)) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case MAP_TYPES_VALUE: return key ? -EINVAL : 0;
	case MAP_TYPES_CGROUP: return is_cgroup_key(btf, key, m->key_size) ? 0 : -EINVAL;
	default: return 0;
	}
}

/* Is the table's own struct in it, behind what all have? That is one struct, before 6.9 two
 * members. */
static bool holds_table(const struct btf_info *b, u32 type, const char *name)
{
	struct btf_field m;

	for (u32 i = 1; i < 3 && !btf_field_at(b, type, i, &m); i++)
		if (!strcmp(btf_name(b, m.type), name))
			return true;
	return false;
}

/* Every table of functions that programs may fill has such a struct, and a struct of its own. */
int map_value_check_kernel(struct call *k, u32 type, u32 size)
{
	static const char prefix[] = "bpf_struct_ops_";
	const struct btf_info *b;

	if (btf_object_load_kernel(k->inst->vmlinux))
		return -ENOTSUPP;
	b = k->inst->vmlinux->btf;
	if (btf_kind_of(b, type) != BTF_KIND_STRUCT ||
	    strncmp(btf_name(b, type), prefix, sizeof(prefix) - 1) ||
	    !holds_table(b, type, btf_name(b, type) + sizeof(prefix) - 1))
		return -ENOTSUPP;
	return size == btf_at(b, type)->size ? 0 : -EINVAL;
}

int map_value_check(struct call *k, const struct map_attr *m, struct btf_object *btf, u32 key,
		    u32 value, struct btf_fields *fields)
{
	const struct btf_info *b = btf->btf;
	u8 types = core_map_ops(m->type)->types;
	struct btf_fields f = {0};
	u32 size;
	int err;

	if (key && (btf_size_of(b, key, &size) || size != m->key_size))
		return -EINVAL;
	if (!key && types == MAP_TYPES_KEYED)
		return -EINVAL;
	if (btf_size_of(b, value, &size) || size != m->value_size)
		return -EINVAL;
	find_fields(k->inst, b, resolve(b, value), &f);
	err = check_fields(k, m, &f);
	err = err ?: btf_fields_check_ownership(b, &f);
	err = err ?: check_of_type(m, types, b, key, value);
	if (!err)
		*fields = f;
	return err;
}
