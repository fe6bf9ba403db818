// SPDX-License-Identifier: BSD-2-Clause
/* Packets in netfilter. */
#include "prog/type.h"

static bool allows(const struct helper_proto *proto, u32 attach_type)
{
	return prog_base_allows(proto->id);
}

static int check_attach(u32 attach_type, struct diag *diag)
{
	return attach_type == BPF_NETFILTER ? 0 : prog_attach_refused(attach_type, diag);
}

static const struct prog_ctx_range ctx[] = {
	{.lo = 0, .hi = 8, .reads = CTX_LONG, .kind = CTX_BTF, .btf = "nf_hook_state"},
	{.lo = 8, .hi = 16, .reads = CTX_LONG, .kind = CTX_BTF, .btf = "sk_buff"},
};

const struct prog_type_ops prog_netfilter_ops = {
	.type = BPF_PROG_TYPE_NETFILTER,
	.name = "netfilter",
	.since = 0x0604,
	.doc = "Packets in netfilter: accept or drop",
	.ctx_size = 2 * sizeof(u64), /* the hook's state, the packet */
	.check_attach = check_attach,
	.allows = allows,
	.returns = prog_returns_bool,
	PROG_CTX(ctx),
};
