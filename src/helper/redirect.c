// SPDX-License-Identifier: BSD-2-Clause
/* Where packets go: redirection, routes. */
#include "helper/helper.h"

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_clone_redirect,
	 .name = "bpf_clone_redirect",
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Sends a copy of the packet to a device"},
	{.id = BPF_FUNC_redirect,
	 .name = "bpf_redirect",
	 .args = {ARG_ANY, ARG_ANY},
	 .doc = "Sends the packet to a device once the program returns"},
	{.id = BPF_FUNC_redirect_map,
	 .name = "bpf_redirect_map",
	 .map_types = HELPER_MAP(DEVMAP) | HELPER_MAP(CPUMAP) | HELPER_MAP(XSKMAP) |
		      HELPER_MAP(DEVMAP_HASH),
	 .args = {ARG_MAP, ARG_ANY, ARG_ANY},
	 .doc = "Sends the packet where a map's entry says"},
	{.id = BPF_FUNC_redirect_neigh,
	 .name = "bpf_redirect_neigh",
	 .args = {ARG_ANY, ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Sends the packet to a device, the next hop's address filled in"},
	{.id = BPF_FUNC_redirect_peer,
	 .name = "bpf_redirect_peer",
	 .args = {ARG_ANY, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Sends the packet to the device at the other end, in its namespace"},
	{.id = BPF_FUNC_fib_lookup,
	 .name = "bpf_fib_lookup",
	 .args = {ARG_CTX, ARG_MEM_CHANGE, ARG_SIZE, ARG_ANY},
	 .flags = HELPER_GPL_ONLY | HELPER_TAKES_PACKET,
	 .doc = "Looks a route up"},
	{.id = BPF_FUNC_check_mtu,
	 .name = "bpf_check_mtu",
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_FIXED_CHANGE, ARG_ANY, ARG_ANY},
	 .fixed_size = {[2] = 4},
	 .flags = HELPER_GPL_ONLY | HELPER_TAKES_PACKET,
	 .since = 0x050c,
	 .doc = "Does the packet, changed by so much, fit the device?"},
};
HELPER_FAMILY(helper_redirect_family, protos);
