// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which types an object's CO-RE relocations root in. A relocation names a type
 * of the object's own BTF and a path into it; only the root is looked up by name
 * in the target's BTF, everything on the path is embedded in it. The object is
 * hostile input.
 */
#include "btf/reduce.h"

#include <elf.h>
#include <errno.h>
#include "base/alloc.h"
#include "base/hash.h"
#include "base/vec.h"
#include "btf/internal.h"
#include "btf/names.h"

#define EXT_HEADER_CORE 32 /* bytes of header up to and with core_relo_len */

struct name_list {
	VEC(char *) list;
	bool keep_ids;
	struct hash seen; /* hash of the name -> it; equal hashes are compared by scanning */
};

static u32 read32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static int add_name(struct name_list *names, const char *name)
{
	size_t len = btf_essential_length(name);
	u64 key = hash_bytes(name, len, 1) | 1;
	char *copy = hash_get(&names->seen, key);

	if (!len || (copy && strlen(copy) == len && !memcmp(copy, name, len)))
		return 0;
	if (copy) /* another name with the same hash */
		for (size_t i = 0; i < names->list.len; i++)
			if (strlen(names->list.data[i]) == len &&
			    !memcmp(names->list.data[i], name, len))
				return 0;
	copy = base_alloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, len);
	copy[len] = 0;
	if (vec_push(&names->list, copy)) {
		base_free(copy);
		return -ENOMEM;
	}
	return hash_set(&names->seen, key, copy);
}

/* One section's relocations: `count` records of `rec_size` bytes. */
static int add_records(struct name_list *names, const struct btf_info *b, const u8 *p, u32 count,
		       u32 rec_size)
{
	int err = 0;

	for (u32 i = 0; i < count && !err; i++, p += rec_size) {
		struct bpf_core_relo relo;

		memcpy(&relo, p, sizeof(relo));
		if (relo.kind == BPF_CORE_TYPE_ID_TARGET)
			names->keep_ids = true;
		if (relo.kind != BPF_CORE_TYPE_ID_LOCAL)
			err = add_name(names, btf_name(b, relo.type_id));
	}
	return err;
}

/* The bytes of the relocation part of .BTF.ext: *p, *len; 0 long when there is none. */
static int find_relocations(const u8 *ext, u32 size, const u8 **p, u32 *len)
{
	u32 hdr_len, off;

	*len = 0;
	if (size < 8 || (ext[0] | ext[1] << 8) != BTF_MAGIC || ext[2] != 1)
		return -EINVAL;
	hdr_len = read32(ext + 4);
	if (hdr_len < 24 || hdr_len > size)
		return -EINVAL;
	if (hdr_len < EXT_HEADER_CORE)
		return 0;
	off = read32(ext + 24);
	*len = read32(ext + 28);
	if (off > size - hdr_len || *len > size - hdr_len - off)
		return -EINVAL;
	*p = ext + hdr_len + off;
	return 0;
}

static int collect(struct name_list *names, const struct btf_info *b, const u8 *p, u32 len)
{
	u32 rec_size;

	if (!len)
		return 0;
	if (len < 4)
		return -EINVAL;
	rec_size = read32(p);
	p += 4;
	len -= 4;
	if (rec_size < sizeof(struct bpf_core_relo) || rec_size % 4)
		return -EINVAL;
	while (len) {
		u32 count;
		int err;

		if (len < 8)
			return -EINVAL;
		count = read32(p + 4);
		p += 8;
		len -= 8;
		if (!count || count > len / rec_size)
			return -EINVAL;
		err = add_records(names, b, p, count, rec_size);
		if (err)
			return err;
		p += (size_t)count * rec_size;
		len -= count * rec_size;
	}
	return 0;
}

int btf_core_names(const void *btf, u32 btf_size, const void *ext, u32 ext_size,
		   struct btf_names *out)
{
	struct name_list names = {0};
	struct btf_info *b;
	const u8 *p = NULL;
	u32 len;
	int err = find_relocations(ext, ext_size, &p, &len);

	err = err ?: btf_view(btf, btf_size, NULL, &b);
	if (err)
		return err;
	err = collect(&names, b, p, len);
	btf_free(b);
	hash_fini(&names.seen);
	if (err) {
		btf_names_free(
			&(struct btf_names){.data = names.list.data, .count = names.list.len});
		return err;
	}
	*out = (struct btf_names){names.list.data, names.list.len, names.keep_ids};
	return 0;
}

void btf_names_free(struct btf_names *names)
{
	for (u32 i = 0; i < names->count; i++)
		base_free(names->data[i]);
	base_free(names->data);
	*names = (struct btf_names){0};
}

/* --- the two sections of an ELF object ------------------------------------------------------ */

static bool section_header(const u8 *elf, size_t size, u32 index, Elf64_Shdr *out)
{
	Elf64_Ehdr eh;

	memcpy(&eh, elf, sizeof(eh));
	if (eh.e_shentsize != sizeof(*out) || index >= eh.e_shnum || eh.e_shoff > size ||
	    (size - eh.e_shoff) / sizeof(*out) <= index)
		return false;
	memcpy(out, elf + eh.e_shoff + (size_t)index * sizeof(*out), sizeof(*out));
	return true;
}

static bool inside(const Elf64_Shdr *sh, size_t size)
{
	return sh->sh_type != SHT_NOBITS && sh->sh_offset <= size &&
	       sh->sh_size <= size - sh->sh_offset && sh->sh_size <= UINT32_MAX;
}

static const u8 *find_section(const u8 *elf, size_t size, const char *name, u32 *len)
{
	size_t name_size = strlen(name) + 1;
	Elf64_Ehdr eh;
	Elf64_Shdr strings, sh;

	memcpy(&eh, elf, sizeof(eh));
	if (!section_header(elf, size, eh.e_shstrndx, &strings) || !inside(&strings, size))
		return NULL;
	for (u32 i = 1; i < eh.e_shnum; i++) {
		if (!section_header(elf, size, i, &sh))
			return NULL;
		if (sh.sh_name > strings.sh_size || strings.sh_size - sh.sh_name < name_size ||
		    memcmp(elf + strings.sh_offset + sh.sh_name, name, name_size) ||
		    !inside(&sh, size))
			continue;
		*len = sh.sh_size;
		return elf + sh.sh_offset;
	}
	return NULL;
}

int btf_core_names_elf(const void *elf, size_t size, struct btf_names *out)
{
	u32 btf_size, ext_size;
	const u8 *btf, *ext;

	if (size < sizeof(Elf64_Ehdr) || memcmp(elf, ELFMAG, SELFMAG) ||
	    ((const u8 *)elf)[EI_CLASS] != ELFCLASS64 || ((const u8 *)elf)[EI_DATA] != ELFDATA2LSB)
		return -EINVAL;
	btf = find_section(elf, size, ".BTF", &btf_size);
	if (!btf)
		return -ENOENT;
	ext = find_section(elf, size, ".BTF.ext", &ext_size);
	if (!ext) {
		*out = (struct btf_names){0};
		return 0;
	}
	return btf_core_names(btf, btf_size, ext, ext_size, out);
}
