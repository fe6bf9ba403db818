// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading an ELF file's headers, segments, symbols. Nothing in it is trusted:
 * each offset and size is compared with the file's before use, and what is
 * nonsense is left out; only a broken ELF or program header refuses the file.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "event/elf.h"

#define MAX_FILE_BYTES (1ull << 30)

static int read_at(int fd, void *buf, u64 size, u64 offset)
{
	u8 *p = buf;

	while (size) {
		ssize_t n = pread(fd, p, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		size -= n;
		offset += n;
	}
	return 0;
}

/* Whether [offset, offset + size) lies in the file. */
static bool in_file(const struct elf_image *e, u64 offset, u64 size)
{
	return offset <= e->file_size && size <= e->file_size - offset;
}

static int load_segment(struct elf_image *e, struct elf_segment *s)
{
	int err;

	if (s->data || !s->size)
		return 0;
	s->data = base_alloc(s->size);
	if (!s->data)
		return -ENOMEM;
	err = read_at(e->fd, s->data, s->size, s->offset);
	if (err) {
		base_free(s->data);
		s->data = NULL;
	}
	return err;
}

static int add_segment(struct elf_image *e, const Elf64_Phdr *ph, u64 *total)
{
	struct elf_segment *s;

	if (!in_file(e, ph->p_offset, ph->p_filesz) || ph->p_vaddr + ph->p_filesz < ph->p_vaddr)
		return -ENOEXEC;
	*total += ph->p_filesz;
	if (e->seg_count == ELF_MAX_SEGMENTS || *total > 2 * e->file_size)
		return -ENOEXEC;
	if (!ph->p_filesz)
		return 0;
	s = &e->seg[e->seg_count++];
	*s = (struct elf_segment){.offset = ph->p_offset,
				  .va = ph->p_vaddr,
				  .size = ph->p_filesz,
				  .exec = ph->p_flags & PF_X};
	return 0;
}

static int read_headers(struct elf_image *e)
{
	Elf64_Phdr ph[256];
	Elf64_Ehdr eh;
	u64 total = 0;
	int err;

	if (e->file_size < sizeof(eh) || e->file_size > MAX_FILE_BYTES)
		return -ENOEXEC;
	err = read_at(e->fd, &eh, sizeof(eh), 0);
	if (err)
		return err;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB || eh.e_machine != EM_X86_64 ||
	    (eh.e_type != ET_DYN && eh.e_type != ET_EXEC) || eh.e_phentsize != sizeof(*ph) ||
	    eh.e_phnum > ARRAY_SIZE(ph) || !in_file(e, eh.e_phoff, eh.e_phnum * sizeof(*ph)))
		return -ENOEXEC;
	e->fixed = eh.e_type == ET_EXEC;
	if (eh.e_shentsize == sizeof(Elf64_Shdr) &&
	    in_file(e, eh.e_shoff, eh.e_shnum * sizeof(Elf64_Shdr))) {
		e->shoff = eh.e_shoff;
		e->shnum = eh.e_shnum;
	}
	err = read_at(e->fd, ph, eh.e_phnum * sizeof(*ph), eh.e_phoff);
	for (u32 i = 0; !err && i < eh.e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD)
			err = add_segment(e, &ph[i], &total);
		else if (ph[i].p_type == PT_GNU_EH_FRAME)
			e->eh_frame_hdr = ph[i].p_vaddr;
		else if (ph[i].p_type == PT_DYNAMIC)
			e->dynamic = ph[i].p_vaddr;
	}
	return err;
}

static int load_section_headers(struct elf_image *e, Elf64_Shdr **out)
{
	Elf64_Shdr *sh = base_alloc(e->shnum * sizeof(*sh) + 1);
	int err = sh ? read_at(e->fd, sh, e->shnum * sizeof(*sh), e->shoff) : -ENOMEM;

	if (err) {
		base_free(sh);
		return err;
	}
	*out = sh;
	return 0;
}

/* Constants in an executable segment, as linkers laid them out before -z separate-code. */
static int find_data(struct elf_image *e)
{
	Elf64_Shdr *sh;
	int err = load_section_headers(e, &sh);

	if (err)
		return err;
	for (u32 i = 0; !err && i < e->shnum; i++)
		if (sh[i].sh_flags & SHF_ALLOC && !(sh[i].sh_flags & SHF_EXECINSTR) &&
		    elf_code_at(e, sh[i].sh_addr))
			err = vec_push(&e->data, (struct elf_range){sh[i].sh_addr, sh[i].sh_size});
	base_free(sh);
	return err;
}

bool elf_is_data(const struct elf_image *e, u64 va)
{
	vec_each (&e->data, i)
		if (va - e->data.data[i].va < e->data.data[i].size)
			return true;
	return false;
}

int elf_load_code(struct elf_image *e, int fd, u64 file_size)
{
	int err;

	*e = (struct elf_image){.fd = fd, .file_size = file_size};
	err = read_headers(e);
	for (u32 i = 0; !err && i < e->seg_count; i++)
		if (e->seg[i].exec)
			err = load_segment(e, &e->seg[i]);
	if (!err)
		err = find_data(e);
	if (err)
		elf_fini(e);
	return err;
}

void elf_fini(struct elf_image *e)
{
	for (u32 i = 0; i < e->seg_count; i++) {
		base_free(e->seg[i].data);
		base_free(e->seg[i].targets);
	}
	vec_fini(&e->functions);
	vec_fini(&e->labels);
	vec_fini(&e->data);
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct elf_image){.fd = -1};
}

const u8 *elf_at(const struct elf_image *e, u64 va, u64 *left)
{
	for (u32 i = 0; i < e->seg_count; i++) {
		const struct elf_segment *s = &e->seg[i];

		if (s->data && va - s->va < s->size) {
			*left = s->size - (va - s->va);
			return s->data + (va - s->va);
		}
	}
	return NULL;
}

const struct elf_segment *elf_code_at(const struct elf_image *e, u64 va)
{
	for (u32 i = 0; i < e->seg_count; i++)
		if (e->seg[i].exec && e->seg[i].data && va - e->seg[i].va < e->seg[i].size)
			return &e->seg[i];
	return NULL;
}

int elf_code_va(const struct elf_image *e, u64 offset, u64 *va)
{
	for (u32 i = 0; i < e->seg_count; i++)
		if (e->seg[i].exec && offset - e->seg[i].offset < e->seg[i].size) {
			*va = e->seg[i].va + (offset - e->seg[i].offset);
			return 0;
		}
	return -ENOENT;
}

struct elf_function *elf_function_before(const struct elf_image *e, u64 va)
{
	size_t lo = 0, hi = e->functions.len;

	while (lo < hi) { /* the first that starts behind va */
		size_t mid = lo + (hi - lo) / 2;

		if (e->functions.data[mid].start <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &e->functions.data[lo - 1] : NULL;
}

struct elf_function *elf_function_at(const struct elf_image *e, u64 va)
{
	struct elf_function *fn = elf_function_before(e, va);

	return fn && va < fn->end ? fn : NULL;
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

bool elf_is_label(const struct elf_image *e, u64 va)
{
	return e->labels.len && bsearch(&va, e->labels.data, e->labels.len, sizeof(va), by_value);
}

static int by_start(const void *a, const void *b)
{
	const struct elf_function *x = a, *y = b;

	return x->start != y->start ? (x->start < y->start ? -1 : 1)
	       : x->end < y->end    ? -1
				    : x->end > y->end;
}

/*
 * Sorts, and makes the list disjoint: of two that overlap the later start cuts
 * the earlier one off (a symbol inside a function would otherwise hide it).
 */
static void sort_functions(struct elf_image *e)
{
	struct elf_function *fn = e->functions.data;
	size_t kept = 0;

	if (!e->functions.len)
		return;
	qsort(fn, e->functions.len, sizeof(*fn), by_start);
	for (size_t i = 0; i < e->functions.len; i++) {
		if (kept && fn[kept - 1].start == fn[i].start)
			kept--; /* the longer one of the same start */
		else if (kept && fn[kept - 1].end > fn[i].start)
			fn[kept - 1].end = fn[i].start;
		fn[kept++] = fn[i];
	}
	e->functions.len = kept;
}

/* "name.cold", "name.cold.1": the unlikely part of a function. */
static bool is_cold_name(const char *names, u64 size, u64 at)
{
	if (at >= size)
		return false;
	for (size_t left = strnlen(names + at, size - at); left >= 5; left--, at++)
		if (!memcmp(names + at, ".cold", 5))
			return true;
	return false;
}

/*
 * One symbol table: labels in code, and functions that unwind data left out.
 * `known`: how many functions are sorted and known from unwind data.
 */
static int read_symbols(struct elf_image *e, const Elf64_Sym *sym, u64 count, const char *names,
			u64 names_size, struct elf_image *known)
{
	static const char cancel[] = "__syscall_cancel_arch_start";

	for (u64 i = 0; i < count; i++) {
		u64 va = sym[i].st_value, size = sym[i].st_size;
		u8 type = ELF64_ST_TYPE(sym[i].st_info);
		const struct elf_segment *s = elf_code_at(e, va);

		if (!s || sym[i].st_shndx == SHN_UNDEF ||
		    (type != STT_FUNC && type != STT_NOTYPE && type != STT_GNU_IFUNC))
			continue;
		if (!is_cold_name(names, names_size, sym[i].st_name) && vec_push(&e->labels, va))
			return -ENOMEM;
		if (sym[i].st_name < names_size && names_size - sym[i].st_name >= sizeof(cancel) &&
		    !memcmp(names + sym[i].st_name, cancel, sizeof(cancel)))
			e->cancel_start = va;
		if (type == STT_NOTYPE || !size || size > s->size - (va - s->va) ||
		    elf_function_at(known, va) || elf_function_at(known, va + size - 1))
			continue;
		if (vec_push(&e->functions, (struct elf_function){va, va + size, 0, false}))
			return -ENOMEM;
	}
	return 0;
}

static int load_section(struct elf_image *e, const Elf64_Shdr *sh, void **out)
{
	int err;

	if (!in_file(e, sh->sh_offset, sh->sh_size))
		return -ENOENT;
	*out = base_alloc(sh->sh_size + 1);
	if (!*out)
		return -ENOMEM;
	err = read_at(e->fd, *out, sh->sh_size, sh->sh_offset);
	if (err)
		base_free(*out);
	return err;
}

/* The symbol tables that section headers name; without them the file just tells less. */
static int read_symbol_tables(struct elf_image *e, const Elf64_Shdr *sh)
{
	size_t size = e->functions.len * sizeof(struct elf_function);
	/* A copy: e->functions grows while `known` is searched. */
	struct elf_image known = {.functions = {base_alloc(size + 1), e->functions.len, 0}};
	int err = 0;

	if (!known.functions.data)
		return -ENOMEM;
	if (size)
		memcpy(known.functions.data, e->functions.data, size);
	for (u32 i = 0; err != -ENOMEM && i < e->shnum; i++) {
		void *sym, *names;

		if ((sh[i].sh_type != SHT_SYMTAB && sh[i].sh_type != SHT_DYNSYM) ||
		    sh[i].sh_link >= e->shnum)
			continue;
		err = load_section(e, &sh[i], &sym);
		if (err)
			continue;
		err = load_section(e, &sh[sh[i].sh_link], &names);
		if (!err) {
			err = read_symbols(e, sym, sh[i].sh_size / sizeof(Elf64_Sym), names,
					   sh[sh[i].sh_link].sh_size, &known);
			base_free(names);
		}
		base_free(sym);
	}
	base_free(known.functions.data);
	return err == -ENOMEM ? err : 0;
}

/* .eh_frame's va from its header (PT_GNU_EH_FRAME), which linkers always write pcrel sdata4; 0. */
static u64 eh_frame_of_hdr(const struct elf_image *e)
{
	u64 left;
	const u8 *p = e->eh_frame_hdr ? elf_at(e, e->eh_frame_hdr, &left) : NULL;
	s32 rel;

	if (!p || left < 8 || p[0] != 1 || p[1] != 0x1b)
		return 0;
	memcpy(&rel, p + 4, 4);
	return e->eh_frame_hdr + 4 + rel;
}

/* Without a header (-static objects of some linkers): the section of that name. */
static u64 eh_frame_of_sections(struct elf_image *e, const Elf64_Shdr *sh, u64 *size)
{
	u16 strndx;
	void *names;
	u64 va = 0;

	if (read_at(e->fd, &strndx, sizeof(strndx), offsetof(Elf64_Ehdr, e_shstrndx)) ||
	    strndx >= e->shnum || load_section(e, &sh[strndx], &names))
		return 0;
	for (u32 i = 0; !va && i < e->shnum; i++)
		if (sh[i].sh_name < sh[strndx].sh_size &&
		    sh[strndx].sh_size - sh[i].sh_name >= 10 &&
		    !memcmp((char *)names + sh[i].sh_name, ".eh_frame", 10)) {
			va = sh[i].sh_addr;
			*size = sh[i].sh_size;
		}
	base_free(names);
	return va;
}

int elf_load_rest(struct elf_image *e)
{
	Elf64_Shdr *sh;
	u64 eh_frame, size = ~0ull;
	int err = 0;

	for (u32 i = 0; !err && i < e->seg_count; i++)
		err = load_segment(e, &e->seg[i]);
	if (err)
		return err;
	err = load_section_headers(e, &sh);
	if (err)
		return err;
	eh_frame = eh_frame_of_hdr(e);
	if (!eh_frame)
		eh_frame = eh_frame_of_sections(e, sh, &size);
	if (eh_frame)
		err = elf_read_unwind(e, eh_frame, size);
	if (err)
		goto out;
	sort_functions(e);
	err = read_symbol_tables(e, sh);
	sort_functions(e);
	if (e->labels.len)
		qsort(e->labels.data, e->labels.len, sizeof(u64), by_value);
	close(e->fd);
	e->fd = -1;
out:
	base_free(sh);
	return err;
}
