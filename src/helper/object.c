// SPDX-License-Identifier: BSD-2-Clause
/* Kernel objects and variables by their type. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_kptr_xchg,
	 .name = "bpf_kptr_xchg",
	 .ret = RET_BTF_PTR_OR_NULL,
	 .args = {ARG_KPTR, ARG_BTF_RELEASED_OR_NULL},
	 .flags = HELPER_ACQUIRES | HELPER_RELEASES_ARG2,
	 .since = 0x0513,
	 .doc = "Exchanges the object kept in a map value"},
	{.id = BPF_FUNC_per_cpu_ptr,
	 .name = "bpf_per_cpu_ptr",
	 .ret = RET_PERCPU_MEM_OR_NULL,
	 .args = {ARG_PERCPU_BTF, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Another cpu's copy of a kernel variable"},
	{.id = BPF_FUNC_this_cpu_ptr,
	 .name = "bpf_this_cpu_ptr",
	 .ret = RET_PERCPU_MEM,
	 .args = {ARG_PERCPU_BTF},
	 .since = 0x050a,
	 .doc = "This cpu's copy of a kernel variable"},
};
HELPER_FAMILY(helper_object_family, protos);
