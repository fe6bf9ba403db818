// SPDX-License-Identifier: BSD-2-Clause
/*
 * The code part of a plan: where attach points lie in this process, and every
 * byte to write there. event/code analyses files and emits; here each mapping of
 * the hello is gone through, stubs get slots of the agent's arena, and what is
 * too far away from it gets near pieces.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "event/code.h"
#include "world/plan.h"

static void add_write(struct builder *b, u32 kind, u64 address, const void *p, u32 n, u32 near)
{
	struct plan_write w = {.address = address, .len = n, .kind = kind, .near = near};

	w.off = plan_bytes(b, p, n);
	if (!b->err && vec_push(&b->writes, w))
		plan_fail(b, -ENOMEM);
}

/* ---- uprobes: attach points to addresses ---- */
/* The file behind a mapping, if it still is that file; also through the target's own root. */
static int open_mapped(const struct builder *b, u32 map)
{
	const struct plan_mapping *m = &b->in.maps[map];
	char path[4200];
	struct stat st;

	for (int own_root = 0; own_root < 2; own_root++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/root%s", b->peer, b->in.paths[map]);
		fd = open(own_root ? path : b->in.paths[map], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == m->ino)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static bool same_file(const struct attach *a, const struct plan_mapping *m, const char *path)
{
	/* Some file systems show another device in maps than stat(2) does. */
	return a->ino == m->ino && (a->dev == m->dev || !strcmp(a->path, path));
}

static int add_probe(struct builder *b, u64 address, const struct attach *a, u32 *index)
{
	struct plan_probe p = {.address = address, .slot = ~0u};

	vec_each (&b->probes, i)
		if (b->probes.data[i].address == address) {
			*index = (u32)i;
			return 0;
		}
	p.key = (u32)(a->ino * 31 + a->offset);
	*index = (u32)b->probes.len;
	return vec_push(&b->probes, p);
}

/* Virtual address of a file offset by the program headers of the ELF file; 0 or -ENOENT. */
static int file_to_va(int fd, u64 off, u64 *va)
{
	Elf64_Ehdr eh;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_phentsize != sizeof(Elf64_Phdr))
		return -ENOENT;
	/* Exactly inside a segment, or else on a page that one shares. */
	for (u32 k = 0; k < 2u * eh.e_phnum; k++) {
		u64 slack, at = eh.e_phoff + k % eh.e_phnum * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;

		if (pread(fd, &ph, sizeof(ph), (off_t)at) != sizeof(ph))
			return -ENOENT;
		slack = k < eh.e_phnum ? 0 : ph.p_offset % PAGE_BYTES;
		if (ph.p_type == PT_LOAD && off + slack >= ph.p_offset &&
		    off + slack - ph.p_offset < ph.p_filesz + slack) {
			*va = ph.p_vaddr + (off - ph.p_offset);
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * Where a file offset lies, or will come to lie: a library's code is mapped
 * before its data. Mapping `map` shows the file's bias.
 */
static u64 address_of(const struct builder *b, u32 map, u64 off)
{
	const struct plan_mapping *text = &b->in.maps[map];
	u64 here, there, result = 0;
	int fd = open_mapped(b, map);

	if (fd < 0)
		return 0;
	if (!file_to_va(fd, text->offset, &here) && !file_to_va(fd, off, &there))
		result = text->start + there - here;
	close(fd);
	return result;
}

int plan_attach_probe(struct builder *b, struct plan_attach pa, const struct attach *a)
{
	for (u32 i = 0; i < b->in.count; i++) {
		const struct plan_mapping *m = &b->in.maps[i];
		struct plan_probe *p;
		int err;

		if (!plan_wants(&b->in, i) || !same_file(a, m, b->in.paths[i]) ||
		    a->offset < m->offset || a->offset - m->offset >= m->end - m->start)
			continue;
		err = add_probe(b, m->start + (a->offset - m->offset), a, &pa.probe);
		if (err)
			return err;
		p = &b->probes.data[pa.probe];
		if (a->ref_ctr_off && !p->sem_off) {
			p->sem_dev = a->dev;
			p->sem_ino = a->ino;
			p->sem_off = a->ref_ctr_off;
			p->semaphore = address_of(b, i, a->ref_ctr_off);
		}
		err = vec_push(&b->attach, pa);
		if (err)
			return err;
	}
	return 0;
}

/* ---- stubs ---- */
#define NEAR_PIECES 16 /* pieces that a fresh near area has room for, at least */

/* Room for a near piece by `around`; its address, and the area's index + 1. 0: none. */
static u64 near_room(struct builder *b, u32 map, u64 around, u32 *index)
{
	struct near_page n = {.size = ROUND_UP(NEAR_PIECES * CODE_NEAR_BYTES, PAGE_BYTES),
			      .map = map};

	vec_each (&b->near, i)
		if (b->near.data[i].map == map &&
		    b->near.data[i].used + CODE_NEAR_BYTES <= b->near.data[i].size) {
			*index = (u32)i + 1;
			return b->near.data[i].address + b->near.data[i].used;
		}
	/* Areas handed out are mappings for the next search. */
	n.address = code_pick_near(b->in.maps, b->in.count, around, n.size);
	if (!n.address || vec_push(&b->near, n))
		return 0;
	struct plan_mapping *grown =
		base_realloc(b->in.maps, (b->in.count + 2) * sizeof(*b->in.maps));
	char **paths = base_realloc(b->in.paths, (b->in.count + 2) * sizeof(*paths));

	if (grown)
		b->in.maps = grown;
	if (paths)
		b->in.paths = paths;
	if (!grown || !paths) {
		plan_fail(b, -ENOMEM);
		return 0;
	}
	grown[b->in.count] = (struct plan_mapping){.start = n.address, .end = n.address + n.size};
	paths[b->in.count++] = base_zalloc(1);
	*index = (u32)b->near.len;
	return n.address;
}

static u64 slot_address(const struct builder *b)
{
	return b->in.h->arena + (u64)b->slot * STUB_BYTES;
}

static void finish_emit(struct builder *b, struct code_emitted *e, u32 near, u64 near_addr,
			bool patch)
{
	add_write(b, PLAN_STUB, slot_address(b), e->stub, STUB_BYTES, 0);
	b->slot++;
	if (e->near_len) {
		add_write(b, PLAN_NEAR, near_addr, e->near, e->near_len, near);
		b->near.data[near - 1].used += ROUND_UP(e->near_len, 16u);
	} else {
		near = 0;
	}
	if (patch && e->patch_len)
		add_write(b, PLAN_PATCH, e->patch_addr, e->patch, e->patch_len, near);
}

static struct code_entries entries(const struct builder *b, u32 map)
{
	const struct plan_hello *h = b->in.h;
	bool vdso = plan_is_vdso(&b->in, map);

	return (struct code_entries){vdso ? h->vdso_enter : h->syscall_enter,
				     vdso ? h->vdso_exit : h->syscall_exit, h->probe_entry};
}

static bool emit_site(struct builder *b, u32 map, const struct code_site *s, bool bare, bool patch,
		      u64 *entry)
{
	const struct plan_mapping *m = &b->in.maps[map];
	u64 addr = m->start + (s->offset - m->offset), near_addr = 0;
	struct code_entries en = entries(b, map);
	struct code_emitted e;
	u32 near = 0;
	int r;

	if (b->slot >= STUB_SLOTS)
		return false;
	r = code_emit_syscall(s, addr, slot_address(b), 0, bare, &en, &e);
	if (r == -ERANGE && (near_addr = near_room(b, map, addr, &near)))
		r = code_emit_syscall(s, addr, slot_address(b), near_addr, bare, &en, &e);
	if (r)
		return false;
	finish_emit(b, &e, near, near_addr, patch);
	if (entry)
		*entry = e.entry;
	return true;
}

/* A probe of this mapping's file: analysed once, then placed among the sites. */
struct placed {
	struct code_probe p;
	u32 probe;
	bool ok;
	u64 chain;
};
typedef VEC(struct placed) placed_vec;

/* A probe in front of a system call that cannot be placed leaves that to dispatch. */
static void emit_probe(struct builder *b, u32 map, struct placed *pl)
{
	struct plan_probe *pp = &b->probes.data[pl->probe];
	struct code_entries en = entries(b, map);
	u64 near_addr = 0;
	struct code_emitted e;
	u32 near = 0, index = b->in.h->probe_base + pl->probe;
	int r;

	if (b->slot >= STUB_SLOTS) {
		b->dispatch |= pl->chain != 0;
		return;
	}
	r = code_emit_probe(&pl->p, pp->address, slot_address(b), 0, pl->chain, index, &en, &e);
	if (r == -ERANGE && (near_addr = near_room(b, map, pp->address, &near)))
		r = code_emit_probe(&pl->p, pp->address, slot_address(b), near_addr, pl->chain,
				    index, &en, &e);
	if (r) {
		b->dispatch |= pl->chain != 0;
		return;
	}
	pp->slot = b->slot;
	finish_emit(b, &e, near, near_addr, true);
}

/* Probes of mapping `map`, analysed; one that cannot be placed stays silent. */
static void analyse_probes(struct builder *b, u32 map, struct code_file *f, placed_vec *out)
{
	u64 start = b->in.maps[map].start, end = b->in.maps[map].end;

	vec_each (&b->probes, i) {
		struct plan_probe *pp = &b->probes.data[i];
		struct placed pl = {.probe = (u32)i};
		u64 off = pp->address - start + b->in.maps[map].offset;
		u32 limit = ~0u;

		if (pp->address < start || pp->address >= end)
			continue;
		/* Another probe behind this one ends the room for its patch. */
		vec_each (&b->probes, k)
			if (b->probes.data[k].address > pp->address &&
			    b->probes.data[k].address - pp->address < limit)
				limit = (u32)(b->probes.data[k].address - pp->address);
		pl.ok = !code_probe(f, off, limit, &pl.p, NULL);
		if (vec_push(out, pl))
			plan_fail(b, -ENOMEM);
	}
}

static void patch_sites(struct builder *b, u32 map, struct code_file *f, placed_vec *probes)
{
	const struct plan_mapping m = b->in.maps[map];
	u32 count;
	const struct code_site *s = code_file_sites(f, &count);

	for (u32 i = 0; i < count; i++) {
		enum code_relation how = CODE_APART;
		struct placed *with = NULL;
		u64 entry = 0;

		if (s[i].offset < m.offset || s[i].offset - m.offset >= m.end - m.start)
			continue;
		vec_each (probes, k) {
			if (!probes->data[k].ok)
				continue;
			how = code_relate(&probes->data[k].p, &s[i]);
			with = &probes->data[k];
			if (how != CODE_APART)
				break;
		}
		if (how == CODE_CLASH || (how == CODE_APART && s[i].kind != CODE_SITE_PATCH)) {
			b->dispatch = true;
			continue;
		}
		if (!emit_site(b, map, &s[i], how == CODE_CHAIN_BARE, how == CODE_APART, &entry))
			b->dispatch = true;
		else if (how != CODE_APART)
			with->chain = entry;
	}
}

static int open_code(const struct builder *b, u32 map, struct code_file **out)
{
	const struct plan_mapping *m = &b->in.maps[map];
	const char *vdso = plan_is_vdso(&b->in, map) ? vdso_path() : NULL;
	char path[4200];

	if (!m->ino)
		return vdso ? code_file_open(vdso, 0, 0, out) : -ENOENT;
	if (!code_file_open(b->in.paths[map], m->dev, m->ino, out))
		return 0;
	/* Another root, perhaps. */
	snprintf(path, sizeof(path), "/proc/%d/root%s", b->peer, b->in.paths[map]);
	return code_file_open(path, m->dev, m->ino, out);
}

void plan_patch_mapping(struct builder *b, u32 map)
{
	const struct plan_mapping m = b->in.maps[map];
	placed_vec probes = {0};
	struct code_file *f;

	if (open_code(b, map, &f)) {
		b->dispatch = true;
		return;
	}
	if (!code_fully_known(f))
		b->dispatch = true;
	size_t before = b->writes.len;

	analyse_probes(b, map, f, &probes);
	patch_sites(b, map, f, &probes);
	vec_each (&probes, i)
		if (probes.data[i].ok)
			emit_probe(b, map, &probes.data[i]);
	vec_fini(&probes);
	code_file_put(f);
	/* The vDSO is left as it is mapped. */
	if (b->writes.len > before && m.ino &&
	    vec_push(&b->spans, (struct plan_near){m.start, m.end - m.start}))
		plan_fail(b, -ENOMEM);
}
