// SPDX-License-Identifier: BSD-2-Clause
/* Packets at a driver. */
#include "core/packet.h"
#include "helper/helper.h"

#define LINK_HEADER  14
#define FRAME_HEADER 40 /* bytes at the buffer's start that the kernel keeps for itself */
#define META_MOST    252
#define BYTES_MOST   0xffffu

static struct packet *xdp_of(struct run *run)
{
	if (run->packet && run->packet->kind == PACKET_XDP)
		return run->packet;
	run->unknown++;
	return NULL;
}

HELPER_BODY(xdp_adjust_head)
{
	struct packet *p = xdp_of(run);
	s32 by = r2;
	u64 meta_len, first, data;

	if (!p)
		return HELPER_RESULT(-EINVAL);
	meta_len = p->data - p->meta;
	first = ptr_to_u64(p->head) + FRAME_HEADER + meta_len;
	data = p->data + (s64)by;
	if (data < first || data + LINK_HEADER > p->end)
		return HELPER_RESULT(-EINVAL);
	__builtin_memmove(u64_to_ptr(p->meta + (s64)by), u64_to_ptr(p->meta), meta_len);
	p->meta += (s64)by;
	p->data = data;
	return 0;
}

HELPER_BODY(xdp_adjust_meta)
{
	struct packet *p = xdp_of(run);
	u64 meta = p ? p->meta + (s64)(s32)r2 : 0;

	if (!p || meta < ptr_to_u64(p->head) + FRAME_HEADER || meta > p->data)
		return HELPER_RESULT(-EINVAL);
	if ((p->data - meta) & 3 || p->data - meta > META_MOST)
		return HELPER_RESULT(-EACCES);
	p->meta = meta;
	return 0;
}

/* With fragments it is the last of them that grows, within its page; all of them may go. */
static int adjust_frags(struct packet *p, s32 by)
{
	u32 less = -(u32)by, room;

	if (by >= 0) {
		room = ROUND_UP(p->frag_size, PAGE_BYTES) - p->frag_size;
		if (by > (s32)room)
			return -EINVAL;
		__builtin_memset(p->frags + p->frag_size, 0, by);
		p->frag_size += by;
		return 0;
	}
	if ((s64)less > (s64)packet_len(p) - LINK_HEADER)
		return -EINVAL;
	if (less < p->frag_size) {
		p->frag_size -= less;
		return 0;
	}
	p->end -= less - p->frag_size;
	p->frag_size = 0;
	return 0;
}

HELPER_BODY(xdp_adjust_tail)
{
	struct packet *p = xdp_of(run);
	s32 by = r2;
	u64 end;

	if (!p)
		return HELPER_RESULT(-EINVAL);
	if (p->frag_size)
		return HELPER_RESULT(adjust_frags(p, by));
	end = p->end + (s64)by;
	if (end > ptr_to_u64(p->limit) || end < p->data + LINK_HEADER)
		return HELPER_RESULT(-EINVAL);
	if (by > 0)
		__builtin_memset(packet_end(p), 0, by);
	p->end = end;
	return 0;
}

HELPER_BODY(xdp_get_buff_len)
{
	const struct packet *p = xdp_of(run);

	return p ? packet_len(p) : HELPER_RESULT(-EFAULT);
}

/* 0 when `size` bytes at `off` may be asked for. */
static int check_bytes(const struct packet *p, u32 off, u32 size)
{
	if (!p || off > BYTES_MOST || size > BYTES_MOST)
		return -EFAULT;
	return (u64)off + size > packet_len(p) ? -EINVAL : 0;
}

HELPER_BODY(xdp_load_bytes)
{
	const struct packet *p = xdp_of(run);
	int err = check_bytes(p, r2, r4);

	if (!err)
		packet_read(p, r2, u64_to_ptr(r3), r4);
	return HELPER_RESULT(err);
}

HELPER_BODY(xdp_store_bytes)
{
	struct packet *p = xdp_of(run);
	int err = check_bytes(p, r2, r4);

	if (!err)
		packet_write(p, r2, u64_to_ptr(r3), r4);
	return HELPER_RESULT(err);
}

static const struct helper_proto protos[] = {
	{.id = BPF_FUNC_xdp_adjust_head,
	 .name = "bpf_xdp_adjust_head",
	 .fn = xdp_adjust_head,
	 .args = {ARG_CTX, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Moves the packet's start"},
	{.id = BPF_FUNC_xdp_adjust_meta,
	 .name = "bpf_xdp_adjust_meta",
	 .fn = xdp_adjust_meta,
	 .args = {ARG_CTX, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Moves the start of the data before the packet"},
	{.id = BPF_FUNC_xdp_adjust_tail,
	 .name = "bpf_xdp_adjust_tail",
	 .fn = xdp_adjust_tail,
	 .args = {ARG_CTX, ARG_ANY},
	 .flags = HELPER_CHANGES_PACKET,
	 .doc = "Moves the packet's end"},
	{.id = BPF_FUNC_xdp_get_buff_len,
	 .name = "bpf_xdp_get_buff_len",
	 .fn = xdp_get_buff_len,
	 .args = {ARG_CTX},
	 .since = 0x0512,
	 .doc = "The packet's length, fragments too"},
	{.id = BPF_FUNC_xdp_get_buff_len,
	 .name = "bpf_xdp_get_buff_len",
	 .args = {ARG_BTF_PTR},
	 .btf = {[0] = "xdp_buff"},
	 .since = 0x0512,
	 .doc = "The packet's length, fragments too",
	 .types = HELPER_FOR(TRACING) | HELPER_FOR(SYSCALL) | HELPER_FOR(LSM)},
	{.id = BPF_FUNC_xdp_load_bytes,
	 .name = "bpf_xdp_load_bytes",
	 .fn = xdp_load_bytes,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM_WRITE, ARG_SIZE},
	 .since = 0x0512,
	 .doc = "Copies bytes of the packet, fragments too"},
	{.id = BPF_FUNC_xdp_store_bytes,
	 .name = "bpf_xdp_store_bytes",
	 .fn = xdp_store_bytes,
	 .args = {ARG_CTX, ARG_ANY, ARG_MEM, ARG_SIZE},
	 .since = 0x0512,
	 .doc = "Writes bytes of the packet, fragments too"},
	{.id = BPF_FUNC_xdp_output,
	 .name = "bpf_xdp_output",
	 .args = {ARG_BTF_PTR, ARG_MAP, ARG_ANY, ARG_MEM, ARG_SIZE_OR_ZERO},
	 .btf = {[0] = "xdp_buff"},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0507,
	 .map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	 .doc = "Sends a record and the packet's start to a perf event array"},
	{.id = BPF_FUNC_skb_output,
	 .name = "bpf_skb_output",
	 .args = {ARG_BTF_PTR, ARG_MAP, ARG_ANY, ARG_MEM, ARG_SIZE_OR_ZERO},
	 .btf = {[0] = "sk_buff"},
	 .flags = HELPER_GPL_ONLY,
	 .since = 0x0505,
	 .map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	 .doc = "Sends a record and the packet's start to a perf event array"},
};
HELPER_FAMILY(helper_xdp_family, protos);
