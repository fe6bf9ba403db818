// SPDX-License-Identifier: BSD-2-Clause
/* Packets: their bytes across fragments, and the Internet's checksum. */
#include "core/packet.h"
#include "isa/sem.h"

/* Copies `size` bytes at `off`; which way `to_packet` says. */
static bool copy(const struct packet *p, u32 off, u8 *buf, u32 size, bool to_packet)
{
	u32 linear = packet_linear(p), first;

	if (off > packet_len(p) || size > packet_len(p) - off)
		return false;
	first = off < linear ? MIN(size, linear - off) : 0;
	if (to_packet)
		__builtin_memmove(packet_data(p) + off, buf, first);
	else
		__builtin_memmove(buf, packet_data(p) + off, first);
	if (first == size)
		return true;
	off = off > linear ? off - linear : 0;
	if (to_packet)
		__builtin_memmove(p->frags + off, buf + first, size - first);
	else
		__builtin_memmove(buf + first, p->frags + off, size - first);
	return true;
}

bool packet_read(const struct packet *p, u32 off, void *buf, u32 size)
{
	return copy(p, off, buf, size, false);
}

bool packet_write(struct packet *p, u32 off, const void *buf, u32 size)
{
	return copy(p, off, (u8 *)buf, size, true);
}

u32 packet_sum_add(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < a);
}

u16 packet_sum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

u32 packet_sum(const void *bytes, u32 size, u32 seed)
{
	const u8 *p = bytes;
	u64 sum = seed;

	for (; size >= 4; p += 4, size -= 4) {
		u32 word;

		__builtin_memcpy(&word, p, sizeof(word));
		sum += word;
	}
	if (size >= 2) {
		u16 half;

		__builtin_memcpy(&half, p, sizeof(half));
		sum += half;
		p += 2;
		size -= 2;
	}
	if (size)
		sum += *p; /* the first byte of a u16, as little-endian machines load it */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return sum;
}

/* Classic BPF's special offsets: the network header's, the link layer's. */
#define CLASSIC_NET  (-0x100000)
#define CLASSIC_LINK (-0x200000)

bool packet_load(const struct packet *p, s32 off, u32 size, u64 *value)
{
	const u8 *at, *first;

	if (!p || off < CLASSIC_LINK)
		return false;
	if (off >= 0) {
		first = packet_data(p);
		at = first + off;
	} else { /* all before the packet that its buffer holds may be read, too */
		first = p->head;
		at = p->head +
		     (off < CLASSIC_NET ? p->link - (s64)CLASSIC_LINK : p->net - (s64)CLASSIC_NET) +
		     off;
	}
	if (at < first || at > packet_end(p) || size > packet_end(p) - at)
		return false;
	switch (size) {
	case 1: *value = isa_load_U8(at); break;
	case 2: *value = isa_BE16(isa_load_U16(at)); break;
	default: *value = isa_BE32(isa_load_U32(at)); break;
	}
	return true;
}
