// SPDX-License-Identifier: BSD-2-Clause
/* Lightweight tunnels. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_lwt_push_encap,
	 .name = "bpf_lwt_push_encap",
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM, ARG_SIZE},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Wraps the packet into another header"},
	{.id = BPF_FUNC_lwt_seg6_store_bytes,
	 .name = "bpf_lwt_seg6_store_bytes",
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM, ARG_SIZE},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Writes into the segment routing header"},
	{.id = BPF_FUNC_lwt_seg6_adjust_srh,
	 .name = "bpf_lwt_seg6_adjust_srh",
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Makes or removes room in the segment routing header"},
	{.id = BPF_FUNC_lwt_seg6_action,
	 .name = "bpf_lwt_seg6_action",
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM, ARG_SIZE},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Applies a segment routing action"},
};
HELPER_FAMILY(helper_lwt_family, protos);
