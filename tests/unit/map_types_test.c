// SPDX-License-Identifier: BSD-2-Clause
/*
 * MAP_CREATE of every type: flags alone and in pairs, sizes at their bounds,
 * entries, inner maps, extra words, types of keys and values, and random mixes:
 * the kernel's results (sys_facts.h).
 */
#define FACTS "tests/data/map_types.facts"
#include "sys_facts.h"
#include "btf_gen.h"
#include "btf_host.h"

static const struct {
	u32 type, key, value, entries, flags;
	u64 extra;
} types[] = {
	{0, 4, 8, 4},
	{BPF_MAP_TYPE_HASH, 4, 8, 4},
	{BPF_MAP_TYPE_ARRAY, 4, 8, 4},
	{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4},
	{BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4},
	{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4},
	{BPF_MAP_TYPE_STACK_TRACE, 4, 80, 4},
	{BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4},
	{BPF_MAP_TYPE_LRU_HASH, 4, 8, 4},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4},
	{BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4},
	{BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4},
	{BPF_MAP_TYPE_DEVMAP, 4, 4, 4},
	{BPF_MAP_TYPE_SOCKMAP, 4, 4, 4},
	{BPF_MAP_TYPE_CPUMAP, 4, 4, 4},
	{BPF_MAP_TYPE_XSKMAP, 4, 4, 4},
	{BPF_MAP_TYPE_SOCKHASH, 4, 4, 4},
	{BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4, 4},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0},
	{BPF_MAP_TYPE_QUEUE, 0, 8, 4},
	{BPF_MAP_TYPE_STACK, 0, 8, 4},
	{BPF_MAP_TYPE_SK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 4},
	{BPF_MAP_TYPE_STRUCT_OPS, 4, 8, 1},
	{BPF_MAP_TYPE_RINGBUF, 0, 0, 4096},
	{BPF_MAP_TYPE_INODE_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4},
	{BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096},
	{BPF_MAP_TYPE_CGRP_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_ARENA, 0, 0, 4, BPF_F_MMAPABLE},
	{34, 4, 8, 4},
};

static long inner, told; /* descriptors: a map to be like, types of key and value */

/* These are made with types only. */
static bool is_storage(u32 t)
{
	return t == BPF_MAP_TYPE_SK_STORAGE || t == BPF_MAP_TYPE_INODE_STORAGE ||
	       t == BPF_MAP_TYPE_TASK_STORAGE || t == BPF_MAP_TYPE_CGRP_STORAGE;
}

static union bpf_attr base_of(u32 t)
{
	union bpf_attr a = {.map_type = types[t].type,
			    .key_size = types[t].key,
			    .value_size = types[t].value,
			    .max_entries = types[t].entries,
			    .map_flags = types[t].flags};

	if (t == BPF_MAP_TYPE_ARRAY_OF_MAPS || t == BPF_MAP_TYPE_HASH_OF_MAPS)
		a.inner_map_fd = inner;
	if (is_storage(t)) {
		a.btf_fd = told;
		a.btf_key_type_id = 1;
		a.btf_value_type_id = 4;
	}
	return a;
}

/* One attempt, noted once. */
static void try(struct pass *p, const char *name, union bpf_attr a)
{
	long r = p->bpf(BPF_MAP_CREATE, &a, ALL);

	note(p, name, r < 0 ? r : 0);
	if (r >= 0)
		close(r);
}
#define ATTEMPT(...)                                         \
	do {                                                 \
		char name_[64];                              \
		snprintf(name_, sizeof(name_), __VA_ARGS__); \
		try(p, name_, a);                            \
	} while (0)

/* ids: 1 int, 2 long, 3 struct of 4, 4 char[value], 5 void *, 6 section, 7 short, 8 struct of 16 */
static long load_types(struct pass *p, u32 value)
{
	static struct gen g;
	static u8 blob[GEN_MAX];
	union bpf_attr a = {.btf = ADDR(blob)};

	gen_start(&g, 1);
	gen_words(&g, gen_string(&g, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&g, 1u << 24 | 32);
	gen_words(&g, gen_string(&g, "long"), BTF_KIND_INT << 24, 8);
	gen_word(&g, 1u << 24 | 64);
	gen_words(&g, gen_string(&g, "s4"), BTF_KIND_STRUCT << 24 | 1, 4);
	gen_words(&g, gen_string(&g, "x"), 1, 0);
	gen_words(&g, gen_string(&g, "v"), BTF_KIND_STRUCT << 24, value);
	gen_words(&g, 0, BTF_KIND_PTR << 24, 0);
	gen_words(&g, gen_string(&g, "sv"), BTF_KIND_VAR << 24, 4);
	gen_word(&g, 1);
	gen_words(&g, gen_string(&g, ".data"), BTF_KIND_DATASEC << 24 | 1, value);
	gen_words(&g, 6, 0, value);
	gen_words(&g, gen_string(&g, "s16"), BTF_KIND_STRUCT << 24 | 2, 16);
	gen_words(&g, gen_string(&g, "cgroup_inode_id"), 2, 0);
	gen_words(&g, gen_string(&g, "attach_type"), 1, 64);
	gen_words(&g, gen_string(&g, "s8"), BTF_KIND_STRUCT << 24 | 1, 8);
	gen_words(&g, gen_string(&g, "x"), 2, 0);
	a.btf_size = gen_finish(&g, sizeof(struct btf_header), blob);
	return p->bpf(BPF_BTF_LOAD, &a, ALL);
}

static bool descriptor_flag(u32 bit)
{
	return bit == 14 || bit == 15 || bit == 16;
}

static void flags_of(struct pass *p, u32 t)
{
	for (u32 x = 0; x < 21; x++)
		for (u32 y = x; y < 21; y++) {
			union bpf_attr a = base_of(t);

			if (descriptor_flag(x) || descriptor_flag(y))
				continue;
			a.map_flags ^= 1u << x | 1u << y;
			ATTEMPT("type %u flags %u %u", t, x, y);
		}
}

static void sizes_of(struct pass *p, u32 t)
{
	static const u32 keys[] = {0,   1,   3,   4,     5,        7,          8,         9,
				   11,  12,  16,  20,    24,       31,         257,       260,
				   261, 512, 513, 65536, 0x3fffd0, 0x7fffffff, 0xffffffff};
	static const u32 values[] = {0,        1,        3,        4,          7,         8,
				     9,        12,       16,       64,         1016,      1024,
				     32761,    32768,    32769,    65536,      65399,     65400,
				     65407,    65408,    65431,    65432,      4194024,   4194025,
				     0x3fffcb, 0x3fffcc, 0x3fffcd, 0x80000000, 0xffffffff};
	static const u32 entries[] = {0,     1,     2,    3,     63,    64,    65,
				      128,   129,   1023, 4095,  4096,  8192,  4097,
				      12288, 65536, 1024, 16384, 32768, 32769, 8191};
	union bpf_attr a;

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		a = base_of(t);
		a.key_size = keys[i];
		a.max_entries = MIN(a.max_entries, 1u);
		if (types[t].entries >= 4096)
			a.max_entries = 4096;
		ATTEMPT("type %u key %u", t, keys[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		a = base_of(t);
		a.value_size = values[i];
		if (is_storage(t) && values[i] < 1u << 28) {
			close(told);
			told = load_types(p, MAX(values[i], 4u));
			a.btf_fd = told;
		}
		a.max_entries = MIN(a.max_entries, 1u);
		if (types[t].entries >= 4096)
			a.max_entries = 4096;
		ATTEMPT("type %u value %u", t, values[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++) {
		a = base_of(t);
		a.max_entries = entries[i];
		ATTEMPT("type %u entries %u", t, entries[i]);
	}
}

/* What types only of some kinds look at. */
static void others_of(struct pass *p, u32 t)
{
	static const u64 extras[] = {1,
				     7,
				     15,
				     16,
				     17,
				     0x1000,
				     0x1001,
				     0x100000000,
				     0x7f000000000,
				     0x7f0fffffe000,
				     1ull << 63};
	union bpf_attr a;

	for (u32 i = 0; i < ARRAY_SIZE(extras); i++) {
		a = base_of(t);
		a.map_extra = extras[i];
		ATTEMPT("type %u extra %llx", t, (unsigned long long)extras[i]);
	}
	for (int fd = -1; fd < 2; fd++) {
		a = base_of(t);
		a.inner_map_fd = fd < 1 ? fd : 9999;
		ATTEMPT("type %u inner %d", t, fd);
	}
	a = base_of(t);
	a.map_ifindex = 1;
	ATTEMPT("type %u ifindex 1", t);
	a = base_of(t);
	a.map_ifindex = 9999;
	ATTEMPT("type %u ifindex 9999", t);
	a = base_of(t);
	a.btf_vmlinux_value_type_id = 1;
	ATTEMPT("type %u vmlinux value type 1", t);
	a = base_of(t);
	a.btf_vmlinux_value_type_id = 1;
	a.btf_value_type_id = 1;
	ATTEMPT("type %u both value types", t);
	a = base_of(t);
	a.btf_fd = 9999;
	a.btf_value_type_id = 1;
	ATTEMPT("type %u no btf", t);
	a = base_of(t);
	a.value_type_btf_obj_fd = 9999;
	ATTEMPT("type %u module btf", t);
	a = base_of(t);
	a.value_type_btf_obj_fd = 9999;
	a.map_flags |= BPF_F_VTYPE_BTF_OBJ_FD;
	ATTEMPT("type %u module btf flag", t);
	a = base_of(t);
	a.map_token_fd = 9999;
	a.map_flags |= BPF_F_TOKEN_FD;
	ATTEMPT("type %u token", t);
	a = base_of(t);
	strcpy(a.map_name, "bad name");
	ATTEMPT("type %u bad name", t);
	a = base_of(t);
	a.excl_prog_hash_size = 32;
	ATTEMPT("type %u exclusive, no hash", t);
	a = base_of(t);
	a.excl_prog_hash = ADDR("12345678901234567890123456789012");
	a.excl_prog_hash_size = 31;
	ATTEMPT("type %u exclusive, short", t);
	a.excl_prog_hash_size = 32;
	ATTEMPT("type %u exclusive", t);
	a.excl_prog_hash = 16;
	ATTEMPT("type %u exclusive, bad", t);
}

static void btf_of(struct pass *p, u32 t)
{
	static const u8 values[] = {4, 7, 1, 2};
	long btf = load_types(p, MAX(types[t].value, 4));
	union bpf_attr a;

	for (u32 key = 0; key < 10; key++)
		for (u32 v = 0; v < 4; v++) {
			a = base_of(t);
			a.btf_fd = btf;
			a.btf_key_type_id = key;
			a.btf_value_type_id = values[v];
			ATTEMPT("type %u key type %u value type %u", t, key, values[v]);
			a.max_entries = MIN(a.max_entries, 1u);
			if (!key)
				ATTEMPT("type %u one, key type %u value type %u", t, key,
					values[v]);
		}
	close(btf);
}

static void mixes_of(struct pass *p, u32 t)
{
	static const u32 sizes[] = {0, 1, 4, 8, 12, 16, 20, 64, 264, 4096, 40000};
	static const u32 entries[] = {0, 1, 4, 64, 100, 4096, 8192};
	static struct gen g;

	gen_start(&g, 1000 + t);
	for (u32 i = 0; i < 60; i++) {
		union bpf_attr a = base_of(t);
		u32 kinds = 1 + gen_below(&g, 15);

		if (kinds & 1)
			a.key_size = sizes[gen_below(&g, ARRAY_SIZE(sizes))];
		if (kinds & 2)
			a.value_size = sizes[gen_below(&g, ARRAY_SIZE(sizes))];
		if (kinds & 4)
			a.max_entries = entries[gen_below(&g, ARRAY_SIZE(entries))];
		if (kinds & 8)
			a.map_flags ^= 1u << gen_below(&g, 14);
		if (gen_one_in(&g, 8))
			a.map_extra = gen_below(&g, 20);
		if (gen_one_in(&g, 8))
			a.inner_map_fd = inner;
		ATTEMPT("type %u mix %u", t, i);
	}
}

/* What may be in a map of maps, and what it must be like. */
static void inner_of(struct pass *p, u32 t)
{
	u32 key = 0, id;
	char name[64];
	long like, outer;
	union bpf_attr a;

	a = base_of(t);
	like = p->bpf(BPF_MAP_CREATE, &a, ALL);
	if (like < 0)
		return;
	for (u32 hash = 0; hash < 2; hash++) {
		a = (union bpf_attr){.map_type = hash ? BPF_MAP_TYPE_HASH_OF_MAPS
						      : BPF_MAP_TYPE_ARRAY_OF_MAPS,
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = 2,
				     .inner_map_fd = like};
		snprintf(name, sizeof(name), "type %u in a map, %u", t, hash);
		outer = OPEN(name, BPF_MAP_CREATE, ALL, .map_type = a.map_type, .key_size = 4,
			     .value_size = 4, .max_entries = 2, .inner_map_fd = like);
		for (u32 how = 0; how < 6 && outer >= 0; how++) {
			long other;
			u32 fd;

			a = base_of(t);
			if (how == 1)
				a.max_entries = a.max_entries < 4096 ? a.max_entries + 1 : 8192;
			if (how == 2)
				a.key_size += t == BPF_MAP_TYPE_CGROUP_STORAGE ? -8 : 4;
			if (how == 3)
				a.value_size += 4;
			if (how == 4)
				a.map_flags ^= BPF_F_RDONLY_PROG;
			if (how == 5)
				a.map_flags ^= BPF_F_NUMA_NODE;
			other = p->bpf(BPF_MAP_CREATE, &a, ALL);
			if (other < 0)
				continue;
			fd = other;
			snprintf(name, sizeof(name), "type %u put into %u, differing in %u", t,
				 hash, how);
			CALL(name, BPF_MAP_UPDATE_ELEM, ALL, .map_fd = outer, .key = ADDR(&key),
			     .value = ADDR(&fd));
			close(other);
		}
		if (outer < 0)
			continue;
		snprintf(name, sizeof(name), "type %u lookup in %u", t, hash);
		CALL(name, BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = outer, .key = ADDR(&key),
		     .value = ADDR(&id));
		close(outer);
	}
	close(like);
}

/* Tables of functions of the host's own kernel, by name: what its BTF has. */
static void struct_ops(struct pass *p)
{
	static const char *const names[] = {
		"bpf_struct_ops_tcp_congestion_ops",
		"bpf_struct_ops_bpf_dummy_ops",
		"bpf_struct_ops_common_value",
		"bpf_struct_ops_desc",
		"bpf_struct_ops_link",
		"task_struct",
	};
	size_t size;
	void *raw = host_file("/sys/kernel/btf/vmlinux", &size);
	struct btf_info *vmlinux = NULL;
	long btf = load_types(p, 8);
	char name[64];

	if (raw)
		btf_view(raw, size, NULL, &vmlinux);
	for (u32 i = 0; vmlinux && i < ARRAY_SIZE(names); i++) {
		u32 id = btf_find(vmlinux, names[i], BTF_KIND_STRUCT), bytes = 8;

		btf_size_of(vmlinux, id, &bytes);
		for (u32 how = 0; how < 5; how++) {
			u32 flags = how == 3 ? BPF_F_LINK : how == 4 ? BPF_F_MMAPABLE : 0;

			snprintf(name, sizeof(name), "struct_ops %s %u", names[i] + 7, how);
			TRY(name, BPF_MAP_CREATE, ALL, .map_type = BPF_MAP_TYPE_STRUCT_OPS,
			    .key_size = 4, .value_size = bytes + (how == 1), .max_entries = 1,
			    .map_flags = flags, .btf_fd = how == 2 ? 9999 : btf,
			    .btf_vmlinux_value_type_id = id);
		}
	}
	btf_free(vmlinux);
	free(raw);
	close(btf);
}

static void run_calls(struct pass *p)
{
	struct_ops(p);
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		union bpf_attr hash = {.map_type = BPF_MAP_TYPE_HASH,
				       .key_size = 4,
				       .value_size = 8,
				       .max_entries = 4};

		inner = p->bpf(BPF_MAP_CREATE, &hash, ALL);
		told = load_types(p, 8);
		flags_of(p, t);
		sizes_of(p, t);
		others_of(p, t);
		btf_of(p, t);
		mixes_of(p, t);
		inner_of(p, t);
		close(inner);
		close(told);
	}
}

FACTS_MAIN("creation of maps")
