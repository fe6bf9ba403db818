// SPDX-License-Identifier: BSD-2-Clause
/*
 * Structs with fields whose bytes belong to the kernel: locks, list heads and
 * nodes, tree roots and nodes, reference counts (fields.h). A struct that
 * directly has one gets a record of such fields when its BTF is loaded, and BTF
 * that describes an impossible one is refused: two locks, fields over each
 * other, a list without a lock, a list of what has no node, lists that own each
 * other in a circle.
 *
 * Pointers tagged kptr are taken as they are here: what they may point to is the
 * kernel's own BTF's business, when there is one.
 */
#include <errno.h>
#include <string.h>
#include "base/alloc.h"
#include "btf/check.h"
#include "btf/fields.h"

/* What the types have of what makes a struct special: BTF_SPECIAL_KPTR, others. */
static u32 kinds_present(const struct btf_info *b)
{
	static const char *const names[] = {"bpf_spin_lock", "bpf_list_head", "bpf_list_node",
					    "bpf_rb_root",   "bpf_rb_node",   "bpf_refcount"};
	struct btf_special f;
	u32 kinds = 0;

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (btf_find(b, names[i], BTF_KIND_STRUCT))
			kinds |= BTF_SPECIAL_IN_OBJECTS & ~BTF_SPECIAL_KPTR;
	for (u32 id = btf_first(b); id < btf_count(b); id++)
		if (btf_fields_pointer(b, id, BTF_SPECIAL_KPTR, &f) > 0)
			kinds |= f.kind;
	return kinds;
}

/* masks[id - first]: the kinds in each struct's record; 0: it has none. */
static int check_records(const struct btf_info *b, const struct btf_info *kernel, u32 *masks)
{
	struct btf_fields f;

	for (u32 id = btf_first(b); id < btf_count(b); id++) {
		int err;

		if (!btf_fields_in_object(b, id))
			continue;
		err = btf_fields_of_object(b, id, kernel, &f);
		if (err || !f.count)
			return err ?: -EFAULT;
		masks[id - btf_first(b)] = f.mask;
	}
	return 0;
}

static int check_ownership(const struct btf_info *b, const u32 *masks)
{
	struct btf_fields f;

	for (u32 id = btf_first(b); id < btf_count(b); id++) {
		if (!(masks[id - btf_first(b)] & BTF_SPECIAL_GRAPH_ROOT) ||
		    btf_fields_of_object(b, id, NULL, &f))
			continue;
		for (u32 i = 0; i < f.count; i++) {
			u32 owned = f.at[i].type - btf_first(b);
			int err;

			if (!(f.at[i].kind & BTF_SPECIAL_GRAPH_ROOT))
				continue;
			err = btf_fields_check_owned(
				f.mask, owned < btf_count(b) - btf_first(b) ? masks[owned] : 0);
			if (err)
				return err;
		}
	}
	return 0;
}

int btf_check_special(const struct btf_info *b, const struct btf_kernel *kernel)
{
	u32 kinds = kinds_present(b), *masks;
	const struct btf_info *types = NULL;
	int err;

	if (!kinds || btf_before(b, 0x0602)) /* nobody looked */
		return 0;
	if (kinds & BTF_SPECIAL_KPTR && kernel && kernel->types)
		types = kernel->types(kernel->data);
	masks = base_calloc(btf_count(b) - btf_first(b) + 1, sizeof(*masks));
	if (!masks)
		return -ENOMEM;
	err = check_records(b, types, masks);
	err = err ?: check_ownership(b, masks);
	base_free(masks);
	return err;
}
