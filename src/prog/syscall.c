// SPDX-License-Identifier: BSD-2-Clause
/* Programs that user space runs itself, by PROG_TEST_RUN: loaders of other programs. */
#include "prog/type.h"

#define CTX_BYTES 65535

static const u8 helpers[] = {BPF_FUNC_sys_bpf, BPF_FUNC_btf_find_by_name_kind, BPF_FUNC_sys_close,
			     BPF_FUNC_kallsyms_lookup_name};

static bool allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_btf_allows(proto->id) || PROG_LISTED(helpers, proto->id) ||
	       proto->id == BPF_FUNC_probe_write_user;
}

static const struct prog_ctx_range ctx[] = {{.hi = CTX_BYTES, .reads = CTX_ANY, .writes = CTX_ANY}};

const struct prog_type_ops prog_syscall_ops = {
	.type = BPF_PROG_TYPE_SYSCALL,
	.name = "syscall",
	.since = 0x050e,
	.sleeps = PROG_SLEEPS_ALWAYS,
	.doc = "Run by bpf(2) itself, with memory of the caller's as context",
	.ctx_size = CTX_BYTES,
	.check_attach = prog_attach_none,
	.allows = allows,
	PROG_CTX(ctx),
};
