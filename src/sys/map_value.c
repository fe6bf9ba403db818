// SPDX-License-Identifier: BSD-2-Clause
/* Key and value types of maps: sizes, special fields and which map types may have which. */
#include "sys/map_value.h"
#include "btf/btf.h"

#define POINTERS (BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR)
#define TYPE(t)  (1ull << BPF_MAP_TYPE_##t)

#define LOCAL_STORAGE \
	(TYPE(SK_STORAGE) | TYPE(INODE_STORAGE) | TYPE(TASK_STORAGE) | TYPE(CGRP_STORAGE))

/* Which map types may have a field, and since which kernel it is known as one. */
static const struct {
	u32 kinds;
	u32 since;
	u64 maps;
} rules[] = {
	{BTF_SPECIAL_SPIN_LOCK, 0x0501,
	 TYPE(HASH) | TYPE(ARRAY) | TYPE(CGROUP_STORAGE) | LOCAL_STORAGE},
	{BTF_SPECIAL_TIMER, 0x050f, TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY)},
	{BTF_SPECIAL_KPTR_UNREF | BTF_SPECIAL_KPTR_REF, 0x0513,
	 TYPE(HASH) | TYPE(PERCPU_HASH) | TYPE(LRU_HASH) | TYPE(LRU_PERCPU_HASH) | TYPE(ARRAY) |
		 TYPE(PERCPU_ARRAY) | LOCAL_STORAGE},
	{BTF_SPECIAL_LIST_HEAD, 0x0602, TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY)},
	{BTF_SPECIAL_RB_ROOT, 0x0603, TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY)},
	{BTF_SPECIAL_REFCOUNT, 0x0604,
	 TYPE(HASH) | TYPE(PERCPU_HASH) | TYPE(LRU_HASH) | TYPE(LRU_PERCPU_HASH) | TYPE(ARRAY) |
		 TYPE(PERCPU_ARRAY) | LOCAL_STORAGE},
	{BTF_SPECIAL_KPTR_PERCPU, 0x0607,
	 TYPE(HASH) | TYPE(PERCPU_HASH) | TYPE(LRU_HASH) | TYPE(LRU_PERCPU_HASH) | TYPE(ARRAY) |
		 TYPE(PERCPU_ARRAY) | LOCAL_STORAGE},
	{BTF_SPECIAL_WORKQUEUE, 0x060a, TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY)},
	{BTF_SPECIAL_UPTR, 0x060d, TYPE(TASK_STORAGE)},
	{BTF_SPECIAL_RES_SPIN_LOCK, 0x060f,
	 TYPE(HASH) | TYPE(ARRAY) | TYPE(CGROUP_STORAGE) | LOCAL_STORAGE},
	{BTF_SPECIAL_TASK_WORK, 0x0612, TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY)},
};

/* What the imitated kernel knows of special fields. */
static u32 known_kinds(const struct cygnet *inst)
{
	u32 kinds = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
		if (inst->kernel >> 8 >= rules[i].since)
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

static int check_fields(struct call *k, const struct map_attr *m, const struct btf_fields *f)
{
	if (!f->count)
		return 0;
	if (k->c->unprivileged)
		return -EPERM;
	if (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
		if (f->mask & rules[i].kinds && !(rules[i].maps >> m->type & 1))
			return -EOPNOTSUPP;
	return 0;
}

static bool is_i32(const struct btf_info *btf, u32 id)
{
	const struct btf_type *t = btf_at(btf, btf_strip(btf, id));
	u32 enc;

	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT)
		return false;
	memcpy(&enc, t + 1, sizeof(enc));
	return BTF_INT_BITS(enc) == 32 && !BTF_INT_OFFSET(enc);
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
					       btf_kind_of(btf, value) == BTF_KIND_DATASEC
				       ? 0
				       : -EINVAL;
		return is_i32(btf, key) ? 0 : -EINVAL;
	case MAP_TYPES_INT: return is_i32(btf, key) ? 0 : -EINVAL;
	case MAP_TYPES_STRUCT:
		return btf_kind_of(btf, btf_strip(btf, key)) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case MAP_TYPES_VALUE: return key ? -EINVAL : 0;
	case MAP_TYPES_CGROUP: return 0;
	default: return 0;
	}
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
	find_fields(k->inst, b, btf_strip(b, value), &f);
	err = check_fields(k, m, &f);
	err = err ?: btf_fields_check_ownership(b, &f);
	err = err ?: check_of_type(m, types, b, key, value);
	if (!err)
		*fields = f;
	return err;
}
