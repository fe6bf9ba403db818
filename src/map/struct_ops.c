// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_STRUCT_OPS: one table of functions of the kernel's, filled with
 * programs. The value is the kernel's struct bpf_struct_ops_NAME; which one is
 * checked against the kernel's type information (sys/).
 *
 *	contents | the value |
 */
#include "map/attr.h"

#define STRUCT_OPS_FLAGS (BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD)

static int check(const struct map_attr *attr, struct diag *diag)
{
	return attr->key_size != sizeof(u32) || attr->max_entries != 1 ||
			       attr->flags & ~STRUCT_OPS_FLAGS || !attr->kernel_value
		       ? -EINVAL
		       : 0;
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	return map_slots_layout(1, attr->value_size, contents, meta);
}

static int next_key(struct map *m, const void *key, void *next)
{
	u32 index = 1;

	if (key)
		__builtin_memcpy(&index, key, sizeof(index));
	if (!index)
		return -ENOENT;
	__builtin_memset(next, 0, sizeof(index));
	return 0;
}

const struct map_ops map_struct_ops_ops = {
	.type = BPF_MAP_TYPE_STRUCT_OPS,
	.name = "struct_ops",
	.since = 0x0506,
	.types = MAP_TYPES_ANY,
	.check = check,
	.layout = layout,
	.view = map_plain_view,
	.next_key = next_key,
};
