// SPDX-License-Identifier: BSD-2-Clause
/* Syscall tracepoints: ids, names, and format files byte for byte against the running kernel's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/alloc.h"
#include "core/attach.h"
#include "event/code.h"

static const struct event_source_ops *source(const char *name)
{
	for (u32 i = 0; i < core_event_source_count; i++)
		if (!strcmp(core_event_sources[i]->name, name))
			return core_event_sources[i];
	fail_msg("no event source %s", name);
	return NULL;
}

static char *answer(const char *path)
{
	struct text t;

	text_init_grow(&t);
	if (source("syscalls")->file(path, &t)) {
		text_fini(&t);
		return NULL;
	}
	return text_take(&t);
}

static void expect_file(const char *path, const char *want)
{
	char *got = answer(path);

	if (!want)
		assert_null(got);
	else
		assert_string_equal(got, want);
	base_free(got);
}

static void ids_are_stable(void **state)
{
	const struct event_source_ops *s = source("syscalls");
	struct attach a;
	u32 id;

	assert_int_equal(s->tracepoint_id("syscalls", "sys_enter_openat", &id), 0);
	assert_int_equal(id, 20010 + 2 * 257 + 1);
	assert_int_equal(s->by_tracepoint_id(id, &a), 0);
	assert_int_equal(a.kind, ATTACH_SYSCALL_ENTER);
	assert_int_equal(a.nr, 257);
	assert_int_equal(a.tp_id, id);
	assert_int_equal(s->by_tracepoint_id(id - 1, &a), 0);
	assert_int_equal(a.kind, ATTACH_SYSCALL_EXIT);
	assert_int_equal(s->tracepoint_id("raw_syscalls", "sys_exit", &id), 0);
	assert_int_equal(s->by_tracepoint_id(id, &a), 0);
	assert_int_equal(a.kind, ATTACH_SYS_EXIT);
	assert_int_equal(a.nr, -1);
	id = 7;
	assert_int_equal(s->tracepoint_id("syscalls", "sys_enter_nope", &id), -ENOENT);
	assert_int_equal(s->tracepoint_id("syscalls", "sys_enter", &id), -ENOENT);
	assert_int_equal(s->tracepoint_id("raw_syscalls", "sys_enter_read", &id), -ENOENT);
	assert_int_equal(s->tracepoint_id("sched", "sched_switch", &id), -ENOENT);
	assert_int_equal(id, 7);
	assert_int_equal(s->by_tracepoint_id(0, &a), -ENOENT);
	assert_int_equal(s->by_tracepoint_id(20010 + 2 * 156, &a),
			 -ENOENT); /* _sysctl is no more */
	assert_int_equal(s->by_tracepoint_id(~0u, &a), -ENOENT);
	assert_int_equal(s->by_raw_name("sys_enter", &a), 0);
	assert_int_equal(a.kind, ATTACH_RAW_SYS_ENTER);
	assert_int_equal(s->by_raw_name("sys_exit", &a), 0);
	assert_int_equal(a.kind, ATTACH_RAW_SYS_EXIT);
	assert_int_equal(s->by_raw_name("sys_enter_read", &a), -ENOENT);
}

static void every_id_has_its_name(void **state)
{
	const struct event_source_ops *s = source("syscalls");
	u32 found = 0;

	for (u32 id = 0; id < 65536; id++) {
		struct attach a;
		char name[64];
		struct text t;
		u32 back;

		text_init(&t, name, sizeof(name));
		if (s->by_tracepoint_id(id, &a)) {
			assert_int_equal(s->tracepoint_name(id, &t), -ENOENT);
			continue;
		}
		found++;
		assert_int_equal(s->tracepoint_name(id, &t), 0);
		assert_int_equal(
			s->tracepoint_id(a.nr < 0 ? "raw_syscalls" : "syscalls", name, &back), 0);
		assert_int_equal(back, id);
	}
	assert_true(found > 720);
}

static void files_are_found_by_path(void **state)
{
	expect_file("/sys/kernel/tracing/events/syscalls/sys_exit_read/id", "20010\n");
	expect_file("/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id", "20000\n");
	expect_file("/sys/kernel/tracing/events/syscalls/sys_exit_read/idx", NULL);
	expect_file("/sys/kernel/tracing/events/syscalls/sys_exit_read", NULL);
	expect_file("/sys/kernel/tracing/events/syscalls/sys_exit_read/", NULL);
	expect_file("/sys/kernel/tracing/events/syscalls/sys_exit_read/id/", NULL);
	expect_file("/sys/kernel/tracing/events//sys_exit_read/id", NULL);
	expect_file("/tmp/events/syscalls/sys_exit_read/id", NULL);
	expect_file("", NULL);
}

static void formats_as_stored(void **state)
{
	expect_file("/sys/kernel/tracing/events/syscalls/sys_enter_read/format",
		    "name: sys_enter_read\nID: 20011\nformat:\n"
		    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		    "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
		    "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n"
		    "\tfield:char * buf;\toffset:24;\tsize:8;\tsigned:0;\n"
		    "\tfield:size_t count;\toffset:32;\tsize:8;\tsigned:0;\n\n"
		    "print fmt: \"fd: 0x%08lx, buf: 0x%08lx, count: 0x%08lx\", "
		    "((unsigned long)(REC->fd)), ((unsigned long)(REC->buf)), "
		    "((unsigned long)(REC->count))\n");
}

static void mistyped_names_are_understood(void **state)
{
	static const char *const good[][3] = {
		{"syscalls", "sys_enter_opnat", "sys_enter_openat"},
		{"syscalls", "sys_enter_opneat", "sys_enter_openat"},
		{"syscalls", "sys_exti_read", "sys_exit_read"},
		{"syscalls", "sys_enter_fstat", "sys_enter_newfstat"},
		{"syscalls", "sys_exit_uname", "sys_exit_newuname"},
		{"raw_syscalls", "sys_entr", "sys_enter"},
	};
	char out[64];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(event_suggest(good[i][0], good[i][1], out), 0);
		assert_string_equal(out, good[i][2]);
	}
	assert_int_equal(event_suggest(NULL, "sysexit", out), 0);
	assert_string_equal(out, "sys_exit");
	assert_int_equal(event_suggest("syscalls", "sys_enter_whatever_this_is", out), -ENOENT);
	assert_int_equal(event_suggest("syscalls", "", out), -ENOENT);
	assert_int_equal(event_suggest("sched", "sched_swich", out), -ENOENT);
	memset(out, 'a', 63);
	out[63] = 0;
	assert_int_equal(event_suggest("syscalls", out, out), -ENOENT);
}

/* ---- the running kernel ---- */

static char tracefs[] = "/tmp/cygnet-tracefs-XXXXXX";

/* Mounts tracefs in a mount namespace of this process' own. */
static bool mount_tracefs(void)
{
	return geteuid() == 0 && mkdtemp(tracefs) && !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", tracefs, "tracefs", 0, NULL);
}

static char *read_file(const char *path)
{
	char *buf = base_zalloc(8192);
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, buf, 8191) >= 0);
	close(fd);
	return buf;
}

static void drop_id(char *format)
{
	char *id = strstr(format, "ID: "), *end = strchr(id, '\n');

	memmove(id, end, strlen(end) + 1);
}

static u32 compare_category(const char *category)
{
	char path[512];
	struct dirent *d;
	DIR *dir;
	u32 n = 0;

	snprintf(path, sizeof(path), "%s/events/%s", tracefs, category);
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir))) {
		char *theirs, *ours;

		if (strncmp(d->d_name, "sys_", 4))
			continue;
		snprintf(path, sizeof(path), "%s/events/%s/%s/format", tracefs, category,
			 d->d_name);
		theirs = read_file(path);
		snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/%s/format", category,
			 d->d_name);
		ours = answer(path);
		if (!ours)
			fail_msg("%s is not known", d->d_name);
		drop_id(theirs);
		drop_id(ours);
		assert_string_equal(ours, theirs);
		base_free(ours);
		base_free(theirs);
		n++;
	}
	closedir(dir);
	return n;
}

static void formats_as_the_kernel(void **state)
{
	if (!mount_tracefs()) {
		rmdir(tracefs);
		skip();
	}
	assert_int_equal(compare_category("raw_syscalls"), 2);
	assert_true(compare_category("syscalls") > 600);
	umount(tracefs);
	rmdir(tracefs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_stable),
		cmocka_unit_test(every_id_has_its_name),
		cmocka_unit_test(files_are_found_by_path),
		cmocka_unit_test(formats_as_stored),
		cmocka_unit_test(mistyped_names_are_understood),
		cmocka_unit_test(formats_as_the_kernel),
	};
	return cmocka_run_group_tests_name("event_syscalls", tests, NULL, NULL);
}
