/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet of a run, and the context through which a program sees it.
 *
 *	head        meta     data              end          limit
 *	  | headroom | meta-  | the packet      | tailroom     |
 *	  |          | data   |                 |              |
 *
 * A program may touch [meta, end); the rooms are what helpers may grow into.
 *
 * struct __sk_buff and struct xdp_md hold data, data_end and data_meta in 32
 * bits, and a program's load of them yields a pointer. The pointers therefore
 * lie directly before the context, and core_prog_ctx_rewrite() turns each load
 * of such a field into a load of 8 bytes from there:
 *
 *	| ... | meta | end | data || struct __sk_buff or struct xdp_md
 *	      -24    -16   -8     ^ run.ctx
 *
 * All other fields are the context's own bytes, kept right by whoever changes
 * the packet. Freestanding.
 */
#ifndef CORE_PACKET_H
#define CORE_PACKET_H

#include <cygnet/abi.h>
#include "base/types.h"

/* Where the pointers lie, from the context. */
#define PACKET_SHADOW      24 /* bytes before the context that a program's loads may be sent to */
#define PACKET_SHADOW_DATA (-8)
#define PACKET_SHADOW_END  (-16)
#define PACKET_SHADOW_META (-24)

enum packet_kind {
	PACKET_SKB,
	PACKET_XDP,
	PACKET_FLOW, /* what is dissected: bytes and a place for keys */
};

/* What is known of the checksum. */
enum packet_summed {
	PACKET_SUM_NONE,
	PACKET_SUM_UNNECESSARY, /* verified, `sum_level` more headers too */
	PACKET_SUM_COMPLETE,    /* `sum` is of all bytes from data to end */
};

struct packet {
	u8 *head, *limit;
	u8 *frags;     /* what follows the bytes at `end`, not directly accessible; XDP */
	u32 frag_size; /* bytes of it */
	u32 frag_room; /* bytes there are for it */
	u8 kind;       /* enum packet_kind */
	u8 summed;     /* enum packet_summed */
	u8 sum_level;
	bool writable; /* programs may store into it */
	u32 sum;
	u32 max_len; /* most that helpers may make of it */
	u32 mtu;     /* of the device it came by, skb.ifindex or xdp.ingress_ifindex */
	/*
	 * The room before data that the kernel would have, and where from its start it says the
	 * transport header is (0xffff: nowhere). When the room grows that number moves along, even
	 * from nowhere, and then decides how short a packet may become.
	 */
	u32 spare;
	u16 transport;
	u32 link_len;         /* of the link header as helpers last knew it, 0: nobody asked */
	s32 link, net;        /* offsets of the link and the network header, from head */
	bool hashed;          /* skb.hash is known */
	bool encapsulated;    /* a helper wrapped it */
	struct bpf_sock sock; /* the packet's socket, where skb.sk points; else of no meaning */
	u64 sock_cookie;
	u64 keys;            /* where a dissector's struct bpf_flow_keys is, or 0 */
	u64 meta, end, data; /* directly before the context */
	union {
		struct __sk_buff skb;
		struct xdp_md xdp;
	};
};

_Static_assert(offsetof(struct packet, skb) - offsetof(struct packet, data) == 8,
	       "PACKET_SHADOW_DATA");
_Static_assert(offsetof(struct packet, skb) - offsetof(struct packet, end) == 16,
	       "PACKET_SHADOW_END");
_Static_assert(offsetof(struct packet, skb) - offsetof(struct packet, meta) == 24,
	       "PACKET_SHADOW_META");

static inline u8 *packet_data(const struct packet *p)
{
	return u64_to_ptr(p->data);
}

static inline u8 *packet_end(const struct packet *p)
{
	return u64_to_ptr(p->end);
}

static inline u32 packet_linear(const struct packet *p)
{
	return p->end - p->data;
}

/* All of it, fragments too. */
static inline u32 packet_len(const struct packet *p)
{
	return packet_linear(p) + p->frag_size;
}

/* Copies between the packet at `off` and `buf`: false when it does not hold so much. */
bool packet_read(const struct packet *p, u32 off, void *buf, u32 size);
bool packet_write(struct packet *p, u32 off, const void *buf, u32 size);

/*
 * A classic packet load: `size` bytes at `off`, or before the packet where that is negative, in
 * network order. False: outside, which ends the function with 0. `p` may be NULL.
 */
bool packet_load(const struct packet *p, s32 off, u32 size, u64 *value);

/* Sums in the one's complement arithmetic of the Internet checksum, as the machine loads u16s. */
u32 packet_sum(const void *p, u32 size, u32 seed);
u32 packet_sum_add(u32 a, u32 b);
u16 packet_sum_fold(u32 sum);

#endif
