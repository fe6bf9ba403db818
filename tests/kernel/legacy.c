// SPDX-License-Identifier: BSD-2-Clause
/* Reading and loading what libbpf no longer loads. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "kernel/legacy.h"

/* An instruction that names a map, or takes a variable's value in place of its address. */
struct legacy_fixup {
	unsigned int insn;
	unsigned int map[5]; /* type, key size, value size, entries, flags; type 0: a variable */
	unsigned int at;     /* of the map in its section */
	int value;
};

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* The program's section: executable and not empty. Its symbol table comes along. */
static Elf_Scn *find_sections(Elf *elf, size_t names, struct legacy *l, Elf_Data **symbols)
{
	Elf_Scn *s = NULL, *code = NULL;
	const char *name;
	GElf_Shdr h;

	while ((s = elf_nextscn(elf, s)) && gelf_getshdr(s, &h)) {
		if (h.sh_type == SHT_SYMTAB)
			*symbols = elf_getdata(s, NULL);
		name = elf_strptr(elf, names, h.sh_name);
		if (code || h.sh_type != SHT_PROGBITS || !(h.sh_flags & SHF_EXECINSTR) ||
		    !h.sh_size || !strcmp(name, ".text"))
			continue;
		code = s;
		snprintf(l->name, sizeof(l->name), "%s", name);
	}
	return code;
}

static int read_fixup(Elf *elf, size_t names, const GElf_Sym *sym, struct legacy_fixup *f)
{
	Elf_Scn *s = elf_getscn(elf, sym->st_shndx);
	Elf_Data *d = s ? elf_getdata(s, NULL) : NULL;
	GElf_Shdr h;
	bool is_map;

	if (!d || !gelf_getshdr(s, &h))
		return -EINVAL;
	if (h.sh_flags & SHF_EXECINSTR) /* a call of a subprogram: would have to be linked */
		return -EOPNOTSUPP;
	is_map = ends_in(elf_strptr(elf, names, h.sh_name), "maps");
	if (sym->st_value + (is_map ? sizeof(f->map) : sizeof(f->value)) > d->d_size)
		return -EINVAL;
	f->at = sym->st_value;
	if (!d->d_buf) /* .bss: zero */
		return is_map ? -EINVAL : 0;
	memcpy(is_map ? (void *)f->map : &f->value, (char *)d->d_buf + sym->st_value,
	       is_map ? sizeof(f->map) : sizeof(f->value));
	return 0;
}

static int read_fixups(Elf *elf, size_t names, Elf_Scn *code, Elf_Data *symbols, struct legacy *l)
{
	Elf_Scn *s = NULL;
	GElf_Shdr h;

	while ((s = elf_nextscn(elf, s)) && gelf_getshdr(s, &h)) {
		Elf_Data *d = elf_getdata(s, NULL);

		if (h.sh_type != SHT_REL || h.sh_info != elf_ndxscn(code))
			continue;
		l->fixup_count = h.sh_size / h.sh_entsize;
		l->fixups = calloc(l->fixup_count, sizeof(*l->fixups));
		for (unsigned int i = 0; i < l->fixup_count; i++) {
			GElf_Sym sym;
			GElf_Rel rel;

			if (!gelf_getrel(d, i, &rel) ||
			    !gelf_getsym(symbols, GELF_R_SYM(rel.r_info), &sym) ||
			    rel.r_offset / 8 >= l->count ||
			    read_fixup(elf, names, &sym, &l->fixups[i]))
				return -EINVAL;
			l->fixups[i].insn = rel.r_offset / 8;
		}
	}
	return 0;
}

static int read_object(Elf *elf, struct legacy *l)
{
	Elf_Data *symbols = NULL, *d;
	Elf_Scn *code;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return -EINVAL;
	code = find_sections(elf, names, l, &symbols);
	d = code ? elf_getdata(code, NULL) : NULL;
	if (!d || !symbols)
		return -EINVAL;
	l->type = !strncmp(l->name, "lirc_mode2", 10) ? BPF_PROG_TYPE_LIRC_MODE2
						      : BPF_PROG_TYPE_SOCKET_FILTER;
	l->count = d->d_size / 8;
	l->insns = malloc(d->d_size);
	if (!l->insns)
		return -ENOMEM;
	memcpy(l->insns, d->d_buf, d->d_size);
	return read_fixups(elf, names, code, symbols, l);
}

int legacy_open(const char *path, struct legacy **out)
{
	struct legacy *l = calloc(1, sizeof(*l));
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = -EINVAL;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && l)
		err = read_object(elf, l);
	elf_end(elf);
	close(fd);
	if (!err)
		*out = l;
	return err;
}

/* Maps at the same place of their section are the same map. */
static int map_of(const struct legacy *l, unsigned int i, int *fds)
{
	const struct legacy_fixup *f = &l->fixups[i];
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = f->map[4]);

	for (unsigned int j = 0; j < i; j++)
		if (l->fixups[j].map[0] && l->fixups[j].at == f->at)
			return fds[j];
	return bpf_map_create(f->map[0], NULL, f->map[1], f->map[2], f->map[3], &o);
}

int legacy_load(const struct legacy *l, char *log, size_t size, _Bool *offered)
{
	LIBBPF_OPTS(bpf_prog_load_opts, o, .log_buf = log, .log_size = size, .log_level = 1);
	struct bpf_insn *insns = malloc(l->count * sizeof(*insns));
	int *fds = calloc(l->fixup_count + 1, sizeof(*fds)), ret = -ENOMEM;

	*offered = false;
	if (!insns || !fds)
		goto out;
	memcpy(insns, l->insns, l->count * sizeof(*insns));
	for (unsigned int i = 0; i < l->fixup_count; i++) {
		struct bpf_insn *insn = &insns[l->fixups[i].insn];

		if (!l->fixups[i].map[0]) {
			insn->imm = l->fixups[i].value;
			continue;
		}
		ret = fds[i] = map_of(l, i, fds);
		if (ret < 0)
			goto out;
		insn->src_reg = BPF_PSEUDO_MAP_FD;
		insn->imm = ret;
	}
	*offered = true;
	ret = bpf_prog_load(l->type, NULL, "GPL", insns, l->count, &o);
out:
	/* Descriptors die with the worker. */
	free(insns);
	free(fds);
	return ret;
}
