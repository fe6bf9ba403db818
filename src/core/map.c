// SPDX-License-Identifier: BSD-2-Clause
/* Views of segments: what every map type has in common. */
#include <cygnet/abi.h>
#include <linux/errno.h>
#include "core/map.h"

bool map_type_is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

u32 map_sys_value_size(const struct map *m)
{
	return map_type_is_percpu(m->type) ? m->value_stride * m->possible_cpus : m->value_size;
}

static void copy_name(char dst[16], const char *src)
{
	u32 i = 0;

	for (; src && i < 15 && src[i]; i++)
		dst[i] = src[i];
	__builtin_memset(dst + i, 0, 16 - i);
}

int map_view_init(struct map *m, const struct map_attr *attr, u32 id, const char *name, void *base,
		  u32 owner, bool fresh)
{
	const struct map_ops *ops = core_map_ops(attr->type);
	u64 contents, meta;
	int err;

	if (!ops || !attr->possible_cpus || ops->layout(attr, &contents, &meta))
		return -EINVAL;
	__builtin_memset(m, 0, sizeof(*m));
	m->ops = ops;
	m->contents = base;
	m->seg = (struct segment *)(m->contents + contents);
	m->meta = (u8 *)m->seg + SEGMENT_META;
	m->id = id;
	m->type = attr->type;
	m->key_size = attr->key_size;
	m->value_size = attr->value_size;
	m->max_entries = attr->max_entries;
	m->flags = attr->flags;
	m->possible_cpus = attr->possible_cpus;
	m->seed = m->seg->seed;
	m->value_stride = ROUND_UP(attr->value_size, 8);
	m->spin_lock_off = attr->spin_lock_off;
	m->field_count = MIN(attr->field_count, (u32)MAP_FIELDS);
	__builtin_memcpy(m->fields, attr->fields, sizeof(m->fields));
	if (attr->spin_lock_off >= 0 && !m->field_count) /* known without its type */
		m->fields[m->field_count++] = (struct map_field){attr->spin_lock_off, sizeof(u32)};
	m->extra = attr->extra;
	m->contents_size = contents;
	m->size = ROUND_UP(contents + SEGMENT_META + meta, PAGE_BYTES);
	m->owner = owner;
	m->priv = m->priv_space;
	copy_name(m->name, name);
	err = ops->view(m);
	if (!err && fresh && ops->init)
		err = ops->init(m);
	return err;
}
