/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The structural half of the verifier: what can be said of a program without
 * following values. Fields were the decoder's business; here are control flow,
 * calls that exist and are allowed, and the stack.
 */
#ifndef VERIFY_STRUCTURE_H
#define VERIFY_STRUCTURE_H

#include "base/diag.h"
#include "base/text.h"
#include "core/image.h"
#include "isa/op.h"

/* Diagnostic ids of this half: rows of messages.def, from 200. */
enum verify_diag {
	VERIFY_DIAG_BASE = 199,
#define MESSAGE(name, ...) VERIFY_##name,
#include "verify/messages.def"
#undef MESSAGE
};

struct verify_opts {
	u32 prog_type, attach_type;
	bool gpl, sleepable;
	u32 kernel; /* KERNEL_VERSION imitated; 0: the newest */
};

struct verify_result {
	struct image_sub *subs; /* by start; base_free() it */
	u32 sub_count;
	u32 stack;          /* bytes of the deepest call chain */
	u32 processed;      /* instructions looked at */
	u32 max_ctx_offset; /* bytes of context read by constant offsets from r1 as it came; 0: none
			       seen */
};

/*
 * `ops` as the load pipeline leaves them: calls and LDDW_FUNC hold absolute
 * indexes. 0, or the kernel's error with `diag` and a line in `log` (either may
 * be NULL). The log also gets the closing statistics line.
 */
int verify_structure(const struct isa_op *ops, u32 count, const struct verify_opts *opts,
		     struct verify_result *out, struct diag *diag, struct text *log);

#endif
