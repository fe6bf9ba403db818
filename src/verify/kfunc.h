/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that check kfunc calls: one call, and what its arguments are. */
#ifndef VERIFY_KFUNC_H
#define VERIFY_KFUNC_H

#include "btf/fields.h"
#include "btf/walk.h"
#include "core/kfunc.h"
#include "verify/verifier.h"

/* What a pointer argument is, by the kfunc's BTF and, in parts, by what is passed. */
enum kfunc_arg {
	KARG_NUMBER,
	KARG_IGNORED,
	KARG_NULL, /* a null constant where that is allowed */
	KARG_CTX,
	KARG_ALLOCATED,  /* __alloc */
	KARG_REFCOUNTED, /* __refcounted_kptr */
	KARG_DYNPTR,
	KARG_ITER,
	KARG_LIST_HEAD,
	KARG_LIST_NODE,
	KARG_TREE_ROOT,
	KARG_TREE_NODE,
	KARG_STRING, /* __str */
	KARG_MAP,    /* __map */
	KARG_WORKQUEUE,
	KARG_TASK_WORK,
	KARG_IRQ_FLAG,
	KARG_LOCK, /* bpf_res_spin_lock */
	KARG_OBJECT,
	KARG_CALLBACK,
	KARG_MEMORY,       /* as long as its type */
	KARG_MEMORY_SIZED, /* as the next argument says */
};

/* Kfuncs that the verifier knows by name. */
enum kfunc_special {
	KF_NOT_SPECIAL,
#define SPECIAL(name) KF_##name,
#include "verify/kfunc_special.def"
#undef SPECIAL
};

struct kfunc_call {
	const struct verify_kfunc *k;
	const char *name;
	enum kfunc_special special;
	u32 flags; /* KF_* */
	struct btf_function func;
	/* what the arguments have told */
	bool has_constant, has_callback, owning;
	u64 constant;
	u32 r0_size;
	bool r0_rdonly;
	u32 ref, release_regno;
	u32 callback;
	const struct verify_map *map;
	u32 map_uid;
	const struct btf_info *arg_btf; /* of an allocated object */
	u32 arg_type;
	u32 ret_type;       /* bpf_cast_to_kern_ctx */
	struct vreg dynptr; /* the initialised one */
	struct graph_root root;
	bool has_iter;
	struct iter_at iter;
	u32 iter_slots;
};

enum kfunc_special kfunc_special_of(const char *name);
/* A struct of numbers, of such structs, and of arrays of either. */
bool kfunc_is_scalar_struct(const struct btf_info *btf, u32 id);
/* May it be called while a lock is held? */
bool kfunc_under_lock(const struct kfunc_call *c);
/* 0 with *kind, or the verdict. */
int kfunc_arg_kind(struct verifier *v, const struct kfunc_call *c, u32 arg, enum kfunc_arg *kind);
int kfunc_check_args(struct verifier *v, struct kfunc_call *c);
/* r0, the rest of r0-r5 being gone. */
int kfunc_set_result(struct verifier *v, struct kfunc_call *c);

#endif
