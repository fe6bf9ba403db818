/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a map type. One file per type in map/, ending in its
 * `const struct map_ops map_<type>_ops`, listed once in core/tables.def.
 * Everything here is freestanding: no allocation, no system call, no libc.
 */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include "base/diag.h"
#include "core/segment.h"

struct run;
struct map;

/*
 * Our own type, which MAP_CREATE does not take: the ring of a perf event.
 * max_entries is its bytes of data, a power of two of at least a page; the
 * contents are what a consumer maps: struct perf_event_mmap_page, then the data.
 * key_size is the cpu that the event counts on, plus 1; 0: any.
 */
#define MAP_TYPE_PERF_RING 0x10000u

/* Special fields of a value at most: BTF_FIELDS_MAX. */
#define MAP_FIELDS 11

/* Bytes of a value that bpf(2) neither reads nor writes: locks, timers, pointers to objects. */
struct map_field {
	u32 offset, size;
};

/* What MAP_CREATE asks for (already copied from the client). */
struct map_attr {
	u32 type, key_size, value_size, max_entries, flags;
	u32 possible_cpus; /* of the instance */
	u64 extra;         /* map_extra */
	/* byte offset of a `struct bpf_spin_lock` in the value, or -1 (from BTF) */
	s32 spin_lock_off;
	/* the value's special fields, the lock among them, in order of offset (from BTF) */
	u32 field_count;
	struct map_field fields[MAP_FIELDS];
	bool typed;        /* the types of key and value were told */
	bool kernel_value; /* the value's is the kernel's */
};

enum map_batch {
	MAP_BATCH_LOOKUP = 1,
	MAP_BATCH_UPDATE = 2,
	MAP_BATCH_DELETE = 4,
	MAP_BATCH_TAKE = 8, /* lookup and delete */
	MAP_BATCH_SOME = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
	MAP_BATCH_ALL = MAP_BATCH_SOME | MAP_BATCH_DELETE | MAP_BATCH_TAKE,
};

/* What a map type says of its key's and value's types (BTF). */
enum map_types {
	MAP_TYPES_KEYED,  /* any, as long as both are told */
	MAP_TYPES_NONE,   /* must not have any */
	MAP_TYPES_INDEX,  /* the key a 32-bit integer, or none and the value a section */
	MAP_TYPES_INT,    /* the key a 32-bit integer */
	MAP_TYPES_STRUCT, /* the key a struct */
	MAP_TYPES_VALUE,  /* no key */
	MAP_TYPES_ANY,    /* a key or none */
	MAP_TYPES_CGROUP, /* the key a cgroup's id, or struct bpf_cgroup_storage_key */
};

/*
 * One process' view of a map: made by map_view_init() from a mapped segment,
 * valid while the mapping is. The same struct in instance, client and target.
 */
struct map {
	const struct map_ops *ops;
	u8 *contents;        /* segment offset 0 */
	struct segment *seg; /* contents + contents_size */
	u8 *meta;            /* (u8 *)seg + SEGMENT_META */
	/* copies of trusted creation parameters: never re-read from shared memory */
	u32 id, type, key_size, value_size, max_entries, flags, possible_cpus, seed;
	u32 value_stride; /* value_size rounded up to 8 */
	s32 spin_lock_off;
	u32 field_count;
	struct map_field fields[MAP_FIELDS];
	u64 extra; /* map_extra */
	u64 contents_size, size;
	u32 owner; /* this participant's index: owner word of slots and locks */
	char name[16];
	void *priv; /* type's own precomputed view, inside `priv_space` */
	u64 priv_space[16];
};

/* The span of memory a value pointer may touch: used by the checked interpreter. */
struct map_span {
	u64 base;
	u64 size;
	bool writable;
};

struct map_ops {
	u32 type;
	const char *name; /* as bpftool prints it: "hash", "percpu_array", ... */
	u16 since;        /* first kernel, 0xMMmm; 0: no client can make one */
	u8 types;         /* enum map_types */
	u8 batch;         /* enum map_batch: what bpf(2) does to many elements at once */
	u32 adds_flags;   /* every map of the type has them */

	/* The kernel's checks on attributes and flags, errno for errno. 0 or -errno. */
	int (*check)(const struct map_attr *attr, struct diag *diag);
	/* The same for what the kernel checks only once the caller's rights are clear; or NULL. */
	int (*check_late)(const struct map_attr *attr, struct diag *diag);
	/* Bytes of contents (page-aligned) and of metadata behind the header. 0 or -E2BIG. */
	int (*layout)(const struct map_attr *attr, u64 *contents, u64 *meta);
	/* Fills a fresh, zeroed segment whose header is already written. */
	int (*init)(struct map *m);
	/* Prepares a view (m->priv); called for every view, before init for the first. 0 or
	 * -EINVAL.
	 */
	int (*view)(struct map *m);

	/* What programs call; `run` gives the cpu slot and environment. NULL: type has no such op.
	 */
	void *(*lookup)(struct map *m, struct run *run, const void *key);
	long (*update)(struct map *m, struct run *run, const void *key, const void *value,
		       u64 flags);
	long (*remove)(struct map *m, struct run *run, const void *key);
	void *(*lookup_percpu)(struct map *m, const void *key, u32 cpu);
	long (*push)(struct map *m, struct run *run, const void *value, u64 flags);
	long (*pop)(struct map *m, struct run *run, void *value);
	long (*peek)(struct map *m, struct run *run, void *value);
	/*
	 * Calls `fn` for each element until it returns non-zero; per-CPU types pass
	 * this cpu's value. Returns elements visited or -errno.
	 */
	long (*for_each)(struct map *m, struct run *run,
			 long (*fn)(void *data, const void *key, void *value), void *data);

	/*
	 * What bpf(2) does to elements: whole-element copies, all per-CPU values at
	 * once (possible_cpus * stride bytes). flags as the command's. `value` sizes
	 * are map_sys_value_size(). NULL: the command is -ENOTSUPP (524) or -EINVAL
	 * as the kernel has it for that type (see sys/).
	 */
	int (*sys_lookup)(struct map *m, const void *key, void *value, u64 flags);
	int (*sys_update)(struct map *m, const void *key, const void *value, u64 flags);
	int (*sys_delete)(struct map *m, const void *key);
	int (*sys_lookup_and_delete)(struct map *m, const void *key, void *value, u64 flags);
	/* key NULL: the first. -ENOENT at the end. A vanished key restarts at the first. */
	int (*next_key)(struct map *m, const void *key, void *next);

	/*
	 * Which span may an access at `addr` touch? Values only, never links; one
	 * element's (one cpu's) value. 0 or -EACCES when addr is not inside a value.
	 */
	int (*span)(struct map *m, u64 addr, struct map_span *out);
	/* Address of byte `off` of the only value (BPF_PSEUDO_MAP_VALUE); arrays only. */
	int (*direct)(struct map *m, u64 off, u64 *addr);
	/* Bytes of memory that fdinfo reports. */
	u64 (*memory)(const struct map *m);
	/*
	 * Puts right what participants left behind who died in the middle of an
	 * operation; `dead` tells of a participant's index. The instance calls it,
	 * one thread at a time, while others go on; nobody ever waits for it. NULL:
	 * nothing can be left behind.
	 */
	void (*sweep)(struct map *m, bool (*dead)(void *data, u32 owner), void *data);
};

/* Bytes one bpf(2) element copy has: value_size, or stride * cpus for per-CPU types. */
u32 map_sys_value_size(const struct map *m);
/* Whether a type keeps one value per cpu. */
bool map_type_is_percpu(u32 type);
/*
 * Makes a view of a mapped segment. `attr` is trusted (from the instance, never
 * from the segment). `fresh`: also runs ops->init. 0, -EINVAL (unknown type, layout).
 */
int map_view_init(struct map *m, const struct map_attr *attr, u32 id, const char *name, void *base,
		  u32 owner, bool fresh);

/*
 * What a held bpf_spin_lock's word says: the participant, so that the lock of
 * a dead one can be released, and the run's cpu slot, so that a run that
 * interrupted the holder knows. bpf(2) has no slot: `cpu` is then ~0.
 */
static inline u32 map_lock_word(u32 owner, u32 cpu)
{
	return (owner + 1) << 8 | ((cpu + 1) & 0xff);
}

/* Bytes that a ring buffer's consumer has not taken yet. */
u64 map_ringbuf_pending(const struct map *m);

/* From core/tables.def; NULL for an unknown type. */
const struct map_ops *core_map_ops(u32 type);

#endif
