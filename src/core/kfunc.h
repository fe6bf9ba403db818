/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kfuncs: functions of the kernel that programs may call by BTF id. kfunc.def
 * has one row for each of Linux 6.18's, modules' included: what its BTF does
 * not say (flags, program types, versions) and, for when no BTF is at hand, its
 * prototype as a C declaration, whose parameter names carry the suffixes that
 * matter (__sz, __k, __ign, ...). Freestanding.
 */
#ifndef CORE_KFUNC_H
#define CORE_KFUNC_H

#include "core/helper.h"

/* With the kernel's names and bits. */
enum kfunc_flag {
	KF_ACQUIRE = 1 << 0,  /* what it returns must be released */
	KF_RELEASE = 1 << 1,  /* releases one of its arguments */
	KF_RET_NULL = 1 << 2, /* what it returns may be NULL */
	KF_KPTR_GET = 1 << 3, /* until 6.3: argument 1 points to a kptr in a map value */
	KF_TRUSTED_ARGS = 1 << 4,
	KF_SLEEPABLE = 1 << 5,
	KF_DESTRUCTIVE = 1 << 6, /* asks for CAP_SYS_BOOT */
	KF_RCU = 1 << 7,         /* RCU pointers will do as arguments */
	KF_ITER_NEW = 1 << 8,
	KF_ITER_NEXT = 1 << 9,
	KF_ITER_DESTROY = 1 << 10,
	KF_RCU_PROTECTED = 1 << 11, /* only inside an RCU section */
	KF_FASTCALL = 1 << 12,
	KF_ARENA_RET = 1 << 13,
	KF_ARENA_ARG1 = 1 << 14,
	KF_ARENA_ARG2 = 1 << 15,
};

/* Whom the kernel offers it to. A program type belongs to one of them, or only to COMMON. */
enum kfunc_hook {
	KFUNC_COMMON = 1 << 0, /* every program type */
	KFUNC_XDP = 1 << 1,
	KFUNC_TC = 1 << 2, /* sched_cls */
	KFUNC_STRUCT_OPS = 1 << 3,
	KFUNC_TRACING = 1 << 4, /* tracing, lsm; tracepoint, perf_event */
	KFUNC_SYSCALL = 1 << 5,
	KFUNC_FMODRET = 1 << 6, /* not callable: fmod_ret programs may attach to it */
	KFUNC_CGROUP = 1 << 7,
	KFUNC_SCHED_ACT = 1 << 8,
	KFUNC_SK_SKB = 1 << 9,
	KFUNC_SOCKET_FILTER = 1 << 10,
	KFUNC_LWT = 1 << 11,
	KFUNC_NETFILTER = 1 << 12,
	KFUNC_KPROBE = 1 << 13,
	KFUNC_GENERIC = KFUNC_XDP | KFUNC_TC | KFUNC_STRUCT_OPS | KFUNC_TRACING | KFUNC_SYSCALL |
			KFUNC_CGROUP,
};

/* ... and what narrows that down. */
enum kfunc_only {
	KFUNC_ONLY_ANY,
	KFUNC_ONLY_LSM,
	KFUNC_ONLY_ITER,    /* tracing programs that are iterators */
	KFUNC_ONLY_SESSION, /* kprobe programs attached as a session */
	KFUNC_ONLY_DEVICE,  /* programs bound to a device */
	/* struct_ops programs of one struct: see core_kfunc_struct() */
	KFUNC_ONLY_QDISC,
	KFUNC_ONLY_SCX_SELECT,
	KFUNC_ONLY_SCX_ENQUEUE,
	KFUNC_ONLY_SCX_DISPATCH,
	KFUNC_ONLY_SCX_RELEASE,
	KFUNC_ONLY_SCX_UNLOCKED,
};

struct kfunc_proto {
	const char *name;   /* "bpf_task_acquire": as its FUNC in the kernel's BTF */
	helper_fn *fn;      /* NULL: no body here */
	u32 flags;          /* enum kfunc_flag */
	u16 hooks;          /* enum kfunc_hook */
	u8 only;            /* enum kfunc_only */
	u16 since, until;   /* kernels, 0xMMmm, the last one included; until 0: still there */
	u16 seen;           /* the kernel whose BTF `proto` was read from; 0: from documentation */
	const char *config; /* what the kernel must be built with; NULL: nothing beyond BPF */
	const char *proto;  /* C declaration; types by name: struct x *, u32, enum y */
	const char *doc;    /* one line; lint: never NULL */
};

struct kfunc_body {
	const char *name;
	helper_fn *fn;
	u16 size;   /* bytes that its ARG_MEM_FIXED* arguments point to */
	u8 args[5]; /* enum helper_arg, up to the last that the checked interpreter must look at */
};

#define KFUNC_BODY(name, ...) helper_fn kfunc_##name;
#include "core/kfunc_body.def"
#undef KFUNC_BODY

/* The body with that number in an image (isa/op.h), from 1; NULL: none. O(1). */
const struct kfunc_body *core_kfunc_body(u32 number);
/* The number of the body of `name`; 0: it has none. */
u32 core_kfunc_body_number(const char *name);

extern const u32 core_kfunc_count;
const struct kfunc_proto *core_kfunc_at(u32 index);     /* in the table's order; NULL */
const struct kfunc_proto *core_kfunc(const char *name); /* NULL: not in the table */
/*
 * The row of `name` when programs of `prog_type` and `attach_type` may call it;
 * NULL: "calling kernel function %s is not allowed". `version` as core/kernel.h
 * has it. Freplace programs ask with the type they replace a function of.
 */
const struct kfunc_proto *core_kfunc_for(const char *name, u32 version, u32 prog_type,
					 u32 attach_type);

/* The hook of a program type in a version, beside KFUNC_COMMON; 0: none. */
u32 core_kfunc_hook(u32 version, u32 prog_type);
/* The struct whose struct_ops programs alone may call it ("Qdisc_ops"); NULL: any. */
const char *core_kfunc_struct(const struct kfunc_proto *k);
/* May a struct_ops program that is member `member` of `ops` call it? */
bool core_kfunc_member(const struct kfunc_proto *k, const char *ops, const char *member);
/* May fmod_ret programs attach to a function of this name (beside error injection)? */
bool core_kfunc_fmodret(const char *name, bool *sleepable);

#endif
