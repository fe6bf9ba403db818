// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an instance says in files: fdinfo of its descriptors (bpftool and libbpf
 * read it), and the tracefs, sysfs and procfs files that name its attach points
 * and its shape.
 */
#include <linux/version.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "sys/call.h"
#include "vm/engine.h"

static void map_fdinfo(const struct map_object *m, struct text *t)
{
	u64 memory = m->map.ops->memory ? m->map.ops->memory(&m->map) : m->size;

	text_fmt(t,
		 "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\nmap_flags:\t0x%"
		 "x\n"
		 "map_extra:\t0x%llx\nmemlock:\t%llu\nmap_id:\t%u\nfrozen:\t%u\n",
		 m->attr.type, m->attr.key_size, m->attr.value_size, m->attr.max_entries,
		 m->attr.flags, (unsigned long long)m->attr.extra, (unsigned long long)memory,
		 m->o.id, m->frozen);
}

static void put_tag(struct text *t, const u8 tag[8])
{
	text_puts(t, "prog_tag:\t");
	for (u32 i = 0; i < 8; i++)
		text_fmt(t, "%02x", tag[i]);
	text_putc(t, '\n');
}

static void prog_fdinfo(struct prog_object *p, struct text *t)
{
	const struct world_prog *w =
		p->stats < WORLD_PROGS ? &p->o.inst->page->prog[p->stats] : NULL;

	prog_object_warm(p, 1);
	text_fmt(t, "prog_type:\t%u\nprog_jited:\t%d\n", p->type, p->native != NULL);
	put_tag(t, p->tag);
	text_fmt(t,
		 "memlock:\t%llu\nprog_id:\t%u\nrun_time_ns:\t%llu\nrun_cnt:\t%llu\n"
		 "recursion_misses:\t%llu\nverified_insns:\t%u\n",
		 (unsigned long long)ROUND_UP((u64)p->image_size, PAGE_BYTES), p->o.id,
		 (unsigned long long)(w ? w->run_ns : 0),
		 (unsigned long long)(w ? world_runs(p->o.inst->page, p->stats) : 0),
		 (unsigned long long)(w ? w->recursion_misses : 0), p->insn_count);
}

static void link_fdinfo(const struct link_object *l, struct text *t)
{
	text_fmt(t, "link_type:\t%s\nlink_id:\t%u\n",
		 l->type == BPF_LINK_TYPE_PERF_EVENT ? "perf" : "raw_tracepoint", l->o.id);
	put_tag(t, l->prog->tag);
	text_fmt(t, "prog_id:\t%u\n", l->prog->o.id);
	if (l->type == BPF_LINK_TYPE_RAW_TRACEPOINT)
		text_fmt(t, "tp_name:\t%s\ncookie:\t%llu\n", l->tp_name,
			 (unsigned long long)l->attach.cookie);
}

int sys_fdinfo(struct cygnet *inst, u64 dev, u64 ino, struct text *out)
{
	struct object *o;

	instance_lock(inst);
	o = object_by_inode(inst, dev, ino);
	switch (o ? o->kind : OBJECT_KINDS) {
	case OBJECT_MAP: map_fdinfo(object_map(o), out); break;
	case OBJECT_PROG: prog_fdinfo(object_prog(o), out); break;
	case OBJECT_LINK: link_fdinfo(object_link(o), out); break;
	case OBJECT_BTF: text_fmt(out, "btf_id:\t%u\n", o->id); break;
	}
	instance_unlock(inst);
	return o ? 0 : -ENOENT;
}

/* Files that do not depend on an event source. */
static int own_file(struct cygnet *inst, const char *path, struct text *out)
{
	static const char *const facts[][2] = {
		/* What the instance is to its clients: privileged. */
		{"/proc/sys/kernel/unprivileged_bpf_disabled", "2\n"},
		{"/proc/sys/kernel/bpf_stats_enabled", "0\n"},
		{"/proc/sys/net/core/bpf_jit_kallsyms", "0\n"},
		{"/proc/sys/kernel/perf_event_paranoid", "-1\n"},
	};
	bool compiles = inst->engine != ENGINE_INTERP && !inst->checked;

	if (!strcmp(path, "/sys/devices/system/cpu/possible") ||
	    !strcmp(path, "/sys/devices/system/cpu/online")) {
		if (inst->possible_cpus == 1)
			text_puts(out, "0\n");
		else
			text_fmt(out, "0-%u\n", inst->possible_cpus - 1);
		return 0;
	}
	if (!strcmp(path, "/proc/sys/net/core/bpf_jit_enable"))
		return text_fmt(out, "%d\n", compiles), 0;
	if (!strcmp(path, "/proc/sys/net/core/bpf_jit_harden"))
		return text_fmt(out, "%u\n", inst->harden), 0;
	for (u32 i = 0; i < ARRAY_SIZE(facts); i++)
		if (!strcmp(path, facts[i][0])) {
			text_puts(out, facts[i][1]);
			return 0;
		}
	return -ENOENT;
}

/* The kernel's type information, when it is not the host's. */
static int btf_file(struct cygnet *inst, const char *path, struct text *out)
{
	int err;

	if (!inst->btf_path || strcmp(path, "/sys/kernel/btf/vmlinux"))
		return -ENOENT;
	instance_lock(inst);
	err = btf_object_load_kernel(inst->vmlinux);
	if (!err)
		text_write(out, inst->vmlinux->raw, inst->vmlinux->raw_size);
	instance_unlock(inst);
	return err;
}

int sys_file(struct cygnet *inst, const char *path, struct text *out)
{
	int err = own_file(inst, path, out);

	if (err == -ENOENT)
		err = btf_file(inst, path, out);

	for (u32 i = 0; err == -ENOENT && i < core_event_source_count; i++)
		if (core_event_sources[i]->file)
			err = core_event_sources[i]->file(path, out);
	return err;
}

static int write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t w = write(fd, s, n);

		if (w <= 0)
			return w ? -errno : -ENOSPC;
		s += w;
		n -= w;
	}
	return lseek(fd, 0, SEEK_SET) ? -errno : 0;
}

int sys_file_open(struct cygnet *inst, const char *path)
{
	struct text t;
	int fd, err;

	text_init_grow(&t);
	err = sys_file(inst, path, &t);
	if (!err && t.lost)
		err = -ENOMEM;
	if (err)
		goto out;
	fd = memfd_create("cygnet-file", MFD_CLOEXEC);
	err = fd < 0 ? -errno : write_all(fd, t.buf, t.len);
	if (err && fd >= 0)
		close(fd);
out:
	text_fini(&t);
	return err ?: fd;
}

int sys_uname(struct cygnet *inst, struct utsname *out)
{
	unsigned int a = 0, b = 0, c = 0;

	if (uname(out))
		return -errno;
	/* The host's own release keeps its suffix. */
	sscanf(out->release, "%u.%u.%u", &a, &b, &c);
	if (KERNEL_VERSION(a, b, MIN(c, 255u)) != inst->kernel)
		snprintf(out->release, sizeof(out->release), "%u.%u.%u", inst->kernel >> 16,
			 inst->kernel >> 8 & 0xff, inst->kernel & 0xff);
	return 0;
}
