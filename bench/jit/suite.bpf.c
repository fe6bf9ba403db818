// SPDX-License-Identifier: BSD-2-Clause
/*
 * What native code is measured by: each program is one loop of the kind its
 * name says, on a packet of 1500 bytes (bench/jit.c fills it). Run times are
 * those of the program less those of `null`. The same source is compiled for
 * BPF and, for comparison, by C compilers (bench/jit/program.h).
 */
#include "program.h"

ARRAY(array);
HASH(hash, u64);
HASH(hash4, u32);

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} lru SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");
#endif

PROGRAM(null)
{
	return XDP_PASS;
}

PROGRAM(arith)
{
	u64 a = ctx->rx_queue_index + 1, b = 3;

	for (int i = 0; i < 2000; i++) {
		a = a * 6364136223846793005ull + b;
		b ^= a >> 29;
		b += a << 3;
	}
	return (u32)(a ^ b);
}

PROGRAM(prime)
{
	u32 n = 1000003 + ctx->rx_queue_index, found = 0;

	for (u32 d = 2; d < 1000; d++)
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
	for (int n = 0; n < 10; n++)
		for (int i = 0; i < 20; i++) {
			u8 *h = p + i * 64;

			if (be16(h + 12) != 0x0800 || h[14] != 0x45)
				sum += 3;
			if (h[23] == 6)
				sum += be16(h + 36);
			else if (h[23] == 17)
				sum += be32(h + 30) >> 8;
			else
				sum ^= be32(h + 26);
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
		u64 *v = array_find(array, &key);

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
		u64 *v = hash_find(hash, &key);

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
		u64 *v = hash_find(hash4, &key);

		if (v)
			sum += *v;
	}
	return sum;
}

PROGRAM(chain)
{
	u64 a = ctx->rx_queue_index;

	for (int i = 0; i < 512; i++) {
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
	for (int n = 0; n < 100; n++) {
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

/* Bubble sort of 64 words in the packet. */
PROGRAM(sort)
{
	u8 *p = packet(ctx);
	u32 *v;

	if (!p)
		return 0;
	v = (u32 *)(p + 1000);
	for (int i = 0; i < 64; i++)
		v[i] = *(u32 *)(p + i * 12) * 0x9e3779b1;
	for (int i = 0; i < 63; i++)
		for (int j = 0; j < 63 - i; j++) {
			u32 a = v[j], b = v[j + 1];

			if (a > b) {
				v[j] = b;
				v[j + 1] = a;
			}
		}
	return v[0] ^ v[31] ^ v[63];
}

/* Headers of IPv6 and TCP as they stand on the wire. */
PROGRAM(headers)
{
	u8 *p = packet(ctx);
	u64 sum = 0;

	if (!p)
		return 0;
	for (int n = 0; n < 10; n++)
		for (int i = 0; i < 20; i++) {
			u8 *ip = p + i * 60, *tcp = ip + 40;
			u32 first = be32(ip), off = be16(tcp + 12);

			sum += (first >> 20 & 255) + (first & 0xfffff);
			sum += be16(ip + 4);
			sum ^= be64(ip + 8) + be64(ip + 16);
			sum += be64(ip + 24) ^ be64(ip + 32);
			sum += (u64)be16(tcp) << 16 | be16(tcp + 2);
			sum += (u64)be32(tcp + 4) << 32 | be32(tcp + 8);
			sum += (off >> 12) * 4 + (off & 0x1ff) + be16(tcp + 14);
		}
	return sum ^ sum >> 32;
}

/* 4,000 instructions without a jump. */
#define STEP(k) (a += b ^ (k), b = (b << 3) - c, c ^= a >> (((k)&15) + 1), d = (d + c) * ((k) | 1))
#define STEP10(k)                                                                               \
	(STEP(k), STEP(k + 1), STEP(k + 2), STEP(k + 3), STEP(k + 4), STEP(k + 5), STEP(k + 6), \
	 STEP(k + 7), STEP(k + 8), STEP(k + 9))
#define STEP100(k)                                                                  \
	(STEP10(k), STEP10(k + 10), STEP10(k + 20), STEP10(k + 30), STEP10(k + 40), \
	 STEP10(k + 50), STEP10(k + 60), STEP10(k + 70), STEP10(k + 80), STEP10(k + 90))

PROGRAM(straight)
{
	u64 a = ctx->rx_queue_index, b = a + 1, c = a + 2, d = a + 3;

	STEP100(1000);
	STEP100(2000);
	STEP100(3000);
	STEP100(4000);
	STEP10(5000);
	STEP10(6000);
	STEP10(7000);
	STEP10(8000);
	STEP(9000), STEP(9001), STEP(9002);
	return a ^ b ^ c ^ d;
}

NOINLINE u32 inner(u32 a, u32 b)
{
	return a * 31 + (b ^ a >> 3);
}

NOINLINE u32 middle(u32 a, u32 b)
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
	u64 *v = array_find(array, &key);

	if (!v)
		return 0;
	for (u32 i = 0; i < 400; i++)
		__sync_fetch_and_add(v, i);
	return 0;
}

/* Those whose result is used. */
PROGRAM(atomics_fetch)
{
	u32 key = 10;
	u64 *v = array_find(array, &key), sum = 0;

	if (!v)
		return 0;
	*v = 0;
	for (u32 i = 0; i < 200; i++) {
		sum += __sync_fetch_and_add(v, 3);
		sum ^= __sync_val_compare_and_swap(v, i * 3 + 3, i * 3 + 3);
	}
	return sum;
}

NOINLINE long body(u32 i, void *data)
{
	u64 *sum = data;

	*sum = *sum * 31 + i;
	return 0;
}

PROGRAM(loop)
{
	u64 sum = ctx->rx_queue_index;

	bpf_loop(100, body, &sum, 0);
	return sum;
}

/* What has no equivalent in C. */
#ifdef __bpf__
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

/* Goes to itself until the kernel's limit of 33 is reached. */
PROGRAM(hop)
{
	u8 *p = packet(ctx);

	if (!p)
		return 0;
	p[0]++;
	bpf_tail_call(ctx, &next, 0);
	return p[0];
}

PROGRAM(tail_calls)
{
	u8 *p = packet(ctx);

	if (!p)
		return 0;
	p[0] = 0;
	bpf_tail_call(ctx, &next, 0);
	return 0;
}

PROGRAM(ring_output)
{
	u64 record[8];
	u32 failed = 0;

	for (int i = 0; i < 8; i++)
		record[i] = ctx->rx_queue_index + i;
	for (int i = 0; i < 8; i++)
		failed += bpf_ringbuf_output(&ring, record, sizeof(record), BPF_RB_NO_WAKEUP) != 0;
	return failed;
}

PROGRAM(ring_reserve)
{
	u32 failed = 0;

	for (u64 i = 0; i < 8; i++) {
		u64 *record = bpf_ringbuf_reserve(&ring, 64, 0);

		if (!record) {
			failed++;
			continue;
		}
		record[0] = i;
		record[7] = i;
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	return failed;
}
#endif

char _license[] SEC("license") = "GPL";
