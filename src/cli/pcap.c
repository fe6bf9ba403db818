// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packets of a capture file, as tcpdump -w writes it: a header of 24 bytes whose
 * first word tells the byte order, then packets, each behind 16 bytes that end
 * in its length here and its length on the wire.
 */
#include <string.h>

#include "cli/pcap.h"

#define FILE_HEADER   24
#define PACKET_HEADER 16

static u32 word(const u8 *p, bool swapped)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return swapped ? __builtin_bswap32(v) : v;
}

const char *pcap_packet(const u8 *file, size_t size, u32 n, size_t *at, u32 *len)
{
	size_t pos = FILE_HEADER;
	u32 magic;
	bool swapped;

	if (size < FILE_HEADER)
		return "too short for a capture";
	magic = word(file, false);
	if (magic == 0x0a0d0d0a)
		return "is a pcapng file (`tcpdump -r FILE -w NEW` makes a pcap file of it)";
	swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!swapped && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return "is not a capture file";
	for (u32 i = 1; size - pos >= PACKET_HEADER; i++) {
		u32 here = word(file + pos + 8, swapped);

		pos += PACKET_HEADER;
		if (here > size - pos)
			return "is cut in the middle of a packet";
		if (i == n) {
			*at = pos;
			*len = here;
			return NULL;
		}
		pos += here;
	}
	return "has fewer packets than that";
}
