// SPDX-License-Identifier: BSD-2-Clause
/* Helpers that any map type with the operation has: elements by key, and by end. */
#include <cygnet/abi.h>
#include <linux/errno.h>
#include "core/helper.h"
#include "core/run.h"

static inline struct map *map_of(u64 r)
{
	return u64_to_ptr(r);
}

static u64 map_lookup_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	return m->ops->lookup ? ptr_to_u64(m->ops->lookup(m, run, u64_to_ptr(r2))) : 0;
}

/* Until the verifier refuses programs that write to a map which they may only read. */
static inline bool may_write(const struct map *m)
{
	return !(m->flags & BPF_F_RDONLY_PROG);
}

static u64 map_update_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	if (!m->ops->update)
		return -EOPNOTSUPP;
	if (!may_write(m))
		return -EACCES;
	return m->ops->update(m, run, u64_to_ptr(r2), u64_to_ptr(r3), r4);
}

static u64 map_delete_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	if (!m->ops->remove)
		return -EOPNOTSUPP;
	return may_write(m) ? m->ops->remove(m, run, u64_to_ptr(r2)) : -EACCES;
}

static u64 map_push_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	if (!m->ops->push)
		return -EOPNOTSUPP;
	return may_write(m) ? m->ops->push(m, run, u64_to_ptr(r2), r3) : -EACCES;
}

static u64 map_pop_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	if (!m->ops->pop)
		return -EOPNOTSUPP;
	return may_write(m) ? m->ops->pop(m, run, u64_to_ptr(r2)) : -EACCES;
}

static u64 map_peek_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	return m->ops->peek ? m->ops->peek(m, run, u64_to_ptr(r2)) : -EOPNOTSUPP;
}

static u64 map_lookup_percpu_elem(struct run *run, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct map *m = map_of(r1);

	if (!m->ops->lookup_percpu || r3 > UINT32_MAX)
		return 0;
	return ptr_to_u64(m->ops->lookup_percpu(m, u64_to_ptr(r2), (u32)r3));
}

static const struct helper_proto protos[] = {
	{
		.id = BPF_FUNC_map_lookup_elem,
		.flags = HELPER_TAKES_PACKET,
		.name = "bpf_map_lookup_elem",
		.map_types = HELPER_MAP(HASH) | HELPER_MAP(ARRAY) | HELPER_MAP(PERCPU_HASH) |
			     HELPER_MAP(PERCPU_ARRAY) | HELPER_MAP(LRU_HASH) |
			     HELPER_MAP(LRU_PERCPU_HASH) | HELPER_MAP(LPM_TRIE) |
			     HELPER_MAP(ARRAY_OF_MAPS) | HELPER_MAP(HASH_OF_MAPS) |
			     HELPER_MAP(DEVMAP) | HELPER_MAP(DEVMAP_HASH) | HELPER_MAP(SOCKMAP) |
			     HELPER_MAP(SOCKHASH) | HELPER_MAP(XSKMAP),
		.fn = map_lookup_elem,
		.ret = RET_MAP_VALUE_OR_NULL,
		.args = {ARG_MAP, ARG_MAP_KEY},
		.doc = "The address of the value under a key, or NULL",
	},
	{
		.id = BPF_FUNC_map_update_elem,
		.flags = HELPER_TAKES_PACKET,
		.name = "bpf_map_update_elem",
		.map_types = HELPER_MAP(HASH) | HELPER_MAP(ARRAY) | HELPER_MAP(PERCPU_HASH) |
			     HELPER_MAP(PERCPU_ARRAY) | HELPER_MAP(LRU_HASH) |
			     HELPER_MAP(LRU_PERCPU_HASH) | HELPER_MAP(LPM_TRIE) |
			     HELPER_MAP(SOCKMAP) | HELPER_MAP(SOCKHASH),
		.fn = map_update_elem,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MAP_KEY, ARG_MAP_VALUE, ARG_ANY},
		.doc = "Puts a value under a key: any, only if new, only if present",
	},
	{
		.id = BPF_FUNC_map_delete_elem,
		.flags = HELPER_TAKES_PACKET,
		.name = "bpf_map_delete_elem",
		.map_types = HELPER_MAP(HASH) | HELPER_MAP(ARRAY) | HELPER_MAP(PERCPU_HASH) |
			     HELPER_MAP(PERCPU_ARRAY) | HELPER_MAP(LRU_HASH) |
			     HELPER_MAP(LRU_PERCPU_HASH) | HELPER_MAP(LPM_TRIE) |
			     HELPER_MAP(SOCKMAP) | HELPER_MAP(SOCKHASH),
		.fn = map_delete_elem,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MAP_KEY},
		.doc = "Deletes the element under a key",
	},
	{
		.id = BPF_FUNC_map_push_elem,
		.flags = HELPER_TAKES_PACKET,
		.name = "bpf_map_push_elem",
		.map_types = HELPER_MAP(QUEUE) | HELPER_MAP(STACK) | HELPER_MAP(BLOOM_FILTER),
		.fn = map_push_elem,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MAP_VALUE, ARG_ANY},
		.since = 0x0414,
		.doc = "Adds a value to a queue, a stack or a bloom filter",
	},
	{
		.id = BPF_FUNC_map_pop_elem,
		.name = "bpf_map_pop_elem",
		.map_types = HELPER_MAP(QUEUE) | HELPER_MAP(STACK),
		.fn = map_pop_elem,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MAP_VALUE_WRITE},
		.since = 0x0414,
		.doc = "Takes the next value off a queue or a stack",
	},
	{
		.id = BPF_FUNC_map_peek_elem,
		.name = "bpf_map_peek_elem",
		.map_types = HELPER_MAP(QUEUE) | HELPER_MAP(STACK) | HELPER_MAP(BLOOM_FILTER),
		.fn = map_peek_elem,
		.ret = RET_INT,
		.args = {ARG_MAP, ARG_MAP_VALUE_WRITE},
		.since = 0x0414,
		.doc = "Reads the next value of a queue or a stack, or asks a bloom filter",
	},
	{
		.id = BPF_FUNC_map_lookup_percpu_elem,
		.flags = HELPER_TAKES_PACKET,
		.name = "bpf_map_lookup_percpu_elem",
		.map_types = HELPER_MAP(PERCPU_HASH) | HELPER_MAP(PERCPU_ARRAY) |
			     HELPER_MAP(LRU_PERCPU_HASH),
		.fn = map_lookup_percpu_elem,
		.ret = RET_MAP_VALUE_OR_NULL,
		.args = {ARG_MAP, ARG_MAP_KEY, ARG_ANY},
		.since = 0x0513,
		.doc = "The address of another cpu's value under a key, or NULL",
	},
};

HELPER_FAMILY(helper_element_family, protos);
