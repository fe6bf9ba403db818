/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program of a by_btf type is attached to: a raw tracepoint, a function's
 * entry or exit, an iterator, a security hook, a member of a table of operations,
 * a function of another program. PROG_LOAD names it by attach type, BTF and id
 * (struct verify_input); verify_target_find() says what that is, or in the
 * kernel's words why it is nothing.
 */
#ifndef VERIFY_TARGET_H
#define VERIFY_TARGET_H

#include "btf/walk.h"
#include "verify/hook.h"
#include "verify/verifier.h"

enum target_kind {
	TARGET_NONE, /* types that are not attached by BTF */
	TARGET_TRACEPOINT,
	TARGET_ENTRY,
	TARGET_EXIT,
	TARGET_MODIFY,
	TARGET_ITER,
	TARGET_LSM,
	TARGET_LSM_CGROUP,
	TARGET_OPS,
	TARGET_EXTENSION,
};

struct verify_target {
	enum target_kind kind;
	const struct btf_info *btf;
	u32 id;           /* in btf, as the program was loaded with */
	const char *name; /* of the function, tracepoint, member: as messages have it */
	struct btf_function func;
	u32 skip;       /* leading arguments that are not in the context */
	u64 nullable;   /* arguments that may be NULL: bit 0 is the first in the context */
	u64 refcounted; /* ... that come with a reference to be given back */
	bool trusted;   /* pointers are */
	bool returns_bool;
	const struct hook_iter *iter;
	const char *ops; /* OPS: the struct's name; `name` is the member's */
	u32 refs[12];    /* ids of the references of `refcounted` */
	u32 prog_type;   /* EXTENSION: of the program it is part of then; others: their own */
};

/* verify_target_find() changes v->type of extensions to what they replace a part of. */

/* Returns nothing: r0 need not be set at the exit. */
bool verify_target_is_void(const struct verifier *v);
/* What may be returned; false: anything. */
bool verify_target_returns(const struct verifier *v, struct prog_range *out);
/*
 * Stores into kernel objects that the attach point allows (a congestion control's
 * socket): 0; 1 when it allows none at all; -EACCES and why.
 */
int verify_target_write(struct verifier *v, const struct vreg *r, u32 off, u32 size);
/* How many arguments are in the context: bpf_get_func_arg_cnt. */
u32 verify_target_arg_count(const struct verifier *v);

#endif
