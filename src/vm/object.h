/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects and their lifetime. An object lives while it has references: open
 * descriptions given out (counted down by inotify IN_CLOSE, whoever closed
 * last, in any process), pins, links, and references from programs and maps.
 */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include "base/vec.h"
#include "btf/fields.h"
#include "core/attach.h"
#include "core/image.h"
#include "core/map.h"

struct cygnet;
struct btf_info;

enum object_kind {
	OBJECT_MAP,
	OBJECT_PROG,
	OBJECT_BTF,
	OBJECT_LINK,
	OBJECT_PERF,  /* ids from OBJECT_PERF_BASE: rings of both kinds share a namespace in targets
		       */
	OBJECT_STATS, /* BPF_ENABLE_STATS: statistics are on while it lives */
	OBJECT_NOTES, /* the instance's own ring (a map_object no command reaches) */
	OBJECT_KINDS
};

#define OBJECT_PERF_BASE  0x01000000u
#define OBJECT_NOTES_BASE 0x02000000u

struct object {
	u32 kind; /* enum object_kind */
	u32 id;   /* unique within the kind, never reused while the instance lives; from 1 */
	u32 refs; /* references, plus one while any description is open; freed at 0 */
	int fd;   /* the original memfd; never given out */
	u64 dev, ino;
	int watch;       /* inotify watch descriptor, -1 */
	bool shown;      /* a descriptor or a pin told of its id: it is taken for good */
	bool one_way;    /* some descriptor was opened read-only or write-only */
	bool open;       /* descriptions given out may be open: their locks say */
	u64 check_until; /* a close was seen: ask the locks until then (monotonic ns), 0: no */
	struct cygnet *inst;
};

struct object_table {
	VEC(struct object *)
	by_id; /* index = id - 1 (perf: - OBJECT_PERF_BASE - 1); NULL once dead */
	u32 live;
};

/* Where a batch command stopped: what the client's four opaque bytes stand for. */
struct batch_cursor {
	u32 token; /* 0: unused */
	u32 key_size;
	void *key;
};
#define BATCH_CURSORS 8

/* An object that an element of a map refers to: the map keeps it alive. */
struct map_held {
	u32 key;
	struct object *object;
};

/*
 * What a map of maps knows of the maps in it: what the one was like that it was
 * made with. Verification takes a looked-up map for one of these.
 */
struct map_meta {
	struct map_attr attr;
	struct btf_fields fields;
	struct btf_object *btf; /* a reference, or NULL */
};

/* The programs of a program array are alike: what the first was like that used or entered it. */
struct map_owner {
	bool known;
	bool frags;
	u32 type, attach_type;
};

struct map_object {
	struct object o;
	struct map_attr attr;
	struct map map; /* the instance's view */
	char name[16];
	u64 contents_size, size;
	bool frozen;
	bool unprivileged; /* made by an ordinary user */
	u32 fd_flags;      /* BPF_F_RDONLY / WRONLY of the map's creation */
	struct btf_object *btf;
	u32 btf_key_type, btf_value_type;
	struct btf_fields fields;    /* the value's special fields; none without its type */
	u32 kernel_value_type;       /* struct_ops: the value's, of the kernel's BTF */
	struct map_meta *inner_meta; /* maps of maps: what each inner map is like; else NULL */
	struct map_owner owner;      /* program arrays */
	bool exclusive;              /* only the program with this digest may use it */
	u8 exclusive_to[32];
	u64 created_ns;
	u32 uid;
	int eventfd;                    /* rings: written by the relay; -1 */
	bool mapped_writable;           /* some client mmapped it writable */
	VEC(struct map_held) refs_held; /* objects that elements refer to */
	struct batch_cursor cursors[BATCH_CURSORS];
	u32 next_cursor;
};

struct line_record { /* as bpf_line_info has it; from bpf_line_info, resolved lazily through BTF */
	u32 insn, file_off, line_off, line_col;
};

struct prog_object {
	struct object o;
	u32 type, attach_type;
	char name[16];
	u8 digest[32];       /* of its instructions, without maps */
	u8 tag[8];           /* the digest's first bytes */
	struct image *image; /* base_alloc'd */
	u32 image_size;
	VEC(struct map_object *) maps; /* the image's map table, then PROG_BIND_MAP's */
	struct map **views;            /* of the image's maps, once asked for */
	struct jit_linked *native;     /* vm/engine.h; NULL: interpreted */
	u8 native_tier;                /* enum jit_tier that it is of */
	u8 native_tried;               /* bits of enum jit_tier */
	u64 runs, run_ns;              /* in this process; time they took */
	struct jit_code *target_code;  /* vm/engine.h: for traced processes; NULL: interpreted */
	bool target_tried;
	struct btf_object *btf;
	VEC(struct line_record) lines;
	u32 stats;   /* index into world_page.prog, or ~0 when none is free */
	void *insns; /* as loaded (xlated view), insn_count * 8 bytes */
	u32 insn_count;
	bool gpl, unprivileged; /* ...: an ordinary user loaded it */
	u64 loaded_ns;
	u32 uid;
	void *func_info; /* as given, kernel record size */
	u32 func_info_size, func_info_count;
	void *line_info;
	u32 line_info_size, line_info_count;
	u32 prog_flags;
	u32 max_ctx_offset;           /* bytes of context it reads */
	u32 verified_insns;           /* looked at by its verification, on all paths */
	struct verify_claims *claims; /* cygnet.claims asks for them; NULL */
};

struct btf_object {
	struct object o;
	struct btf_info *btf; /* parsed and checked (btf/) */
	const void *raw;
	u32 raw_size;
	void *own_raw; /* the kernel's: what `btf` only views */
	char name[64];
	bool kernel;
};

struct link_object {
	struct object o;
	u32 type; /* BPF_LINK_TYPE_* */
	struct prog_object *prog;
	struct attach attach;
	bool live;                /* fires */
	struct perf_object *perf; /* for perf event links */
	char tp_name[64];
};

/* A perf event descriptor: a tracepoint, a uprobe, or a BPF output buffer. */
struct perf_object {
	struct object o;
	u32 type; /* perf attr type */
	u64 config;
	struct attach attach;     /* kind ATTACH_NONE for a BPF output buffer */
	struct prog_object *prog; /* by PERF_EVENT_IOC_SET_BPF */
	bool enabled;
	int cpu;
	struct map map; /* BPF output: view of the ring, once mmap'd; its object id is o.id */
	u64 ring_size;  /* data bytes, 0 until mmap'd */
	u64 map_size;   /* bytes of the ring's file */
	int eventfd;
	bool is_output;           /* PERF_COUNT_SW_BPF_OUTPUT */
	struct link_object *link; /* the link that attached a program here (not a reference) */
	char tp_name[64];
};

struct stats_object {
	struct object o;
};

/* Everything below: the instance's lock is held. Lookups take no reference. */
struct object *object_by_id(struct cygnet *inst, u32 kind, u32 id);
struct object *object_by_inode(struct cygnet *inst, u64 dev, u64 ino);
/* The object with the smallest id > `after`, or NULL. */
struct object *object_next(struct cygnet *inst, u32 kind, u32 after);

/*
 * Gives `o` (zeroed, embedded first in its kind's struct) an id, an empty
 * memfd named `name`, and one reference, the caller's. On failure
 * nothing is held and the caller frees the struct.
 */
int object_init(struct cygnet *inst, struct object *o, u32 kind, const char *name);
void object_get(struct object *o);
void object_put(struct object *o); /* NULL is fine; the last one frees the whole object */

/* A new description: a descriptor of this process, close-on-exec, or -errno. `mode`: O_RDONLY... */
int object_open(struct object *o, int mode);
/* From now on closes are watched (an instance with few objects asks instead). */
void object_watch_all(struct cygnet *inst);
/* Releases objects whose descriptions were all closed, by whomever. */
void object_settle(struct cygnet *inst);

/*
 * May the program use the program array, or be in it? The first one that asks
 * decides what all others must be like.
 */
bool map_object_admit(struct map_object *m, const struct prog_object *p);
/* May the program use each of its program arrays? 0 or -EINVAL. */
int map_object_admit_all(const struct prog_object *p);
void map_meta_free(struct map_meta *meta); /* NULL is fine */

/*
 * The last description of a map went (or the last pin, and none is open) while it
 * lives on: a perf event array lets its events go then, unless made with
 * BPF_F_PRESERVE_ELEMS; a program array that is not pinned its programs, which may
 * be what it lives on for.
 */
void map_object_closed(struct map_object *m);

/* The instance's views of the image's maps, valid while the program is. 0 or -ENOMEM. */
int prog_object_views(struct prog_object *p, struct map *const **out);

/* The kinds' destructors: what object_put calls at the end, before the object's own part goes. */
void map_object_fini(struct map_object *m);
void prog_object_fini(struct prog_object *p);
void btf_object_fini(struct btf_object *b);
void link_object_fini(struct link_object *l);
void perf_object_fini(struct perf_object *p);
void stats_object_fini(struct stats_object *s);

/*
 * Makes `o`'s file a segment: sized, sealed, header written, mapped, and `view` a
 * fresh view of it. On failure the object is as good as before, its file apart.
 */
int segment_make(struct object *o, const struct map_attr *attr, const char name[16],
		 struct map *view, u64 *size);
/*
 * A map of checked attributes: memfd, sealed segment, view; one reference.
 * `notes`: the instance's own ring. -E2BIG, -ENOMEM, -EMFILE, -EINVAL.
 */
int map_object_new(struct cygnet *inst, const struct map_attr *attr, const char name[16],
		   bool notes, struct map_object **out);

/* Takes ownership of `btf`; one reference. NULL: the kernel's, loaded when first asked for. */
int btf_object_new(struct cygnet *inst, struct btf_info *btf, struct btf_object **out);
/* Makes the kernel's type information present: 0, -ENOENT (the host has none), -EINVAL, -ENOMEM. */
int btf_object_load_kernel(struct btf_object *b);

static inline struct map_object *object_map(struct object *o)
{
	return o && o->kind == OBJECT_MAP ? (struct map_object *)o : NULL;
}

static inline struct prog_object *object_prog(struct object *o)
{
	return o && o->kind == OBJECT_PROG ? (struct prog_object *)o : NULL;
}

static inline struct btf_object *object_btf(struct object *o)
{
	return o && o->kind == OBJECT_BTF ? (struct btf_object *)o : NULL;
}

static inline struct link_object *object_link(struct object *o)
{
	return o && o->kind == OBJECT_LINK ? (struct link_object *)o : NULL;
}

static inline struct perf_object *object_perf(struct object *o)
{
	return o && o->kind == OBJECT_PERF ? (struct perf_object *)o : NULL;
}

#endif
