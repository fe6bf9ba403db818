// SPDX-License-Identifier: BSD-2-Clause
/*
 * An object file, checked before libbpf sees it. libbpf checks some bounds and
 * trusts the rest: a symbol's section, a relocation's symbol, a BTF type's
 * target. Here everything a loader follows is followed first:
 *
 *	ELF header -> section headers -> names, links -> symbols -> relocations
 *	.BTF: header, types (kinds, targets, names), then what they amount to:
 *	      none contains itself, nests deep, or has members beyond its end
 *	.BTF.ext: function, line and CO-RE records, each inside its section
 *
 * Limits far above what compilers make keep a small file from asking for much
 * memory, time or stack: libbpf copies every function, and recurses into calls
 * and into types.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "base/alloc.h"
#include "cli/object_check.h"

#define MAX_SECTIONS       4096
#define MAX_SECTION_BYTES  (1u << 30)
#define MAX_FUNCTIONS      16384
#define MAX_FUNCTION_BYTES (64u << 20) /* of all functions */
#define MAX_TYPES          (1u << 20)
#define MAX_DEPTH          64         /* of types in types */
#define MAX_PARTS          (1u << 20) /* of a type written out */
#define MAX_TYPE_BYTES     (1ull << 40)

struct view {
	const u8 *p;
	u64 size;
};

/* What a type amounts to, known once all it contains is. */
struct shape {
	enum {
		SHAPE_NEW,
		SHAPE_OPEN, /* on the way down */
		SHAPE_KNOWN
	} state;
	u32 depth, parts;
	u64 size;
};

struct check {
	struct view file;
	const Elf64_Ehdr *eh;
	const Elf64_Shdr *sh;
	u32 count;
	struct view names;
	struct view btf_strings;
	const struct btf_type **types; /* [1..type_count] */
	struct shape *shapes;          /* [0..type_count] */
	u32 type_count;
	struct text *why;
};

static int bad(struct check *c, const char *fmt, ...) __printf_like(2, 3);
static int bad(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(c->why, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Is [off, off + size) inside the view? */
static bool inside(struct view v, u64 off, u64 size)
{
	return off <= v.size && size <= v.size - off;
}

static bool is_string(struct view v, u64 off)
{
	return off < v.size && memchr(v.p + off, 0, v.size - off);
}

static const char *section_name(struct check *c, u32 i)
{
	return (const char *)c->names.p + c->sh[i].sh_name;
}

static struct view section(struct check *c, u32 i)
{
	if (c->sh[i].sh_type == SHT_NOBITS)
		return (struct view){NULL, c->sh[i].sh_size};
	return (struct view){c->file.p + c->sh[i].sh_offset, c->sh[i].sh_size};
}

static int check_header(struct check *c)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)c->file.p;

	if (c->file.size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return bad(c, "not an object file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(c, "not a 64-bit little-endian object");
	if (eh->e_type != ET_REL)
		return bad(c, "not a relocatable object (link it no further than clang -c or ld -r "
			      "does)");
	if (eh->e_machine != EM_BPF && eh->e_machine != EM_NONE)
		return bad(c, "an object for another machine, not BPF");
	if (eh->e_shentsize != sizeof(Elf64_Shdr) || !eh->e_shnum || eh->e_shnum > MAX_SECTIONS ||
	    eh->e_shoff % 8 || !inside(c->file, eh->e_shoff, (u64)eh->e_shnum * sizeof(Elf64_Shdr)))
		return bad(c, "truncated or corrupt: its section table is not inside the file");
	c->eh = eh;
	c->sh = (const Elf64_Shdr *)(c->file.p + eh->e_shoff);
	c->count = eh->e_shnum;
	if (!eh->e_shstrndx || eh->e_shstrndx >= c->count)
		return bad(c, "corrupt: no table of section names");
	return 0;
}

static int check_sections(struct check *c)
{
	u32 symtabs = 0;

	for (u32 i = 1; i < c->count; i++) {
		const Elf64_Shdr *s = &c->sh[i];

		if (s->sh_type != SHT_NOBITS && !inside(c->file, s->sh_offset, s->sh_size))
			return bad(c, "truncated or corrupt: section %u is not inside the file", i);
		if (s->sh_size > MAX_SECTION_BYTES)
			return bad(c, "section %u has a size of %llu bytes", i,
				   (unsigned long long)s->sh_size);
		if (s->sh_link >= c->count)
			return bad(c, "corrupt: section %u links to section %u of %u", i,
				   s->sh_link, c->count);
		if (s->sh_flags & SHF_COMPRESSED)
			return bad(c, "section %u is compressed", i);
		if (s->sh_addralign > 4096 || (s->sh_addralign & (s->sh_addralign - 1)))
			return bad(c, "corrupt: section %u has an alignment of %llu", i,
				   (unsigned long long)s->sh_addralign);
		symtabs += s->sh_type == SHT_SYMTAB;
	}
	if (symtabs > 1)
		return bad(c, "corrupt: %u symbol tables", symtabs);
	if (c->sh[c->eh->e_shstrndx].sh_type != SHT_STRTAB)
		return bad(c, "corrupt: no table of section names");
	c->names = section(c, c->eh->e_shstrndx);
	for (u32 i = 1; i < c->count; i++)
		if (!is_string(c->names, c->sh[i].sh_name))
			return bad(c, "corrupt: section %u has no name", i);
	return 0;
}

/* The loader copies it and patches both halves of its wide instructions. */
static int check_function(struct check *c, const Elf64_Sym *y, const char *name, u64 *bytes)
{
	const Elf64_Shdr *s = &c->sh[y->st_shndx];
	struct view v = section(c, y->st_shndx);

	if (y->st_value % 8 || y->st_size % 8)
		return bad(c, "corrupt: function %s is not made of whole instructions", name);
	*bytes += y->st_size;
	if (*bytes > MAX_FUNCTION_BYTES)
		return bad(c, "its functions have more than %u bytes", MAX_FUNCTION_BYTES);
	if (y->st_size && s->sh_type == SHT_PROGBITS && (s->sh_flags & SHF_EXECINSTR) &&
	    v.p[y->st_value + y->st_size - 8] == (BPF_LD | BPF_IMM | BPF_DW))
		return bad(c, "corrupt: function %s ends inside an instruction", name);
	return 0;
}

static int check_symbols(struct check *c, u32 i)
{
	const Elf64_Shdr *s = &c->sh[i];
	struct view v = section(c, i), strings = section(c, s->sh_link);
	const Elf64_Sym *sym = (const Elf64_Sym *)v.p;
	u64 bytes = 0;
	u32 functions = 0;

	if (s->sh_entsize != sizeof(*sym) || s->sh_size % sizeof(*sym) || s->sh_offset % 8)
		return bad(c, "corrupt: symbol table with entries of %llu bytes",
			   (unsigned long long)s->sh_entsize);
	if (c->sh[s->sh_link].sh_type != SHT_STRTAB)
		return bad(c, "corrupt: symbol table without names");
	for (u64 n = 0; n < s->sh_size / sizeof(*sym); n++) {
		const Elf64_Sym *y = &sym[n];
		u32 type = ELF64_ST_TYPE(y->st_info);

		if (!is_string(strings, y->st_name))
			return bad(c, "corrupt: symbol %llu has no name", (unsigned long long)n);
		if (y->st_shndx == SHN_UNDEF || y->st_shndx >= SHN_LORESERVE)
			continue;
		if (y->st_shndx >= c->count)
			return bad(c, "corrupt: symbol %s lies in section %u of %u",
				   strings.p + y->st_name, y->st_shndx, c->count);
		if ((type == STT_FUNC || type == STT_OBJECT) &&
		    !inside(section(c, y->st_shndx), y->st_value, y->st_size))
			return bad(c, "corrupt: symbol %s reaches beyond its section",
				   strings.p + y->st_name);
		if (type == STT_FUNC && ++functions > MAX_FUNCTIONS)
			return bad(c, "more than %u functions", MAX_FUNCTIONS);
		if (type == STT_FUNC &&
		    check_function(c, y, (const char *)strings.p + y->st_name, &bytes))
			return -EINVAL;
	}
	return 0;
}

static int check_relocations(struct check *c, u32 i)
{
	const Elf64_Shdr *s = &c->sh[i];
	const Elf64_Rel *rel = (const Elf64_Rel *)section(c, i).p;
	const Elf64_Shdr *target;
	u64 symbols;

	if (s->sh_entsize != sizeof(*rel) || s->sh_size % sizeof(*rel) || s->sh_offset % 8)
		return bad(c, "corrupt: relocations with entries of %llu bytes",
			   (unsigned long long)s->sh_entsize);
	if (!s->sh_info || s->sh_info >= c->count || c->sh[s->sh_link].sh_type != SHT_SYMTAB)
		return bad(c, "corrupt: relocations of section %s lead nowhere",
			   section_name(c, i));
	target = &c->sh[s->sh_info];
	if (target->sh_type != SHT_PROGBITS)
		return bad(c, "corrupt: relocations of section %s are for no data",
			   section_name(c, i));
	symbols = c->sh[s->sh_link].sh_size / sizeof(Elf64_Sym);
	for (u64 n = 0; n < s->sh_size / sizeof(*rel); n++) {
		u64 need = target->sh_flags & SHF_EXECINSTR ? 8 : 4;

		if (ELF64_R_SYM(rel[n].r_info) >= symbols)
			return bad(c, "corrupt: relocation %llu of %s names symbol %llu of %llu",
				   (unsigned long long)n, section_name(c, i),
				   (unsigned long long)ELF64_R_SYM(rel[n].r_info),
				   (unsigned long long)symbols);
		if (!inside(section(c, s->sh_info), rel[n].r_offset, need) ||
		    (need == 8 && rel[n].r_offset % 8))
			return bad(c, "corrupt: relocation %llu of %s is not inside its section",
				   (unsigned long long)n, section_name(c, i));
	}
	return 0;
}

/* Bytes behind a type's common part, or -1 for an unknown kind. */
static long type_tail(const struct btf_type *t)
{
	u32 n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT: return 4;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG: return 0;
	case BTF_KIND_ARRAY: return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return (long)n * sizeof(struct btf_member);
	case BTF_KIND_ENUM: return (long)n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64: return (long)n * 12;
	case BTF_KIND_FUNC_PROTO: return (long)n * sizeof(struct btf_param);
	case BTF_KIND_VAR: return sizeof(struct btf_var);
	case BTF_KIND_DATASEC: return (long)n * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG: return sizeof(struct btf_decl_tag);
	default: return -1;
	}
}

/* The single type this one leads to without indirection by count; 0 (void) when it has none. */
static u32 type_target(const struct btf_type *t)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_FUNC_PROTO: return t->type;
	case BTF_KIND_ARRAY: return ((const struct btf_array *)(t + 1))->type;
	default: return 0;
	}
}

static int collect_types(struct check *c, struct view types)
{
	u32 n = 0;

	c->types = base_calloc(types.size / sizeof(struct btf_type) + 2, sizeof(*c->types));
	if (!c->types)
		return -ENOMEM;
	for (u64 off = 0; off < types.size;) {
		const struct btf_type *t = (const struct btf_type *)(types.p + off);
		long tail;

		if (!inside(types, off, sizeof(*t)))
			return bad(c, "BTF is cut in type %u", n + 1);
		tail = type_tail(t);
		if (tail < 0)
			return bad(c, "BTF type %u is of unknown kind %u", n + 1,
				   BTF_INFO_KIND(t->info));
		if (!inside(types, off + sizeof(*t), tail))
			return bad(c, "BTF is cut in type %u", n + 1);
		if (n >= MAX_TYPES)
			return bad(c, "BTF has more than %u types", MAX_TYPES);
		c->types[++n] = t;
		off += sizeof(*t) + tail;
	}
	c->type_count = n;
	return 0;
}

static int check_ref(struct check *c, u32 from, u32 to)
{
	return to <= c->type_count
		       ? 0
		       : bad(c, "BTF type %u refers to type %u of %u", from, to, c->type_count);
}

static int check_name(struct check *c, u32 id, u32 off)
{
	return is_string(c->btf_strings, off)
		       ? 0
		       : bad(c, "BTF type %u has a name outside the strings", id);
}

static int check_members(struct check *c, u32 id)
{
	const struct btf_type *t = c->types[id];
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		if (check_name(c, id, m[i].name_off) || check_ref(c, id, m[i].type))
			return -EINVAL;
		if (!m[i].type)
			return bad(c, "BTF type %u: member %u is of no type", id, i);
	}
	return 0;
}

static int check_entries(struct check *c, u32 id)
{
	const struct btf_type *t = c->types[id];
	const u32 *w = (const u32 *)(t + 1);
	u32 n = BTF_INFO_VLEN(t->info), step;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		if (!t->size || t->size > 16 || BTF_INT_BITS(w[0]) > t->size * 8 ||
		    BTF_INT_OFFSET(w[0]))
			return bad(c, "BTF type %u is an integer of %u bytes", id, t->size);
		return 0;
	case BTF_KIND_ARRAY: return check_ref(c, id, w[0]) || check_ref(c, id, w[1]) ? -EINVAL : 0;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return check_members(c, id);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		step = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM ? 2 : 3;
		if (t->size > 8 || !IS_POW2(t->size) || (step == 3 && t->size < 4))
			return bad(c, "BTF type %u is an enum of %u bytes", id, t->size);
		for (u32 i = 0; i < n; i++)
			if (check_name(c, id, w[i * step]))
				return -EINVAL;
		return 0;
	case BTF_KIND_FUNC_PROTO:
		for (u32 i = 0; i < n; i++)
			if (check_name(c, id, w[i * 2]) || check_ref(c, id, w[i * 2 + 1]))
				return -EINVAL;
		return 0;
	case BTF_KIND_DATASEC:
		for (u32 i = 0; i < n; i++) {
			if (check_ref(c, id, w[i * 3]))
				return -EINVAL;
			if (!w[i * 3] || (BTF_INFO_KIND(c->types[w[i * 3]]->info) != BTF_KIND_VAR &&
					  BTF_INFO_KIND(c->types[w[i * 3]]->info) != BTF_KIND_FUNC))
				return bad(c, "BTF type %u: entry %u is no variable", id, i);
		}
		return 0;
	case BTF_KIND_FUNC:
		if (!t->type || check_ref(c, id, t->type) ||
		    BTF_INFO_KIND(c->types[t->type]->info) != BTF_KIND_FUNC_PROTO)
			return bad(c, "BTF type %u: function without prototype", id);
		return 0;
	default: return 0;
	}
}

/* The i-th type that a value of the type contains (0: void), or -1. */
static s64 type_part(const struct btf_type *t, u32 i)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return i < BTF_INFO_VLEN(t->info) ? (s64)m[i].type : -1;
	case BTF_KIND_PTR:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_DECL_TAG: return -1;
	default: return i ? -1 : (s64)type_target(t);
	}
}

static u64 type_size(struct check *c, const struct btf_type *t)
{
	const struct btf_array *a = (const struct btf_array *)(t + 1);
	u64 elem;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return t->size;
	case BTF_KIND_PTR: return 8;
	case BTF_KIND_ARRAY:
		elem = c->shapes[a->type].size;
		return elem && a->nelems > MAX_TYPE_BYTES / elem ? MAX_TYPE_BYTES
								 : elem * a->nelems;
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_DATASEC: return 0;
	default: return c->shapes[type_target(t)].size;
	}
}

/* Bits of the member that must lie in the struct: before kflag, an integer's own bits said it. */
static u64 member_bits(struct check *c, const struct btf_type *t, const struct btf_member *m)
{
	const struct btf_type *of = c->types[m->type];

	if (BTF_INFO_KFLAG(t->info) && BTF_MEMBER_BITFIELD_SIZE(m->offset))
		return BTF_MEMBER_BITFIELD_SIZE(m->offset);
	if (!BTF_INFO_KFLAG(t->info) && BTF_INFO_KIND(of->info) == BTF_KIND_INT)
		return BTF_INT_BITS(*(const u32 *)(of + 1));
	return c->shapes[m->type].size * 8;
}

static int check_layout(struct check *c, u32 id)
{
	const struct btf_type *t = c->types[id];
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	for (u32 i = 0; type_part(t, i) >= 0; i++) {
		u32 bit =
			BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;

		if (bit + member_bits(c, t, &m[i]) > (u64)t->size * 8)
			return bad(c, "BTF type %u: member %u is not inside", id, i);
	}
	return 0;
}

/* All that the type contains is known. */
static int make_shape(struct check *c, u32 id)
{
	const struct btf_type *t = c->types[id];
	u32 kind = BTF_INFO_KIND(t->info);
	struct shape s = {.state = SHAPE_KNOWN, .parts = 1};
	s64 part;

	for (u32 i = 0; (part = type_part(t, i)) >= 0; i++) {
		s.depth = MAX(s.depth, c->shapes[part].depth + 1);
		s.parts = MIN(s.parts + c->shapes[part].parts, MAX_PARTS + 1);
	}
	if (s.depth > MAX_DEPTH || s.parts > MAX_PARTS)
		return bad(c, "BTF type %u is nested too deep", id);
	s.size = type_size(c, t);
	c->shapes[id] = s;
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION ? check_layout(c, id) : 0;
}

/* Depth first, what is contained before what contains it. */
static int check_shapes(struct check *c)
{
	struct frame {
		u32 id, next;
	} *stack = base_calloc(c->type_count + 1, sizeof(*stack));
	int err;

	c->shapes = base_calloc(c->type_count + 1, sizeof(*c->shapes));
	err = stack && c->shapes ? 0 : -ENOMEM;
	if (!err)
		c->shapes[0].state = SHAPE_KNOWN;
	for (u32 root = 1; !err && root <= c->type_count; root++) {
		u32 depth = 0;

		if (c->shapes[root].state == SHAPE_NEW)
			stack[depth++] = (struct frame){root, 0};
		while (!err && depth) {
			struct frame *f = &stack[depth - 1];
			s64 next = type_part(c->types[f->id], f->next++);

			c->shapes[f->id].state = SHAPE_OPEN;
			if (next < 0) {
				err = make_shape(c, f->id);
				depth--;
			} else if (c->shapes[next].state == SHAPE_OPEN) {
				err = bad(c, "BTF type %u contains itself", (u32)next);
			} else if (c->shapes[next].state == SHAPE_NEW) {
				stack[depth++] = (struct frame){(u32)next, 0};
			}
		}
	}
	base_free(stack);
	return err;
}

/* Variables of a section: the loader adds offsets and sizes in 32 bits. */
static int check_variables(struct check *c, u32 id)
{
	const struct btf_type *t = c->types[id];
	const struct btf_var_secinfo *v = (const struct btf_var_secinfo *)(t + 1);
	u64 total = 0;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_DATASEC)
		return 0;
	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u64 size = c->shapes[v[i].type].size;

		total += size;
		if (v[i].offset + MAX(size, (u64)v[i].size) > MAX_SECTION_BYTES ||
		    total > MAX_SECTION_BYTES)
			return bad(c, "BTF type %u: entry %u lies beyond any section", id, i);
	}
	return 0;
}

static int check_btf(struct check *c, struct view v)
{
	const struct btf_header *h = (const struct btf_header *)v.p;
	struct view body, types;
	int err;

	if (v.size < sizeof(*h) || h->magic != BTF_MAGIC)
		return bad(c, "BTF without a header");
	if (h->version != 1 || h->hdr_len < sizeof(*h) || h->hdr_len > v.size || h->hdr_len % 4)
		return bad(c, "BTF with a header of %u bytes, version %u", h->hdr_len, h->version);
	body = (struct view){v.p + h->hdr_len, v.size - h->hdr_len};
	if (h->type_off % 4 || h->type_len % 4 || !inside(body, h->type_off, h->type_len) ||
	    !inside(body, h->str_off, h->str_len))
		return bad(c, "BTF whose types or strings are not inside its section");
	types = (struct view){body.p + h->type_off, h->type_len};
	c->btf_strings = (struct view){body.p + h->str_off, h->str_len};
	if (!h->str_len || c->btf_strings.p[0] || c->btf_strings.p[h->str_len - 1])
		return bad(c, "BTF whose strings have no end");
	err = collect_types(c, types);
	for (u32 id = 1; !err && id <= c->type_count; id++) {
		err = check_name(c, id, c->types[id]->name_off);
		if (!err)
			err = check_ref(c, id, type_target(c->types[id]));
		if (!err)
			err = check_entries(c, id);
	}
	if (!err)
		err = check_shapes(c);
	for (u32 id = 1; !err && id <= c->type_count; id++)
		err = check_variables(c, id);
	return err;
}

/* The ELF section of that name holding instructions; its size, or 0. */
static u64 code_size(struct check *c, const char *name)
{
	for (u32 i = 1; i < c->count; i++)
		if (!strcmp(section_name(c, i), name))
			return c->sh[i].sh_size;
	return 0;
}

enum ext_kind {
	EXT_FUNC,
	EXT_LINE,
	EXT_CORE
};

/* Which member of which member: "0:1:2". */
static bool is_access(const char *s)
{
	u32 digits = 0;

	for (; *s; s++) {
		if (*s == ':' ? !digits : *s < '0' || *s > '9' || digits == 9)
			return false;
		digits = *s == ':' ? 0 : digits + 1;
	}
	return digits;
}

static int check_ext_record(struct check *c, enum ext_kind kind, const u32 *r, u64 code)
{
	static const char *const names[] = {"function", "line", "CO-RE"};

	if (r[0] % 8 || r[0] >= code)
		return bad(c, "BTF.ext: a %s record names instruction %u beyond its section",
			   names[kind], r[0] / 8);
	if (kind == EXT_LINE)
		return is_string(c->btf_strings, r[1]) && is_string(c->btf_strings, r[2])
			       ? 0
			       : bad(c, "BTF.ext: a line record has no source text");
	if (!r[1] || r[1] > c->type_count)
		return bad(c, "BTF.ext: a %s record names type %u of %u", names[kind], r[1],
			   c->type_count);
	if (kind == EXT_CORE &&
	    (!is_string(c->btf_strings, r[2]) || !is_access((const char *)c->btf_strings.p + r[2])))
		return bad(c, "BTF.ext: a CO-RE record has no access string");
	return 0;
}

/* One of the three tables: record size, then per section {name, count, records}. */
static int check_ext_table(struct check *c, struct view v, enum ext_kind kind)
{
	static const u32 least[] = {8, 16, 16};
	u32 size;

	if (!v.size)
		return 0;
	if (v.size < 4)
		return bad(c, "BTF.ext is cut");
	memcpy(&size, v.p, 4);
	if (size < least[kind] || size % 4 || size > 1024)
		return bad(c, "BTF.ext with records of %u bytes", size);
	for (u64 off = 4; off < v.size;) {
		const u32 *head = (const u32 *)(v.p + off);
		u64 code;

		if (!inside(v, off, 8) || !is_string(c->btf_strings, head[0]) || !head[1] ||
		    !inside(v, off + 8, (u64)head[1] * size))
			return bad(c, "BTF.ext is cut or corrupt");
		code = code_size(c, (const char *)c->btf_strings.p + head[0]);
		off += 8;
		for (u32 i = 0; i < head[1]; i++, off += size) {
			int err = check_ext_record(c, kind, (const u32 *)(v.p + off), code);

			if (err)
				return err;
		}
	}
	return 0;
}

static int check_btf_ext(struct check *c, struct view v)
{
	const u32 *h = (const u32 *)v.p; /* magic/version/flags, hdr_len, then off/len pairs */
	struct view body;
	int err = 0;

	if (v.size < 24 || (h[0] & 0xffff) != BTF_MAGIC || h[1] < 24 || h[1] > v.size || h[1] % 4)
		return bad(c, "BTF.ext without a header");
	body = (struct view){v.p + h[1], v.size - h[1]};
	for (int k = EXT_FUNC; !err && k <= EXT_CORE; k++) {
		u32 off, len;

		if (h[1] < 16u + 8 * k)
			break;
		off = h[2 + 2 * k];
		len = h[3 + 2 * k];
		if (off % 4 || len % 4 || !inside(body, off, len))
			return bad(c, "BTF.ext whose tables are not inside its section");
		err = check_ext_table(c, (struct view){body.p + off, len}, k);
	}
	return err;
}

/* Some compilers place BTF at odd offsets; it is checked in a copy that is aligned. */
static int check_aligned(struct check *c, u32 i, int (*check)(struct check *, struct view),
			 void **copy)
{
	struct view v = section(c, i);

	if (c->sh[i].sh_offset % 4) {
		*copy = base_memdup(v.p, v.size);
		if (!*copy)
			return -ENOMEM;
		v.p = *copy;
	}
	return check(c, v);
}

static int check_type_info(struct check *c, u32 btf, u32 ext)
{
	void *copies[2] = {NULL, NULL}; /* the strings of the first serve the second */
	int err = 0;

	if (ext && !btf)
		return bad(c, "BTF.ext without BTF");
	if (btf)
		err = check_aligned(c, btf, check_btf, &copies[0]);
	if (!err && ext)
		err = check_aligned(c, ext, check_btf_ext, &copies[1]);
	base_free(copies[0]);
	base_free(copies[1]);
	return err;
}

static int check_contents(struct check *c)
{
	u32 btf = 0, ext = 0;
	int err = 0;

	for (u32 i = 1; !err && i < c->count; i++) {
		const Elf64_Shdr *s = &c->sh[i];
		const char *name = section_name(c, i);

		if (s->sh_type == SHT_SYMTAB)
			err = check_symbols(c, i);
		else if (s->sh_type == SHT_REL)
			err = check_relocations(c, i);
		else if (s->sh_type == SHT_PROGBITS && (s->sh_flags & SHF_EXECINSTR) &&
			 s->sh_size % 8)
			err = bad(c, "section %s is not made of whole instructions", name);
		if (!strcmp(name, "license") && s->sh_type == SHT_PROGBITS &&
		    !is_string(section(c, i), 0))
			err = bad(c, "its license has no end");
		if (!strcmp(name, ".BTF") && s->sh_type != SHT_NOBITS)
			btf = i;
		if (!strcmp(name, ".BTF.ext") && s->sh_type != SHT_NOBITS)
			ext = i;
	}
	return err ? err : check_type_info(c, btf, ext);
}

int object_check(const void *file, size_t size, struct text *why)
{
	struct check c = {.file = {file, size}, .why = why};
	int err = check_header(&c);

	if (!err)
		err = check_sections(&c);
	if (!err)
		err = check_contents(&c);
	base_free(c.types);
	base_free(c.shapes);
	return err;
}

int object_check_file(const char *path, struct text *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		text_puts(why, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 64) {
		close(fd);
		text_puts(why, S_ISDIR(st.st_mode) ? "is a directory" : "not an object file");
		return -EINVAL;
	}
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		text_puts(why, strerror(errno));
		return -errno;
	}
	err = object_check(p, st.st_size, why);
	munmap(p, st.st_size);
	return err;
}
