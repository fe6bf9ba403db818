// SPDX-License-Identifier: BSD-2-Clause
/* Attributes, map creation, elements, batches and map infos: the kernel's results (sys_facts.h). */
#define FACTS "tests/data/bpf_map.facts"
#include "sys_facts.h"

static void attrs(struct pass *p)
{
	union {
		union bpf_attr a;
		u8 bytes[8192];
	} big = {0};
	char name[64];

	note(p, "cmd -1", p->bpf(-1, &big.a, ALL));
	note(p, "cmd 38", p->bpf(38, &big.a, ALL));
	note(p, "cmd 1000", p->bpf(1000, &big.a, ALL));
	note(p, "attr at a bad address", p->bpf(BPF_MAP_CREATE, (void *)BAD, ALL));
	note(p, "attr too long", p->bpf(BPF_MAP_CREATE, &big.a, 4097));
	note(p, "attr a page, zero tail", p->bpf(BPF_PROG_GET_NEXT_ID, &big.a, 4096) == -EINVAL);
	big.bytes[ALL] = 1;
	note(p, "attr with a tail", p->bpf(BPF_PROG_GET_NEXT_ID, &big.a, ALL + 1));
	big.bytes[ALL] = 0;
	note(p, "attr of size 0", p->bpf(BPF_MAP_CREATE, &big.a, 0));
	for (int cmd = 0; cmd < 38; cmd++) {
		if (cmd == BPF_BTF_GET_NEXT_ID || cmd == BPF_ENABLE_STATS ||
		    cmd == BPF_MAP_GET_NEXT_ID || cmd == BPF_PROG_GET_NEXT_ID ||
		    cmd == BPF_LINK_GET_NEXT_ID)
			continue;
		memset(&big, 0, sizeof(big));
		snprintf(name, sizeof(name), "zero attr, cmd %d", cmd);
		note(p, name, p->bpf(cmd, &big.a, ALL));
		memset(&big, 0xff, ALL);
		snprintf(name, sizeof(name), "ones attr, cmd %d", cmd);
		note(p, name, p->bpf(cmd, &big.a, ALL));
		memset(&big, 0, sizeof(big));
		big.bytes[ALL - 1] = 1;
		snprintf(name, sizeof(name), "last byte, cmd %d", cmd);
		note(p, name, p->bpf(cmd, &big.a, ALL));
	}
}

static void map_create(struct pass *p)
{
	static const struct {
		const char *name;
		u32 type, key, value, entries, flags;
	} rows[] = {
		{"array", 2, 4, 8, 4, 0},
		{"array key 8", 2, 8, 8, 4, 0},
		{"array key 0", 2, 0, 8, 4, 0},
		{"array value 0", 2, 4, 0, 4, 0},
		{"array no entries", 2, 4, 8, 0, 0},
		{"array no_prealloc", 2, 4, 8, 4, BPF_F_NO_PREALLOC},
		{"array mmapable", 2, 4, 8, 4, BPF_F_MMAPABLE},
		{"array rdonly+wronly", 2, 4, 8, 4, BPF_F_RDONLY | BPF_F_WRONLY},
		{"array rdonly_prog", 2, 4, 8, 4, BPF_F_RDONLY_PROG},
		{"array both prog", 2, 4, 8, 4, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG},
		{"array preserve_elems", 2, 4, 8, 4, BPF_F_PRESERVE_ELEMS},
		{"array unknown flag", 2, 4, 8, 4, 1u << 31},
		{"array value of 2 GiB", 2, 4, 0x80000000u, 1, 0},
		{"array zero_seed", 2, 4, 8, 4, BPF_F_ZERO_SEED},
		{"hash", 1, 4, 8, 4, 0},
		{"hash key 0", 1, 0, 8, 4, 0},
		{"hash value 0", 1, 4, 0, 4, 0},
		{"hash no entries", 1, 4, 8, 0, 0},
		{"hash key 512", 1, 512, 8, 4, 0},
		{"hash no_prealloc", 1, 4, 8, 4, BPF_F_NO_PREALLOC},
		{"hash mmapable", 1, 4, 8, 4, BPF_F_MMAPABLE},
		{"hash no_common_lru", 1, 4, 8, 4, BPF_F_NO_COMMON_LRU},
		{"hash zero_seed", 1, 4, 8, 4, BPF_F_ZERO_SEED},
		{"hash value of 2 GiB", 1, 4, 0x80000000u, 1, 0},
		{"hash of 2^27 + 1 entries", 1, 4, 8, (1u << 27) + 1, BPF_F_NO_PREALLOC},
		{"lru of 2^27 + 1 entries", 9, 4, 8, (1u << 27) + 1, 0},
		{"percpu hash of 2^31 entries", 5, 4, 8, 1u << 31, 0},
		{"lru", 9, 4, 8, 4, 0},
		{"lru no_prealloc", 9, 4, 8, 4, BPF_F_NO_PREALLOC},
		{"percpu hash", 5, 4, 8, 4, 0},
		{"percpu hash value 32769", 5, 4, 32769, 4, 0},
		{"percpu array", 6, 4, 8, 4, 0},
		{"percpu array mmapable", 6, 4, 8, 4, BPF_F_MMAPABLE},
		{"percpu array value 32769", 6, 4, 32769, 4, 0},
		{"perf array", 4, 4, 4, 4, 0},
		{"perf array value 8", 4, 4, 8, 4, 0},
		{"perf array key 8", 4, 8, 4, 4, 0},
		{"ringbuf", 27, 0, 0, 4096, 0},
		{"ringbuf key 4", 27, 4, 0, 4096, 0},
		{"ringbuf value 4", 27, 0, 4, 4096, 0},
		{"ringbuf 4097", 27, 0, 0, 4097, 0},
		{"ringbuf 12288", 27, 0, 0, 12288, 0},
		{"ringbuf 0", 27, 0, 0, 0, 0},
		{"ringbuf 2048", 27, 0, 0, 2048, 0},
		{"ringbuf mmapable", 27, 0, 0, 4096, BPF_F_MMAPABLE},
		{"type 0", 0, 4, 8, 4, 0},
		{"type 34", 34, 4, 8, 4, 0},
		{"type ~0", ~0u, 4, 8, 4, 0},
	};
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(name, sizeof(name), "create %s", rows[i].name);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = rows[i].type, .key_size = rows[i].key,
		    .value_size = rows[i].value, .max_entries = rows[i].entries,
		    .map_flags = rows[i].flags);
	}
	TRY("create named", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_name = "a.B_9");
	TRY("create badly named", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_name = "a b");
	TRY("create name unterminated", BPF_MAP_CREATE, ALL, ARRAY_OF4,
	    .map_name = "abcdefghijklmnop");
	TRY("create short attr", BPF_MAP_CREATE, 20, ARRAY_OF4, .map_name = "a b");
	TRY("create key type only", BPF_MAP_CREATE, ALL, ARRAY_OF4, .btf_key_type_id = 1);
	TRY("create types, no btf", BPF_MAP_CREATE, ALL, ARRAY_OF4, .btf_key_type_id = 1,
	    .btf_value_type_id = 1, .btf_fd = 999);
	TRY("create types, btf is stdin", BPF_MAP_CREATE, ALL, ARRAY_OF4, .btf_key_type_id = 1,
	    .btf_value_type_id = 1, .btf_fd = 0);
	TRY("create map_extra", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_extra = 1);
	TRY("create vmlinux value type", BPF_MAP_CREATE, ALL, ARRAY_OF4,
	    .btf_vmlinux_value_type_id = 1);
	TRY("create ifindex", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_ifindex = 9999);
	TRY("create inner fd", BPF_MAP_CREATE, ALL, ARRAY_OF4, .inner_map_fd = 5);
	TRY("create numa node 9", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_flags = BPF_F_NUMA_NODE,
	    .numa_node = 9);
	TRY("create numa node 0", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_flags = BPF_F_NUMA_NODE);
	TRY("create node without flag", BPF_MAP_CREATE, ALL, ARRAY_OF4, .numa_node = 9);
	TRY("create token", BPF_MAP_CREATE, ALL, ARRAY_OF4, .map_flags = BPF_F_TOKEN_FD,
	    .map_token_fd = 999);
}

static void elements_of(struct pass *p, const char *kind, u32 type)
{
	u32 key = 1, next = 7, bad = 100;
	u8 value[8192] = {1, 2, 3};
	char name[64];
	long fd, ro, wo;
#define N(text) (snprintf(name, sizeof(name), "%s: " text, kind), name)
#define MAP     .map_fd = fd, .key = ADDR(&key)
#define CREATE  .map_type = type, .key_size = 4, .value_size = type == 4 ? 4 : 8, .max_entries = 4

	fd = OPEN(N("create"), BPF_MAP_CREATE, ALL, CREATE);
	CALL(N("lookup"), BPF_MAP_LOOKUP_ELEM, ALL, MAP, .value = ADDR(value));
	CALL(N("lookup flags 1"), BPF_MAP_LOOKUP_ELEM, ALL, MAP, .value = ADDR(value), .flags = 1);
	CALL(N("lookup lock"), BPF_MAP_LOOKUP_ELEM, ALL, MAP, .value = ADDR(value),
	     .flags = BPF_F_LOCK);
	CALL(N("update exist"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value),
	     .flags = BPF_EXIST);
	if (type != 4) {
		CALL(N("update"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value));
		CALL(N("update noexist"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value),
		     .flags = BPF_NOEXIST);
		CALL(N("update exist now"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value),
		     .flags = BPF_EXIST);
	}
	CALL(N("update flags 3"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value), .flags = 3);
	CALL(N("update flags 8"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value), .flags = 8);
	CALL(N("update lock"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value),
	     .flags = BPF_F_LOCK);
	CALL(N("update bad value"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = BAD);
	CALL(N("lookup bad key"), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = BAD,
	     .value = ADDR(value));
	CALL(N("lookup no key"), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .value = ADDR(value));
	CALL(N("lookup bad value"), BPF_MAP_LOOKUP_ELEM, ALL, MAP, .value = BAD);
	CALL(N("lookup key 100"), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = ADDR(&bad),
	     .value = ADDR(value));
	if (type != 1 && type != 5 && type != 9)
		CALL(N("update key 100"), BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&bad),
		     .value = ADDR(value));
	CALL(N("first key"), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .next_key = ADDR(&next));
	note(p, N("first key is"), next);
	CALL(N("next key"), BPF_MAP_GET_NEXT_KEY, ALL, MAP, .next_key = ADDR(&next));
	CALL(N("next key bad key"), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = BAD,
	     .next_key = ADDR(&next));
	CALL(N("next key bad next"), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .next_key = BAD);
	CALL(N("next key of 100"), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = ADDR(&bad),
	     .next_key = ADDR(&next));
	CALL(N("next key flags"), BPF_MAP_GET_NEXT_KEY, ALL, MAP, .next_key = ADDR(&next),
	     .flags = 1);
	CALL(N("lookup_and_delete 100"), BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, .map_fd = fd,
	     .key = ADDR(&bad), .value = ADDR(value));
	CALL(N("lookup_and_delete"), BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, MAP,
	     .value = ADDR(value));
	CALL(N("delete"), BPF_MAP_DELETE_ELEM, ALL, MAP);
	CALL(N("delete 100"), BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&bad));
	CALL(N("delete with value"), BPF_MAP_DELETE_ELEM, ALL, MAP, .value = 1);
	CALL(N("delete no key"), BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd);
	CALL(N("batch lookup none"), BPF_MAP_LOOKUP_BATCH, ALL, .batch = {.map_fd = fd});
	CALL(N("batch lookup flags"), BPF_MAP_LOOKUP_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .elem_flags = 1});
	CALL(N("batch lookup bad"), BPF_MAP_LOOKUP_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .keys = BAD, .values = BAD, .in_batch = BAD});
	CALL(N("batch update bad"), BPF_MAP_UPDATE_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .keys = BAD, .values = BAD});
	CALL(N("batch update lock"), BPF_MAP_UPDATE_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .elem_flags = BPF_F_LOCK});
	CALL(N("batch delete bad"), BPF_MAP_DELETE_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .keys = BAD});
	CALL(N("batch lookup_and_delete"), BPF_MAP_LOOKUP_AND_DELETE_BATCH, ALL,
	     .batch = {.map_fd = fd, .count = 1, .keys = BAD, .values = BAD});
	CALL(N("freeze"), BPF_MAP_FREEZE, ALL, .map_fd = fd);
	CALL(N("freeze again"), BPF_MAP_FREEZE, ALL, .map_fd = fd);
	CALL(N("update frozen"), BPF_MAP_UPDATE_ELEM, ALL, MAP, .value = ADDR(value));
	CALL(N("delete frozen"), BPF_MAP_DELETE_ELEM, ALL, MAP);
	CALL(N("lookup frozen"), BPF_MAP_LOOKUP_ELEM, ALL, MAP, .value = ADDR(value));
	CALL(N("lookup_and_delete frozen"), BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, MAP,
	     .value = ADDR(value));
	close(fd);
	ro = OPEN(N("create rdonly"), BPF_MAP_CREATE, ALL, CREATE, .map_flags = BPF_F_RDONLY);
	CALL(N("rdonly update"), BPF_MAP_UPDATE_ELEM, ALL, .map_fd = ro, .key = ADDR(&key),
	     .value = ADDR(value));
	CALL(N("rdonly freeze"), BPF_MAP_FREEZE, ALL, .map_fd = ro);
	CALL(N("rdonly delete"), BPF_MAP_DELETE_ELEM, ALL, .map_fd = ro, .key = ADDR(&key));
	close(ro);
	wo = OPEN(N("create wronly"), BPF_MAP_CREATE, ALL, CREATE, .map_flags = BPF_F_WRONLY);
	CALL(N("wronly lookup"), BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = wo, .key = ADDR(&key),
	     .value = ADDR(value));
	CALL(N("wronly next"), BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = wo, .next_key = ADDR(&next));
	close(wo);
}

static void ringbuf(struct pass *p)
{
	u8 value[64] = {0};
	long fd = OPEN("ringbuf: create", BPF_MAP_CREATE, ALL, .map_type = 27, .max_entries = 4096);

	CALL("ringbuf: lookup", BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .value = ADDR(value));
	CALL("ringbuf: lookup with key", BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = ADDR(value),
	     .value = ADDR(value));
	CALL("ringbuf: update", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .value = ADDR(value));
	CALL("ringbuf: delete", BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd);
	CALL("ringbuf: next", BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .next_key = ADDR(value));
	CALL("ringbuf: batch", BPF_MAP_LOOKUP_BATCH, ALL, .batch = {.map_fd = fd, .count = 1});
	CALL("ringbuf: lookup_and_delete", BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, .map_fd = fd,
	     .value = ADDR(value));
	CALL("ringbuf: freeze", BPF_MAP_FREEZE, ALL, .map_fd = fd);
	close(fd);
}

/* What can be told of maps: everything but ids and times. */
static void map_infos(struct pass *p)
{
	static const u32 flags[] = {0, BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
				    BPF_F_MMAPABLE};
	struct bpf_map_info i;
	char name[64];
	long fd;

	for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
		union bpf_attr a = {ARRAY_OF4, .map_name = "some.map", .map_flags = flags[f]};

		fd = p->bpf(BPF_MAP_CREATE, &a, ALL);
		memset(&i, 0, sizeof(i));
		snprintf(name, sizeof(name), "map info %u", f);
		CALL(name, BPF_OBJ_GET_INFO_BY_FD, ALL,
		     .info = {.bpf_fd = fd, .info_len = sizeof(i), .info = ADDR(&i)});
		snprintf(name, sizeof(name), "map info %u sum", f);
		note(p, name,
		     i.type + i.key_size + i.value_size + i.max_entries +
			     !strcmp(i.name, "some.map"));
		snprintf(name, sizeof(name), "map info %u flags", f);
		note(p, name, i.map_flags);
		snprintf(name, sizeof(name), "map info %u rest", f);
		note(p, name,
		     i.btf_id + i.ifindex + i.map_extra + i.hash + i.hash_size + i.btf_vmlinux_id);
		close(fd);
	}
}

static void run_calls(struct pass *p)
{
	attrs(p);
	map_create(p);
	elements_of(p, "array", 2);
	elements_of(p, "hash", 1);
	elements_of(p, "lru", 9);
	elements_of(p, "percpu array", 6);
	elements_of(p, "percpu hash", 5);
	elements_of(p, "perf array", 4);
	ringbuf(p);
	map_infos(p);
}

FACTS_MAIN("bpf(2) on maps")
