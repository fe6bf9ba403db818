/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects and their lifetime. An object lives while it has references: open
 * descriptions given out (counted down by inotify IN_CLOSE, whoever closed
 * last, in any process), pins, links, and references from programs and maps.
 */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include "base/vec.h"
#include "core/attach.h"
#include "core/image.h"
#include "core/map.h"

struct cygnet;
struct btf;

enum object_kind { OBJECT_MAP, OBJECT_PROG, OBJECT_BTF, OBJECT_LINK, OBJECT_PERF, OBJECT_KINDS };

struct object {
	u32 kind; /* enum object_kind */
	u32 id;	  /* unique within the kind, never reused while the instance lives; from 1 */
	u32 refs; /* descriptions + references; freed at 0 */
	int fd;	  /* the original memfd; never given out */
	u64 dev, ino;
	int watch; /* inotify watch descriptor */
	struct cygnet *inst;
};

struct object_table {
	VEC(struct object *) by_id; /* index = id - 1; NULL once dead */
	u32 live;
};

struct map_object {
	struct object o;
	struct map_attr attr;
	struct map map;	  /* the instance's view */
	char name[16];
	u64 contents_size, size;
	bool frozen;
	u32 fd_flags;	  /* BPF_F_RDONLY / WRONLY of the map's creation */
	struct btf_object *btf;
	u32 btf_key_type, btf_value_type;
	u64 created_ns;
	u32 uid;
	int eventfd;	  /* rings: written by the relay; -1 */
	VEC(struct object *) refs_held; /* perf buffers stored in a perf event array */
};

struct line_record { /* from bpf_line_info, resolved lazily through BTF */
	u32 insn, file_off, line_off, line_col;
};

struct prog_object {
	struct object o;
	u32 type, attach_type;
	char name[16];
	u8 tag[8];
	struct image *image; /* base_alloc'd */
	u32 image_size;
	VEC(struct map_object *) maps; /* the image's map table, then PROG_BIND_MAP's */
	struct btf_object *btf;
	VEC(struct line_record) lines;
	u32 stats; /* index into world_page.prog, or ~0 when none is free */
	void *insns; /* as loaded (xlated view), insn_count * 8 bytes */
	u32 insn_count;
	bool gpl;
	u64 loaded_ns;
	u32 uid;
	void *func_info; u32 func_info_size, func_info_count; /* as given, kernel record size */
	void *line_info; u32 line_info_size, line_info_count;
};

struct btf_object {
	struct object o;
	struct btf *btf;  /* parsed and checked (btf/) */
	void *raw;
	u32 raw_size;
	char name[64];
	bool kernel;
};

struct link_object {
	struct object o;
	u32 type; /* BPF_LINK_TYPE_* */
	struct prog_object *prog;
	struct attach attach;
	bool live;	   /* fires */
	struct perf_object *perf; /* for perf event links */
	char tp_name[64];
};

/* A perf event descriptor: a tracepoint, a uprobe, or a BPF output buffer. */
struct perf_object {
	struct object o;
	u32 type;	/* perf attr type */
	u64 config;
	struct attach attach; /* kind ATTACH_NONE for a BPF output buffer */
	struct prog_object *prog; /* by PERF_EVENT_IOC_SET_BPF */
	bool enabled;
	int cpu;
	struct map map;	 /* BPF output: view of the ring, once mmap'd; its object id is o.id */
	u64 ring_size;	 /* data bytes, 0 until mmap'd */
	int eventfd;
};

/* Lookup by id; no reference taken; the instance's lock is held. */
struct object *object_by_id(struct cygnet *inst, u32 kind, u32 id);

#endif
