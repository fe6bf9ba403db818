// SPDX-License-Identifier: BSD-2-Clause
/* MAP_CREATE: the kernel's checks in the kernel's order, then the map's own type's. */
#include "sys/map_value.h"
#include "sys/rights.h"

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

static int read_btf(struct call *k, struct map_attr *m, struct btf_object **out,
		    struct btf_fields *fields)
{
	const union bpf_attr *a = k->attr;
	struct object *o;
	int err;

	*out = NULL;
	*fields = (struct btf_fields){0};
	if (!a->btf_key_type_id && !a->btf_value_type_id)
		return 0;
	err = call_object(k, a->btf_fd, OBJECT_BTF, &o);
	if (err)
		return err;
	if (object_btf(o)->kernel)
		return -EACCES;
	err = a->btf_value_type_id ? map_value_check(k, m, object_btf(o), a->btf_key_type_id,
						     a->btf_value_type_id, fields)
				   : 0;
	if (!err)
		*out = object_btf(o);
	return err;
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

static int check_new(struct call *k, struct map_attr *m, char name[16], struct btf_object **btf,
		     struct btf_fields *fields)
{
	const union bpf_attr *a = k->attr;
	const struct map_ops *ops;
	int err = check_attr(a);

	if (err)
		return err;
	/* Our own types are not for clients. */
	ops = a->map_type < __MAX_BPF_MAP_TYPE ? core_map_ops(a->map_type) : NULL;
	if (!ops || ops->since > k->inst->kernel >> 8)
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
	err = ops->check_late ? ops->check_late(m, NULL) : 0;
	err = err ?: call_name(name, a->map_name);
	err = err ?: read_btf(k, m, btf, fields);
	if (!err)
		put_fields(m, fields);
	return err;
}

long sys_map_create(struct call *k)
{
	const union bpf_attr *a = k->attr;
	struct map_object *m;
	struct btf_object *btf = NULL;
	struct btf_fields fields;
	struct map_attr attr;
	char name[16];
	int err, mode;
	long fd;

	err = check_new(k, &attr, name, &btf, &fields);
	if (err)
		return err;
	mode = call_open_mode(attr.flags);
	attr.flags &= ~(BPF_F_RDONLY | BPF_F_WRONLY);
	err = map_object_new(k->inst, &attr, name, false, &m);
	if (err)
		return err;
	m->uid = k->c->uid;
	m->fields = fields;
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
