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
 * kernel's own BTF's business (btf_check_pointees).
 */
#include <errno.h>
#include <string.h>
#include "btf/check.h"
#include "btf/fields.h"

/* Has no type what makes a struct special? Nearly all BTF, and quickly told. */
static bool is_plain(const struct btf_info *b)
{
	static const char *const names[] = {"bpf_spin_lock", "bpf_list_head", "bpf_list_node",
					    "bpf_rb_root",   "bpf_rb_node",   "bpf_refcount"};
	struct btf_special f;

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (btf_find(b, names[i], BTF_KIND_STRUCT))
			return false;
	for (u32 id = btf_first(b); id < btf_count(b); id++)
		if (btf_fields_pointer(b, id, BTF_SPECIAL_KPTR, &f) > 0)
			return false;
	return true;
}

static int check_records(const struct btf_info *b, const struct btf_info *kernel)
{
	struct btf_fields f;

	for (u32 id = btf_first(b); id < btf_count(b); id++) {
		int err = btf_fields_of_object(b, id, kernel, &f);

		if (!err && !f.count)
			return -EFAULT;
		if (err && err != -ENOENT)
			return err;
		if (err && btf_fields_in_object(b, id))
			return err;
	}
	return 0;
}

int btf_check_special(const struct btf_info *b)
{
	struct btf_fields f;
	int err;

	if (is_plain(b))
		return 0;
	err = check_records(b, NULL);
	for (u32 id = btf_first(b); id < btf_count(b) && !err; id++)
		if (!btf_fields_of_object(b, id, NULL, &f))
			err = btf_fields_check_ownership(b, &f);
	return err;
}

int btf_check_pointees(const struct btf_info *b, const struct btf_info *kernel)
{
	return is_plain(b) ? 0 : check_records(b, kernel);
}
