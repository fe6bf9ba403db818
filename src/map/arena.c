// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_ARENA: pages that programs and the processes that map them share,
 * at the same addresses where map_extra says so. max_entries is their number.
 *
 *	contents | pages, sparse |
 */
#include "map/attr.h"

#define ARENA_FLAGS (BPF_F_SEGV_ON_FAULT | BPF_F_MMAPABLE | BPF_F_NO_USER_CONV)

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	u64 bytes = (u64)attr->max_entries * PAGE_BYTES;

	if (attr->key_size || attr->value_size || !attr->max_entries ||
	    !(attr->flags & BPF_F_MMAPABLE) || attr->flags & ~ARENA_FLAGS ||
	    attr->extra % PAGE_BYTES)
		return -EINVAL;
	if (bytes > 1ull << 32)
		return -E2BIG;
	/* Pointers are cut to 32 bits: all pages share the upper half. */
	return attr->extra >> 32 != (attr->extra + bytes - 1) >> 32 ? -ERANGE : 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(attr->max_entries, PAGE_BYTES, contents, meta);
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	return -EINVAL;
}

static int sys_update(struct map *m, const void *key, const void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int sys_delete(struct map *m, const void *key)
{
	return -EOPNOTSUPP;
}

static int next_key(struct map *m, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

/* Where its variables lie for the processes that map it. */
static int direct(struct map *m, u64 off, u64 *addr)
{
	if (off >= (u64)m->max_entries * PAGE_BYTES)
		return -ERANGE;
	*addr = m->extra + off;
	return 0;
}

const struct map_ops map_arena_ops = {
	.type = BPF_MAP_TYPE_ARENA,
	.name = "arena",
	.since = 0x0609,
	.check_late = check_late,
	.layout = layout,
	.view = map_plain_view,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_delete = sys_delete,
	.next_key = next_key,
	.direct = direct,
};
