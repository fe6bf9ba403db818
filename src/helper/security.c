// SPDX-License-Identifier: BSD-2-Clause
/* Hooks of security modules. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_bprm_opts_set,
	 .name = "bpf_bprm_opts_set",
	 .args = {ARG_BTF_PTR, ARG_ANY},
	 .btf = {[0] = "linux_binprm"},
	 .since = 0x050b,
	 .doc = "Sets options of the program being executed"},
	{.id = BPF_FUNC_ima_inode_hash,
	 .name = "bpf_ima_inode_hash",
	 .args = {ARG_BTF_PTR, ARG_MEM_WRITE, ARG_SIZE},
	 .btf = {[0] = "inode"},
	 .flags = HELPER_SLEEPABLE,
	 .since = 0x050b,
	 .doc = "The measured hash of an inode"},
	{.id = BPF_FUNC_ima_file_hash,
	 .name = "bpf_ima_file_hash",
	 .args = {ARG_BTF_PTR, ARG_MEM_WRITE, ARG_SIZE},
	 .btf = {[0] = "file"},
	 .flags = HELPER_SLEEPABLE,
	 .since = 0x0512,
	 .doc = "The hash of a file, measured where it is missing"},
};
HELPER_FAMILY(helper_security_family, protos);
