// SPDX-License-Identifier: BSD-2-Clause
/* Where packets go: redirection, routes. */
#include "core/packet.h"
#include "helper/helper.h"

/* What such a program returns to have it done, and to have the packet dropped. */
#define ACT_REDIRECT 7
#define ACT_SHOT     2

#define LINK_HEADER    14
#define REDIRECT_PARAM 20 /* bytes of struct bpf_redir_neigh */

HELPER_BODY(redirect)
{
	if (run->image->prog_type == BPF_PROG_TYPE_XDP)
		return r2 ? XDP_ABORTED : XDP_REDIRECT;
	return r2 & ~(u64)BPF_F_INGRESS ? ACT_SHOT : ACT_REDIRECT;
}

HELPER_BODY(redirect_neigh)
{
	return (r3 && (u32)r3 < REDIRECT_PARAM) || r4 ? ACT_SHOT : ACT_REDIRECT;
}

HELPER_BODY(redirect_peer)
{
	return r2 ? ACT_SHOT : ACT_REDIRECT;
}

/* Is that the packet's own device? Of no other anything is known. */
static bool own_device(struct run *run, u32 ifindex)
{
	const struct packet *p = run->packet;
	bool own =
		p && ifindex == (p->kind == PACKET_XDP ? p->xdp.ingress_ifindex : p->skb.ifindex);

	run->unknown += !own;
	return own;
}

/* The copy goes nowhere: what is compared is what the program sees. */
HELPER_BODY(clone_redirect)
{
	const struct packet *p = run->packet;

	if (r3 & ~(u64)BPF_F_INGRESS || !own_device(run, r2))
		return HELPER_RESULT(-EINVAL);
	if (p->link >= p->net || p->data == p->end)
		return HELPER_RESULT(-ERANGE);
	return 0;
}

#define AF_INET4   2
#define AF_INET6   10
#define FIB_PARAM  64 /* bytes of struct bpf_fib_lookup */
#define FIB_FLAGS  0x3full
#define FIB_DEVICE 8 /* where in it the device's number stands */

/* No device here forwards. */
HELPER_BODY(fib_lookup)
{
	const u8 *param = u64_to_ptr(r2);
	u32 ifindex;

	if ((u32)r3 < FIB_PARAM || r4 & ~FIB_FLAGS)
		return HELPER_RESULT(-EINVAL);
	if (*param != AF_INET4 && *param != AF_INET6)
		return HELPER_RESULT(-EAFNOSUPPORT);
	__builtin_memcpy(&ifindex, param + FIB_DEVICE, sizeof(ifindex));
	return own_device(run, ifindex) ? BPF_FIB_LKUP_RET_FWD_DISABLED : HELPER_RESULT(-ENODEV);
}

HELPER_BODY(check_mtu)
{
	const struct packet *p = run->packet;
	bool xdp = p && p->kind == PACKET_XDP;
	s32 diff = (s32)r4;
	u32 *len = u64_to_ptr(r3);
	s64 size;

	if (r5 & ~(u64)(xdp ? 0 : BPF_MTU_CHK_SEGS))
		return HELPER_RESULT(-EINVAL);
	if (r5 && (*len || diff))
		return HELPER_RESULT(-EINVAL);
	if (r2 && !own_device(run, r2))
		return HELPER_RESULT(-ENODEV);
	if (!p)
		return HELPER_RESULT(-ENODEV);
	size = *len ? (s64)*len + LINK_HEADER : packet_len(p);
	size += diff;
	*len = p->mtu;
	if (size <= (s64)p->mtu + LINK_HEADER)
		return BPF_MTU_CHK_RET_SUCCESS;
	return BPF_MTU_CHK_RET_FRAG_NEEDED;
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_clone_redirect,
	 .name = "bpf_clone_redirect",
	 .fn = clone_redirect,
	 .args = {ARG_CTX, ARG_ANY, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Sends a copy of the packet to a device"},
	{.id = BPF_FUNC_redirect,
	 .name = "bpf_redirect",
	 .fn = redirect,
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
	 .fn = redirect_neigh,
	 .args = {ARG_ANY, ARG_MEM_OR_NULL, ARG_SIZE_OR_ZERO, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Sends the packet to a device, the next hop's address filled in"},
	{.id = BPF_FUNC_redirect_peer,
	 .name = "bpf_redirect_peer",
	 .fn = redirect_peer,
	 .args = {ARG_ANY, ARG_ANY},
	 .since = 0x050a,
	 .doc = "Sends the packet to the device at the other end, in its namespace"},
	{.id = BPF_FUNC_fib_lookup,
	 .name = "bpf_fib_lookup",
	 .fn = fib_lookup,
	 .args = {ARG_CTX, ARG_MEM_CHANGE, ARG_SIZE, ARG_ANY},
	 .flags = HELPER_GPL_ONLY | HELPER_TAKES_PACKET,
	 .doc = "Looks a route up"},
	{.id = BPF_FUNC_check_mtu,
	 .name = "bpf_check_mtu",
	 .fn = check_mtu,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_FIXED_CHANGE, ARG_ANY, ARG_ANY},
	 .fixed_size = {[2] = 4},
	 .flags = HELPER_GPL_ONLY | HELPER_TAKES_PACKET,
	 .since = 0x050c,
	 .doc = "Does the packet, changed by so much, fit the device?"},
};
HELPER_FAMILY(helper_redirect_family, protos);
