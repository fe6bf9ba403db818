/* SPDX-License-Identifier: BSD-2-Clause */
/* What attach points are that BTF does not say: the rows of hook.def, by name. */
#ifndef VERIFY_HOOK_H
#define VERIFY_HOOK_H

#include "base/types.h"

enum hook_flag {
	HOOK_SLEEPABLE = 1 << 0, /* programs may sleep there */
	HOOK_DISABLED = 1 << 1,  /* takes no programs, since 6.12 */
	HOOK_BOOL = 1 << 2,      /* returns 0 or 1, not 0 or an error */
	HOOK_UNTRUSTED = 1 << 3, /* its pointers are not trusted: objects being made or freed */
};

u32 hook_lsm(const char *name); /* enum hook_flag; 0: nothing special. Without "bpf_lsm_" */

/* Arguments of a raw tracepoint that may be NULL: bit 0 is the first. Without "btf_trace_". */
u64 hook_tracepoint_nullable(const char *name);

enum hook_iter_kind {
	HOOK_ITER_NONE, /* as the prototype says, trusted */
	HOOK_ITER_OBJECT,
	HOOK_ITER_TRUSTED_OBJECT,
	HOOK_ITER_RDONLY,
	HOOK_ITER_WRITABLE,
};

/* An iterator's context by argument; NULL: no such iterator. All but NONE may be NULL. */
struct hook_iter {
	const char *name; /* without "bpf_iter_" */
	u8 args[4];       /* enum hook_iter_kind */
};

const struct hook_iter *hook_iter(const char *name);

bool hook_is_denied(const char *function);
bool hook_is_noreturn(const char *function);
/* By error injection, kfunc sets or name; *sleepable: fentry, fexit, fmod_ret may sleep there. */
bool hook_is_modifiable(const char *function, bool *sleepable);
/* Member of a table of operations that programs may not be. */
bool hook_is_unsupported(const char *ops, const char *member);

#endif
