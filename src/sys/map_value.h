/* SPDX-License-Identifier: BSD-2-Clause */
/* What MAP_CREATE checks about the types of a map's key and value. */
#ifndef SYS_MAP_VALUE_H
#define SYS_MAP_VALUE_H

#include "sys/call.h"

/*
 * The kernel's checks of `key` (0: none told) and `value` in `btf`, for a map of
 * checked attributes; `fields` becomes the value's special fields. 0, -EINVAL,
 * -EACCES, -EOPNOTSUPP, -ENOTSUPP, -EPERM, ...
 */
int map_value_check(struct call *k, const struct map_attr *m, struct btf_object *btf, u32 key,
		    u32 value, struct btf_fields *fields);

/*
 * The value of a map of functions: `type` of the kernel's BTF is one of its
 * struct bpf_struct_ops_NAME, of `size` bytes. 0, -ENOTSUPP, -EINVAL.
 */
int map_value_check_kernel(struct call *k, u32 type, u32 size);

#endif
