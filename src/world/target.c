// SPDX-License-Identifier: BSD-2-Clause
/*
 * From a hello to a plan. The instance says what fires; the hello says what is
 * mapped where; plan_code.c says which bytes to write. The plan is one sealed
 * memfd: struct plan, then the tables it names, then the programs' images and
 * the bytes of stubs, near pieces and patches.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "btf/btf.h"
#include "event/code.h"
#include "sys/cgroup.h"
#include "vm/engine.h"
#include "world/code_map.h"
#include "world/participant.h"
#include "world/plan.h"

#define MAX_MAPPINGS 65536

static char env_preload[512], env_world[256];

void target_set_env(const char *preload, const char *world)
{
	snprintf(env_preload, sizeof(env_preload), "%s", preload);
	snprintf(env_world, sizeof(env_world), "%s", world);
}

/* ---- the hello, checked ---- */
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

bool plan_wants(const struct hello *in, u32 i)
{
	const struct plan_mapping *m = &in->maps[i];

	if (!(m->prot & PROT_EXEC) || !m->ino || in->paths[i][0] != '/')
		return false;
	if (in->h->syscall_enter >= m->start && in->h->syscall_enter < m->end)
		return false; /* the agent itself */
	return in->h->why != HELLO_MAP || (m->start < in->h->new_end && m->end > in->h->new_start);
}

bool plan_is_vdso(const struct hello *in, u32 i)
{
	return in->h->why == HELLO_START && in->h->vdso_enter && in->maps[i].prot & PROT_EXEC &&
	       !strcmp(in->paths[i], "[vdso]");
}

/* ---- the plan under construction ---- */
void plan_fail(struct builder *b, int err)
{
	if (!b->err)
		b->err = err;
}

u32 plan_bytes(struct builder *b, const void *p, u32 n)
{
	u32 at = (u32)b->bytes.len;

	if (vec_reserve(&b->bytes, ROUND_UP(n, 8u))) {
		plan_fail(b, -ENOMEM);
		return 0;
	}
	memcpy(b->bytes.data + at, p, n);
	memset(b->bytes.data + at + n, 0, ROUND_UP(n, 8u) - n);
	b->bytes.len += ROUND_UP(n, 8u);
	return at;
}

/* A description of its own, for a target to have. */
static int reopen(int fd, int mode)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, mode | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

/* ---- maps and programs ---- */
static int add_segment(struct builder *b, const struct object *o, struct plan_map m)
{
	int fd;

	vec_each (&b->maps, i)
		if (b->maps.data[i].object_id == o->id && b->maps.data[i].kind == m.kind)
			return 0;
	if (b->out->reply.fd_count >= WIRE_MAX_FDS)
		return -E2BIG;
	fd = reopen(o->fd, O_RDWR);
	if (fd < 0)
		return fd;
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

static int add_held(struct builder *b, struct object *o);
static int add_prog(struct builder *b, struct prog_object *p, u32 *index);

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
			err = add_held(b, mo->refs_held.data[i].object);
	return err;
}

/* What elements refer to goes along; what finds no room is missed there, and counted. */
static int add_held(struct builder *b, struct object *o)
{
	size_t progs = b->progs.len;
	u32 index;
	int err = 0;

	if (o->kind == OBJECT_PERF)
		return add_ring(b, o);
	if (o->kind == OBJECT_MAP)
		err = add_map(b, object_map(o));
	else if (o->kind == OBJECT_PROG)
		err = add_prog(b, object_prog(o), &index);
	if (err != -E2BIG)
		return err;
	b->progs.len = progs;
	return 0;
}

static int add_prog(struct builder *b, struct prog_object *p, u32 *index)
{
	int err;

	vec_each (&b->progs, i)
		if (b->progs.data[i] == p) {
			*index = (u32)i;
			return 0;
		}
	/* First itself: it may be in its own program array. */
	*index = (u32)b->progs.len;
	err = vec_push(&b->progs, p);
	for (u32 i = 0; i < p->image->map_count && i < p->maps.len && !err; i++)
		err = add_map(b, p->maps.data[i]);
	return err;
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
	err = is_probe ? plan_attach_probe(b, pa, a) : vec_push(&b->attach, pa);
	if (err || b->attach.len == before)
		return err;
	err = add_prog(b, prog, &pa.prog);
	for (size_t i = before; i < b->attach.len; i++)
		b->attach.data[i].prog = pa.prog;
	return err;
}

/* Programs in the program's arrays are gone on with. */
static void prepare_prog(struct prog_object *p)
{
	if (p->target_tried)
		return;
	prog_object_target_code(p);
	vec_each (&p->maps, i) {
		const struct map_object *m = p->maps.data[i];

		vec_each (&m->refs_held, k)
			if (object_prog(m->refs_held.data[k].object))
				prepare_prog(object_prog(m->refs_held.data[k].object));
	}
}

static int prepare_attached(void *data, struct prog_object *prog, const struct attach *a)
{
	(void)data;
	(void)a;
	prepare_prog(prog);
	return 0;
}

void target_prepare(struct cygnet *inst)
{
	instance_lock(inst);
	instance_each_attach(inst, prepare_attached, NULL);
	instance_unlock(inst);
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

static u32 lay_native(struct layout *l, const struct native_at *at)
{
	const struct jit_code *c = at->code;
	struct plan_native n = {
		.code = at->offset,
		.size = c->size,
		.entry = c->entry,
		.table = at->table,
		.slot_count = c->slot_count,
		.sub_count = c->sub_count,
		.line_count = c->line_count,
		.fixup_count = c->fixup_count,
	};

	n.slot_off = lay(l, c->slots, c->slot_count * sizeof(*c->slots));
	n.sub_off = lay(l, c->subs, c->sub_count * sizeof(*c->subs));
	n.line_off = lay(l, c->lines, c->line_count * sizeof(*c->lines));
	n.fixup_off = lay(l, c->fixups, c->fixup_count * sizeof(*c->fixups));
	return lay(l, &n, sizeof(n));
}

/* Without room for one more descriptor, or none to be had, programs are interpreted. */
static const struct native_file *add_code(struct builder *b, struct targets *t, struct plan *plan)
{
	struct target_answer *out = b->out;
	const struct native_file *f;
	int fd;

	if (out->reply.fd_count >= WIRE_MAX_FDS ||
	    native_file_get(&t->native, b->progs.data, (u32)b->progs.len, &f) || f->fd < 0)
		return NULL;
	fd = reopen(f->fd, O_RDONLY);
	if (fd < 0)
		return NULL;
	plan->code_fd = out->reply.fd_count;
	plan->code_size = f->code_size;
	plan->table_size = f->table_size;
	out->fds[out->reply.fd_count++] = fd;
	return f;
}

static void lay_progs(struct builder *b, struct targets *t, struct layout *l, struct plan *plan)
{
	const struct native_file *code = b->progs.len ? add_code(b, t, plan) : NULL;
	struct plan_prog *table = base_calloc(b->progs.len + 1, sizeof(*table));

	if (!table) {
		l->err = -ENOMEM;
		return;
	}
	vec_each (&b->progs, i) {
		const struct prog_object *p = b->progs.data[i];

		table[i].image_off = lay(l, p->image, p->image_size);
		table[i].stats = p->stats;
		if (code && code->at.data[i].code)
			table[i].native_off = lay_native(l, &code->at.data[i]);
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
		.dispatch = b->dispatch,
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
	lay_progs(b, t, &l, &plan);
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
/* Code that nobody will look for system calls in: the agent's, and the kernel's own. */
static bool is_exempt(const struct hello *in, u32 i)
{
	const struct plan_mapping *m = &in->maps[i];

	return (in->h->syscall_enter >= m->start && in->h->syscall_enter < m->end) ||
	       !strcmp(in->paths[i], "[vsyscall]") || !strcmp(in->paths[i], "[uprobes]");
}

static void patch_mapping(struct builder *b, u32 i)
{
	const struct hello *in = &b->in;
	const struct plan_mapping *m = &in->maps[i];
	bool is_new =
		in->h->why != HELLO_MAP || (m->start < in->h->new_end && m->end > in->h->new_start);

	if (!(m->prot & PROT_EXEC) || !is_new || is_exempt(in, i))
		return;
	if (m->prot & PROT_WRITE || !(plan_wants(in, i) || plan_is_vdso(in, i)))
		b->dispatch = true;
	if (plan_wants(in, i))
		code_map_add(b->inst, m, in->paths[i]);
	if (plan_wants(in, i) || plan_is_vdso(in, i))
		plan_patch_mapping(b, i);
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
		out->fds[1] = reopen(t->lock_fd, O_RDWR);
	} else {
		err = participant_new(t, &out->reply.participant, &out->fds[1]);
	}
	out->fds[2] = reopen(b->inst->page_fd, O_RDWR);
	if (err || out->fds[1] < 0 || out->fds[2] < 0)
		return err ?: -EMFILE;
	if (b->in.h->why != HELLO_FORK) {
		if (b->inst->notes && b->in.h->why == HELLO_START)
			err = add_map(b, b->inst->notes);
		if (!err)
			err = instance_each_attach(b->inst, collect, b);
		b->slot = b->in.h->slot_base;
		for (u32 i = 0, n = b->in.count; i < n && !err && !b->err; i++)
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
		participants_make_room(inst, t);
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
