// SPDX-License-Identifier: BSD-2-Clause
/*
 * object_check() refuses what libbpf would follow out of the file: one field of
 * a good object is changed, and the message names it. The good object is
 * tests/fuzz/features.bpf.c, compiled; object_mutants changes it at random.
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>
#include <cmocka.h>

#include "cli/object_check.h"

enum base {
	AT_FILE,    /* from the file's start */
	AT_HEADER,  /* from the section's header */
	AT_SECTION, /* from the section's start */
	AT_TYPES,   /* from the first BTF type of the kind */
	AT_TABLE,   /* from the BTF.ext table: function, line, CO-RE */
	AT_ACCESS,  /* from the first CO-RE record's string */
	AT_SYMBOL,  /* from the symbol of that name */
	AT_END,     /* from that function's end, backwards */
};

static const struct row {
	enum base base;
	const char *name;
	u32 which, off, width;
	u64 value;
	const char *why;
} rows[] = {
	/* The ELF header */
	{AT_FILE, "", 0, 0, 4, 0, "not an object file"},
	{AT_FILE, "", 0, EI_CLASS, 1, ELFCLASS32, "not a 64-bit little-endian object"},
	{AT_FILE, "", 0, EI_DATA, 1, ELFDATA2MSB, "not a 64-bit little-endian object"},
	{AT_FILE, "", 0, 16, 2, ET_EXEC, "not a relocatable object"},
	{AT_FILE, "", 0, 18, 2, EM_X86_64, "another machine"},
	{AT_FILE, "", 0, 40, 8, ~0ull, "section table is not inside"},
	{AT_FILE, "", 0, 40, 8, 65, "section table is not inside"},
	{AT_FILE, "", 0, 58, 2, 40, "section table is not inside"},
	{AT_FILE, "", 0, 60, 2, 0, "section table is not inside"},
	{AT_FILE, "", 0, 60, 2, 0xffff, "section table is not inside"},
	{AT_FILE, "", 0, 62, 2, 0, "no table of section names"},
	{AT_FILE, "", 0, 62, 2, 0xff00, "no table of section names"},
	{AT_FILE, "", 0, 62, 2, 2, "no table of section names"},
	/* Section headers */
	{AT_HEADER, ".maps", 0, 0, 4, ~0u, "has no name"},
	{AT_HEADER, ".maps", 0, 4, 4, SHT_SYMTAB, "symbol tables"},
	{AT_HEADER, ".maps", 0, 8, 8, SHF_COMPRESSED, "compressed"},
	{AT_HEADER, ".maps", 0, 24, 8, ~0ull - 8, "not inside the file"},
	{AT_HEADER, ".maps", 0, 32, 8, ~0ull, "not inside the file"},
	{AT_HEADER, ".bss", 0, 32, 8, 1ull << 40, "has a size of 1099511627776 bytes"},
	{AT_HEADER, ".maps", 0, 40, 4, 4096, "links to section 4096"},
	{AT_HEADER, ".maps", 0, 48, 8, 3, "alignment of 3"},
	{AT_HEADER, ".text", 0, 32, 8, 12, "whole instructions"},
	/* Symbols */
	{AT_HEADER, ".symtab", 0, 56, 8, 8, "symbol table with entries of 8 bytes"},
	{AT_HEADER, ".symtab", 0, 40, 4, 2, "symbol table without names"},
	{AT_SYMBOL, "enter", 0, 0, 4, ~0u, "has no name"},
	{AT_SYMBOL, "enter", 0, 6, 2, 0x7fff, "symbol enter lies in section 32767"},
	{AT_SYMBOL, "enter", 0, 8, 8, 1 << 20, "symbol enter reaches beyond its section"},
	{AT_SYMBOL, "enter", 0, 16, 8, ~0ull, "symbol enter reaches beyond its section"},
	{AT_SYMBOL, "enter", 0, 16, 8, 4, "function enter is not made of whole"},
	{AT_END, "enter", 0, 8, 1, 0x18, "function enter ends inside an instruction"},
	/* Relocations */
	{AT_HEADER, ".rel.text", 0, 56, 8, 24, "relocations with entries of 24 bytes"},
	{AT_HEADER, ".rel.text", 0, 44, 4, 0, "relocations of section .rel.text lead nowhere"},
	{AT_HEADER, ".rel.text", 0, 44, 4, 9999, "relocations of section .rel.text lead nowhere"},
	{AT_HEADER, ".rel.text", 0, 44, 4, 1, "relocations of section .rel.text are for no data"},
	{AT_SECTION, ".rel.text", 0, 12, 4, ~0u, "relocation 0 of .rel.text names symbol"},
	{AT_SECTION, ".rel.text", 0, 0, 8, 1 << 20, "relocation 0 of .rel.text is not inside"},
	{AT_SECTION, ".rel.text", 0, 0, 8, 4, "relocation 0 of .rel.text is not inside"},
	{AT_HEADER, "license", 0, 32, 8, 3, "its license has no end"},
	/* BTF */
	{AT_SECTION, ".BTF", 0, 0, 2, 0, "BTF without a header"},
	{AT_SECTION, ".BTF", 0, 2, 1, 9, "version 9"},
	{AT_SECTION, ".BTF", 0, 4, 4, 8, "header of 8 bytes"},
	{AT_SECTION, ".BTF", 0, 4, 4, ~3u, "header of 4294967292 bytes"},
	{AT_SECTION, ".BTF", 0, 8, 4, 2, "BTF whose types or strings"},
	{AT_SECTION, ".BTF", 0, 12, 4, ~3u, "BTF whose types or strings"},
	{AT_SECTION, ".BTF", 0, 20, 4, ~0u, "BTF whose types or strings"},
	{AT_SECTION, ".BTF", 0, 20, 4, 0, "BTF whose strings have no end"},
	{AT_TYPES, "", BTF_KIND_INT, 0, 4, ~0u, "has a name outside the strings"},
	{AT_TYPES, "", BTF_KIND_INT, 4, 4, 31u << 24, "unknown kind 31"},
	{AT_TYPES, "", BTF_KIND_INT, 8, 4, 0, "is an integer of 0 bytes"},
	{AT_TYPES, "", BTF_KIND_INT, 12, 4, 200, "is an integer of"},
	{AT_TYPES, "", BTF_KIND_PTR, 8, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_TYPEDEF, 8, 4, ~0u, "refers to type 4294967295"},
	{AT_TYPES, "", BTF_KIND_ARRAY, 12, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_ARRAY, 16, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 4, 4, BTF_KIND_STRUCT << 24 | 0xffff, "BTF is cut"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 12, 4, ~0u, "has a name outside the strings"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 16, 4, 0, "member 0 is of no type"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 8, 4, 1, "is not inside"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 16, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_STRUCT, 20, 4, 0xffffff, "member 0 is not inside"},
	{AT_TYPES, "", BTF_KIND_ENUM, 8, 4, 3, "is an enum of 3 bytes"},
	{AT_TYPES, "", BTF_KIND_ENUM, 12, 4, ~0u, "has a name outside the strings"},
	{AT_TYPES, "", BTF_KIND_FUNC, 8, 4, 0, "function without prototype"},
	{AT_TYPES, "", BTF_KIND_FUNC, 8, 4, 1, "function without prototype"},
	{AT_TYPES, "", BTF_KIND_FUNC_PROTO, 8, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_VAR, 8, 4, 0xffffff, "refers to type 16777215"},
	{AT_TYPES, "", BTF_KIND_DATASEC, 12, 4, 0, "entry 0 is no variable"},
	{AT_TYPES, "", BTF_KIND_DATASEC, 12, 4, 1, "entry 0 is no variable"},
	{AT_TYPES, "", BTF_KIND_DATASEC, 16, 4, ~0u, "entry 0 lies beyond any section"},
	{AT_TYPES, "", BTF_KIND_DATASEC, 20, 4, ~0u, "entry 0 lies beyond any section"},
	/* BTF.ext */
	{AT_SECTION, ".BTF.ext", 0, 0, 2, 0, "BTF.ext without a header"},
	{AT_SECTION, ".BTF.ext", 0, 4, 4, ~3u, "BTF.ext without a header"},
	{AT_SECTION, ".BTF.ext", 0, 8, 4, ~3u, "BTF.ext whose tables are not inside"},
	{AT_SECTION, ".BTF.ext", 0, 20, 4, ~3u, "BTF.ext whose tables are not inside"},
	{AT_TABLE, "", 0, 0, 4, 4, "BTF.ext with records of 4 bytes"},
	{AT_TABLE, "", 0, 4, 4, ~0u, "BTF.ext is cut or corrupt"},
	{AT_TABLE, "", 0, 8, 4, ~0u, "BTF.ext is cut or corrupt"},
	{AT_TABLE, "", 0, 8, 4, 0, "BTF.ext is cut or corrupt"},
	{AT_TABLE, "", 0, 12, 4, 1 << 20, "function record names instruction"},
	{AT_TABLE, "", 0, 16, 4, 0xffffff, "function record names type"},
	{AT_TABLE, "", 1, 12, 4, 4, "line record names instruction"},
	{AT_TABLE, "", 1, 16, 4, ~0u, "line record has no source text"},
	{AT_TABLE, "", 2, 16, 4, 0, "CO-RE record names type"},
	{AT_TABLE, "", 2, 20, 4, ~0u, "CO-RE record has no access string"},
	{AT_TABLE, "", 2, 20, 4, 1, "CO-RE record has no access string"},
	{AT_ACCESS, "", 0, 0, 1, '-', "CO-RE record has no access string"},
	{AT_ACCESS, "", 0, 0, 1, ':', "CO-RE record has no access string"},
	{AT_ACCESS, "", 0, 0, 1, 0, "CO-RE record has no access string"},
};

static u8 *file, *copy; /* the good one, and the one that is changed */
static size_t size;

static const Elf64_Shdr *header(const char *name)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(file + eh->e_shoff);
	const char *names = (const char *)file + sh[eh->e_shstrndx].sh_offset;

	for (u32 i = 1; i < eh->e_shnum; i++)
		if (!strcmp(names + sh[i].sh_name, name))
			return &sh[i];
	fail_msg("the object has no section %s", name);
	return NULL;
}

static size_t symbol_at(const char *name)
{
	const Elf64_Shdr *s = header(".symtab");
	const char *names = (const char *)file + header(".strtab")->sh_offset;
	const Elf64_Sym *sym = (const Elf64_Sym *)(file + s->sh_offset);

	for (u64 i = 0; i < s->sh_size / sizeof(*sym); i++)
		if (!strcmp(names + sym[i].st_name, name))
			return (const u8 *)&sym[i] - file;
	fail_msg("the object has no symbol %s", name);
	return 0;
}

static size_t first_type(u32 kind, u32 *id)
{
	const u8 *btf = file + header(".BTF")->sh_offset;
	const struct btf_header *h = (const struct btf_header *)btf;
	static const u32 fixed[] = {[BTF_KIND_INT] = 4,
				    [BTF_KIND_ARRAY] = 12,
				    [BTF_KIND_VAR] = 4,
				    [BTF_KIND_DECL_TAG] = 4};
	static const u32 each[] = {
		[BTF_KIND_STRUCT] = 12,    [BTF_KIND_UNION] = 12,   [BTF_KIND_ENUM] = 8,
		[BTF_KIND_FUNC_PROTO] = 8, [BTF_KIND_DATASEC] = 12, [BTF_KIND_ENUM64] = 12};

	*id = 0;
	for (u32 off = 0; off < h->type_len;) {
		const struct btf_type *t =
			(const struct btf_type *)(btf + h->hdr_len + h->type_off + off);
		u32 k = BTF_INFO_KIND(t->info), n = BTF_INFO_VLEN(t->info);

		++*id;
		if (k == kind && (n || k >= ARRAY_SIZE(each) || !each[k]))
			return (const u8 *)t - file;
		off += sizeof(*t) + (k < ARRAY_SIZE(fixed) ? fixed[k] : 0) +
		       (k < ARRAY_SIZE(each) ? each[k] * n : 0);
	}
	fail_msg("the object has no type of kind %u", kind);
	return 0;
}

/* Where the first CO-RE record's access string is. */
static size_t access_at(const u32 *ext)
{
	const u32 *core = ext + (ext[1] + ext[6]) / 4;
	size_t btf = header(".BTF")->sh_offset;
	const struct btf_header *h = (const struct btf_header *)(file + btf);

	return btf + h->hdr_len + h->str_off + core[5];
}

static size_t end_of(const char *name)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;
	const Elf64_Sym *y = (const Elf64_Sym *)(file + symbol_at(name));
	const Elf64_Shdr *s = (const Elf64_Shdr *)(file + eh->e_shoff) + y->st_shndx;

	return s->sh_offset + y->st_value + y->st_size;
}

static size_t place(const struct row *r)
{
	const u32 *ext = (const u32 *)(file + header(".BTF.ext")->sh_offset);
	u32 id;

	switch (r->base) {
	case AT_HEADER: return (const u8 *)header(r->name) - file + r->off;
	case AT_SECTION: return header(r->name)->sh_offset + r->off;
	case AT_TYPES: return first_type(r->which, &id) + r->off;
	case AT_TABLE: return (const u8 *)ext - file + ext[1] + ext[2 + 2 * r->which] + r->off;
	case AT_ACCESS: return access_at(ext) + r->off;
	case AT_END: return end_of(r->name) - r->off;
	case AT_SYMBOL: return symbol_at(r->name) + r->off;
	default: return r->off;
	}
}

static int check(size_t n, char *line, size_t line_size)
{
	struct text why;
	u8 *exact = malloc(n + !n); /* so that a sanitizer sees what is read behind its end */
	int err;

	memcpy(exact, copy, n);
	text_init(&why, line, line_size);
	err = object_check(exact, n, &why);
	free(exact);
	return err;
}

static void test_rows(void **state)
{
	char line[256];

	memcpy(copy, file, size);
	assert_int_equal(check(size, line, sizeof(line)), 0);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		memcpy(copy, file, size);
		memcpy(copy + place(r), &r->value, r->width);
		if (check(size, line, sizeof(line)) != -EINVAL || !strstr(line, r->why))
			fail_msg("row %u: wants \"%s\", got \"%s\"", i, r->why, line);
	}
}

static void make_circle(u32 kind, u32 off)
{
	char line[256];
	u32 id;
	size_t at = first_type(kind, &id) + off;

	memcpy(copy, file, size);
	memcpy(copy + at, &id, sizeof(id));
	assert_int_equal(check(size, line, sizeof(line)), -EINVAL);
	assert_non_null(strstr(line, "contains itself"));
}

static void test_circles(void **state)
{
	make_circle(BTF_KIND_ARRAY, 12);
	make_circle(BTF_KIND_STRUCT, 16);
	make_circle(BTF_KIND_TYPEDEF, 8);
	make_circle(BTF_KIND_CONST, 8);
}

/* An object of BTF only: `n` structs, each with `width` members of the one before. */
static int check_nested(u32 n, u32 width, char *line, size_t line_size)
{
	static u32 words[16384];
	u32 *w = words, types = 4 + n * (3 + 3 * width);
	struct text why;
	struct {
		Elf64_Ehdr eh;
		Elf64_Shdr sh[3];
		char names[16];
		struct btf_header h;
		u32 body[16384];
	} *elf = calloc(1, sizeof(*elf));
	int err;

	*w++ = 0, *w++ = BTF_KIND_INT << 24, *w++ = 1, *w++ = 8;
	for (u32 id = 1; id <= n; id++) {
		*w++ = 0, *w++ = BTF_KIND_STRUCT << 24 | width, *w++ = 1;
		for (u32 i = 0; i < width; i++)
			*w++ = 0, *w++ = id, *w++ = 0;
	}
	memcpy(elf->body, words, types * 4);
	memcpy(elf->names, "\0.BTF", 6);
	elf->h = (struct btf_header){BTF_MAGIC, 1, 0, sizeof(elf->h), 0, types * 4, types * 4, 1};
	memcpy(elf->eh.e_ident, ELFMAG, SELFMAG);
	elf->eh.e_ident[EI_CLASS] = ELFCLASS64;
	elf->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	elf->eh.e_type = ET_REL;
	elf->eh.e_machine = EM_BPF;
	elf->eh.e_shoff = (u8 *)elf->sh - (u8 *)elf;
	elf->eh.e_shentsize = sizeof(elf->sh[0]);
	elf->eh.e_shnum = 3;
	elf->eh.e_shstrndx = 1;
	elf->sh[1] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
				  .sh_offset = (u8 *)elf->names - (u8 *)elf,
				  .sh_size = sizeof(elf->names)};
	elf->sh[2] = (Elf64_Shdr){.sh_name = 1,
				  .sh_type = SHT_PROGBITS,
				  .sh_offset = (u8 *)&elf->h - (u8 *)elf,
				  .sh_size = sizeof(elf->h) + types * 4 + 1};
	text_init(&why, line, line_size);
	err = object_check(elf, sizeof(*elf), &why);
	free(elf);
	return err;
}

/* What would overflow a stack that recurses, or take for ever. */
static void test_nesting(void **state)
{
	char line[256];

	assert_int_equal(check_nested(60, 1, line, sizeof(line)), 0);
	assert_int_equal(check_nested(1000, 1, line, sizeof(line)), -EINVAL);
	assert_non_null(strstr(line, "nested too deep"));
	assert_int_equal(check_nested(10, 3, line, sizeof(line)), 0);
	assert_int_equal(check_nested(40, 3, line, sizeof(line)), -EINVAL);
	assert_non_null(strstr(line, "nested too deep"));
}

static void test_cuts(void **state)
{
	char line[256];

	memcpy(copy, file, size);
	for (size_t n = 0; n < size; n += n < 256 ? 1 : 61)
		if (check(n, line, sizeof(line)) != -EINVAL || !line[0])
			fail_msg("%zu of %zu bytes pass", n, size);
}

static int setup(void **state)
{
	char path[4096];
	FILE *in;
	long n;

	snprintf(path, sizeof(path), "%s/seeds/features.bpf.o", getenv("B") ?: "build");
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) || (n = ftell(in)) < 0)
		return -1;
	size = n;
	rewind(in);
	file = malloc(size);
	copy = malloc(size);
	if (fread(file, 1, size, in) != size)
		return -1;
	fclose(in);
	return 0;
}

static int teardown(void **state)
{
	free(file);
	free(copy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests_name("object_check", tests, setup, teardown);
}
