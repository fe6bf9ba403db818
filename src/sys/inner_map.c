// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps of maps. The map that one is made with is a pattern: only its like may
 * be put into it, so that a program verified with the pattern is right about
 * each of them.
 */
#include "sys/inner_map.h"

/* Types that are never in another map. */
static bool never_inner(u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_STRUCT_OPS ||
	       type == BPF_MAP_TYPE_CGROUP_STORAGE || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

int inner_map_meta(struct call *k, int fd, struct map_meta **out)
{
	struct map_meta *meta;
	struct map_object *m;
	int err = call_map(k, fd, &m);

	if (err)
		return err;
	if (m->inner_meta)
		return -EINVAL;
	if (never_inner(m->attr.type) || m->exclusive)
		return -ENOTSUPP;
	meta = base_zalloc(sizeof(*meta));
	if (!meta)
		return -ENOMEM;
	meta->attr = m->attr;
	meta->fields = m->fields;
	meta->btf = m->btf;
	if (m->btf)
		object_get(&m->btf->o);
	*out = meta;
	return 0;
}

static bool same_fields(const struct btf_fields *a, const struct btf_fields *b)
{
	if (a->count != b->count || a->mask != b->mask)
		return false;
	for (u32 i = 0; i < a->count; i++)
		if (memcmp(&a->at[i], &b->at[i], sizeof(a->at[i])))
			return false;
	return true;
}

/* A program knows the size of some: their bounds are in its code. */
static bool size_matters(const struct map_attr *a)
{
	return a->type == BPF_MAP_TYPE_XSKMAP ||
	       (a->type == BPF_MAP_TYPE_ARRAY && !(a->flags & BPF_F_INNER_MAP));
}

bool inner_map_fits(const struct map_meta *meta, const struct map_object *m)
{
	const struct map_attr *a = &meta->attr, *b = &m->attr;

	return a->type == b->type && a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->flags == b->flags && same_fields(&meta->fields, &m->fields) &&
	       (meta->btf == m->btf || !meta->fields.count) &&
	       (!size_matters(a) || a->max_entries == b->max_entries);
}
