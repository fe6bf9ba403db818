/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bodies of helpers share. Freestanding. */
#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

#include <linux/errno.h>
#include <cygnet/abi.h>
#include "core/helper.h"
#include "core/run.h"

#define HELPER_BODY(name) static u64 name(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)

/* The same where core/kfunc_body.def names it. */
#define HELPER_BODY_OF(name) u64 name(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)

/* A result that is an error or a count. */
#define HELPER_RESULT(v) ((u64)(s64)(v))

/* Can the environment answer `op`? If not, the question is counted. */
#define HELPER_CAN(run, op) (likely((run)->env && (run)->env->op) || ((run)->unknown++, false))

/* Is a task's handle the current one's? */
bool helper_is_current(struct run *run, u64 task);

/*
 * Reads as the kernel's probe reads do: what cannot be read is all zeroes, -EFAULT.
 */
enum helper_space {
	SPACE_USER,
	SPACE_KERNEL, /* also memory of the program itself: its maps, context, handles */
	SPACE_EITHER, /* decided by the address */
};
long helper_read(struct run *run, enum helper_space space, void *dst, u32 size, u64 addr);
/* A string of at most `size` bytes with its NUL; the length with the NUL, or -EFAULT. */
long helper_read_str(struct run *run, enum helper_space space, char *dst, u32 size, u64 addr);

#endif
