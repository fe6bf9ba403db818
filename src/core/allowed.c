// SPDX-License-Identifier: BSD-2-Clause
/* Which helpers a program type may call, by kernel version. */
#include <cygnet/abi.h>
#include "core/kernel.h"
#include "core/prog.h"

static const struct {
	u16 helper, kernel;
	u64 types, attach;
} later[] = {
#define ALLOWED(helper, kernel, basis, types, attach) {BPF_FUNC_##helper, kernel, types, attach},
#include "core/allowed.def"
#undef ALLOWED
};

/* 0xMMmm; 0: as soon as there were the helper and the type. */
static u32 allowed_since(u32 helper, u32 prog_type, u32 attach_type)
{
	u32 since = 0;

	for (u32 i = 0; i < ARRAY_SIZE(later); i++) {
		if (later[i].helper != helper || prog_type >= 64 ||
		    !(later[i].types >> prog_type & 1))
			continue;
		if (later[i].attach && (attach_type >= 64 || !(later[i].attach >> attach_type & 1)))
			continue;
		since = MAX(since, (u32)later[i].kernel);
	}
	return since;
}

bool core_prog_allows(const struct prog_type_ops *ops, const struct helper_proto *proto,
		      u32 attach_type, u32 kernel)
{
	/* A number of later kernels is none that an older one looks for. */
	u32 known =
		core_kernel_attach_type(kernel, attach_type) ? attach_type : __MAX_BPF_ATTACH_TYPE;

	if (!ops->allows || !ops->allows(proto, known))
		return false;
	return core_kernel_since(kernel, allowed_since(proto->id, ops->type, attach_type));
}
