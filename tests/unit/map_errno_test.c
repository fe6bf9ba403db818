// SPDX-License-Identifier: BSD-2-Clause
/* Every map type with every flag, sizes at their bounds, updates of full maps: the kernel's results
 * (sys_facts.h). */
#define FACTS "tests/data/map_errno.facts"
#include "sys_facts.h"

static const struct {
	const char *name;
	u32 type, key, value, entries;
} types[] = {
	{"hash", BPF_MAP_TYPE_HASH, 4, 8, 4},
	{"array", BPF_MAP_TYPE_ARRAY, 4, 8, 4},
	{"perf", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4},
	{"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4},
	{"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4},
	{"lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 4},
	{"lru_percpu", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4},
	{"ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096},
};

/* Flags alone and in pairs. */
static void flags_of(struct pass *p, u32 t)
{
	char name[64];

	for (u32 a = 0; a < 20; a++)
		for (u32 b = a; b < 15; b++) {
			/* These two take descriptors. */
			if (a == 15 || a == 16 || b == 14)
				continue;
			snprintf(name, sizeof(name), "%s flags %u %u", types[t].name, a, b);
			TRY(name, BPF_MAP_CREATE, ALL, .map_type = types[t].type,
			    .key_size = types[t].key, .value_size = types[t].value,
			    .max_entries = types[t].entries, .map_flags = 1u << a | 1u << b);
		}
}

static void sizes_of(struct pass *p, u32 t)
{
	static const u32 keys[] = {0, 1, 4, 8, 512, 513, 65536, 0x3fffd0, 0x7fffffff, 0xffffffff};
	static const u32 values[] = {0,          1,          4,         7,        32761,
				     32768,      32769,      0x3fffcb,  0x3fffcc, 0x3fffcd,
				     0x7fffffff, 0x80000000, 0xffffffff};
	static const u32 entries[] = {0, 1, 3, 4096, 8192, 4097, 12288};
	bool array = types[t].type == BPF_MAP_TYPE_ARRAY;
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(name, sizeof(name), "%s key %u", types[t].name, keys[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = types[t].type, .key_size = keys[i],
		    .value_size = types[t].value, .max_entries = 1);
	}
	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		/* 2 GiB less one is a matter of memory. */
		if (array && values[i] == 0x7fffffff)
			continue;
		snprintf(name, sizeof(name), "%s value %u", types[t].name, values[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = types[t].type, .key_size = types[t].key,
		    .value_size = values[i], .max_entries = 1);
	}
	for (u32 i = 0; i < ARRAY_SIZE(entries); i++) {
		snprintf(name, sizeof(name), "%s entries %u", types[t].name, entries[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = types[t].type, .key_size = types[t].key,
		    .value_size = types[t].value, .max_entries = entries[i]);
	}
}

static void updates_of(struct pass *p, u32 t)
{
	static const u64 flags[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 1ull << 32, 1ull << 63};
	u32 key, next;
	u8 value[8192] = {1};
	char name[64];
	long fd;

	fd = OPEN("open", BPF_MAP_CREATE, ALL, .map_type = types[t].type, .key_size = 4,
		  .value_size = 8, .max_entries = 4);
	for (u32 present = 0; present < 2; present++)
		for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
			key = 2;
			CALL("clear", BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key));
			if (present)
				CALL("put", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd,
				     .key = ADDR(&key), .value = ADDR(value));
			snprintf(name, sizeof(name), "%s update %d flags %llx", types[t].name,
				 present, (unsigned long long)flags[f]);
			CALL(name, BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
			     .value = ADDR(value), .flags = flags[f]);
			key = 77;
			snprintf(name, sizeof(name), "%s update far %d flags %llx", types[t].name,
				 present, (unsigned long long)flags[f]);
			if (present || types[t].type == BPF_MAP_TYPE_ARRAY)
				CALL(name, BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd,
				     .key = ADDR(&key), .value = ADDR(value),
				     .flags = flags[f] ?: 2);
		}
	/* Which element makes room in an LRU map is nobody's promise. */
	key = 77;
	CALL("remove far", BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key));
	for (key = 0; key < (strstr(types[t].name, "lru") ? 4 : 8); key++)
		CALL("fill", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
		     .value = ADDR(value));
	for (key = 0; key < 4; key++)
		CALL("replace in full", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
		     .value = ADDR(value), .flags = 0);
	for (key = 0; key < 4; key++) {
		CALL("delete", BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key));
		CALL("delete again", BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key));
	}
	key = 9;
	CALL("next of empty", BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = ADDR(&key),
	     .next_key = ADDR(&next));
	CALL("first of empty", BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .next_key = ADDR(&next));
	key = 3;
	CALL("next of last", BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = ADDR(&key),
	     .next_key = ADDR(&next));
	close(fd);
}

/* How a map's values are kept: what of the padding behind them survives. */
static void copies_of(struct pass *p, u32 t)
{
	bool percpu = strstr(types[t].name, "percpu");
	u32 key = 1, sum = 0;
	u8 value[8192];
	long fd;

	fd = OPEN("open 5", BPF_MAP_CREATE, ALL, .map_type = types[t].type, .key_size = 4,
		  .value_size = 5, .max_entries = 4);
	memset(value, 0x11, sizeof(value));
	CALL("update 5", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
	     .value = ADDR(value));
	memset(value, 0xcc, sizeof(value));
	CALL("lookup 5", BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
	     .value = ADDR(value));
	for (u32 i = 0; i < (percpu ? 8 : 5); i++)
		sum += value[i] == 0x11;
	note(p, types[t].name, sum >= 5);
	if (!percpu)
		note(p, "behind the value", value[5]);
	close(fd);
}

static void run_calls(struct pass *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		flags_of(p, t);
		sizes_of(p, t);
		if (types[t].type == BPF_MAP_TYPE_RINGBUF ||
		    types[t].type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			continue;
		updates_of(p, t);
		copies_of(p, t);
	}
}

FACTS_MAIN("errors of maps")
