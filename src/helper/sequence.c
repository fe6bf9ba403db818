// SPDX-License-Identifier: BSD-2-Clause
/* Output of iterators. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_seq_printf,
	 .name = "bpf_seq_printf",
	 .args = {ARG_BTF_PTR, ARG_MEM, ARG_SIZE, ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO},
	 .btf = {[0] = "seq_file"},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0508,
	 .doc = "Prints into the iterator's file"},
	{.id = BPF_FUNC_seq_write,
	 .name = "bpf_seq_write",
	 .args = {ARG_BTF_PTR, ARG_MEM, ARG_SIZE_OR_ZERO},
	 .btf = {[0] = "seq_file"},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0508,
	 .doc = "Writes into the iterator's file"},
	{.id = BPF_FUNC_seq_printf_btf,
	 .name = "bpf_seq_printf_btf",
	 .args = {ARG_BTF_PTR, ARG_MEM, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .btf = {[0] = "seq_file"},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x050a,
	 .doc = "Prints a typed value into the iterator's file"},
	{.id = BPF_FUNC_snprintf_btf,
	 .name = "bpf_snprintf_btf",
	 .args = {ARG_MEM_CHANGE, ARG_SIZE, ARG_MEM, ARG_SIZE, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Prints a typed value into memory"},
};
HELPER_FAMILY(helper_sequence_family, protos);
