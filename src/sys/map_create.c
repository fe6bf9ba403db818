// SPDX-License-Identifier: BSD-2-Clause
/* MAP_CREATE: the kernel's checks in the kernel's order, then the map's own type's. */
#include <net/if.h>
#include "base/digest.h"
#include "sys/inner_map.h"
#include "sys/map_value.h"
#include "sys/rights.h"

/* A map on its way to be one. */
struct map_new {
	struct map_attr attr;
	const struct map_ops *ops;
	char name[16];
	struct btf_object *btf; /* no reference */
	struct btf_fields fields;
	struct map_meta *inner; /* owned */
	bool exclusive;
	u8 exclusive_to[SHA256_BYTES];
};

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

/* A device's own maps: no device here has any. */
static int check_device(const struct call *k)
{
	const union bpf_attr *a = k->attr;
	char name[IF_NAMESIZE];

	if (!a->map_ifindex)
		return 0;
	if (k->c->unprivileged)
		return -EPERM;
	if (a->map_type != BPF_MAP_TYPE_HASH && a->map_type != BPF_MAP_TYPE_ARRAY)
		return -EINVAL;
	return if_indextoname(a->map_ifindex, name) ? -EOPNOTSUPP : -EINVAL;
}

/* What comes with the map's memory: what it holds maps or functions like. */
static int check_contents(struct call *k, struct map_new *n)
{
	const union bpf_attr *a = k->attr;

	switch (n->attr.type) {
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS: return inner_map_meta(k, a->inner_map_fd, &n->inner);
	case BPF_MAP_TYPE_STRUCT_OPS:
		if (a->map_flags & BPF_F_VTYPE_BTF_OBJ_FD) /* of a module: none has any here */
			return call_object(k, a->value_type_btf_obj_fd, OBJECT_BTF,
					   &(struct object *){NULL})
				       ?: -EINVAL;
		return map_value_check_kernel(k, a->btf_vmlinux_value_type_id, a->value_size);
	default: return 0;
	}
}

static int read_btf(struct call *k, struct map_new *n)
{
	const union bpf_attr *a = k->attr;
	struct object *o;
	int err;

	if (!a->btf_key_type_id && !a->btf_value_type_id && !a->btf_vmlinux_value_type_id)
		return 0;
	err = call_object(k, a->btf_fd, OBJECT_BTF, &o);
	if (err)
		return err;
	if (object_btf(o)->kernel)
		return -EACCES;
	n->btf = object_btf(o);
	return a->btf_value_type_id ? map_value_check(k, &n->attr, n->btf, a->btf_key_type_id,
						      a->btf_value_type_id, &n->fields)
				    : 0;
}

/* The digest of the only program that may use the map. */
static int read_exclusive(struct call *k, struct map_new *n)
{
	const union bpf_attr *a = k->attr;

	if (!a->excl_prog_hash)
		return a->excl_prog_hash_size ? -EINVAL : 0;
	if (a->excl_prog_hash_size != SHA256_BYTES)
		return -EINVAL;
	n->exclusive = true;
	return call_read(k, n->exclusive_to, a->excl_prog_hash, SHA256_BYTES);
}

/* What run-time code needs to know of the special fields. */
static void put_fields(struct map_attr *m, const struct btf_fields *fields)
{
	const struct btf_special *lock = btf_fields_first(fields, BTF_SPECIAL_SPIN_LOCK);

	m->spin_lock_off = lock ? (s32)lock->offset : -1;
	m->field_count = fields->count;
	for (u32 i = 0; i < fields->count; i++)
		m->fields[i] = (struct map_field){fields->at[i].offset, fields->at[i].size};
}

static int check_type(struct call *k, struct map_new *n)
{
	const union bpf_attr *a = k->attr;

	/* Our own types are not for clients. */
	n->ops = a->map_type < __MAX_BPF_MAP_TYPE ? core_map_ops(a->map_type) : NULL;
	if (!n->ops)
		return -EINVAL;
	n->attr = (struct map_attr){
		.type = a->map_type,
		.key_size = a->key_size,
		.value_size = a->value_size,
		.max_entries = a->max_entries,
		.flags = a->map_flags & ~BPF_F_TOKEN_FD,
		.possible_cpus = k->inst->possible_cpus,
		.extra = a->map_extra,
		.spin_lock_off = -1,
		.typed = a->btf_key_type_id && a->btf_value_type_id,
		.kernel_value = a->btf_vmlinux_value_type_id,
	};
	return n->ops->check ? n->ops->check(&n->attr, NULL) : 0;
}

static int check_new(struct call *k, struct map_new *n)
{
	const union bpf_attr *a = k->attr;
	int err = check_attr(a);

	err = err ?: check_type(k, n);
	if (err)
		return err;
	if (a->map_flags & BPF_F_TOKEN_FD) /* nobody can have a token: none is made */
		return k->c->identify(k->c, a->map_token_fd, &(u64){0}, &(u64){0}) ?: -EINVAL;
	if (!rights_for_map(k->c, n->attr.type))
		return -EPERM;
	err = check_device(k);
	if (!err && n->ops->check_late)
		err = n->ops->check_late(&n->attr, NULL);
	err = err ?: check_contents(k, n);
	err = err ?: call_name(n->name, a->map_name);
	err = err ?: read_btf(k, n);
	err = err ?: read_exclusive(k, n);
	if (!err)
		put_fields(&n->attr, &n->fields);
	return err;
}

/* What the object knows besides what its attributes say. */
static void fill_object(struct call *k, struct map_object *m, struct map_new *n)
{
	const union bpf_attr *a = k->attr;

	m->uid = k->c->uid;
	m->fields = n->fields;
	m->fd_flags = a->map_flags & (BPF_F_RDONLY | BPF_F_WRONLY);
	m->inner_meta = n->inner;
	n->inner = NULL;
	m->exclusive = n->exclusive;
	memcpy(m->exclusive_to, n->exclusive_to, sizeof(m->exclusive_to));
	if (!n->btf)
		return;
	object_get(&n->btf->o);
	m->btf = n->btf;
	m->btf_key_type = a->btf_key_type_id;
	m->btf_value_type = a->btf_value_type_id;
	m->kernel_value_type = a->btf_vmlinux_value_type_id;
}

long sys_map_create(struct call *k)
{
	struct map_new n = {0};
	struct map_object *m;
	long ret;

	ret = check_new(k, &n);
	if (ret)
		goto out;
	n.attr.flags = (n.attr.flags & ~(BPF_F_RDONLY | BPF_F_WRONLY)) | n.ops->adds_flags;
	ret = map_object_new(k->inst, &n.attr, n.name, false, &m);
	if (ret)
		goto out;
	fill_object(k, m, &n);
	m->unprivileged = k->c->unprivileged;
	ret = call_return(k, &m->o, call_open_mode(k->attr->map_flags));
	object_put(&m->o);
out:
	map_meta_free(n.inner);
	return ret;
}
