// SPDX-License-Identifier: BSD-2-Clause
/*
 * What native code is measured by: each program is one loop of the kind its
 * name says, on a packet of 1500 bytes (bench/jit.c fills it). Run times are
 * those of the program less those of `null`.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define PROGRAM(name) SEC("xdp") int name(struct xdp_md *ctx)
#define BYTES         1500
#define INLINE        static __attribute__((always_inline)) inline

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} hash4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} lru SEC(".maps");

/* The packet, when it is as long as it should be. */
INLINE u8 *packet(struct xdp_md *ctx)
{
	u8 *p = (void *)(long)ctx->data;

	return p + BYTES > (u8 *)(long)ctx->data_end ? 0 : p;
}

PROGRAM(null)
{
	return XDP_PASS;
}

PROGRAM(arith)
{
	u64 a = ctx->rx_queue_index + 1, b = 3;

	for (int i = 0; i < 500; i++) {
		a = a * 6364136223846793005ull + b;
		b ^= a >> 29;
		b += a << 3;
	}
	return (u32)(a ^ b);
}

PROGRAM(prime)
{
	u32 n = 10007 + ctx->rx_queue_index, found = 0;

	for (u32 d = 2; d < 100; d++)
		found += n % d == 0;
	return found;
}

PROGRAM(popcount)
{
	u8 *p = packet(ctx);
	u64 n = 0;

	if (!p)
		return 0;
	for (int i = 0; i < 128; i++) {
		u64 v = *(u64 *)(p + i * 8);

		v -= v >> 1 & 0x5555555555555555ull;
		v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
		n += ((v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full) * 0x0101010101010101ull >> 56;
	}
	return n;
}

PROGRAM(copy)
{
	u8 *p = packet(ctx);
	int i;

	if (!p)
		return 0;
	for (i = 0; i < 500; i++) {
		u8 c = p[i];

		p[i + 600] = c;
		if (!c)
			break;
	}
	return i;
}

PROGRAM(search)
{
	u8 *p = packet(ctx);
	u32 sum = 0;

	if (!p)
		return 0;
	for (u32 want = 1; want < 60000; want += 1777) {
		u32 lo = 0, hi = 256;

		for (int i = 0; i < 8; i++) {
			u32 mid = (lo + hi) / 2 & 255;

			if (mid * 200 + p[mid & 3] <= want)
				lo = mid;
			else
				hi = mid;
		}
		sum += lo;
	}
	return sum;
}

PROGRAM(checksum)
{
	u8 *p = packet(ctx);
	u64 sum = 0;

	if (!p)
		return 0;
	for (int i = 0; i < BYTES / 2; i++)
		sum += ((u16 *)p)[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16) ~(sum + (sum >> 16));
}

PROGRAM(parse)
{
	u8 *p = packet(ctx);
	u32 sum = 0;

	if (!p)
		return 0;
	for (int i = 0; i < 20; i++) {
		u8 *h = p + i * 64;

		if (*(u16 *)(h + 12) != bpf_htons(0x0800) || h[14] != 0x45)
			sum += 3;
		if (h[23] == 6)
			sum += bpf_ntohs(*(u16 *)(h + 36));
		else if (h[23] == 17)
			sum += bpf_ntohl(*(u32 *)(h + 30)) >> 8;
		else
			sum ^= bpf_ntohl(*(u32 *)(h + 26));
	}
	return sum;
}

#define ROL(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define ROUND()                                             \
	do {                                                \
		a += b, b = ROL(b, 13) ^ a, a = ROL(a, 32); \
		c += d, d = ROL(d, 16) ^ c;                 \
		a += d, d = ROL(d, 21) ^ a;                 \
		c += b, b = ROL(b, 17) ^ c, c = ROL(c, 32); \
	} while (0)

PROGRAM(siphash)
{
	u64 a = 0x736f6d6570736575ull, b = 0x646f72616e646f6dull;
	u64 c = 0x6c7967656e657261ull, d = 0x7465646279746573ull;
	u8 *p = packet(ctx);

	if (!p)
		return 0;
	for (int i = 0; i < 64; i++) {
		u64 m = *(u64 *)(p + i * 8);

		d ^= m;
		ROUND();
		ROUND();
		a ^= m;
	}
	c ^= 0xff;
	ROUND();
	ROUND();
	ROUND();
	return a ^ b ^ c ^ d;
}

PROGRAM(fnv)
{
	u64 h = 0xcbf29ce484222325ull;
	u8 *p = packet(ctx);

	if (!p)
		return 0;
	for (int i = 0; i < 1024; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

PROGRAM(matrix)
{
	u32 m[64], sum = 0;
	u8 *p = packet(ctx);

	if (!p)
		return 0;
	for (int i = 0; i < 64; i++)
		m[i] = p[i];
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 8; k++) {
			u32 s = 0;

			for (int j = 0; j < 8; j++)
				s += m[i * 8 + j] * m[j * 8 + k];
			sum = sum * 31 + s;
		}
	return sum;
}

PROGRAM(array_lookup)
{
	u64 sum = 0;

	for (u32 i = 0; i < 256; i++) {
		u32 key = i * 7 & 255;
		u64 *v = bpf_map_lookup_elem(&array, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(percpu_lookup)
{
	u64 sum = 0;

	for (u32 i = 0; i < 256; i++) {
		u32 key = i * 7 & 255;
		u64 *v = bpf_map_lookup_elem(&percpu, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(hash_lookup)
{
	u64 sum = 0;

	for (u64 i = 0; i < 256; i++) {
		u64 key = i * 3;
		u64 *v = bpf_map_lookup_elem(&hash, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(hash4_lookup)
{
	u64 sum = 0;

	for (u32 i = 0; i < 256; i++) {
		u32 key = i * 3;
		u64 *v = bpf_map_lookup_elem(&hash4, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(lru_lookup)
{
	u64 sum = 0;

	for (u64 i = 0; i < 256; i++) {
		u64 key = i;
		u64 *v = bpf_map_lookup_elem(&lru, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(chain)
{
	u64 a = ctx->rx_queue_index;

	for (int i = 0; i < 64; i++) {
		a = (a << 7 | a >> 57) + 0x9e37;
		a ^= a >> 11;
		a *= 0x9e3779b97f4a7c15ull;
		a -= a << 3;
	}
	return a ^ a >> 32;
}

/* More values alive at once than there are registers. */
PROGRAM(spill)
{
	u8 *p = packet(ctx);
	u64 v[14];

	if (!p)
		return 0;
#pragma unroll
	for (int i = 0; i < 14; i++)
		v[i] = *(u64 *)(p + i * 8);
	for (int n = 0; n < 20; n++) {
#pragma unroll
		for (int i = 0; i < 14; i++)
			v[i] += v[(i + 5) % 14] ^ v[(i + 9) % 14] >> 3;
	}
	for (int i = 1; i < 14; i++)
		v[0] ^= v[i];
	return v[0];
}

PROGRAM(switches)
{
	u8 *p = packet(ctx);
	u32 sum = 0;

	if (!p)
		return 0;
#define CASE(n)                             \
	case (n):                           \
		sum = sum * 3 + (n)*7 % 31; \
		break;
#define CASES(n) CASE(n) CASE(n + 3) CASE(n + 7) CASE(n + 12) CASE(n + 18)
	for (int i = 0; i < 200; i++)
		switch (p[i]) {
			CASES(1)
			CASES(21)
			CASES(41)
			CASES(61)
			CASES(81)
			CASES(101)
			CASES(121)
			CASES(141)
			CASES(161)
			CASES(181)
			CASES(201)
		default: sum++;
		}
	return sum;
}

static __attribute__((noinline)) u32 inner(u32 a, u32 b)
{
	return a * 31 + (b ^ a >> 3);
}

static __attribute__((noinline)) u32 middle(u32 a, u32 b)
{
	return inner(a, b) + inner(b, a + 1);
}

PROGRAM(calls)
{
	u32 sum = ctx->rx_queue_index;

	for (u32 i = 0; i < 100; i++)
		sum = middle(sum, i);
	return sum;
}

PROGRAM(atomics)
{
	u32 key = 9;
	u64 *v = bpf_map_lookup_elem(&array, &key);

	if (!v)
		return 0;
	for (u32 i = 0; i < 100; i++)
		__sync_fetch_and_add(v, i);
	return 0;
}

char _license[] SEC("license") = "GPL";
