// SPDX-License-Identifier: BSD-2-Clause
/*
 * OBJ_GET_INFO_BY_FD. The client says how large its struct is: a shorter one
 * gets what fits, what we do not know of a longer one must be zero. Arrays:
 * the client says how many it has room for and learns how many there are.
 */
#include "base/digest.h"
#include "btf/btf.h"
#include "sys/call.h"
#include "sys/jited.h"
#include "vm/load.h"

/* Reads what the client put into the struct; its own size of it ends up in *len. */
static int read_info(struct call *k, void *info, u32 size, u32 *len)
{
	const union bpf_attr *a = k->attr;
	u8 tail[PAGE_BYTES];

	if (a->info.info_len > PAGE_BYTES)
		return -E2BIG;
	if (a->info.info_len > size) {
		u32 n = a->info.info_len - size;

		if (call_read(k, tail, a->info.info + size, n))
			return -EFAULT;
		if (!call_is_zero(tail, n))
			return -E2BIG;
	}
	memset(info, 0, size);
	*len = MIN(a->info.info_len, size);
	return call_read(k, info, a->info.info, *len);
}

static int write_info(struct call *k, const void *info, u32 len)
{
	if (call_write(k, k->attr->info.info, info, len) ||
	    call_write_attr(k, offsetof(union bpf_attr, info.info_len), &len, sizeof(len)))
		return -EFAULT;
	return 0;
}

/* The digest of all that is in an array that changes no more. */
static int put_hash(struct call *k, const struct map_object *m, u64 to, u32 size)
{
	u8 digest[SHA256_BYTES];

	if (m->attr.type != BPF_MAP_TYPE_ARRAY || size != sizeof(digest))
		return -EINVAL;
	if (!m->frozen)
		return -EPERM;
	sha256(m->map.contents, (size_t)m->map.value_stride * m->attr.max_entries, digest);
	return call_write(k, to, digest, sizeof(digest));
}

static long map_info(struct call *k, const struct map_object *m)
{
	struct bpf_map_info info;
	u32 len;
	int err = read_info(k, &info, sizeof(info), &len);

	if (err)
		return err;
	if (info.hash || info.hash_size) {
		err = put_hash(k, m, info.hash, info.hash_size);
		if (err)
			return err;
	}
	memset(&info, 0, sizeof(info));
	info.type = m->attr.type;
	info.id = m->o.id;
	info.key_size = m->attr.key_size;
	info.value_size = m->attr.value_size;
	info.max_entries = m->attr.max_entries;
	info.map_flags = m->attr.flags;
	info.map_extra = m->attr.extra;
	memcpy(info.name, m->name, sizeof(info.name));
	if (m->btf) {
		info.btf_id = m->btf->o.id;
		info.btf_key_type_id = m->btf_key_type;
		info.btf_value_type_id = m->btf_value_type;
		info.btf_vmlinux_value_type_id = m->kernel_value_type;
	}
	if (m->attr.type == BPF_MAP_TYPE_STRUCT_OPS)
		info.btf_vmlinux_id = k->inst->vmlinux->o.id;
	return write_info(k, &info, len);
}

/* `n` records of `size` bytes, as many as the client has room for; *room becomes n. */
static int put_array(struct call *k, u32 *room, u64 addr, const void *records, u32 n, u32 size)
{
	u32 fit = MIN(*room, n);

	*room = n;
	return call_write(k, addr, records, (size_t)fit * size);
}

static int put_map_ids(struct call *k, const struct prog_object *p, struct bpf_prog_info *info)
{
	u32 fit = MIN(info->nr_map_ids, (u32)p->maps.len);

	info->nr_map_ids = p->maps.len;
	for (u32 i = 0; i < fit; i++)
		if (call_write(k, info->map_ids + 4ull * i, &p->maps.data[i]->o.id, 4))
			return -EFAULT;
	return 0;
}

static void put_stats(const struct cygnet *inst, const struct prog_object *p,
		      struct bpf_prog_info *info)
{
	const struct world_prog *w;

	if (p->stats >= WORLD_PROGS)
		return;
	w = &inst->page->prog[p->stats];
	info->run_time_ns = __atomic_load_n(&w->run_ns, __ATOMIC_RELAXED);
	info->run_cnt = world_runs(inst->page, p->stats);
	info->recursion_misses = __atomic_load_n(&w->recursion_misses, __ATOMIC_RELAXED);
}

/* The client's idea of the records, where it wants any, must be ours: these become that. */
static int record_sizes(struct bpf_prog_info *info)
{
	struct {
		u32 count, *size, want;
	} kinds[] = {
		{info->nr_func_info, &info->func_info_rec_size, sizeof(struct bpf_func_info)},
		{info->nr_line_info, &info->line_info_rec_size, sizeof(struct bpf_line_info)},
		{info->nr_jited_line_info, &info->jited_line_info_rec_size, sizeof(u64)},
	};

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((kinds[i].count || *kinds[i].size) && *kinds[i].size != kinds[i].want)
			return -EINVAL;
		*kinds[i].size = kinds[i].want;
	}
	return 0;
}

/* One of each function. */
static int put_tags(struct call *k, const struct prog_object *p, struct bpf_prog_info *info)
{
	u32 fit = MIN(info->nr_prog_tags, p->image->sub_count);
	const struct image_sub *subs = image_subs(p->image);
	u8 *scratch = base_alloc((size_t)p->insn_count * 8);
	int err = scratch ? 0 : -ENOMEM;

	info->nr_prog_tags = p->image->sub_count;
	for (u32 s = 0; s < fit && !err; s++) {
		u8 digest[32];

		if (p->image->sub_count == 1)
			memcpy(digest, p->tag, sizeof(p->tag));
		else
			prog_digest(k->inst, (const u8 *)p->insns + subs[s].start * 8ull,
				    subs[s].end - subs[s].start, scratch, digest);
		err = call_write(k, info->prog_tags + 8ull * s, digest, sizeof(p->tag));
	}
	base_free(scratch);
	return err;
}

/* An ordinary user sees no code. */
static void hide_code(struct bpf_prog_info *info)
{
	info->jited_prog_len = info->xlated_prog_len = 0;
	info->nr_jited_ksyms = info->nr_jited_func_lens = info->nr_jited_line_info = 0;
	info->nr_func_info = info->nr_line_info = info->nr_prog_tags = 0;
}

static long prog_info(struct call *k, struct prog_object *p)
{
	struct bpf_prog_info info;
	u32 len;
	int err = read_info(k, &info, sizeof(info), &len);

	err = err ?: record_sizes(&info);
	if (err)
		return err;
	info.type = p->type;
	info.id = p->o.id;
	info.load_time = p->loaded_ns;
	info.created_by_uid = p->uid;
	info.gpl_compatible = p->gpl;
	memcpy(info.tag, p->tag, sizeof(info.tag));
	memcpy(info.name, p->name, sizeof(info.name));
	info.ifindex = 0;
	info.netns_dev = info.netns_ino = 0;
	err = put_map_ids(k, p, &info);
	if (err)
		return err;
	info.btf_id = p->btf ? p->btf->o.id : 0;
	info.attach_btf_obj_id = info.attach_btf_id = 0;
	info.verified_insns = p->verified_insns;
	info.run_time_ns = info.run_cnt = info.recursion_misses = 0;
	put_stats(k->inst, p, &info);
	if (k->c->unprivileged) {
		hide_code(&info);
		return write_info(k, &info, len);
	}
	{
		u32 room = info.xlated_prog_len / 8;

		if (put_array(k, &room, info.xlated_prog_insns, p->insns, p->insn_count, 8))
			return -EFAULT;
		info.xlated_prog_len = room * 8;
	}
	if (jited_info(k, p, &info))
		return -EFAULT;
	if (put_array(k, &info.nr_func_info, info.func_info, p->func_info, p->func_info_count,
		      p->func_info_size) ||
	    put_array(k, &info.nr_line_info, info.line_info, p->line_info, p->line_info_count,
		      p->line_info_size) ||
	    put_tags(k, p, &info))
		return -EFAULT;
	return write_info(k, &info, len);
}

static long btf_info(struct call *k, struct btf_object *b)
{
	struct bpf_btf_info info;
	u32 len, fit, name_len = strlen(b->name), room;
	int err = read_info(k, &info, sizeof(info), &len);
	char nul = 0;

	if (err)
		return err;
	if (b->kernel) {
		err = btf_object_load_kernel(b);
		if (err && err != -ENOENT)
			return err;
	}
	info.id = b->o.id;
	info.kernel_btf = b->kernel;
	fit = MIN(info.btf_size, b->raw_size);
	if (call_write(k, info.btf, b->raw, fit))
		return -EFAULT;
	info.btf_size = b->raw_size;
	if (!info.name != !info.name_len)
		return -EINVAL;
	room = info.name_len;
	info.name_len = name_len;
	if (!info.name)
		return write_info(k, &info, len);
	fit = MIN(name_len + 1, room);
	if (call_write(k, info.name, b->name, fit - 1) ||
	    call_write(k, info.name + fit - 1, &nul, 1))
		return -EFAULT;
	err = write_info(k, &info, len);
	return err ?: fit <= name_len ? -ENOSPC : 0;
}

/* A string of a link's info: cut to the client's room, always terminated; -ENOSPC when cut. */
static int put_name(struct call *k, u64 addr, u32 *room, const char *s)
{
	u32 n = strlen(s) + 1, fit = MIN(*room, n);
	char nul = 0;

	*room = n;
	if (!addr || !fit)
		return 0;
	if (call_write(k, addr, s, fit - 1) || call_write(k, addr + fit - 1, &nul, 1))
		return -EFAULT;
	return fit < n ? -ENOSPC : 0;
}

static int perf_link_info(struct call *k, const struct link_object *l, struct bpf_link_info *info)
{
	const struct attach *a = &l->attach;
	int err;

	switch (a->kind) {
	case ATTACH_UPROBE:
	case ATTACH_URETPROBE:
		err = put_name(k, info->perf_event.uprobe.file_name,
			       &info->perf_event.uprobe.name_len, a->path);
		if (err)
			return err;
		info->perf_event.type =
			a->kind == ATTACH_UPROBE ? BPF_PERF_EVENT_UPROBE : BPF_PERF_EVENT_URETPROBE;
		info->perf_event.uprobe.offset = a->offset;
		info->perf_event.uprobe.cookie = a->cookie;
		info->perf_event.uprobe.ref_ctr_offset = a->ref_ctr_off;
		return 0;
	default:
		err = put_name(k, info->perf_event.tracepoint.tp_name,
			       &info->perf_event.tracepoint.name_len, l->tp_name);
		if (err)
			return err;
		info->perf_event.type = BPF_PERF_EVENT_TRACEPOINT;
		info->perf_event.tracepoint.cookie = a->cookie;
		return 0;
	}
}

static long link_info(struct call *k, const struct link_object *l)
{
	struct bpf_link_info info;
	u32 len;
	int err = read_info(k, &info, sizeof(info), &len);

	if (err)
		return err;
	info.type = l->type;
	info.id = l->o.id;
	info.prog_id = l->prog->o.id;
	if (l->type == BPF_LINK_TYPE_PERF_EVENT) {
		if (!info.perf_event.uprobe.file_name != !info.perf_event.uprobe.name_len)
			return -EINVAL;
		err = perf_link_info(k, l, &info);
	} else {
		if (!info.raw_tracepoint.tp_name != !info.raw_tracepoint.tp_name_len)
			return -EINVAL;
		info.raw_tracepoint.cookie = l->attach.cookie;
		err = put_name(k, info.raw_tracepoint.tp_name, &info.raw_tracepoint.tp_name_len,
			       l->tp_name);
	}
	return err ?: write_info(k, &info, len);
}

long sys_info_by_fd(struct call *k)
{
	struct object *o;
	u64 dev, ino;
	int err = k->c->identify(k->c, k->attr->info.bpf_fd, &dev, &ino);

	if (err)
		return err;
	o = object_by_inode(k->inst, dev, ino);
	switch (o ? o->kind : OBJECT_KINDS) {
	case OBJECT_MAP: return map_info(k, object_map(o));
	case OBJECT_PROG: return prog_info(k, object_prog(o));
	case OBJECT_BTF: return btf_info(k, object_btf(o));
	case OBJECT_LINK: return link_info(k, object_link(o));
	default: return -EINVAL;
	}
}
