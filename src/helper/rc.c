// SPDX-License-Identifier: BSD-2-Clause
/* Remote controls. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_rc_repeat,
	 .name = "bpf_rc_repeat",
	 .args = {ARG_CTX},
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Reports that the last key was repeated"},
	{.id = BPF_FUNC_rc_keydown,
	 .name = "bpf_rc_keydown",
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .doc = "Reports a key"},
	{.id = BPF_FUNC_rc_pointer_rel,
	 .name = "bpf_rc_pointer_rel",
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0500,
	 .doc = "Reports a pointer's movement"},
};
HELPER_FAMILY(helper_rc_family, protos);
