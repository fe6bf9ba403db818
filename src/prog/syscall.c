// SPDX-License-Identifier: BSD-2-Clause
/* Programs that user space runs itself, by PROG_TEST_RUN: loaders of other programs. */
#include "prog/type.h"

#define CTX_BYTES 65535

static int check_attach(u32 attach_type, struct diag *diag)
{
	return attach_type ? prog_attach_refused(attach_type, diag) : 0;
}

/* As programs of events, but attached nowhere. */
static bool allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_tracing_allows(proto, attach_type) && proto->id != BPF_FUNC_get_attach_cookie;
}

const struct prog_type_ops prog_syscall_ops = {
	.type = BPF_PROG_TYPE_SYSCALL,
	.name = "syscall",
	.since = 0x050e,
	.sleeps = PROG_SLEEPS_ALWAYS,
	.doc = "Run by bpf(2) itself, with memory of the caller's as context",
	.ctx_size = CTX_BYTES,
	.ctx_write_hi = CTX_BYTES,
	.check_attach = check_attach,
	.allows = allows,
};
