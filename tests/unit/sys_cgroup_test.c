// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program hears of its cgroup (v2) and pid namespace: the same from an
 * instance and from the running kernel, in the cgroup the test is run in and,
 * as root, deep in new ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cygnet/abi.h>
#include <cygnet/cygnet.h>
#include <cmocka.h>
#include "base/types.h"
#include "sys/cgroup.h"

#define CGROUP2_MAGIC 0x63677270
#define DEPTH         40 /* deeper than a path of ids holds */

typedef long bpf_fn(int cmd, union bpf_attr *attr);

static struct cygnet *inst;

static long ours(int cmd, union bpf_attr *attr)
{
	return cygnet_bpf(inst, cmd, attr, sizeof(*attr));
}

static long kernels(int cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

struct insn {
	u8 code, regs;
	s16 off;
	s32 imm;
};

#define LOAD64(reg, v)                         \
	{0x18, reg, 0, (s32)(v)},              \
	{                                      \
		0, 0, 0, (s32)((u64)(v) >> 32) \
	}
#define LOAD_MAP(reg, fd)          \
	{0x18, 0x10 | reg, 0, fd}, \
	{                          \
		0                  \
	}
#define MOVE(reg, v)            \
	{                       \
		0xb7, reg, 0, v \
	}
#define CALL(id)               \
	{                      \
		0x85, 0, 0, id \
	}
#define TO_MAP(reg_from, off)                     \
	{                                         \
		0x7b, (reg_from) << 4 | 6, off, 0 \
	}

/* r0 of a helper as 64 bits: the program keeps it in the value of an array, whose address is r6. */
static u64 answer(bpf_fn *bpf, const struct insn *call, u32 count)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
	long map = bpf(BPF_MAP_CREATE, &create), prog;
	struct insn insns[64] = {{0x18, 0x26, 0, map}, {0}, {0xb7, 0, 0, 0}}; /* r6 = value */
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			       .license = ptr_to_u64("GPL"),
			       .insns = ptr_to_u64(insns)};
	union bpf_attr run = {0}, get = {.map_fd = map};
	u64 value = ~0ull;
	u32 key = 0;

	assert_true(map >= 0);
	memcpy(insns + 3, call, count * sizeof(*call));
	insns[3 + count] = (struct insn)TO_MAP(0, 0);
	insns[4 + count] = (struct insn)MOVE(0, 0);
	insns[5 + count] = (struct insn){0x95, 0, 0, 0};
	load.insn_cnt = 6 + count;
	prog = bpf(BPF_PROG_LOAD, &load);
	assert_true(prog >= 0);
	run.test.prog_fd = prog;
	assert_int_equal(bpf(BPF_PROG_TEST_RUN, &run), 0);
	get.key = ptr_to_u64(&key);
	get.value = ptr_to_u64(&value);
	assert_int_equal(bpf(BPF_MAP_LOOKUP_ELEM, &get), 0);
	close(prog);
	close(map);
	return value;
}

static u64 under(bpf_fn *bpf, const char *dir)
{
	union bpf_attr create = {.map_type = BPF_MAP_TYPE_CGROUP_ARRAY,
				 .key_size = 4,
				 .value_size = 4,
				 .max_entries = 1};
	long map = bpf(BPF_MAP_CREATE, &create);
	u32 key = 0, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	union bpf_attr set = {.map_fd = map};
	struct insn call[] = {LOAD_MAP(1, map), MOVE(2, 0), CALL(37)};
	u64 r;

	assert_true(map >= 0 && (s32)fd >= 0);
	set.key = ptr_to_u64(&key);
	set.value = ptr_to_u64(&fd);
	assert_int_equal(bpf(BPF_MAP_UPDATE_ELEM, &set), 0);
	r = answer(bpf, call, ARRAY_SIZE(call));
	close(fd);
	close(map);
	return r;
}

static u64 own_id(bpf_fn *bpf)
{
	return answer(bpf, (struct insn[]){CALL(80)}, 1);
}

static u64 ancestor_id(bpf_fn *bpf, s32 level)
{
	return answer(bpf, (struct insn[]){MOVE(1, level), CALL(123)}, 2);
}

/* The pid as the namespace given counts it: *(u64 *)(r10 - 8), after r0 was 0. */
static u64 pid_in(bpf_fn *bpf, u64 dev, u64 ino)
{
	struct insn call[] = {
		LOAD64(1, dev),   LOAD64(2, ino),  {0xbf, 0xa3, 0, 0},
		{0x07, 3, 0, -8}, MOVE(4, 8),      {0x7a, 10, -8, 0},
		CALL(120),        {0x55, 0, 1, 0}, {0x79, 0xa0, -8, 0},
	};

	return answer(bpf, call, ARRAY_SIZE(call));
}

static const char *mount_point(void)
{
	static const char *const at[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (u32 i = 0; i < ARRAY_SIZE(at); i++)
		if (!statfs(at[i], &fs) && (u32)fs.f_type == CGROUP2_MAGIC)
			return at[i];
	return NULL;
}

static bool has_kernel(void)
{
	union bpf_attr a = {.map_type = 2, .key_size = 4, .value_size = 4, .max_entries = 1};
	long fd = kernels(BPF_MAP_CREATE, &a);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_here(void **state)
{
	struct cgroup_path p;
	struct stat ns;

	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
	assert_int_equal(pid_in(ours, ns.st_dev, ns.st_ino),
			 (u64)getpid() << 32 | (u32)syscall(SYS_gettid));
	assert_int_equal(pid_in(ours, ns.st_dev, ns.st_ino + 1), -EINVAL);
	if (sys_cgroup_path(getpid(), &p))
		skip(); /* nothing to see */
	assert_int_equal(own_id(ours), p.id[p.count - 1]);
	if (!has_kernel())
		return;
	assert_int_equal(own_id(kernels), own_id(ours));
	assert_int_equal(pid_in(kernels, ns.st_dev, ns.st_ino), pid_in(ours, ns.st_dev, ns.st_ino));
	assert_int_equal(pid_in(kernels, 1, 2), pid_in(ours, 1, 2));
	for (s32 level = -1; p.rooted && level < 4; level++)
		assert_int_equal(ancestor_id(kernels, level), ancestor_id(ours, level));
}

/* In a cgroup `depth` below the root; exits with 0 when all is alike. */
static void compare_at(const char *top, const char *own, const char *beside, u32 depth)
{
	struct cgroup_path p;

	if (sys_cgroup_path(getpid(), &p) || p.count != MIN(depth + 1, (u32)CGROUP_LEVELS))
		_exit(2);
	if (own_id(ours) != own_id(kernels) || own_id(ours) == 0)
		_exit(3);
	if (under(kernels, own) != 1 || under(ours, own) != 1)
		_exit(4);
	if (under(kernels, beside) != 0 ||
	    under(ours, beside) != (depth < CGROUP_LEVELS ? 0ull : (u64)-EFAULT))
		_exit(5);
	/* Of ids that do not fit, the farthest are not known. */
	if (under(kernels, top) != 1 ||
	    under(ours, top) != (depth <= CGROUP_LEVELS ? 1ull : (u64)-EFAULT))
		_exit(6);
	for (u32 level = 0; depth < CGROUP_LEVELS && level < depth + 2; level++)
		if (ancestor_id(ours, level) != ancestor_id(kernels, level))
			_exit(7);
	_exit(0);
}

static int move_to(const char *dir)
{
	char path[PATH_MAX + 16];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "w");
	if (!f || fprintf(f, "0\n") < 0)
		return -1;
	return fclose(f);
}

static void test_deep(void **state)
{
	char top[256], beside[512], path[PATH_MAX], *at[DEPTH];
	struct stat st;
	int status = -1;
	u32 made = 0;
	pid_t pid;

	if (!mount_point() || !has_kernel() || stat(mount_point(), &st) || st.st_ino != 1)
		skip(); /* or levels cannot be known: a cgroup namespace */
	snprintf(top, sizeof(top), "%s/cygnet-test-%d", mount_point(), getpid());
	snprintf(beside, sizeof(beside), "%s.b", top);
	if (mkdir(top, 0755))
		skip();
	assert_int_equal(mkdir(beside, 0755), 0);
	snprintf(path, sizeof(path), "%s", top);
	for (u32 depth = 1; depth < DEPTH; depth++, made++) {
		if (depth > 1)
			strcat(path, "/d e"); /* a space: escaped where paths are listed */
		if (depth > 1 && mkdir(path, 0755))
			break;
		at[made] = strdup(path);
		if (depth > 3 && depth < CGROUP_LEVELS - 2)
			continue;
		pid = fork();
		if (!pid) {
			if (move_to(path) || cygnet_new(NULL, &inst))
				_exit(1);
			compare_at(top, path, beside, depth);
		}
		waitpid(pid, &status, 0);
		if (status)
			print_error("depth %u: %d\n", depth, WEXITSTATUS(status));
		if (status)
			depth = DEPTH;
	}
	while (made--) {
		rmdir(at[made]);
		free(at[made]);
	}
	rmdir(beside);
	assert_int_equal(status, 0);
}

static int setup(void **state)
{
	return cygnet_new(NULL, &inst);
}

static int teardown(void **state)
{
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_here),
					   cmocka_unit_test(test_deep)};

	return cmocka_run_group_tests_name("cgroups and pid namespaces", tests, setup, teardown);
}
