/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a helper: prototype beside the body, or alone: such a helper
 * may be called, and the run that does so ends with FAULT_NO_HELPER. A family
 * is one file ending in `const struct helper_family helper_<family>`, listed
 * once in core/tables.def. Freestanding.
 */
#ifndef CORE_HELPER_H
#define CORE_HELPER_H

#include "base/types.h"

struct run;

/* What an argument must be: the kernel's vocabulary, checked by the checked interpreter and, later,
 * proven by the verifier. ARG_MEM and ARG_MEM_WRITE take their size from the next argument
 * (ARG_SIZE*), except ARG_MEM_FIXED*, whose size is in fixed_size[].
 */
enum helper_arg {
	ARG_NONE,
	ARG_ANY,       /* any scalar or pointer */
	ARG_MAP,       /* struct map * the image refers to (or looked up from a map of maps) */
	ARG_MAP_KEY,   /* key_size readable bytes of the ARG_MAP before it */
	ARG_MAP_VALUE, /* value_size readable bytes */
	ARG_MAP_VALUE_WRITE, /* value_size writable bytes */
	ARG_MEM,             /* readable */
	ARG_MEM_OR_NULL,
	ARG_MEM_WRITE, /* writable */
	ARG_MEM_FIXED, /* fixed_size readable bytes */
	ARG_MEM_FIXED_WRITE,
	ARG_SIZE, /* > 0 */
	ARG_SIZE_OR_ZERO,
	ARG_ALLOC_SIZE,    /* constant size of what is returned (ringbuf_reserve) */
	ARG_CTX,           /* the program's context */
	ARG_FUNC,          /* index of a static subprogram's first instruction */
	ARG_STACK_OR_NULL, /* callback context: anything the callback may use */
	ARG_CONST_STR,     /* NUL-terminated, in a frozen read-only map */
	ARG_SPIN_LOCK,     /* a bpf_spin_lock in a map value */
	ARG_RINGBUF_MEM,   /* what ringbuf_reserve returned, not yet released */
	ARG_BTF_PTR,       /* a kernel object handle */
	ARG_MEM_WRITE_OR_NULL,
	ARG_MEM_CHANGE,       /* readable and writable: what is there counts */
	ARG_MEM_FIXED_CHANGE, /* the same, fixed_size bytes */
	ARG_MAP_VALUE_OR_NULL,
	ARG_CTX_OR_NULL,
	ARG_BTF_PTR_OR_NULL,
	ARG_BTF_RELEASED_OR_NULL, /* a reference, given away */
	ARG_BTF_SOCK_COMMON,      /* any socket: a program type's own, or a kernel object */
	ARG_BTF_SOCK_COMMON_OR_NULL,
	ARG_SOCK_COMMON, /* only a program type's own */
	ARG_SOCK_OR_NULL,
	ARG_PERCPU_BTF, /* a per-CPU variable of the kernel */
	ARG_DYNPTR,
	ARG_DYNPTR_NEW_LOCAL,   /* room for one that will be of map memory */
	ARG_DYNPTR_NEW_RINGBUF, /* ... of a ring buffer's record */
	ARG_DYNPTR_RINGBUF,     /* one of such a record */
	ARG_TIMER,              /* a bpf_timer in a map value */
	ARG_KPTR,               /* a field of a map value that holds a kernel object */
};

enum helper_ret {
	RET_INT,
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_RINGBUF_MEM_OR_NULL, /* size: the ARG_ALLOC_SIZE argument */
	RET_BTF_PTR,
	RET_BTF_PTR_OR_NULL,
	RET_MEM_OR_NULL,
	RET_MAP_VALUE,
	RET_SOCK_OR_NULL,
	RET_SOCK_COMMON_OR_NULL,
	RET_TCP_SOCK_OR_NULL,
	RET_DYNPTR_MEM_OR_NULL, /* size: the ARG_ALLOC_SIZE argument */
	RET_PERCPU_MEM,         /* one cpu's copy of the ARG_PERCPU_BTF argument */
	RET_PERCPU_MEM_OR_NULL,
};

enum helper_flag {
	HELPER_GPL_ONLY = 1 << 0,
	HELPER_SLEEPABLE = 1 << 1,     /* only from sleepable programs */
	HELPER_RELEASES_ARG1 = 1 << 2, /* ends the life of argument 1 (ringbuf submit, discard) */
	HELPER_RELEASES_ARG2 = 1 << 3,
	HELPER_ACQUIRES = 1 << 4,       /* what it returns must be released */
	HELPER_CHANGES_PACKET = 1 << 5, /* pointers into the packet are void afterwards */
	HELPER_TAKES_PACKET = 1 << 6,   /* memory arguments may lie in the packet */
	HELPER_FAULTS = 1 << 9,         /* may set run->fault in runs that are not checked, too */
	HELPER_FASTCALL = 1 << 8,       /* compiled in place: clobbers its arguments and r0 only */
	HELPER_TAIL_CALL = 1 << 7,      /* the engine's: goes on in the program at a map's index */
	HELPER_VARIADIC = 1 << 10,      /* reads all of r1-r5, set or not */
};

/* r1-r5 as in the kernel; the result becomes r0. Runs with the run's environment. */
typedef u64 helper_fn(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

struct helper_proto {
	u32 id;           /* BPF_FUNC_* */
	const char *name; /* "bpf_map_lookup_elem" */
	helper_fn *fn;    /* NULL: no body here */
	u8 ret;           /* enum helper_ret */
	u8 args[5];       /* enum helper_arg */
	u16 fixed_size[5];
	u32 flags;
	u16 since;       /* first kernel, 0xMMmm: 0x0508 is 5.8; 0: before 4.19 */
	u32 map_type;    /* its ARG_MAP must be of this BPF_MAP_TYPE_*; 0: any */
	const char *doc; /* one line for docs/helpers.md; lint: never NULL */
	/* A variant: how programs of these types call it (HELPER_FOR). 0: the row for all others.
	 */
	u64 types;
	const char *btf[5];  /* struct that an ARG_BTF_PTR* points to */
	const char *ret_btf; /* ... a RET_BTF_PTR*; NULL: what argument 1 says */
	u64 map_types; /* its ARG_MAP must be of one of these types (HELPER_MAP); 0: map_type says
			*/
};

#define HELPER_FOR(type) (1ull << BPF_PROG_TYPE_##type)
#define HELPER_MAP(type) (1ull << BPF_MAP_TYPE_##type)

/* It reads r1 up to this register. */
static inline u32 core_helper_reads(const struct helper_proto *proto)
{
	u32 n = 0;

	if (proto->flags & HELPER_VARIADIC)
		return 5;
	while (n < 5 && proto->args[n] != ARG_NONE)
		n++;
	return n;
}

/* May its ARG_MAP be of that type? */
static inline bool core_helper_takes_map(const struct helper_proto *proto, u32 map_type)
{
	if (proto->map_types)
		return map_type < 64 && proto->map_types >> map_type & 1;
	return !proto->map_type || proto->map_type == map_type;
}

struct helper_family {
	const struct helper_proto *protos;
	u32 count;
};

#define HELPER_FAMILY(name, array) \
	const struct helper_family name = {array, sizeof(array) / sizeof((array)[0])}

/* NULL for an id that no row has. O(1). core_helpers_init() runs once per process before. */
const struct helper_proto *core_helper(u32 id);
/* The same, as programs of a type call it. Walks the tables: for loading, not for running. */
const struct helper_proto *core_helper_for(u32 id, u32 prog_type);
const struct helper_proto *core_helper_by_name(const char *name); /* with or without "bpf_" */
void core_helpers_init(void);
/* For lint: a helper that two rows claim for every type, or 0. */
u32 core_helper_duplicate(void);

#endif
