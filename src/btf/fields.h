/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Special fields: the bytes of a map value, or of an object that a program
 * allocates, that are not plain data: locks, timers, pointers to kernel objects,
 * lists, trees and their nodes. Found by the names of their types through
 * embedded structs and arrays, or by type tags on pointers; laid out as the
 * kernel does, with its errors for what cannot be.
 *
 * (struct btf_field, in btf.h, is any member; these are the special ones.)
 */
#ifndef BTF_FIELDS_H
#define BTF_FIELDS_H

#include "btf/btf.h"

enum btf_special_kind {
	BTF_SPECIAL_SPIN_LOCK = 1 << 0,
	BTF_SPECIAL_RES_SPIN_LOCK = 1 << 1,
	BTF_SPECIAL_TIMER = 1 << 2,
	BTF_SPECIAL_WORKQUEUE = 1 << 3,
	BTF_SPECIAL_TASK_WORK = 1 << 4,
	BTF_SPECIAL_KPTR_UNREF = 1 << 5, /* type tag kptr_untrusted */
	BTF_SPECIAL_KPTR_REF = 1 << 6,   /* type tag kptr */
	BTF_SPECIAL_KPTR_PERCPU = 1 << 7,
	BTF_SPECIAL_UPTR = 1 << 8,
	BTF_SPECIAL_LIST_HEAD = 1 << 9,
	BTF_SPECIAL_LIST_NODE = 1 << 10,
	BTF_SPECIAL_RB_ROOT = 1 << 11,
	BTF_SPECIAL_RB_NODE = 1 << 12,
	BTF_SPECIAL_REFCOUNT = 1 << 13,
};

#define BTF_SPECIAL_LOCK       (BTF_SPECIAL_SPIN_LOCK | BTF_SPECIAL_RES_SPIN_LOCK)
#define BTF_SPECIAL_KPTR       (BTF_SPECIAL_KPTR_UNREF | BTF_SPECIAL_KPTR_REF | BTF_SPECIAL_KPTR_PERCPU)
#define BTF_SPECIAL_GRAPH_ROOT (BTF_SPECIAL_LIST_HEAD | BTF_SPECIAL_RB_ROOT)
#define BTF_SPECIAL_GRAPH_NODE (BTF_SPECIAL_LIST_NODE | BTF_SPECIAL_RB_NODE)

/* What the kernel looks for in a map's value... */
#define BTF_SPECIAL_IN_MAPS                                                                     \
	(BTF_SPECIAL_LOCK | BTF_SPECIAL_TIMER | BTF_SPECIAL_WORKQUEUE | BTF_SPECIAL_TASK_WORK | \
	 BTF_SPECIAL_KPTR | BTF_SPECIAL_UPTR | BTF_SPECIAL_GRAPH_ROOT | BTF_SPECIAL_REFCOUNT)
/* ... and in the structs that programs allocate (bpf_obj_new). */
#define BTF_SPECIAL_IN_OBJECTS                                                \
	(BTF_SPECIAL_LOCK | BTF_SPECIAL_GRAPH_ROOT | BTF_SPECIAL_GRAPH_NODE | \
	 BTF_SPECIAL_REFCOUNT | BTF_SPECIAL_KPTR)

#define BTF_FIELDS_MAX 11

struct btf_special {
	u32 kind; /* one of enum btf_special_kind */
	u32 offset, size;
	/* Pointers: the struct pointed to. Roots: the struct in the list or tree. Others: 0. */
	u32 type;
	bool kernel; /* `type` is an id of the kernel's type information, not of the program's */
	u32 node_offset; /* roots: of the node within `type` */
};

/* In order of offset, without overlaps. Holds no memory: copy it as you like. */
struct btf_fields {
	u32 mask; /* kinds present */
	u32 count;
	struct btf_special at[BTF_FIELDS_MAX];
};

/*
 * The special fields of kinds `allowed` in `type` (a struct, or a section's
 * DATASEC); other kinds are plain bytes. None: 0 with count 0.
 * `kernel` (or NULL): the kernel's type information. A pointer to a struct that
 * it has, by name, points to the kernel's; any other, to the program's own. With
 * NULL all stay the program's.
 *
 * -E2BIG: more than BTF_FIELDS_MAX, two locks (timers, ...), nested too deep;
 * -EINVAL: tags or roots that cannot be, roots without a lock, both kinds of
 * lock; -EEXIST: overlapping; -EFAULT: behind the end; -ENOENT: a root of what
 * does not exist, a kptr to what cannot be released. *out is untouched then.
 */
int btf_fields_parse(const struct btf_info *btf, u32 type, u32 allowed,
		     const struct btf_info *kernel, struct btf_fields *out);

/*
 * Of a struct that a program may allocate: what bpf_obj_new, list and tree
 * operations ask for. -ENOENT when the kernel keeps no record of the struct: none
 * of its own members (not: of its members' members) is special.
 */
int btf_fields_of_object(const struct btf_info *btf, u32 type, const struct btf_info *kernel,
			 struct btf_fields *out);

/* Would btf_fields_of_object() look? */
bool btf_fields_in_object(const struct btf_info *btf, u32 type);
/* Is the type a pointer with a tag of kinds `allowed`? 1 and *out (offset 0), 0, or -EINVAL. */
int btf_fields_pointer(const struct btf_info *btf, u32 type, u32 allowed, struct btf_special *out);

/*
 * Roots own structs that have records, and no circle of ownership: 0, -EFAULT,
 * -ELOOP. Pointers to user memory point to the
 * program's types, of a size in (0, 4096]: -EINVAL, -E2BIG.
 */
int btf_fields_check_ownership(const struct btf_info *btf, const struct btf_fields *fields);

/* The same for the kinds of one owner and of what it owns (0: no record). 0, -EFAULT, -ELOOP. */
int btf_fields_check_owned(u32 owner, u32 owned);

/* The field that starts at `offset` and is of a kind in `kinds`; NULL. */
const struct btf_special *btf_fields_find(const struct btf_fields *fields, u32 offset, u32 kinds);
/* The first of a kind in `kinds`: the lock, the timer, the reference count; NULL. */
const struct btf_special *btf_fields_first(const struct btf_fields *fields, u32 kinds);
/* The first that [offset, offset + size) touches; NULL. */
const struct btf_special *btf_fields_touched(const struct btf_fields *fields, u32 offset, u32 size);
/* The kernel's name of a kind: "bpf_spin_lock", "kptr", ... */
const char *btf_special_name(u32 kind);

#endif
