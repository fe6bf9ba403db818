// SPDX-License-Identifier: BSD-2-Clause
/* MAP_CREATE: the kernel's checks in the kernel's order, then the map's own type's. */
#include "btf/btf.h"
#include "sys/call.h"
#include "sys/rights.h"

/* Which types go without key and value types, and which may have a lock in their values. */
static bool has_btf(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_STACK_TRACE: return false;
	default: return true;
	}
}

static bool may_lock(u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_ARRAY ||
	       type == BPF_MAP_TYPE_CGROUP_STORAGE || type == BPF_MAP_TYPE_SK_STORAGE ||
	       type == BPF_MAP_TYPE_INODE_STORAGE || type == BPF_MAP_TYPE_TASK_STORAGE ||
	       type == BPF_MAP_TYPE_CGRP_STORAGE;
}

static bool is_array(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/*
 * The byte offset of the value's one bpf_spin_lock, or -1; also inside nested
 * structs, as a global's in a section. Two of them, or one badly placed: -EINVAL.
 */
static int find_lock(const struct btf_info *btf, u32 type, u32 base, u32 depth, s32 *off)
{
	u32 id = btf_strip(btf, type), n, size;
	struct btf_field f;
	int err;

	if (btf_kind_of(btf, id) == BTF_KIND_DATASEC) {
		const struct btf_type *t = btf_at(btf, id);
		const struct btf_var_secinfo *v = (const struct btf_var_secinfo *)(t + 1);

		for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
			const struct btf_type *var = btf_at(btf, v[i].type);

			err = var ? find_lock(btf, var->type, base + v[i].offset, depth + 1, off)
				  : 0;
			if (err)
				return err;
		}
		return 0;
	}
	if (btf_kind_of(btf, id) != BTF_KIND_STRUCT || depth > 8)
		return 0;
	if (!strcmp(btf_name(btf, id), "bpf_spin_lock") && !btf_size_of(btf, id, &size)) {
		if (*off >= 0)
			return -E2BIG;
		if (size != sizeof(struct bpf_spin_lock) || base % sizeof(u32))
			return -EINVAL;
		*off = base;
		return 0;
	}
	n = btf_field_count(btf, id);
	for (u32 i = 0; i < n; i++) {
		if (btf_field_at(btf, id, i, &f) || f.bit_offset % 8)
			continue;
		err = find_lock(btf, f.type, base + f.bit_offset / 8, depth + 1, off);
		if (err)
			return err;
	}
	return 0;
}

/* Arrays are keyed by a 32-bit integer; a section's one element has no key type. */
static int check_array_key(const struct map_attr *m, const struct btf_info *btf, u32 key, u32 value)
{
	const struct btf_type *t;
	u32 enc;

	if (!key)
		return m->type == BPF_MAP_TYPE_ARRAY && m->max_entries == 1 &&
				       btf_kind_of(btf, value) == BTF_KIND_DATASEC
			       ? 0
			       : -EINVAL;
	t = btf_at(btf, btf_strip(btf, key));
	if (!t || BTF_INFO_KIND(t->info) != BTF_KIND_INT)
		return -EINVAL;
	memcpy(&enc, t + 1, sizeof(enc));
	return BTF_INT_BITS(enc) != 32 || BTF_INT_OFFSET(enc) ? -EINVAL : 0;
}

static int check_types(struct map_attr *m, const struct btf_info *btf, u32 key, u32 value)
{
	u32 size;
	int err;

	if (key && (btf_size_of(btf, key, &size) || size != m->key_size))
		return -EINVAL;
	/* Without a key's type only types that look at it themselves: arrays. */
	if (!key && !is_array(m->type) && has_btf(m->type))
		return -EINVAL;
	if (btf_size_of(btf, value, &size) || size != m->value_size)
		return -EINVAL;
	err = find_lock(btf, value, 0, 0, &m->spin_lock_off);
	if (err)
		return err;
	if (m->spin_lock_off >= 0) {
		if (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
			return -EACCES;
		if (!may_lock(m->type))
			return -EOPNOTSUPP;
	}
	if (!has_btf(m->type))
		return -ENOTSUPP;
	return is_array(m->type) ? check_array_key(m, btf, key, value) : 0;
}

static int check_attr(const union bpf_attr *a)
{
	if (a->btf_vmlinux_value_type_id) {
		if (a->map_type != BPF_MAP_TYPE_STRUCT_OPS || a->btf_key_type_id ||
		    a->btf_value_type_id)
			return -EINVAL;
	} else if (a->btf_key_type_id && !a->btf_value_type_id) {
		return -EINVAL;
	}
	if (a->map_type != BPF_MAP_TYPE_BLOOM_FILTER && a->map_type != BPF_MAP_TYPE_ARENA &&
	    a->map_extra)
		return -EINVAL;
	if (call_open_mode(a->map_flags) < 0)
		return -EINVAL;
	/* Memory nodes: an instance has one. */
	return (a->map_flags & BPF_F_NUMA_NODE) && a->numa_node ? -EINVAL : 0;
}

static int read_btf(struct call *k, struct map_attr *m, struct btf_object **out)
{
	const union bpf_attr *a = k->attr;
	struct object *o;
	int err;

	*out = NULL;
	if (!a->btf_key_type_id && !a->btf_value_type_id)
		return 0;
	err = call_object(k, a->btf_fd, OBJECT_BTF, &o);
	if (err)
		return err;
	if (object_btf(o)->kernel)
		return -EACCES;
	err = a->btf_value_type_id
		      ? check_types(m, object_btf(o)->btf, a->btf_key_type_id, a->btf_value_type_id)
		      : 0;
	if (!err)
		*out = object_btf(o);
	return err;
}

static int check_new(struct call *k, struct map_attr *m, char name[16], struct btf_object **btf)
{
	const union bpf_attr *a = k->attr;
	const struct map_ops *ops;
	int err = check_attr(a);

	if (err)
		return err;
	/* Our own types are not for clients. */
	ops = a->map_type < __MAX_BPF_MAP_TYPE ? core_map_ops(a->map_type) : NULL;
	if (!ops)
		return -EINVAL;
	*m = (struct map_attr){
		.type = a->map_type,
		.key_size = a->key_size,
		.value_size = a->value_size,
		.max_entries = a->max_entries,
		.flags = a->map_flags & ~BPF_F_TOKEN_FD,
		.possible_cpus = k->inst->possible_cpus,
		.extra = a->map_extra,
		.spin_lock_off = -1,
	};
	err = ops->check(m, NULL);
	if (err)
		return err;
	if (!rights_for_map(k->c, m->type))
		return -EPERM;
	if (a->map_ifindex) /* a device's own maps: no device here has any */
		return -EINVAL;
	if (a->map_flags & BPF_F_TOKEN_FD) /* nobody can have a token: none is made */
		return k->c->identify(k->c, a->map_token_fd, &(u64){0}, &(u64){0}) ?: -EINVAL;
	err = call_name(name, a->map_name);
	return err ?: read_btf(k, m, btf);
}

long sys_map_create(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct map_object *m;
	struct btf_object *btf = NULL;
	struct map_attr attr;
	char name[16];
	int err, mode;
	long fd;

	err = check_new(k, &attr, name, &btf);
	if (err)
		return err;
	mode = call_open_mode(attr.flags);
	attr.flags &= ~(BPF_F_RDONLY | BPF_F_WRONLY);
	err = map_object_new(k->inst, &attr, name, false, &m);
	if (err)
		return err;
	m->uid = k->c->uid;
	m->fd_flags = a->map_flags & (BPF_F_RDONLY | BPF_F_WRONLY);
	if (btf) {
		object_get(&btf->o);
		m->btf = btf;
		m->btf_key_type = a->btf_key_type_id;
		m->btf_value_type = a->btf_value_type_id;
	}
	fd = call_return(k, &m->o, mode);
	object_put(&m->o);
	return fd;
}
