// SPDX-License-Identifier: BSD-2-Clause
/* What programs that load programs need. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_sys_bpf,
	 .name = "bpf_sys_bpf",
	 .args = {ARG_ANY, ARG_MEM, ARG_SIZE},
	 .since = 0x050e,
	 .doc = "The bpf system call"},
	{.id = BPF_FUNC_sys_close,
	 .name = "bpf_sys_close",
	 .args = {ARG_ANY},
	 .since = 0x050e,
	 .doc = "Closes a descriptor"},
	{.id = BPF_FUNC_btf_find_by_name_kind,
	 .name = "bpf_btf_find_by_name_kind",
	 .args = {ARG_MEM, ARG_SIZE, ARG_ANY, ARG_ANY},
	 .since = 0x050e,
	 .doc = "A type's id by name and kind"},
	{.id = BPF_FUNC_kallsyms_lookup_name,
	 .name = "bpf_kallsyms_lookup_name",
	 .args = {ARG_MEM, ARG_SIZE_OR_ZERO, ARG_ANY, ARG_MEM_FIXED_WRITE},
	 .fixed_size = {[3] = 8},
	 .since = 0x0510,
	 .doc = "The address of a kernel symbol"},
};
HELPER_FAMILY(helper_loader_family, protos);
