/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the suite is written against, three times: BPF as the kernel has it; BPF
 * whose context holds addresses (WIDE: DPDK's compiler); C, where maps and
 * helpers are what a C programmer would write in their place. What has no fair
 * equivalent stands under `#ifdef __bpf__`.
 */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#if !defined(__bpf__) || defined(WIDE)
#define xdp_md wide_md
struct wide_md { /* engine.c: struct wide_context */
	u64 data, data_end, data_meta;
	u32 ingress_ifindex, rx_queue_index, egress_ifindex;
};
#endif

#ifdef __bpf__
#include <bpf/bpf_helpers.h>

#define ARRAY(name)                               \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(max_entries, 256);         \
		__type(key, u32);                 \
		__type(value, u64);               \
	} name SEC(".maps")
#define HASH(name, key_type)                     \
	struct {                                 \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, 1024);       \
		__type(key, key_type);           \
		__type(value, u64);              \
	} name SEC(".maps")
#define array_find(map, key) bpf_map_lookup_elem(&(map), key)
#define hash_find(map, key)  bpf_map_lookup_elem(&(map), key)

#else

#define SEC(name) __attribute__((visibility("default"), used))

/* An array is an array; engine.c fills maps with i * i. */
#define ARRAY(name)                                                \
	static u64 name[256];                                      \
	static __attribute__((constructor)) void fill_##name(void) \
	{                                                          \
		for (u64 i = 0; i < 256; i++)                      \
			name[i] = i * i;                           \
	}
#define array_find(map, key) (*(key) < 256 ? &(map)[*(key)] : (u64 *)0)

/* A hash table: buckets of chained elements, twice as many as elements, multiplicative hash. */
struct hash_slot {
	u64 key, value;
	u32 next; /* index + 1 */
};
struct hash_table {
	u32 used, buckets[2048];
	struct hash_slot slots[1024];
};

static inline u32 hash_bucket(u64 key)
{
	return key * 0x9e3779b97f4a7c15ull >> 53;
}

static inline u64 *hash_get(struct hash_table *t, u64 key)
{
	for (u32 i = t->buckets[hash_bucket(key)]; i; i = t->slots[i - 1].next)
		if (t->slots[i - 1].key == key)
			return &t->slots[i - 1].value;
	return 0;
}

static inline void hash_put(struct hash_table *t, u64 key, u64 value)
{
	u32 *bucket = &t->buckets[hash_bucket(key)];

	t->slots[t->used] = (struct hash_slot){key, value, *bucket};
	*bucket = ++t->used;
}

#define HASH(name, key_type)                                       \
	static struct hash_table name;                             \
	static __attribute__((constructor)) void fill_##name(void) \
	{                                                          \
		for (u64 i = 0; i < 256; i++)                      \
			hash_put(&name, i * 3, i * i);             \
	}
#define hash_find(map, key) hash_get(&(map), *(key))

static inline long bpf_loop(u32 n, long (*body)(u32, void *), void *ctx, u64 flags)
{
	for (u32 i = 0; i < n; i++)
		if (body(i, ctx))
			return i + 1;
	return n;
}
#endif

#define PROGRAM(name) SEC("xdp") int name(struct xdp_md *ctx)
#define BYTES         1500
#define INLINE        static __attribute__((always_inline)) inline
#define NOINLINE      static __attribute__((noinline))

/* The packet, when it is as long as it should be. */
INLINE u8 *packet(struct xdp_md *ctx)
{
	u8 *p = (void *)(long)ctx->data;

	return p + BYTES > (u8 *)(long)ctx->data_end ? 0 : p;
}

INLINE u16 be16(const void *p)
{
	return __builtin_bswap16(*(const u16 *)p);
}

INLINE u32 be32(const void *p)
{
	return __builtin_bswap32(*(const u32 *)p);
}

INLINE u64 be64(const void *p)
{
	return __builtin_bswap64(*(const u64 *)p);
}

#endif
