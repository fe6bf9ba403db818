// SPDX-License-Identifier: BSD-2-Clause
/* Stack trace maps and cgroup arrays by bpf(2): the kernel's results (sys_facts.h). */
#define FACTS "tests/data/map_stack.facts"
#include "sys_facts.h"

#include <sys/vfs.h>

#define CGROUP2_MAGIC 0x63677270

static void flags_of(struct pass *p, const char *type, u32 id, u32 value)
{
	char name[64];

	for (u32 f = 0; f < 20; f++) {
		if (f == 15 || f == 16 || f == 14) /* these take descriptors */
			continue;
		snprintf(name, sizeof(name), "%s flag %u", type, f);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = id, .key_size = 4, .value_size = value,
		    .max_entries = 4, .map_flags = 1u << f);
	}
}

static void sizes_of(struct pass *p, const char *type, u32 id, u32 flags)
{
	static const u32 keys[] = {0, 1, 4, 8}, entries[] = {0, 1, 3, 0x80000001, 0xffffffff};
	static const u32 values[] = {0,    1,    4,    7,    8,    9,    16,   32,        40,
				     1008, 1016, 1024, 4064, 4072, 4096, 8192, 0xfffffff8};
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(name, sizeof(name), "%s %x key %u", type, flags, keys[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = id, .key_size = keys[i],
		    .value_size = flags ? 32 : 8, .max_entries = 4, .map_flags = flags);
	}
	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(name, sizeof(name), "%s %x value %u", type, flags, values[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = id, .key_size = 4,
		    .value_size = values[i], .max_entries = 4, .map_flags = flags);
	}
	/* Billions of descriptors are a matter of memory. */
	for (u32 i = 0; i < (id == BPF_MAP_TYPE_STACK_TRACE ? 5 : 3); i++) {
		snprintf(name, sizeof(name), "%s %x entries %x", type, flags, entries[i]);
		TRY(name, BPF_MAP_CREATE, ALL, .map_type = id, .key_size = 4,
		    .value_size = id == BPF_MAP_TYPE_CGROUP_ARRAY ? 4 : 32,
		    .max_entries = entries[i], .map_flags = flags);
	}
}

static void elements_of(struct pass *p, long fd)
{
	static const u64 flags[] = {0, 1, 2, 3, 4, 8};
	u32 keys[4] = {0, 1, 2, 3}, next, count;
	u8 value[4096] = {0};
	char name[64];

	for (u32 key = 2; key < 6; key++) {
		snprintf(name, sizeof(name), "key %u", key);
		CALL(name, BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
		     .value = ADDR(value));
		CALL(name, BPF_MAP_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key));
		CALL(name, BPF_MAP_LOOKUP_AND_DELETE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
		     .value = ADDR(value));
		CALL(name, BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .key = ADDR(&key),
		     .next_key = ADDR(&next));
		memset(value, 0xff, 4);
		for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
			snprintf(name, sizeof(name), "key %u flags %llx", key,
				 (unsigned long long)flags[f]);
			CALL(name, BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
			     .value = ADDR(value), .flags = flags[f]);
			CALL(name, BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = ADDR(&key),
			     .value = ADDR(value), .flags = flags[f]);
		}
	}
	CALL("first", BPF_MAP_GET_NEXT_KEY, ALL, .map_fd = fd, .next_key = ADDR(&next));
	CALL("no key", BPF_MAP_LOOKUP_ELEM, ALL, .map_fd = fd, .key = BAD, .value = ADDR(value));
	count = 1;
	CALL("batch", BPF_MAP_LOOKUP_BATCH, ALL, .batch.map_fd = fd, .batch.count = 1,
	     .batch.out_batch = ADDR(&count), .batch.keys = ADDR(keys),
	     .batch.values = ADDR(value));
	CALL("batch", BPF_MAP_DELETE_BATCH, ALL, .batch.map_fd = fd, .batch.count = 1,
	     .batch.keys = ADDR(keys));
	CALL("batch", BPF_MAP_UPDATE_BATCH, ALL, .batch.map_fd = fd, .batch.count = 1,
	     .batch.keys = ADDR(keys), .batch.values = ADDR(value));
	CALL("freeze", BPF_MAP_FREEZE, ALL, .map_fd = fd);
	keys[0] = 1;
	CALL("frozen batch", BPF_MAP_DELETE_BATCH, ALL, .batch.map_fd = fd, .batch.count = 1,
	     .batch.keys = ADDR(keys));
	CALL("frozen batch", BPF_MAP_LOOKUP_BATCH, ALL, .batch.map_fd = fd, .batch.count = 1,
	     .batch.out_batch = ADDR(&count), .batch.keys = ADDR(keys),
	     .batch.values = ADDR(value));
	CALL("frozen", BPF_MAP_UPDATE_ELEM, ALL, .map_fd = fd, .key = ADDR(keys),
	     .value = ADDR(value));
}

static const char *cgroup2_mount(void)
{
	static const char *const at[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (u32 i = 0; i < ARRAY_SIZE(at); i++)
		if (!statfs(at[i], &fs) && (u32)fs.f_type == CGROUP2_MAGIC)
			return at[i];
	return NULL;
}

static void put_fd(struct pass *p, const char *name, long map, const char *path, int flags)
{
	u32 key = 1, fd = open(path, flags | O_CLOEXEC);

	CALL(name, BPF_MAP_UPDATE_ELEM, ALL, .map_fd = map, .key = ADDR(&key), .value = ADDR(&fd));
	CALL(name, BPF_MAP_DELETE_ELEM, ALL, .map_fd = map, .key = ADDR(&key));
	CALL(name, BPF_MAP_DELETE_ELEM, ALL, .map_fd = map, .key = ADDR(&key));
	close(fd);
}

static void run_calls(struct pass *p)
{
	long fd;

	flags_of(p, "stack", BPF_MAP_TYPE_STACK_TRACE, 32);
	sizes_of(p, "stack", BPF_MAP_TYPE_STACK_TRACE, 0);
	sizes_of(p, "stack", BPF_MAP_TYPE_STACK_TRACE, BPF_F_STACK_BUILD_ID);
	flags_of(p, "cgroup", BPF_MAP_TYPE_CGROUP_ARRAY, 4);
	sizes_of(p, "cgroup", BPF_MAP_TYPE_CGROUP_ARRAY, 0);
	fd = OPEN("stack", BPF_MAP_CREATE, ALL, .map_type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4,
		  .value_size = 80, .max_entries = 3);
	elements_of(p, fd);
	close(fd);
	fd = OPEN("cgroup", BPF_MAP_CREATE, ALL, .map_type = BPF_MAP_TYPE_CGROUP_ARRAY,
		  .key_size = 4, .value_size = 4, .max_entries = 4);
	put_fd(p, "no cgroup", fd, "/", O_RDONLY | O_DIRECTORY);
	put_fd(p, "no directory", fd, "/dev/null", O_RDONLY);
	if (cgroup2_mount()) {
		char procs[64];

		snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup2_mount());
		put_fd(p, "a cgroup", fd, cgroup2_mount(), O_RDONLY | O_DIRECTORY);
		put_fd(p, "a cgroup's path", fd, cgroup2_mount(), O_PATH);
		put_fd(p, "a cgroup's file", fd, procs, O_RDONLY);
	} else {
		static const long results[] = {0, 0, -ENOENT};

		for (u32 i = 0; i < 9; i++)
			note(p,
			     i < 3   ? "a cgroup"
			     : i < 6 ? "a cgroup's path"
				     : "a cgroup's file",
			     i < 6   ? results[i % 3]
			     : i % 3 ? -ENOENT
				     : -EBADF);
	}
	elements_of(p, fd);
	close(fd);
}

FACTS_MAIN("errors of stack trace maps and cgroup arrays")
