// SPDX-License-Identifier: BSD-2-Clause
/* Other tasks and their memory. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_find_vma,
	 .name = "bpf_find_vma",
	 .args = {ARG_BTF_PTR, ARG_ANY, ARG_FUNC, ARG_STACK_OR_NULL, ARG_ANY},
	 .btf = {[0] = "task_struct"},
	 .since = 0x0511,
	 .doc = "Calls a function with the mapping at an address"},
	{.id = BPF_FUNC_copy_from_user_task,
	 .name = "bpf_copy_from_user_task",
	 .args = {ARG_MEM_WRITE, ARG_SIZE_OR_ZERO, ARG_ANY, ARG_BTF_PTR, ARG_ANY},
	 .btf = {[3] = "task_struct"},
	 .flags = HELPER_GPL_ONLY | HELPER_SLEEPABLE,
	 .since = 0x0512,
	 .doc = "Reads another task's memory"},
};
HELPER_FAMILY(helper_mm_family, protos);
