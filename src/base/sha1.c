// SPDX-License-Identifier: BSD-2-Clause
/* SHA-1 as FIPS 180-4 describes it, over one piece of memory. */
#include <string.h>
#include "base/sha1.h"

static u32 rotl(u32 x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void block(u32 h[5], const u8 *p)
{
	u32 w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (int t = 0; t < 16; t++)
		w[t] = (u32)p[4 * t] << 24 | p[4 * t + 1] << 16 | p[4 * t + 2] << 8 | p[4 * t + 3];
	for (int t = 16; t < 80; t++)
		w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (int t = 0; t < 80; t++) {
		u32 f, k, next;

		if (t < 20)
			f = (b & c) | (~b & d), k = 0x5a827999;
		else if (t < 40)
			f = b ^ c ^ d, k = 0x6ed9eba1;
		else if (t < 60)
			f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
		else
			f = b ^ c ^ d, k = 0xca62c1d6;
		next = rotl(a, 5) + f + e + k + w[t];
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void sha1(const void *data, size_t size, u8 digest[SHA1_BYTES])
{
	u32 h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	const u8 *p = data;
	size_t left = size;
	u8 tail[128] = {0};
	size_t n;

	for (; left >= 64; left -= 64, p += 64)
		block(h, p);
	if (left)
		memcpy(tail, p, left);
	tail[left] = 0x80;
	n = left < 56 ? 64 : 128;
	for (int i = 0; i < 8; i++)
		tail[n - 1 - i] = (u64)size * 8 >> 8 * i;
	for (size_t i = 0; i < n; i += 64)
		block(h, tail + i);
	for (int i = 0; i < SHA1_BYTES; i++)
		digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}
