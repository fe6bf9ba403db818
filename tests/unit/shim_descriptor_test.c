// SPDX-License-Identifier: BSD-2-Clause
/*
 * The shim over an instance of this process: calls by libc's own names, errno
 * as the kernel leaves it, descriptors through dup, reuse and close behind its
 * back, files and the bpffs, and everything else untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <cmocka.h>
#include <cygnet/cygnet.h>
#include "shim/backend.h"
#include "shim/shim.h"

static struct cygnet *inst;

static int bpf(int cmd, union bpf_attr *a)
{
	return syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int make_map(u32 type, u32 flags)
{
	union bpf_attr a = {
		.map_type = type,
		.key_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : 4,
		.value_size = type == BPF_MAP_TYPE_RINGBUF ? 0 : 8,
		.max_entries = type == BPF_MAP_TYPE_RINGBUF ? 4096 : 512,
		.map_flags = flags,
	};

	return bpf(BPF_MAP_CREATE, &a);
}

static int update(int fd, u32 key, u64 value)
{
	union bpf_attr a = {.map_fd = fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(&value)};

	return bpf(BPF_MAP_UPDATE_ELEM, &a);
}

static int pin(int cmd, int fd, const char *path)
{
	union bpf_attr a = {.pathname = ptr_to_u64(path), .bpf_fd = fd};

	return bpf(cmd, &a);
}

static u32 map_count(void)
{
	union bpf_attr a = {0};
	u32 n = 0;

	while (!bpf(BPF_MAP_GET_NEXT_ID, &a)) {
		a = (union bpf_attr){.start_id = a.next_id};
		n++;
	}
	return n;
}

/* Closes settle within moments, not at once. */
static u32 settled_map_count(u32 want)
{
	for (int i = 0; i < 200 && map_count() != want; i++)
		usleep(10000);
	return map_count();
}

static void test_call(void **state)
{
	union bpf_attr a = {0};
	int fd;

	errno = 7;
	fd = make_map(BPF_MAP_TYPE_ARRAY, 0);
	assert_true(fd >= 0);
	assert_int_equal(errno, 7);
	assert_true(shim_fd_known(fd));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(update(fd, 1, 2), 0);
	assert_int_equal(errno, 7);
	assert_int_equal(update(fd, 512, 2), -1);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(syscall(SYS_bpf, 9999, &a, sizeof(a)), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(syscall(SYS_bpf, BPF_MAP_CREATE, 1, sizeof(a)), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(update(-1, 0, 0), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(update(1, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	close(fd);
	assert_false(shim_fd_known(fd));
}

/* What is not bpf's goes to the kernel, six arguments and all. */
static void test_passes(void **state)
{
	char buf[4];
	int p[2];
	void *m;

	assert_int_equal(syscall(SYS_getpid), getpid());
	assert_int_equal(syscall(SYS_close, -1), -1);
	assert_int_equal(errno, EBADF);
	m = (void *)syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(m, MAP_FAILED);
	assert_int_equal(munmap(m, 4096), 0);
	assert_ptr_equal(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(dup2(p[0], p[0]), p[0]);
	assert_int_equal(dup2(-1, -1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(ioctl(p[0], PERF_EVENT_IOC_ENABLE, 0), -1);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(close(p[0]), 0);
	assert_int_equal(close(p[0]), -1);
	assert_int_equal(errno, EBADF);
	close(p[1]);
	assert_int_equal(open("/nonexistent", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	/* the host's own answer: a bpffs there may be closed to this user */
	assert_null(fopen("/sys/fs/bpf/none", "r"));
	assert_true(errno == ENOENT || errno == EACCES);
	p[0] = open("/proc/self/comm", O_RDONLY);
	assert_int_equal(read(p[0], buf, 4), 4);
	close(p[0]);
}

static void test_duplicates(void **state)
{
	u32 before = settled_map_count(0);
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 0), copy[4];

	copy[0] = dup(fd);
	copy[1] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	assert_true(copy[1] >= 100);
	copy[2] = dup2(fd, 200);
	assert_int_equal(copy[2], 200);
	copy[3] = dup3(fd, 201, O_CLOEXEC);
	assert_int_equal(copy[3], 201);
	close(fd);
	for (int i = 0; i < 4; i++) {
		assert_true(shim_fd_known(copy[i]));
		assert_int_equal(update(copy[i], i, i), 0);
	}
	assert_int_equal(map_count(), before + 1);
	/* A duplicate of something else over it ends it. */
	assert_int_equal(dup2(1, copy[0]), copy[0]);
	assert_false(shim_fd_known(copy[0]));
	assert_int_equal(update(copy[0], 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	for (int i = 0; i < 4; i++)
		close(copy[i]);
	assert_int_equal(settled_map_count(before), before);
}

/* Numbers closed and reused without our seeing it are not taken for ours. */
static void test_reuse_unseen(void **state)
{
	struct shim_file f;
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 0);
	int other = open("/dev/null", O_RDONLY);

	assert_true(shim_fd_find(fd, &f));
	assert_int_equal(syscall(SYS_dup3, other, fd, 0), fd);
	assert_true(shim_fd_known(fd));
	assert_false(shim_fd_find(fd, &f));
	assert_false(shim_fd_known(fd));
	close(fd);
	close(other);
}

static void test_mmap(void **state)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
	int plain = make_map(BPF_MAP_TYPE_ARRAY, 0);
	volatile u64 *values;

	values = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(values, MAP_FAILED);
	assert_int_equal(update(fd, 3, 77), 0);
	assert_int_equal(values[3], 77);
	munmap((void *)values, 4096);
	assert_ptr_equal(mmap(NULL, 4096, PROT_READ, MAP_SHARED, plain, 0), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	close(fd);
	close(plain);
}

/* A mapping keeps the map, as in the kernel; the last one gone, it goes. */
static void test_mapping_holds(void **state)
{
	u32 before = settled_map_count(0);
	int fd = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
	void *m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(m, MAP_FAILED);
	close(fd);
	usleep(50000);
	assert_int_equal(map_count(), before + 1);
	munmap(m, 4096);
	assert_int_equal(settled_map_count(before), before);
}

static void read_path(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	buf[fread(buf, 1, size - 1, f)] = 0;
	fclose(f);
}

static void test_files(void **state)
{
	char path[64], text[1024];
	struct stat st;
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 0), in;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	read_path(path, text, sizeof(text));
	assert_non_null(strstr(text, "pos:\t0\n"));
	assert_non_null(strstr(text, "map_type:\t2\n"));
	assert_non_null(strstr(text, "max_entries:\t512\n"));
	assert_null(strstr(text, "\nlock:"));
	snprintf(path, sizeof(path), "//proc/./%d/fdinfo/%d", getpid(), fd);
	read_path(path, text, sizeof(text));
	assert_non_null(strstr(text, "map_type:\t2\n"));
	read_path("/proc/self/fdinfo/1", text, sizeof(text));
	assert_null(strstr(text, "map_type"));

	read_path("/sys/kernel/tracing/events/syscalls/sys_enter_openat/id", text, sizeof(text));
	assert_true(atoi(text) > 0);
	assert_int_equal(access("/sys/kernel/tracing/events/syscalls/sys_enter_openat", F_OK), 0);
	assert_int_equal(stat("/sys/kernel/tracing/events/syscalls/sys_enter_openat/id", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	read_path("/sys/bus/event_source/devices/uprobe/type", text, sizeof(text));
	assert_int_equal(atoi(text), 8);
	in = open("/sys/devices/system/cpu/possible", O_RDONLY);
	assert_true(in >= 0);
	assert_int_equal(fcntl(in, F_GETFD), 0);
	close(in);
	in = openat(AT_FDCWD, "/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fcntl(in, F_GETFD), FD_CLOEXEC);
	close(in);
	close(fd);
}

static void test_bpffs(void **state)
{
	u32 before = settled_map_count(0);
	struct statfs fs;
	struct stat st;
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 0), again;

	assert_int_equal(statfs("/sys/fs/bpf", &fs), 0);
	assert_int_equal(fs.f_type, BPF_FS_MAGIC);
	assert_int_equal(mkdir("/sys/fs/bpf/dir", 0700), 0);
	assert_int_equal(mkdir("/sys/fs/bpf/dir", 0700), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(mkdir("/sys/fs/bpf/a.b", 0700), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(pin(BPF_OBJ_PIN, fd, "/sys/fs/bpf/no/m"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(pin(BPF_OBJ_PIN, fd, "/sys/fs/bpf/dir/m"), 0);
	assert_int_equal(pin(BPF_OBJ_PIN, fd, "/sys/fs/bpf/dir/../dir//m"), -1);
	assert_int_equal(errno, EEXIST);
	close(fd);
	assert_int_equal(settled_map_count(before + 1), before + 1);
	assert_int_equal(stat("/sys/fs/bpf/dir/m", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(lstat("/sys/fs/bpf/dir", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(access("/sys/fs/bpf/dir/n", F_OK), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(statfs("/sys/fs/bpf/dir/n", &fs), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(open("/sys/fs/bpf/dir/m", O_RDWR), -1);
	assert_int_equal(errno, EIO);
	again = pin(BPF_OBJ_GET, 0, "/sys/fs/bpf/dir/m");
	assert_true(again >= 0 && shim_fd_known(again));
	close(again);
	assert_int_equal(rmdir("/sys/fs/bpf/dir"), -1);
	assert_int_equal(errno, ENOTEMPTY);
	assert_int_equal(unlink("/sys/fs/bpf/dir"), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(rmdir("/sys/fs/bpf/dir/m"), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(unlink("/sys/fs/bpf/dir/m"), 0);
	assert_int_equal(unlink("/sys/fs/bpf/dir/m"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(rmdir("/sys/fs/bpf/dir"), 0);
	assert_int_equal(rmdir("/sys/fs/bpf"), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(settled_map_count(before), before);
	/* Other paths that merely look like it are the host's. */
	assert_int_equal(mkdir("/sys/fs/bpfx", 0700), -1);
	assert_true(errno == EPERM || errno == EACCES || errno == ENOENT || errno == EROFS);
}

static void test_identity(void **state)
{
	struct rlimit want = {RLIM_INFINITY, RLIM_INFINITY}, got;
	struct utsname u;

	assert_int_equal(uname(&u), 0);
	assert_int_equal(strncmp(u.release, "5.10.0", 6), 0);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &want), 0);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &got), 0);
	assert_true(got.rlim_cur == RLIM_INFINITY);
	/* In process nobody has to be fooled. */
	assert_int_equal(geteuid(), syscall(SYS_geteuid));
}

static void *hammer(void *data)
{
	for (int i = 0; i < 2000; i++) {
		int fd = make_map(BPF_MAP_TYPE_ARRAY, 0), copy = dup(fd);

		if (fd < 0 || copy < 0 || update(copy, 1, i) || close(fd) || close(copy))
			return (void *)1;
	}
	return NULL;
}

static void test_threads(void **state)
{
	u32 before = settled_map_count(0);
	pthread_t t[4];
	void *ret;

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, hammer, NULL);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &ret);
		assert_null(ret);
	}
	assert_int_equal(settled_map_count(before), before);
}

static void test_no_instance(void **state)
{
	union bpf_attr a = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 3};
	long host;

	shim_use_instance(NULL);
	host = bpf(BPF_MAP_CREATE, &a);
	assert_int_equal(host, -1); /* the host's verdict, whatever the reason */
	assert_int_equal(access("/sys/fs/bpf/x.y", F_OK), -1);
	shim_use_instance(inst);
}

static int setup(void **state)
{
	struct cygnet_opts o = {.sz = sizeof(o), .kernel = 5 << 16 | 10 << 8};

	assert_int_equal(cygnet_new(&o, &inst), 0);
	shim_use_instance(inst);
	return 0;
}

static int teardown(void **state)
{
	shim_use_instance(NULL);
	cygnet_free(inst);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),        cmocka_unit_test(test_passes),
		cmocka_unit_test(test_duplicates),  cmocka_unit_test(test_reuse_unseen),
		cmocka_unit_test(test_mmap),        cmocka_unit_test(test_mapping_holds),
		cmocka_unit_test(test_files),       cmocka_unit_test(test_bpffs),
		cmocka_unit_test(test_identity),    cmocka_unit_test(test_threads),
		cmocka_unit_test(test_no_instance),
	};

	return cmocka_run_group_tests_name("shim_descriptor", tests, setup, teardown);
}
