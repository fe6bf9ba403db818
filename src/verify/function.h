/* SPDX-License-Identifier: BSD-2-Clause */
/* What a function's signature says of its arguments. */
#ifndef VERIFY_FUNCTION_H
#define VERIFY_FUNCTION_H

#include "verify/verifier.h"

enum varg_kind {
	VARG_NUMBER,
	VARG_CTX,
	VARG_MEMORY, /* `size` bytes */
	VARG_OBJECT, /* a kernel struct `btf_id` */
	VARG_DYNPTR,
	VARG_ARENA,
};

struct varg {
	u8 kind;   /* enum varg_kind */
	u32 flags; /* enum reg_flag: MAYBE_NULL, TRUSTED, UNTRUSTED, RDONLY */
	u32 size, btf_id;
};

/* Is `to`, what an argument points to, the context struct of programs of a type? */
bool verify_is_context_type(const struct btf_info *btf, u32 to, u32 type);
/* The kernel's struct behind the context, an id of its BTF; 0: none. */
u32 verify_kernel_context(const struct verifier *v);
/* The main program's signature, which decides nothing but whether it is believed. */
void verify_function_main(struct verifier *v);

#endif
