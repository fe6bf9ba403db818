// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a hello to a plan. The instance says what fires; the hello says what is
 * mapped where; event/code says which bytes to write. The plan is one sealed
 * memfd: struct plan, then the tables it names, then the programs' images and
 * the bytes of stubs, near pieces and patches.
 *
 * A participant is an index. Its liveness is an OFD lock on byte `index` of one
 * file, on a description that only the target keeps (through a mapping), so it
 * ends with the target's memory: by exit, exec or SIGKILL.
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
#include "base/vec.h"
#include "btf/btf.h"
#include "event/code.h"
#include "sys/cgroup.h"
#include "world/target.h"

#define MAX_PARTICIPANTS 65536
#define MAX_MAPPINGS     65536

/* What is kept per instance. */
struct targets {
	struct cygnet *inst;
	struct targets *next;
	int lock_fd;
	VEC(bool) used; /* by participant */
	bool fields_known;
	bool asks_where; /* some program asks for cgroups or the pid namespace */
	s32 field[FIELD_COUNT];
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct targets *all;
static char env_preload[512], env_world[256];

void target_set_env(const char *preload, const char *world)
{
	snprintf(env_preload, sizeof(env_preload), "%s", preload);
	snprintf(env_world, sizeof(env_world), "%s", world);
}

static struct targets *targets_of(struct cygnet *inst)
{
	struct targets *t;

	pthread_mutex_lock(&all_lock);
	for (t = all; t && t->inst != inst; t = t->next)
		;
	if (!t && (t = base_zalloc(sizeof(*t)))) {
		t->inst = inst;
		t->lock_fd = memfd_create("cygnet-alive", MFD_CLOEXEC);
		if (t->lock_fd < 0 || ftruncate(t->lock_fd, MAX_PARTICIPANTS) ||
		    vec_push(&t->used, true)) { /* 0 is the instance itself */
			if (t->lock_fd >= 0)
				close(t->lock_fd);
			base_free(t);
			t = NULL;
		} else {
			t->next = all;
			all = t;
		}
	}
	pthread_mutex_unlock(&all_lock);
	return t;
}

/* ---- participants ---- */
static bool participant_alive(const struct targets *t, u32 p)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = p, .l_len = 1};

	return fcntl(t->lock_fd, F_OFD_GETLK, &l) || l.l_type != F_UNLCK;
}

/* A free index and the description that holds its lock. */
static int participant_new(struct targets *t, u32 *index, int *fd)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char path[64];
	u32 p = 1;

	while (p < t->used.len && t->used.data[p])
		p++;
	if (p >= MAX_PARTICIPANTS)
		return -EUSERS;
	if (p == t->used.len && vec_push(&t->used, false))
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->lock_fd);
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return -errno;
	l.l_start = p;
	if (fcntl(*fd, F_OFD_SETLK, &l)) {
		int err = -errno;

		close(*fd);
		return err;
	}
	t->used.data[p] = true;
	*index = p;
	return 0;
}

static void sweep_slots(struct world_page *page, u32 participant)
{
	for (u32 i = 0; i < WORLD_SLOTS; i++) {
		u32 owner = participant + 1;

		__atomic_compare_exchange_n(&page->slot[i].owner, &owner, 0, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
}

/* Processes killed inside runs leave slots behind faster than the regular sweep comes by. */
static bool slots_scarce(const struct world_page *page)
{
	u32 taken = 0;

	for (u32 i = 0; i < WORLD_SLOTS; i++)
		taken += __atomic_load_n(&page->slot[i].owner, __ATOMIC_RELAXED) != 0;
	return taken > WORLD_SLOTS / 4;
}

static bool is_dead(void *data, u32 owner)
{
	const struct targets *t = data;

	return owner >= t->used.len || !t->used.data[owner] ||
	       (owner && !participant_alive(t, owner));
}

static void sweep_map(struct map *m, struct targets *t)
{
	if (m->ops && m->ops->sweep)
		m->ops->sweep(m, is_dead, t);
}

static void sweep_maps(struct cygnet *inst, struct targets *t)
{
	struct object *o = NULL;

	while ((o = object_next(inst, OBJECT_MAP, o ? o->id : 0)))
		sweep_map(&((struct map_object *)o)->map, t);
	while ((o = object_next(inst, OBJECT_PERF, o ? o->id : 0)))
		sweep_map(&((struct perf_object *)o)->map, t);
	if (inst->notes)
		sweep_map(&inst->notes->map, t);
}

/* An index is given out again only after everything it held was released. */
static void sweep(struct cygnet *inst, struct targets *t)
{
	bool died = false;

	for (u32 p = 1; p < t->used.len; p++) {
		if (!t->used.data[p] || participant_alive(t, p))
			continue;
		sweep_slots(inst->page, p);
		t->used.data[p] = false;
		died = true;
	}
	if (died)
		sweep_maps(inst, t);
}

void target_sweep(struct cygnet *inst)
{
	struct targets *t = targets_of(inst);

	if (!t)
		return;
	instance_lock(inst);
	sweep(inst, t);
	instance_unlock(inst);
}

void target_close(struct cygnet *inst)
{
	struct targets **at, *t;

	__atomic_store_n(&inst->page->closed, 1, __ATOMIC_RELEASE);
	pthread_mutex_lock(&all_lock);
	for (at = &all; *at && (*at)->inst != inst; at = &(*at)->next)
		;
	t = *at;
	if (t)
		*at = t->next;
	pthread_mutex_unlock(&all_lock);
	if (!t)
		return;
	close(t->lock_fd);
	vec_fini(&t->used);
	base_free(t);
}

/* ---- the hello, checked ---- */
struct hello {
	const struct plan_hello *h;
	struct plan_mapping *maps; /* sorted as they came */
	char **paths;              /* "" when anonymous */
	u32 count;
};

static void hello_fini(struct hello *in)
{
	for (u32 i = 0; in->paths && i < in->count; i++)
		base_free(in->paths[i]);
	base_free(in->paths);
	base_free(in->maps);
}

static int hello_parse(const void *bytes, size_t size, struct hello *in)
{
	const u8 *p = bytes, *end = p + size;

	*in = (struct hello){.h = bytes};
	if (size < sizeof(*in->h) || in->h->why > HELLO_MAP || in->h->arena % PAGE_BYTES ||
	    in->h->mapping_count > MAX_MAPPINGS || in->h->slot_base > STUB_SLOTS)
		return -EINVAL;
	in->maps = base_calloc(in->h->mapping_count + 1, sizeof(*in->maps));
	in->paths = base_calloc(in->h->mapping_count + 1, sizeof(*in->paths));
	if (!in->maps || !in->paths)
		return -ENOMEM;
	p += sizeof(*in->h);
	for (u32 i = 0; i < in->h->mapping_count; i++) {
		struct plan_mapping *m = &in->maps[i];

		if ((size_t)(end - p) < sizeof(*m))
			return -EINVAL;
		memcpy(m, p, sizeof(*m));
		p += sizeof(*m);
		if (m->path_len > 4096 || (size_t)(end - p) < ROUND_UP(m->path_len, 8u) ||
		    m->start >= m->end)
			return -EINVAL;
		in->paths[i] = base_zalloc(m->path_len + 1);
		if (!in->paths[i])
			return -ENOMEM;
		memcpy(in->paths[i], p, m->path_len);
		p += ROUND_UP(m->path_len, 8u);
		in->count++;
	}
	return 0;
}

/* Whether this hello is about mapping i: file-backed code, new for HELLO_MAP. */
static bool wanted(const struct hello *in, u32 i)
{
	const struct plan_mapping *m = &in->maps[i];

	if (!(m->prot & PROT_EXEC) || !m->ino || in->paths[i][0] != '/')
		return false;
	if (in->h->syscall_enter >= m->start && in->h->syscall_enter < m->end)
		return false; /* the agent itself */
	return in->h->why != HELLO_MAP || (m->start < in->h->new_end && m->end > in->h->new_start);
}

/* ---- the plan under construction ---- */
struct near_page { /* a page of near pieces for one mapping */
	u64 address, size, used;
	u32 map;
};

struct builder {
	struct cygnet *inst;
	struct hello in;
	struct target_answer *out;
	s32 peer;
	VEC(struct prog_object *) progs;
	VEC(struct plan_map) maps;
	VEC(struct plan_attach) attach;
	VEC(struct plan_probe) probes;
	VEC(struct plan_write) writes;
	VEC(struct near_page) near;
	VEC(struct plan_near) spans; /* mappings with patches */
	VEC(u8) bytes; /* what writes refer to; offsets from its start until laid out */
	u32 slot;
	int err;
};

static void fail(struct builder *b, int err)
{
	if (!b->err)
		b->err = err;
}

static u32 add_bytes(struct builder *b, const void *p, u32 n)
{
	u32 at = (u32)b->bytes.len;

	if (vec_reserve(&b->bytes, ROUND_UP(n, 8u))) {
		fail(b, -ENOMEM);
		return 0;
	}
	memcpy(b->bytes.data + at, p, n);
	memset(b->bytes.data + at + n, 0, ROUND_UP(n, 8u) - n);
	b->bytes.len += ROUND_UP(n, 8u);
	return at;
}

static void add_write(struct builder *b, u32 kind, u64 address, const void *p, u32 n, u32 near)
{
	struct plan_write w = {.address = address, .len = n, .kind = kind, .near = near};

	w.off = add_bytes(b, p, n);
	if (!b->err && vec_push(&b->writes, w))
		fail(b, -ENOMEM);
}

/* ---- maps and programs ---- */
static int add_segment(struct builder *b, const struct object *o, struct plan_map m)
{
	char path[64];
	int fd;

	vec_each (&b->maps, i)
		if (b->maps.data[i].object_id == o->id && b->maps.data[i].kind == m.kind)
			return 0;
	if (b->out->reply.fd_count >= WIRE_MAX_FDS)
		return -E2BIG;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	m.object_id = o->id;
	m.fd = b->out->reply.fd_count;
	b->out->fds[b->out->reply.fd_count++] = fd;
	return vec_push(&b->maps, m);
}

static int add_ring(struct builder *b, struct object *o)
{
	struct perf_object *p = (struct perf_object *)o;
	struct plan_map m = {.kind = 1, .contents_size = p->map.contents_size, .size = p->map_size};

	if (o->kind != OBJECT_PERF || !p->map_size)
		return 0;
	m.attr = (struct map_attr){
		.type = p->map.type,
		.key_size = p->map.key_size,
		.value_size = p->map.value_size,
		.max_entries = p->map.max_entries,
		.flags = p->map.flags,
		.possible_cpus = b->inst->possible_cpus,
		.spin_lock_off = -1,
	};
	return add_segment(b, o, m);
}

static int add_map(struct builder *b, struct map_object *mo)
{
	struct plan_map m = {
		.contents_size = mo->contents_size,
		.size = mo->size,
		.attr = mo->attr,
	};
	int err;

	memcpy(m.name, mo->name, sizeof(m.name));
	err = add_segment(b, &mo->o, m);
	vec_each (&mo->refs_held, i)
		if (!err)
			err = add_ring(b, mo->refs_held.data[i].object);
	return err;
}

static int add_prog(struct builder *b, struct prog_object *p, u32 *index)
{
	int err = 0;

	vec_each (&b->progs, i)
		if (b->progs.data[i] == p) {
			*index = (u32)i;
			return 0;
		}
	for (u32 i = 0; i < p->image->map_count && i < p->maps.len && !err; i++)
		err = add_map(b, p->maps.data[i]);
	*index = (u32)b->progs.len;
	return err ?: vec_push(&b->progs, p);
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

static int attach_probe(struct builder *b, struct plan_attach pa, const struct attach *a)
{
	for (u32 i = 0; i < b->in.count; i++) {
		const struct plan_mapping *m = &b->in.maps[i];
		struct plan_probe *p;
		int err;

		if (!wanted(&b->in, i) || !same_file(a, m, b->in.paths[i]) ||
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

static int collect(void *data, struct prog_object *prog, const struct attach *a)
{
	struct builder *b = data;
	struct plan_attach pa = {
		.kind = a->kind,
		.nr = a->nr,
		.tp_id = a->tp_id,
		.pid = a->pid,
		.probe = ~0u,
		.cookie = a->cookie,
	};
	bool is_probe = a->kind == ATTACH_UPROBE || a->kind == ATTACH_URETPROBE;
	size_t before = b->attach.len;
	int err;

	if (!is_probe && b->in.h->why == HELLO_MAP)
		return 0;
	/* A program that is already in the process is sent again: its images are small. */
	err = is_probe ? attach_probe(b, pa, a) : vec_push(&b->attach, pa);
	if (err || b->attach.len == before)
		return err;
	err = add_prog(b, prog, &pa.prog);
	for (size_t i = before; i < b->attach.len; i++)
		b->attach.data[i].prog = pa.prog;
	return err;
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
		fail(b, -ENOMEM);
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

static struct code_entries entries(const struct builder *b)
{
	return (struct code_entries){b->in.h->syscall_enter, b->in.h->syscall_exit,
				     b->in.h->probe_entry};
}

static bool emit_site(struct builder *b, u32 map, const struct code_site *s, bool bare, bool patch,
		      u64 *entry)
{
	const struct plan_mapping *m = &b->in.maps[map];
	u64 addr = m->start + (s->offset - m->offset), near_addr = 0;
	struct code_entries en = entries(b);
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

static void emit_probe(struct builder *b, u32 map, struct placed *pl)
{
	struct plan_probe *pp = &b->probes.data[pl->probe];
	struct code_entries en = entries(b);
	u64 near_addr = 0;
	struct code_emitted e;
	u32 near = 0, index = b->in.h->probe_base + pl->probe;
	int r;

	if (b->slot >= STUB_SLOTS)
		return;
	r = code_emit_probe(&pl->p, pp->address, slot_address(b), 0, pl->chain, index, &en, &e);
	if (r == -ERANGE && (near_addr = near_room(b, map, pp->address, &near)))
		r = code_emit_probe(&pl->p, pp->address, slot_address(b), near_addr, pl->chain,
				    index, &en, &e);
	if (r)
		return;
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
			fail(b, -ENOMEM);
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
		if (how == CODE_CLASH || (how == CODE_APART && s[i].kind != CODE_SITE_PATCH))
			continue;
		if (emit_site(b, map, &s[i], how == CODE_CHAIN_BARE, how == CODE_APART, &entry) &&
		    how != CODE_APART)
			with->chain = entry;
	}
}

static void patch_mapping(struct builder *b, u32 map)
{
	const struct plan_mapping m = b->in.maps[map];
	placed_vec probes = {0};
	struct code_file *f;
	char path[4200];

	if (code_file_open(b->in.paths[map], m.dev, m.ino, &f)) {
		/* Another root, perhaps. */
		snprintf(path, sizeof(path), "/proc/%d/root%s", b->peer, b->in.paths[map]);
		if (code_file_open(path, m.dev, m.ino, &f))
			return;
	}
	size_t before = b->writes.len;

	analyse_probes(b, map, f, &probes);
	patch_sites(b, map, f, &probes);
	vec_each (&probes, i)
		if (probes.data[i].ok)
			emit_probe(b, map, &probes.data[i]);
	vec_fini(&probes);
	code_file_put(f);
	if (b->writes.len > before &&
	    vec_push(&b->spans, (struct plan_near){m.start, m.end - m.start}))
		fail(b, -ENOMEM);
}

/* ---- where fields of kernel objects lie ---- */
static const struct {
	const char *type, *name;
} field_names[FIELD_COUNT] = {
	[FIELD_TASK_PID] = {"task_struct", "pid"},
	[FIELD_TASK_TGID] = {"task_struct", "tgid"},
	[FIELD_TASK_COMM] = {"task_struct", "comm"},
	[FIELD_TASK_REAL_PARENT] = {"task_struct", "real_parent"},
	[FIELD_TASK_PARENT] = {"task_struct", "parent"},
	[FIELD_TASK_GROUP_LEADER] = {"task_struct", "group_leader"},
	[FIELD_TASK_START_TIME] = {"task_struct", "start_time"},
	[FIELD_TASK_START_BOOTTIME] = {"task_struct", "start_boottime"},
	[FIELD_TASK_FLAGS] = {"task_struct", "flags"},
	[FIELD_TASK_EXIT_CODE] = {"task_struct", "exit_code"},
	[FIELD_TASK_CRED] = {"task_struct", "cred"},
	[FIELD_CRED_UID] = {"cred", "uid"},
	[FIELD_CRED_GID] = {"cred", "gid"},
	[FIELD_CRED_EUID] = {"cred", "euid"},
};

/* Does the program call one of these helpers (the list ends with 0)? */
static bool calls_any(const struct prog_object *p, const s32 *helpers)
{
	const u8 *insn = p->insns;

	for (u32 i = 0; insn && i < p->insn_count; i++, insn += 8) {
		s32 imm;

		memcpy(&imm, insn + 4, 4);
		for (const s32 *h = helpers; *h && insn[0] == 0x85 && !(insn[1] >> 4); h++)
			if (*h == imm)
				return true;
	}
	return false;
}

static void find_fields(struct builder *b, struct targets *t)
{
	const struct btf_object *v = b->inst->vmlinux;

	if (t->fields_known)
		return;
	for (u32 i = 0; i < FIELD_COUNT; i++)
		t->field[i] = -1;
	t->fields_known = true;
	if (!v || btf_object_load_kernel(b->inst->vmlinux) || !v->btf)
		return;
	for (u32 i = 0; i < FIELD_COUNT; i++) {
		u32 type = btf_find(v->btf, field_names[i].type, BTF_KIND_STRUCT);
		struct btf_field f;

		if (type && !btf_field_find(v->btf, type, field_names[i].name, &f))
			t->field[i] = (s32)(f.bit_offset / 8);
	}
}

static void fields(struct builder *b, struct targets *t, s32 out[FIELD_COUNT])
{
	static const s32 helpers[] = {BPF_FUNC_get_current_task, BPF_FUNC_get_current_task_btf, 0};

	memset(out, 0xff, FIELD_COUNT * sizeof(*out));
	vec_each (&b->progs, i)
		if (calls_any(b->progs.data[i], helpers)) {
			find_fields(b, t);
			memcpy(out, t->field, sizeof(t->field));
			return;
		}
}

/*
 * Where the process stands: only if a program ever asked, as looking takes time
 * at every fork. A child that was made elsewhere is found there.
 */
static void whereabouts(struct builder *b, struct targets *t, struct plan *plan)
{
	static const s32 helpers[] = {
		BPF_FUNC_get_current_cgroup_id, BPF_FUNC_get_current_ancestor_cgroup_id,
		BPF_FUNC_current_task_under_cgroup, BPF_FUNC_get_ns_current_pid_tgid, 0};

	vec_each (&b->progs, i)
		t->asks_where |= !t->asks_where && calls_any(b->progs.data[i], helpers);
	if (!t->asks_where)
		return;
	sys_cgroup_path(b->peer, &plan->cgroup);
	sys_pid_ns(b->peer, &plan->pid_ns_dev, &plan->pid_ns_ino);
}

/* ---- layout ---- */
struct layout {
	u8 *data;
	u64 len, cap;
	int err;
};

static u32 lay(struct layout *l, const void *p, u64 n)
{
	u64 at = ROUND_UP(l->len, 16ull), need = at + n;

	if (need > l->cap) {
		u64 cap = MAX(need, l->cap * 2);
		u8 *grown = cap > 1u << 30 ? NULL : base_realloc(l->data, cap);

		if (!grown) {
			l->err = -ENOMEM;
			return 0;
		}
		memset(grown + l->cap, 0, cap - l->cap);
		l->data = grown;
		l->cap = cap;
	}
	if (p && n)
		memcpy(l->data + at, p, n);
	l->len = need;
	return (u32)at;
}

static int write_plan(const struct layout *l, int *out)
{
	int fd = memfd_create("cygnet-plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	u64 done = 0;
	int err = 0;

	if (fd < 0)
		return -errno;
	while (done < l->len) {
		ssize_t n = write(fd, l->data + done, l->len - done);

		if (n < 0) {
			err = -errno;
			close(fd);
			return err;
		}
		done += (u64)n;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	*out = fd;
	return 0;
}

static void lay_progs(struct builder *b, struct layout *l, struct plan *plan)
{
	struct plan_prog *table = base_calloc(b->progs.len + 1, sizeof(*table));

	if (!table) {
		l->err = -ENOMEM;
		return;
	}
	vec_each (&b->progs, i) {
		const struct prog_object *p = b->progs.data[i];

		table[i].image_off = lay(l, p->image, p->image_size);
		table[i].stats = p->stats;
	}
	plan->prog_count = (u32)b->progs.len;
	plan->prog_off = lay(l, table, b->progs.len * sizeof(*table));
	base_free(table);
}

static void lay_near(struct builder *b, struct layout *l, struct plan *plan)
{
	plan->near_count = (u32)b->near.len;
	plan->near_off = lay(l, NULL, b->near.len * sizeof(struct plan_near));
	vec_each (&b->near, i) {
		struct plan_near n = {b->near.data[i].address, b->near.data[i].size};

		if (!l->err)
			memcpy(l->data + plan->near_off + i * sizeof(n), &n, sizeof(n));
	}
}

static int lay_plan(struct builder *b, struct targets *t, int *fd)
{
	struct plan plan = {
		.magic = PLAN_MAGIC,
		.generation = b->inst->generation,
		.possible_cpus = b->inst->possible_cpus,
		.notes = b->inst->notes ? b->inst->notes->o.id : 0,
		.dispatch = 1,
		.page_size = ROUND_UP(sizeof(struct world_page), (u64)PAGE_BYTES),
	};
	struct layout l = {0};
	int err;

	fields(b, t, plan.field);
	whereabouts(b, t, &plan);
	snprintf(plan.preload, sizeof(plan.preload), "%s",
		 env_preload[0] ? env_preload : b->in.h->agent_path);
	snprintf(plan.world, sizeof(plan.world), "%s", env_world);
	lay(&l, NULL, sizeof(plan));
	u32 base = lay(&l, b->bytes.data, b->bytes.len);

	vec_each (&b->writes, i)
		b->writes.data[i].off += base;
	plan.map_count = (u32)b->maps.len;
	plan.map_off = lay(&l, b->maps.data, b->maps.len * sizeof(*b->maps.data));
	plan.attach_count = (u32)b->attach.len;
	plan.attach_off = lay(&l, b->attach.data, b->attach.len * sizeof(*b->attach.data));
	plan.probe_count = (u32)b->probes.len;
	plan.probe_off = lay(&l, b->probes.data, b->probes.len * sizeof(*b->probes.data));
	plan.span_count = (u32)b->spans.len;
	plan.span_off = lay(&l, b->spans.data, b->spans.len * sizeof(*b->spans.data));
	plan.write_count = (u32)b->writes.len;
	plan.write_off = lay(&l, b->writes.data, b->writes.len * sizeof(*b->writes.data));
	lay_progs(b, &l, &plan);
	lay_near(b, &l, &plan);
	plan.size = (u32)l.len;
	err = l.err;
	if (!err) {
		memcpy(l.data, &plan, sizeof(plan));
		err = write_plan(&l, fd);
	}
	base_free(l.data);
	return err;
}

/* ---- the answer ---- */
static int reopen(int fd)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, O_RDWR | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

static int build(struct builder *b, struct targets *t)
{
	struct target_answer *out = b->out;
	int err = 0;

	/* [0] the plan comes last, [1] the lock, [2] the page. */
	out->fds[0] = out->fds[1] = out->fds[2] = -1;
	out->reply.fd_count = 3;
	if (b->in.h->why == HELLO_MAP) {
		out->reply.participant = b->in.h->participant;
		out->fds[1] = reopen(t->lock_fd);
	} else {
		err = participant_new(t, &out->reply.participant, &out->fds[1]);
	}
	out->fds[2] = reopen(b->inst->page_fd);
	if (err || out->fds[1] < 0 || out->fds[2] < 0)
		return err ?: -EMFILE;
	if (b->in.h->why != HELLO_FORK) {
		if (b->inst->notes && b->in.h->why == HELLO_START)
			err = add_map(b, b->inst->notes);
		if (!err)
			err = instance_each_attach(b->inst, collect, b);
		b->slot = b->in.h->slot_base;
		for (u32 i = 0, n = b->in.count; i < n && !err && !b->err; i++)
			if (wanted(&b->in, i))
				patch_mapping(b, i);
	}
	return err ?: b->err ?: lay_plan(b, t, &out->fds[0]);
}

void target_answer(struct cygnet *inst, const void *bytes, size_t size, s32 peer,
		   struct target_answer *out)
{
	struct builder b = {.inst = inst, .out = out, .peer = peer};
	struct targets *t = targets_of(inst);
	int err;

	*out = (struct target_answer){.reply = {.participant = ~0u}};
	err = t ? hello_parse(bytes, size, &b.in) : -ENOMEM;
	if (!err) {
		instance_lock(inst);
		if (t->used.len >= MAX_PARTICIPANTS / 2 || slots_scarce(inst->page))
			sweep(inst, t);
		err = build(&b, t);
		instance_unlock(inst);
	}
	if (err) {
		target_answer_fini(out);
		out->reply.error = err;
	}
	hello_fini(&b.in);
	vec_fini(&b.progs);
	vec_fini(&b.maps);
	vec_fini(&b.attach);
	vec_fini(&b.probes);
	vec_fini(&b.writes);
	vec_fini(&b.near);
	vec_fini(&b.spans);
	vec_fini(&b.bytes);
}

void target_answer_fini(struct target_answer *a)
{
	for (u32 i = 0; i < a->reply.fd_count; i++)
		if (a->fds[i] >= 0)
			close(a->fds[i]);
	a->reply.fd_count = 0;
}
