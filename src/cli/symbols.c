// SPDX-License-Identifier: BSD-2-Clause
/*
 * Symbols of ELF files by libdwfl, each file opened once and by itself: what
 * was mapped where is the instance's to know (world/code_map.h). Only the
 * file's own tables are read, no separate debug files, nothing is downloaded.
 */
#include <dlfcn.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#include "base/vec.h"
#include "cli/symbols.h"
#include "world/code_map.h"

struct symbol_file {
	const char *path;
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: cannot be read */
	GElf_Addr bias;      /* module addresses - the file's own */
	Elf *elf;
};

struct symbols {
	struct cygnet *inst;
	VEC(struct symbol_file) files;
};

static int no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **found)
{
	return -1;
}

/* The library is opened with the first file: with what it needs itself it would cost every command
 * 0.2 ms. */
#define DWFL_FUNCTIONS(X) \
	X(begin)          \
	X(end)            \
	X(report_begin)   \
	X(report_elf)     \
	X(report_end)     \
	X(module_getelf) X(module_addrinfo) X(build_id_find_elf) X(offline_section_address)

static struct {
#define MEMBER(name) typeof(&dwfl_##name) name;
	DWFL_FUNCTIONS(MEMBER)
#undef MEMBER
} dwfl;
static Dwfl_Callbacks callbacks = {.find_debuginfo = no_debuginfo};

static bool dwfl_open(void)
{
	void *l = callbacks.find_elf ? NULL : dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
	bool all = l;

	if (callbacks.find_elf)
		return true;
#define FIND(name) all = all && (dwfl.name = (typeof(dwfl.name))dlsym(l, "dwfl_" #name));
	DWFL_FUNCTIONS(FIND)
#undef FIND
	if (!all)
		return false;
	callbacks.section_address = dwfl.offline_section_address;
	callbacks.find_elf = dwfl.build_id_find_elf;
	return true;
}

struct symbols *symbols_new(struct cygnet *inst)
{
	struct symbols *s = base_zalloc(sizeof(*s));

	if (s)
		s->inst = inst;
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	vec_each (&s->files, i)
		if (s->files.data[i].dwfl)
			dwfl.end(s->files.data[i].dwfl);
	vec_fini(&s->files);
	base_free(s);
}

static void open_file(struct symbol_file *f)
{
	if (!dwfl_open())
		return;
	f->dwfl = dwfl.begin(&callbacks);
	if (!f->dwfl)
		return;
	dwfl.report_begin(f->dwfl);
	f->module = dwfl.report_elf(f->dwfl, f->path, f->path, -1, 0, true);
	dwfl.report_end(f->dwfl, NULL, NULL);
	f->elf = f->module ? dwfl.module_getelf(f->module, &f->bias) : NULL;
}

static struct symbol_file *file_of(struct symbols *s, const char *path)
{
	struct symbol_file f = {.path = path};

	vec_each (&s->files, i)
		if (s->files.data[i].path == path)
			return &s->files.data[i];
	if (vec_reserve(&s->files, 1))
		return NULL;
	open_file(&f);
	s->files.data[s->files.len++] = f;
	return &s->files.data[s->files.len - 1];
}

/* The file's own address of a place in it. */
static bool address_of(Elf *elf, u64 offset, u64 *va)
{
	size_t count;

	if (!elf || elf_getphdrnum(elf, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, i, &ph) || ph.p_type != PT_LOAD || !(ph.p_flags & PF_X) ||
		    offset < ph.p_offset || offset - ph.p_offset >= ph.p_filesz)
			continue;
		*va = ph.p_vaddr + (offset - ph.p_offset);
		return true;
	}
	return false;
}

void symbols_find(struct symbols *s, u64 addr, struct symbol_place *out)
{
	struct symbol_file *f;
	GElf_Off off = 0;
	GElf_Sym sym;
	u64 va;

	*out = (struct symbol_place){0};
	if (code_map_find(s->inst, addr, &out->file, &out->offset))
		return;
	f = file_of(s, out->file);
	if (!f || !address_of(f->elf, out->offset, &va))
		return;
	out->name = dwfl.module_addrinfo(f->module, va + f->bias, &off, &sym, NULL, NULL, NULL);
	if (out->name)
		out->offset = off;
}
