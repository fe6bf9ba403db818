// SPDX-License-Identifier: BSD-2-Clause
/* Attaching uprobes: what Linux 6.18 answers, stored, and compared with the running kernel where
 * root allows. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/attach.h"

extern const struct event_source_ops event_uprobe_source;

enum {
	FROM_END = 1
}; /* offset counts from the file's end */

struct attempt {
	const char *path;
	u64 offset, ref_ctr;
	int flags, want;
	u32 why;
};

/* A copy of this program: whether the kernel looks at the instruction depends on the file being
 * mapped. */
static char copy[64], self[256], long_path[5000], memfd_path[64], fifo[64];

static struct attempt attempts[] = {
	{copy, 0x40, 0, 0, 0, ATTACH_WHY_NOT_EXECUTABLE},
	{copy, 0, 0, FROM_END, 0, ATTACH_WHY_NOT_EXECUTABLE},
	{copy, 1, 0, FROM_END, -EINVAL, ATTACH_WHY_BEHIND_END},
	{copy, 0x40, 1, 0, -EINVAL, ATTACH_WHY_ODD_SEMAPHORE},
	{copy, 0x40, 2, 0, 0, ATTACH_WHY_NOT_EXECUTABLE},
	{copy, 0x40, 1 << 30, 0, 0, ATTACH_WHY_NOT_EXECUTABLE},
	{copy, ~0ull, 0, 0, 0, ATTACH_WHY_NOT_EXECUTABLE}, /* a signed comparison */
	{copy, 1ull << 63, 0, 0, 0, ATTACH_WHY_NOT_EXECUTABLE},
	{"/", 0, 0, 0, -EINVAL, ATTACH_WHY_NOT_A_FILE},
	{"/", ~0ull, 1, 0, -EINVAL, ATTACH_WHY_NOT_A_FILE},
	{"/dev/null", 0, 0, 0, -EINVAL, ATTACH_WHY_NOT_A_FILE},
	{fifo, 0, 0, 0, -EINVAL, ATTACH_WHY_NOT_A_FILE},
	{"/nonexistent", 0, 0, 0, -ENOENT, 0},
	{"", 0, 0, 0, -EINVAL, 0},
	{"/etc/passwd/x", 0, 0, 0, -ENOTDIR, 0},
	{"/etc/passwd", 0, 0, 0, 0, ATTACH_WHY_NOT_ELF},
	{"/proc/self/status", 0, 0, 0, -EIO, ATTACH_WHY_NO_PAGES},
	{memfd_path, 100, 0, 0, 0, ATTACH_WHY_NOT_ELF},
	{long_path, 0, 0, 0, -E2BIG, 0},
};

static u64 offset_of(const struct attempt *a)
{
	struct stat st = {0};

	stat(a->path, &st);
	return a->offset + (a->flags & FROM_END ? st.st_size : 0);
}

static int kernel_attach(const struct attempt *a)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = ATTACH_UPROBE_PMU,
		.config = a->ref_ctr << 32,
		.uprobe_path = ptr_to_u64(a->path),
		.probe_offset = offset_of(a),
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int ours(const struct attempt *a, struct attach *out, u32 *why)
{
	return event_uprobe_source.by_probe(a->path, offset_of(a), a->ref_ctr, false, out, why);
}

static void as_stored(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		struct attach a = {.kind = 77};
		u32 why = 99;
		int got = ours(&attempts[i], &a, &why);

		if (got != attempts[i].want || why != attempts[i].why)
			fail_msg("%zu %.60s: %d why %u", i, attempts[i].path, got, why);
		assert_int_equal(a.kind, got ? 77 : ATTACH_UPROBE);
	}
}

static bool kernel_has_uprobes(void)
{
	char type[8] = "";
	int fd = open("/sys/bus/event_source/devices/uprobe/type", O_RDONLY);
	struct attempt a = {.path = copy};

	if (fd < 0)
		return false;
	if (read(fd, type, 7) < 0)
		type[0] = 0;
	close(fd);
	return atoi(type) == ATTACH_UPROBE_PMU && kernel_attach(&a) == 0;
}

static void as_the_kernel(void **state)
{
	if (!kernel_has_uprobes())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		int got = kernel_attach(&attempts[i]);

		if (got != attempts[i].want)
			fail_msg("%zu %.60s: kernel %d stored %d", i, attempts[i].path, got,
				 attempts[i].want);
	}
}

static void fields_are_filled(void **state)
{
	struct attach a;
	struct stat st;
	u32 why;
	/* Where this program's own code lies in its file. */
	u64 off = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, file_off;
	char line[512], prot[5];

	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s %lx", &start, &end, prot, &file_off) == 4 &&
		    prot[2] == 'x' && ptr_to_u64(fields_are_filled) - start < end - start)
			off = ptr_to_u64(fields_are_filled) - start + file_off;
	fclose(maps);
	assert_int_equal(event_uprobe_source.by_probe("/proc/self/exe", off, 8, true, &a, &why), 0);
	assert_int_equal(why, ATTACH_WHY_NONE);
	assert_int_equal(a.kind, ATTACH_URETPROBE);
	assert_int_equal(a.offset, off);
	assert_int_equal(a.ref_ctr_off, 8);
	assert_string_equal(a.path, self);
	stat(self, &st);
	assert_int_equal(a.dev, st.st_dev);
	assert_int_equal(a.ino, st.st_ino);
}

static void expect(const char *path, const char *want)
{
	char buf[64];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	assert_int_equal(event_uprobe_source.file(path, &t), want ? 0 : -ENOENT);
	if (want)
		assert_string_equal(buf, want);
}

static void sysfs_files(void **state)
{
	expect("/sys/bus/event_source/devices/uprobe/type", "8\n");
	expect("/sys/bus/event_source/devices/uprobe/format/retprobe", "config:0\n");
	expect("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", "config:32-63\n");
	expect("/sys/bus/event_source/devices/uprobe/format", NULL);
	expect("/sys/bus/event_source/devices/kprobe/type", NULL);
}

static bool copy_self(void)
{
	char cmd[512];

	snprintf(copy, sizeof(copy), "/tmp/cygnet-copy-%d", getpid());
	snprintf(cmd, sizeof(cmd), "cp '%s' %s", self, copy);
	return !system(cmd);
}

static int setup(void **state)
{
	int fd = memfd_create("x", 0);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || fd < 0 || ftruncate(fd, 8192))
		return -1;
	if (!copy_self())
		return -1;
	memset(long_path, 'a', sizeof(long_path) - 1);
	snprintf(memfd_path, sizeof(memfd_path), "/proc/self/fd/%d", fd);
	snprintf(fifo, sizeof(fifo), "/tmp/cygnet-fifo-%d", getpid());
	return mkfifo(fifo, 0600);
}

static int teardown(void **state)
{
	return unlink(copy) | unlink(fifo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_stored),
		cmocka_unit_test(as_the_kernel),
		cmocka_unit_test(fields_are_filled),
		cmocka_unit_test(sysfs_files),
	};
	return cmocka_run_group_tests_name("event_uprobe", tests, setup, teardown);
}
