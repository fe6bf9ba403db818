// SPDX-License-Identifier: BSD-2-Clause
/*
 * Elements of every map type that bpf(2) can be asked about: each command with
 * good and bad keys, values and flags; batches; info, freeze, reopening by id:
 * the kernel's results (sys_facts.h).
 */
#define FACTS "tests/data/map_elements.facts"
#include "sys_facts.h"
#include <sys/mman.h>
#include <sys/socket.h>
#include "btf_gen.h"

static const struct {
	u32 type, key, value, entries, flags;
	const char *name;
} types[] = {
	{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, "prog_array"},
	{BPF_MAP_TYPE_STACK_TRACE, 4, 80, 4, 0, "stack_trace"},
	{BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0, "cgroup_array"},
	{BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0, "lru_percpu_hash"},
	{BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC, "lpm_trie"},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, "array_of_maps"},
	{BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0, "hash_of_maps"},
	{BPF_MAP_TYPE_DEVMAP, 4, 4, 4, 0, "devmap"},
	{BPF_MAP_TYPE_DEVMAP, 4, 8, 4, 0, "devmap8"},
	{BPF_MAP_TYPE_SOCKMAP, 4, 4, 4, 0, "sockmap"},
	{BPF_MAP_TYPE_SOCKMAP, 4, 8, 4, 0, "sockmap8"},
	{BPF_MAP_TYPE_CPUMAP, 4, 4, 4, 0, "cpumap"},
	{BPF_MAP_TYPE_CPUMAP, 4, 8, 4, 0, "cpumap8"},
	{BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0, "xskmap"},
	{BPF_MAP_TYPE_SOCKHASH, 4, 4, 4, 0, "sockhash"},
	{BPF_MAP_TYPE_SOCKHASH, 4, 8, 4, 0, "sockhash8"},
	{BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0, 0, "cgroup_storage"},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4, 4, 0, "reuseport"},
	{BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 4, 0, "reuseport8"},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0, 0, "percpu_cgroup_storage"},
	{BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0, "queue"},
	{BPF_MAP_TYPE_STACK, 0, 8, 4, 0, "stack"},
	{BPF_MAP_TYPE_SK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC, "sk_storage"},
	{BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 4, 0, "devmap_hash"},
	{BPF_MAP_TYPE_DEVMAP_HASH, 4, 8, 4, 0, "devmap_hash8"},
	{BPF_MAP_TYPE_INODE_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC, "inode_storage"},
	{BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC, "task_storage"},
	{BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0, "bloom_filter"},
	{BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0, "user_ringbuf"},
	{BPF_MAP_TYPE_CGRP_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC, "cgrp_storage"},
	{BPF_MAP_TYPE_ARENA, 0, 0, 4, BPF_F_MMAPABLE, "arena"},
};

/* "TYPE: ..." */
static const char *name_of(u32 t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static const char *name_of(u32 t, const char *fmt, ...)
{
	static char label[128];
	int n = snprintf(label, sizeof(label), "%s: ", types[t].name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(label + n, sizeof(label) - n, fmt, ap);
	va_end(ap);
	return label;
}

/* Types of a key (an int, or by `key`) and of a value of 8 bytes. */
static long load_types(struct pass *p)
{
	static struct gen g;
	static u8 blob[GEN_MAX];
	union bpf_attr a = {.btf = ADDR(blob)};

	gen_start(&g, 1);
	gen_words(&g, gen_string(&g, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&g, 1u << 24 | 32);
	gen_words(&g, gen_string(&g, "long"), BTF_KIND_INT << 24, 8);
	gen_word(&g, 1u << 24 | 64);
	a.btf_size = gen_finish(&g, sizeof(struct btf_header), blob);
	return p->bpf(BPF_BTF_LOAD, &a, ALL);
}

static long make(struct pass *p, u32 t, u32 flags)
{
	union bpf_attr a = {.map_type = types[t].type,
			    .key_size = types[t].key,
			    .value_size = types[t].value,
			    .max_entries = types[t].entries,
			    .map_flags = types[t].flags | flags};
	union bpf_attr like = {ARRAY_OF4};
	long btf = -1, inner = -1, fd;

	if (a.map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || a.map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		a.inner_map_fd = inner = p->bpf(BPF_MAP_CREATE, &like, ALL);
	if (!a.max_entries && a.key_size == 4) {
		a.btf_fd = btf = load_types(p);
		a.btf_key_type_id = 1;
		a.btf_value_type_id = 2;
	}
	fd = p->bpf(BPF_MAP_CREATE, &a, ALL);
	if (btf >= 0)
		close(btf);
	if (inner >= 0)
		close(inner);
	return fd;
}

/* Each command with one key and one value. */
static void ask(struct pass *p, u32 t, long fd, const char *what, u64 key, u64 value, u64 next)
{
	static const u64 flags[] = {0, 1, 2, 3, 4, 8};
	CALL(name_of(t, "lookup %s", what), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = key,
	     .value = value);
	CALL(name_of(t, "lookup %s, lock", what), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd,
	     .key = key, .value = value, .flags = BPF_F_LOCK);
	CALL(name_of(t, "lookup %s, flags", what), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd,
	     .key = key, .value = value, .flags = 1);
	CALL(name_of(t, "next %s", what), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = key,
	     .next_key = next);
	CALL(name_of(t, "take %s", what), BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, .map_fd = fd,
	     .key = key, .value = value);
	CALL(name_of(t, "take %s, flags", what), BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, .map_fd = fd,
	     .key = key, .value = value, .flags = BPF_F_LOCK);
	CALL(name_of(t, "delete %s", what), BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = key);
	for (u32 f = 0; f < ARRAY_SIZE(flags); f++)
		CALL(name_of(t, "update %s, %llu", what, (unsigned long long)flags[f]),
		     BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = key, .value = value,
		     .flags = flags[f]);
	CALL(name_of(t, "lookup %s after", what), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd,
	     .key = key, .value = value);
	CALL(name_of(t, "delete %s after", what), BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd,
	     .key = key);
}

static void batches(struct pass *p, u32 t, long fd)
{
	u8 keys[256] = {0}, values[8192] = {0}, in[64] = {0}, out[64] = {0};
	static const u32 commands[] = {BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
				       BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH};
	for (u32 c = 0; c < ARRAY_SIZE(commands); c++) {
		CALL(name_of(t, "batch %u", c), commands[c], ALL,
		     .batch = {.map_fd = fd,
			       .count = 2,
			       .keys = ADDR(keys),
			       .values = ADDR(values),
			       .out_batch = ADDR(out)});
		CALL(name_of(t, "batch %u of none", c), commands[c], ALL, .batch = {.map_fd = fd});
		CALL(name_of(t, "batch %u, flags", c), commands[c], ALL,
		     .batch = {.map_fd = fd, .count = 1, .elem_flags = 1, .in_batch = ADDR(in)});
	}
}

static void infos(struct pass *p, u32 t, long fd)
{
	struct bpf_map_info i = {0};
	CALL(name_of(t, "info"), BPF_OBJ_GET_INFO_BY_FD, ALL,
	     .info = {.bpf_fd = fd, .info_len = sizeof(i), .info = ADDR(&i)});
	note(p, name_of(t, "info flags"), i.map_flags);
	note(p, name_of(t, "info sizes"), i.key_size + i.value_size * 100 + i.max_entries * 10000);
	note(p, name_of(t, "info types"),
	     !!i.btf_id + i.btf_key_type_id * 10 + i.btf_value_type_id * 100 +
		     i.btf_vmlinux_value_type_id * 1000 + i.btf_vmlinux_id);
}

/* Which mappings are allowed is sys_mmap's to say here, the kernel's there: not compared. */
static void of_type(struct pass *p, u32 t)
{
	u64 key[4] = {0}, value[1024] = {0}, next[4] = {0}, far[4] = {~0ull, ~0ull};
	u64 nonsense[2] = {0x7fffffff7fffffff, 0};
	bool keyless = !types[t].key;
	long fd = make(p, t, 0), ro, wo;

	note(p, name_of(t, "make"), MIN(fd, 0));
	if (fd < 0)
		return;
	infos(p, t, fd);
	if (types[t].type == BPF_MAP_TYPE_LPM_TRIE)
		key[0] = 8;
	/* Values of open files are kept by no instance yet. */
	if (types[t].type == BPF_MAP_TYPE_INODE_STORAGE)
		key[0] = 9998;
	ask(p, t, fd, "zero", keyless ? 0 : ADDR(key), ADDR(value), ADDR(next));
	ask(p, t, fd, "far", keyless ? 0 : ADDR(far), ADDR(value), ADDR(next));
	ask(p, t, fd, "nonsense", keyless ? 0 : ADDR(key), ADDR(nonsense), ADDR(next));
	ask(p, t, fd, "no key", keyless ? ADDR(key) : 0, ADDR(value), ADDR(next));
	ask(p, t, fd, "no value", keyless ? 0 : ADDR(key), 0, 0);
	ask(p, t, fd, "bad key", BAD, ADDR(value), ADDR(next));
	batches(p, t, fd);
	if (types[t].type != BPF_MAP_TYPE_CGROUP_STORAGE &&
	    types[t].type != BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE) {
		CALL(name_of(t, "freeze"), BPF_MAP_FREEZE, ALL, .map_fd = fd);
		ask(p, t, fd, "frozen", keyless ? 0 : ADDR(key), ADDR(value), ADDR(next));
	}
	close(fd);
	ro = make(p, t, BPF_F_RDONLY);
	if (ro >= 0) {
		ask(p, t, ro, "rdonly", keyless ? 0 : ADDR(key), ADDR(value), ADDR(next));
		infos(p, t, ro);
		close(ro);
	}
	wo = make(p, t, BPF_F_WRONLY);
	if (wo >= 0) {
		ask(p, t, wo, "wronly", keyless ? 0 : ADDR(key), ADDR(value), ADDR(next));
		close(wo);
	}
}

/* Digests of frozen arrays, and who else may ask for one. */
static void hashes(struct pass *p)
{
	static const u32 kinds[] = {BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
				    BPF_MAP_TYPE_PERCPU_ARRAY};
	u8 digest[32] = {0};
	char name[64];

	for (u32 t = 0; t < ARRAY_SIZE(kinds); t++)
		for (u32 value = 5; value < 18; value += 6) {
			union bpf_attr a = {.map_type = kinds[t],
					    .key_size = 4,
					    .value_size = value,
					    .max_entries = 3};
			struct bpf_map_info i = {.hash = ADDR(digest), .hash_size = 31};
			u64 bytes[1024] = {0x1122334455667788, 42, 7};
			long fd = p->bpf(BPF_MAP_CREATE, &a, ALL);

			for (u32 key = 0; key < 3; key++) {
				a = (union bpf_attr){
					.map_fd = fd, .key = ADDR(&key), .value = ADDR(bytes)};
				bytes[0] += key;
				p->bpf(BPF_MAP_UPDATE_ELEM, &a, ALL);
			}
			for (u32 step = 0; step < 4; step++) {
				if (step == 1)
					i.hash_size = 32;
				if (step == 2)
					p->bpf(BPF_MAP_FREEZE, &(union bpf_attr){.map_fd = fd},
					       ALL);
				if (step == 3)
					i.hash = BAD;
				snprintf(name, sizeof(name), "hash of %u value %u step %u",
					 kinds[t], value, step);
				CALL(name, BPF_OBJ_GET_INFO_BY_FD, ALL,
				     .info = {.bpf_fd = fd,
					      .info_len = sizeof(i),
					      .info = ADDR(&i)});
				i.hash = ADDR(digest);
				i.hash_size = step ? 32 : 31;
			}
			for (u32 b = 0; b < 32; b += 8) {
				snprintf(name, sizeof(name), "hash of %u value %u byte %u",
					 kinds[t], value, b);
				note(p, name, digest[b]);
			}
			close(fd);
		}
}

static void run_calls(struct pass *p)
{
	hashes(p);
	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		of_type(p, t);
}

FACTS_MAIN("elements of maps")
