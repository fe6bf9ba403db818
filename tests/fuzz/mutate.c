// SPDX-License-Identifier: BSD-2-Clause
/*
 * Mutants of ELF objects. Bytes hit blindly mostly land in debug sections that
 * no loader reads, or break what the first check sees; so most changes choose
 * a record that a loader follows (a type, an instruction, a symbol) and twist
 * one field of it.
 */
#include <elf.h>
#include <string.h>

#include "fuzz/mutate.h"

struct field {
	u8 off, width;
};

/* What a change may aim at: records of one size in sections of one kind. */
enum aim {
	AIM_TYPES, /* words of .BTF */
	AIM_EXT,   /* words of .BTF.ext */
	AIM_CODE,
	AIM_SYMBOLS,
	AIM_RELOCATIONS,
	AIM_STRINGS,
	AIM_ANY,
	AIM_COUNT
};

static const struct field word_fields[] = {{0, 4}, {0, 2}, {2, 2}, {3, 1}};
static const struct field code_fields[] = {{0, 1}, {1, 1}, {2, 2}, {4, 4}};
static const struct field symbol_fields[] = {{0, 4}, {4, 1}, {5, 1}, {6, 2}, {8, 8}, {16, 8}};
static const struct field relocation_fields[] = {{0, 8}, {8, 4}, {12, 4}};
static const struct field section_fields[] = {{0, 4},  {4, 4},  {8, 8},  {16, 8}, {24, 8},
					      {32, 8}, {40, 4}, {44, 4}, {48, 8}, {56, 8}};
static const struct field header_fields[] = {{0, 4},  {4, 1},  {5, 1},  {16, 2}, {18, 2}, {20, 4},
					     {24, 8}, {32, 8}, {40, 8}, {48, 4}, {52, 2}, {54, 2},
					     {56, 2}, {58, 2}, {60, 2}, {62, 2}};

static const struct {
	u8 record, count;
	const struct field *fields;
} aims[AIM_COUNT] = {
	[AIM_TYPES] = {4, ARRAY_SIZE(word_fields), word_fields},
	[AIM_EXT] = {4, ARRAY_SIZE(word_fields), word_fields},
	[AIM_CODE] = {8, ARRAY_SIZE(code_fields), code_fields},
	[AIM_SYMBOLS] = {24, ARRAY_SIZE(symbol_fields), symbol_fields},
	[AIM_RELOCATIONS] = {16, ARRAY_SIZE(relocation_fields), relocation_fields},
	[AIM_STRINGS] = {1, 1, word_fields + 3},
	[AIM_ANY] = {1, ARRAY_SIZE(word_fields), word_fields},
};

/* Names that loaders know, written over others. */
static const char *const words[] = {
	".BTF",
	".BTF.ext",
	".bss",
	".data",
	".kconfig",
	".ksyms",
	".maps",
	".rodata",
	".rodata.str1.1",
	".struct_ops",
	".text",
	"maps",
	"license",
	"version",
	"GPL",
	"?xdp",
	"int",
	"key",
	"max_entries",
	"pinning",
	"type",
	"value",
	"values",
	"kprobe/x",
	"ksyscall/read",
	"raw_tp/sys_enter",
	"tp/syscalls/sys_enter_read",
	"tracepoint/",
	"uprobe//bin/true:0",
	"uprobe/libc.so.6:malloc+1",
	"uretprobe/libc.so.6:free",
	"usdt//proc/self/exe:a:b",
	"xdp",
	"0:0:0",
	"0:1",
	"bpf_trace_printk",
	"LINUX_KERNEL_VERSION",
};

void mutant_seed(struct mutant *m, u64 seed)
{
	m->random = seed * 0x9e3779b97f4a7c15ull + 1;
	for (int n = 0; n < 8; n++)
		mutant_below(m, 2);
}

static u64 next(struct mutant *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	return m->random ^= m->random << 17;
}

u64 mutant_below(struct mutant *m, u64 n)
{
	u64 v = next(m);

	return n ? v % n : 0;
}

static void twist(struct mutant *m, size_t at, u32 width)
{
	static const u64 odd[] = {0,    1,      7,          8,          0x7f,       0x80,
				  0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull};
	u64 v = 0, other = 0;

	if (width > m->size || at > m->size - width)
		return;
	memcpy(&v, m->data + at, width);
	memcpy(&other, m->data + mutant_below(m, m->size - width), width);
	switch (mutant_below(m, 7)) {
	case 0: v ^= 1ull << mutant_below(m, 8 * width); break;
	case 1: v = next(m); break;
	case 2: v = odd[mutant_below(m, ARRAY_SIZE(odd))]; break;
	case 3: v += mutant_below(m, 33) - 16; break;
	case 4: v = mutant_below(m, 64); break;
	case 5: v = mutant_below(m, 8) * 8; break;
	case 6: v = other; break;
	}
	memcpy(m->data + at, &v, width);
}

static bool sections(const struct mutant *m, const Elf64_Shdr **sh, u32 *count)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)m->data;

	if (m->size < sizeof(*eh) || eh->e_shoff > m->size || eh->e_shoff % 8 ||
	    eh->e_shnum > (m->size - eh->e_shoff) / sizeof(**sh) || eh->e_shstrndx >= eh->e_shnum)
		return false;
	*sh = (const Elf64_Shdr *)(m->data + eh->e_shoff);
	*count = eh->e_shnum;
	return true;
}

static const char *name_of(const struct mutant *m, const Elf64_Shdr *sh, const Elf64_Shdr *s)
{
	const Elf64_Shdr *names = &sh[((const Elf64_Ehdr *)m->data)->e_shstrndx];
	u64 at = names->sh_offset + s->sh_name;

	return at < m->size && memchr(m->data + at, 0, m->size - at) ? (char *)m->data + at : "";
}

static bool matches(enum aim aim, const Elf64_Shdr *s, const char *name)
{
	switch (aim) {
	case AIM_TYPES: return !strcmp(name, ".BTF");
	case AIM_EXT: return !strcmp(name, ".BTF.ext");
	case AIM_CODE: return s->sh_type == SHT_PROGBITS && s->sh_flags & SHF_EXECINSTR;
	case AIM_SYMBOLS: return s->sh_type == SHT_SYMTAB;
	case AIM_RELOCATIONS: return s->sh_type == SHT_REL && strncmp(name, ".rel.debug", 10);
	case AIM_STRINGS: return s->sh_type == SHT_STRTAB || !strcmp(name, ".BTF");
	default: return strncmp(name, ".debug", 6) && strncmp(name, ".rel.debug", 10);
	}
}

/* A section of that kind that holds at least a record, all in the file; NULL: none. */
static const Elf64_Shdr *pick(struct mutant *m, enum aim aim)
{
	const Elf64_Shdr *sh, *found = NULL;
	u32 count, seen = 0;

	if (!sections(m, &sh, &count))
		return NULL;
	for (u32 i = 1; i < count; i++) {
		const Elf64_Shdr *s = &sh[i];

		if (s->sh_type == SHT_NOBITS || s->sh_size < 8 || s->sh_size > m->size ||
		    s->sh_offset > m->size - s->sh_size || !matches(aim, s, name_of(m, sh, s)))
			continue;
		if (!mutant_below(m, ++seen))
			found = s;
	}
	return found;
}

static void change_record(struct mutant *m, enum aim aim)
{
	const Elf64_Shdr *s = pick(m, aim);
	const struct field *f = &aims[aim].fields[mutant_below(m, aims[aim].count)];

	if (s)
		twist(m,
		      s->sh_offset +
			      mutant_below(m, s->sh_size / aims[aim].record) * aims[aim].record +
			      f->off,
		      f->width);
}

static void change_header(struct mutant *m)
{
	const Elf64_Shdr *sh;
	const struct field *f;
	u32 count;

	if (!mutant_below(m, 4) || !sections(m, &sh, &count)) {
		f = &header_fields[mutant_below(m, ARRAY_SIZE(header_fields))];
		twist(m, f->off, f->width);
		return;
	}
	f = &section_fields[mutant_below(m, ARRAY_SIZE(section_fields))];
	twist(m, (const u8 *)&sh[mutant_below(m, count)] - m->data + f->off, f->width);
}

/* A string becomes a word a loader knows, as far as there is room. */
static void change_string(struct mutant *m)
{
	const Elf64_Shdr *s = pick(m, AIM_STRINGS);
	const char *word = words[mutant_below(m, ARRAY_SIZE(words))];
	size_t at, end, n = strlen(word) + mutant_below(m, 2);

	if (!s)
		return;
	end = s->sh_offset + s->sh_size;
	at = s->sh_offset + mutant_below(m, s->sh_size);
	while (at < end && at > s->sh_offset && m->data[at - 1])
		at--;
	memcpy(m->data + at, word, MIN(n, end - at));
}

/* Some records over others of the same section. */
static void copy_records(struct mutant *m)
{
	enum aim aim = mutant_below(m, AIM_STRINGS);
	const Elf64_Shdr *s = pick(m, aim);
	u64 n, count = s ? s->sh_size / aims[aim].record : 0;

	if (count < 2)
		return;
	n = 1 + mutant_below(m, MIN(count / 2, 8ull));
	memmove(m->data + s->sh_offset + mutant_below(m, count - n) * aims[aim].record,
		m->data + s->sh_offset + mutant_below(m, count - n) * aims[aim].record,
		n * aims[aim].record);
}

void mutant_change(struct mutant *m)
{
	int times = mutant_below(m, 8) ? 1 + mutant_below(m, 3) : 1 + mutant_below(m, 16);

	while (times--) {
		u32 what = mutant_below(m, 64);

		if (what < 14)
			change_record(m, AIM_TYPES);
		else if (what < 19)
			change_record(m, AIM_EXT);
		else if (what < 33)
			change_record(m, AIM_CODE);
		else if (what < 39)
			change_record(m, AIM_SYMBOLS);
		else if (what < 44)
			change_record(m, AIM_RELOCATIONS);
		else if (what < 50)
			change_header(m);
		else if (what < 54)
			change_string(m);
		else if (what < 58)
			copy_records(m);
		else if (what < 63)
			change_record(m, AIM_ANY);
		else if (!mutant_below(m, 4))
			m->size = 1 + mutant_below(m, m->size);
	}
}
