/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reduced BTF: of a kernel's types (5.5 MB) those that an object's CO-RE
 * relocations can meet (some 10 KB), so that loading stays fast. libbpf given the
 * reduced file as btf_custom_path relocates exactly as with the full one.
 */
#ifndef BTF_REDUCE_H
#define BTF_REDUCE_H

#include "btf/btf.h"

/* Names to keep. The strings belong to the set. */
struct btf_names {
	char **data;
	u32 count;
	bool keep_ids; /* the object asks for the target's type ids: they have to stay what they are
			*/
};

/*
 * The type names that the CO-RE relocations of an object root in or pass
 * through, flavours (task_struct___old) stripped. `btf`, `ext`: the bytes of
 * its .BTF and .BTF.ext sections, hostile. 0, also with count 0 (no
 * relocations); -EINVAL, -ENOMEM. btf_names_free() it.
 */
int btf_core_names(const void *btf, u32 btf_size, const void *ext, u32 ext_size,
		   struct btf_names *out);
/* The same from a whole ELF object. -ENOENT when it has no BTF. */
int btf_core_names_elf(const void *elf, size_t size, struct btf_names *out);
void btf_names_free(struct btf_names *names);

/*
 * A BTF blob with every type of `full` that bears one of the names (in any
 * flavour), whole: what they embed recursively, typedef chains, enums. Structs
 * met only behind pointers stay as shells: kind, name and size, no members.
 * Under keep_ids nameless pointers fill the gaps (some MB for a kernel's BTF).
 * *blob: base_free() it. -ENOMEM.
 */
int btf_reduce(const struct btf_info *full, const struct btf_names *names, void **blob, u32 *size);

#endif
