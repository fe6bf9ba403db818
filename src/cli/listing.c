// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads an object file for disassembly. object_check() has followed every
 * offset and index of the ELF tables before; .BTF.ext, which a listing can do
 * without, is read again with its own checks, and left out where it is bad.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>

#include "cli/hex.h"
#include "cli/listing.h"
#include "cli/object_check.h"

#ifndef R_BPF_64_32
#define R_BPF_64_32 10
#endif
#define MAX_FILE (256u << 20)

struct elf_file {
	struct listing *l;
	const Elf64_Shdr *sh;
	u32 count;
	const Elf64_Sym *syms;
	u32 sym_count;
	const char *sym_names;
	const char *names;
};

static const char *section_name(const struct elf_file *e, u32 i)
{
	return e->names + e->sh[i].sh_name;
}

static const u8 *section_data(const struct elf_file *e, u32 i)
{
	return e->l->data + e->sh[i].sh_offset;
}

static bool is_code(const struct elf_file *e, u32 i)
{
	const Elf64_Shdr *s = &e->sh[i];

	return s->sh_type == SHT_PROGBITS && s->sh_flags & SHF_EXECINSTR && s->sh_size >= 8;
}

/* ---- reading files ---- */

static int read_file(const char *path, u8 **data, size_t *size, struct text *why)
{
	FILE *f = fopen(path, "re");
	VEC(u8) v = {0};
	size_t n = 0;
	int err = 0;

	if (!f) {
		err = -errno;
		text_puts(why, strerror(-err));
		return err;
	}
	do {
		if (v.len >= MAX_FILE || vec_reserve(&v, 65536)) {
			err = v.len >= MAX_FILE ? -EFBIG : -ENOMEM;
			break;
		}
		n = fread(v.data + v.len, 1, 65536, f);
		v.len += n;
	} while (n);
	if (!err && ferror(f))
		err = errno ? -errno : -EIO;
	fclose(f);
	if (err) {
		text_puts(why, strerror(-err));
		vec_fini(&v);
		return err;
	}
	*data = v.data;
	*size = v.len;
	return 0;
}

/* ---- functions ---- */

static int by_place(const void *a, const void *b)
{
	const struct listing_function *x = a, *y = b;

	if (x->section_index != y->section_index)
		return x->section_index < y->section_index ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int add_function(struct elf_file *e, u32 section, u64 offset, u64 size, const char *name,
			bool program)
{
	struct listing_function f = {
		.section = section_name(e, section),
		.name = name,
		.insns = section_data(e, section) + offset,
		.count = (u32)(size / 8),
		.section_index = section,
		.offset = (u32)offset,
		.program = program,
	};

	return vec_push(&e->l->functions, f);
}

/* Code that no function symbol covers is shown under its section's name. */
static int add_bare_sections(struct elf_file *e)
{
	size_t named = e->l->functions.len;

	for (u32 i = 1; i < e->count; i++) {
		bool covered = false;

		if (!is_code(e, i))
			continue;
		for (size_t k = 0; k < named && !covered; k++)
			covered = e->l->functions.data[k].section_index == i;
		if (!covered && add_function(e, i, 0, e->sh[i].sh_size, section_name(e, i), true))
			return -ENOMEM;
	}
	return 0;
}

static int add_functions(struct elf_file *e)
{
	for (u32 n = 1; n < e->sym_count; n++) {
		const Elf64_Sym *y = &e->syms[n];

		if (ELF64_ST_TYPE(y->st_info) != STT_FUNC || y->st_shndx == SHN_UNDEF ||
		    y->st_shndx >= e->count || !is_code(e, y->st_shndx) || !y->st_size)
			continue;
		if (add_function(e, y->st_shndx, y->st_value, y->st_size, e->sym_names + y->st_name,
				 strcmp(section_name(e, y->st_shndx), ".text") != 0))
			return -ENOMEM;
	}
	if (add_bare_sections(e))
		return -ENOMEM;
	if (e->l->functions.len)
		qsort(e->l->functions.data, e->l->functions.len, sizeof(struct listing_function),
		      by_place);
	return 0;
}

/* ---- relocations ---- */

static int by_reference(const void *a, const void *b)
{
	const struct listing_reference *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int add_references_of(struct elf_file *e, u32 rel_section)
{
	const Elf64_Shdr *s = &e->sh[rel_section];
	const Elf64_Rel *rel = (const Elf64_Rel *)section_data(e, rel_section);

	for (u64 n = 0; n < s->sh_size / sizeof(*rel); n++) {
		const Elf64_Sym *y = &e->syms[ELF64_R_SYM(rel[n].r_info)];
		bool defined = y->st_shndx != SHN_UNDEF && y->st_shndx < e->count;
		struct listing_reference r = {
			.section = s->sh_info,
			.offset = (u32)rel[n].r_offset,
			.symbol = e->sym_names + y->st_name,
			.home = defined ? section_name(e, y->st_shndx) : "",
			.home_index = defined ? y->st_shndx : 0,
			.value = y->st_value,
			.call = ELF64_R_TYPE(rel[n].r_info) == R_BPF_64_32,
		};

		if (ELF64_ST_TYPE(y->st_info) == STT_SECTION)
			r.symbol = "";
		r.map = !strcmp(r.home, ".maps") || !strcmp(r.home, "maps");
		if (vec_push(&e->l->references, r))
			return -ENOMEM;
	}
	return 0;
}

static int add_references(struct elf_file *e)
{
	for (u32 i = 1; i < e->count; i++)
		if (e->sh[i].sh_type == SHT_REL && is_code(e, e->sh[i].sh_info) &&
		    add_references_of(e, i))
			return -ENOMEM;
	if (e->l->references.len)
		qsort(e->l->references.data, e->l->references.len, sizeof(struct listing_reference),
		      by_reference);
	return 0;
}

/* ---- source lines ---- */

struct bytes {
	const u8 *p;
	u64 size;
};

static bool fits(struct bytes b, u64 off, u64 size)
{
	return off <= b.size && size <= b.size - off;
}

static u32 get32(struct bytes b, u64 off)
{
	u32 v;

	memcpy(&v, b.p + off, 4);
	return v;
}

static struct bytes find_section(const struct elf_file *e, const char *name)
{
	for (u32 i = 1; i < e->count; i++)
		if (e->sh[i].sh_type == SHT_PROGBITS && !strcmp(section_name(e, i), name))
			return (struct bytes){section_data(e, i), e->sh[i].sh_size};
	return (struct bytes){0};
}

/* The strings of .BTF: empty when there are none. */
static struct bytes btf_strings(const struct elf_file *e)
{
	struct bytes btf = find_section(e, ".BTF");
	struct btf_header h;

	if (!fits(btf, 0, sizeof(h)))
		return (struct bytes){0};
	memcpy(&h, btf.p, sizeof(h));
	if (h.magic != BTF_MAGIC || !fits(btf, (u64)h.hdr_len + h.str_off, h.str_len))
		return (struct bytes){0};
	return (struct bytes){btf.p + h.hdr_len + h.str_off, h.str_len};
}

static const char *string_at(struct bytes strings, u32 off)
{
	return off < strings.size && memchr(strings.p + off, 0, strings.size - off)
		       ? (const char *)strings.p + off
		       : "";
}

static u32 section_by_name(const struct elf_file *e, const char *name)
{
	for (u32 i = 1; i < e->count; i++)
		if (is_code(e, i) && !strcmp(section_name(e, i), name))
			return i;
	return 0;
}

static int by_line(const void *a, const void *b)
{
	const struct listing_line *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/*
 * .BTF.ext: header, then its line part: size of a record, then for each
 * section its name, the number of records, the records {byte offset of the
 * instruction, file name, text, line << 10 | column}.
 */
static int add_lines(struct elf_file *e)
{
	struct bytes ext = find_section(e, ".BTF.ext"), strings = btf_strings(e), part;
	u32 rec;

	if (!fits(ext, 0, 24) || !strings.size)
		return 0;
	/* magic, version, flags, hdr_len; func_info off, len; line_info off, len */
	if (!fits(ext, (u64)get32(ext, 4) + get32(ext, 16), get32(ext, 20)))
		return 0;
	part = (struct bytes){ext.p + get32(ext, 4) + get32(ext, 16), get32(ext, 20)};
	if (!fits(part, 0, 4))
		return 0;
	rec = get32(part, 0);
	if (rec < 16 || rec > 4096)
		return 0;
	for (u64 at = 4; fits(part, at, 8);) {
		u32 section = section_by_name(e, string_at(strings, get32(part, at)));
		u64 n = get32(part, at + 4);

		for (at += 8; n && fits(part, at, rec); n--, at += rec) {
			struct listing_line line = {
				.section = section,
				.offset = get32(part, at),
				.file = string_at(strings, get32(part, at + 4)),
				.text = string_at(strings, get32(part, at + 8)),
				.line = get32(part, at + 12) >> 10,
			};

			if (section && vec_push(&e->l->lines, line))
				return -ENOMEM;
		}
		if (n)
			break;
	}
	if (e->l->lines.len)
		qsort(e->l->lines.data, e->l->lines.len, sizeof(struct listing_line), by_line);
	return 0;
}

/* ---- the whole ---- */

static int read_object(struct listing *l, struct text *why)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)l->data;
	struct elf_file e = {.l = l};
	int err = object_check(l->data, l->size, why);

	if (err)
		return err;
	e.sh = (const Elf64_Shdr *)(l->data + eh->e_shoff);
	e.count = eh->e_shnum;
	e.names = (const char *)l->data + e.sh[eh->e_shstrndx].sh_offset;
	for (u32 i = 1; i < e.count; i++)
		if (e.sh[i].sh_type == SHT_SYMTAB) {
			e.syms = (const Elf64_Sym *)section_data(&e, i);
			e.sym_count = (u32)(e.sh[i].sh_size / sizeof(Elf64_Sym));
			e.sym_names = (const char *)section_data(&e, e.sh[i].sh_link);
		}
	if (add_functions(&e) || add_references(&e) || add_lines(&e)) {
		text_puts(why, "out of memory");
		return -ENOMEM;
	}
	if (l->functions.len)
		return 0;
	text_puts(why, "no section holds instructions (is it a BPF object?)");
	return -EINVAL;
}

static bool is_hex_text(const u8 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr("0123456789abcdefABCDEF \t\r\n", p[i]) || !p[i])
			return false;
	return n > 0;
}

static int read_raw(struct listing *l, struct text *why)
{
	struct listing_function f = {.section = "", .name = ""};

	if (is_hex_text(l->data, l->size)) {
		u8 *bytes;
		size_t size;
		int err = hex_parse((const char *)l->data, l->size, &bytes, &size);

		if (err) {
			text_puts(why, "hex digits that do not form bytes");
			return err;
		}
		base_free(l->data);
		l->data = bytes;
		l->size = size;
	}
	if (!l->size || l->size % 8) {
		text_fmt(why, "neither an object file nor instructions (%zu bytes; each has 8)",
			 l->size);
		return -EINVAL;
	}
	f.insns = l->data;
	f.count = (u32)(l->size / 8);
	if (vec_push(&l->functions, f)) {
		text_puts(why, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

int listing_read(struct listing *l, const char *path, struct text *why)
{
	int err;

	*l = (struct listing){0};
	err = read_file(path, &l->data, &l->size, why);
	if (err)
		return err;
	if (l->size >= SELFMAG && !memcmp(l->data, ELFMAG, SELFMAG))
		err = read_object(l, why);
	else
		err = read_raw(l, why);
	if (err)
		listing_fini(l);
	return err;
}

void listing_fini(struct listing *l)
{
	base_free(l->data);
	vec_fini(&l->functions);
	vec_fini(&l->references);
	vec_fini(&l->lines);
	*l = (struct listing){0};
}

const struct listing_reference *listing_reference_at(const struct listing *l, u32 section,
						     u32 offset)
{
	struct listing_reference key = {.section = section, .offset = offset};

	return l->references.len ? bsearch(&key, l->references.data, l->references.len, sizeof(key),
					   by_reference)
				 : NULL;
}

const struct listing_line *listing_line_at(const struct listing *l, u32 section, u32 offset)
{
	struct listing_line key = {.section = section, .offset = offset};

	return l->lines.len ? bsearch(&key, l->lines.data, l->lines.len, sizeof(key), by_line)
			    : NULL;
}

const struct listing_function *listing_function_at(const struct listing *l, u32 section, u64 offset)
{
	struct listing_function key = {.section_index = section, .offset = (u32)offset};

	return l->functions.len && offset <= UINT32_MAX
		       ? bsearch(&key, l->functions.data, l->functions.len, sizeof(key), by_place)
		       : NULL;
}
