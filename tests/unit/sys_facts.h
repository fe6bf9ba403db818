/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same calls through the running kernel's bpf(2) and through an instance:
 * every result must be equal. The kernel's are kept as facts in FACTS, so that
 * the comparison needs no rights; where bpf(2) works and the kernel is the
 * facts' own, they are compared with it too. A test defines FACTS, includes
 * this, defines run_calls() and ends in FACTS_MAIN().
 *
 *	CYGNET_FACTS=write build/tests/unit/sys_map_errno_test    (as root) renews them
 */
#ifndef SYS_FACTS_H
#define SYS_FACTS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <cygnet/cygnet.h>
#include <cmocka.h>
#include <linux/perf_event.h>
#include "sys/sys.h"

#define BAD 0x10ull /* an address nobody maps */

typedef long bpf_fn(int cmd, union bpf_attr *attr, u32 size);

static struct cygnet *inst;

static long kernel_bpf(int cmd, union bpf_attr *attr, u32 size)
{
	long r = syscall(SYS_bpf, cmd, attr, size);

	return r < 0 ? -errno : r;
}

static long instance_bpf(int cmd, union bpf_attr *attr, u32 size)
{
	return cygnet_bpf(inst, cmd, attr, size);
}

static long kernel_perf_open(struct perf_event_attr *pa, int pid, int cpu, u64 flags)
{
	long r = syscall(SYS_perf_event_open, pa, pid, cpu, -1, flags);

	return r < 0 ? -errno : r;
}

static long instance_perf_open(struct perf_event_attr *pa, int pid, int cpu, u64 flags)
{
	bool is_fd;

	return sys_perf_event_open(inst, sys_self(inst), ptr_to_u64(pa), pid, cpu, -1, flags,
				   &is_fd);
}

static long kernel_perf_ioctl(int fd, u32 request, u64 arg)
{
	long r = ioctl(fd, request, arg);

	return r < 0 ? -errno : r;
}

static long instance_perf_ioctl(int fd, u32 request, u64 arg)
{
	struct stat st;

	return fstat(fd, &st)
		       ? -EBADF
		       : sys_perf_ioctl(inst, sys_self(inst), st.st_dev, st.st_ino, request, arg);
}

/* The uprobe PMU's type: the host's own, or the instance's. */
static u32 kernel_uprobe_type(void)
{
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	u32 type = 0;

	if (f && fscanf(f, "%u", &type) != 1)
		type = 0;
	if (f)
		fclose(f);
	return type;
}

static u32 instance_uprobe_type(void)
{
	char buf[32];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	assert_int_equal(sys_file(inst, "/sys/bus/event_source/devices/uprobe/type", &t), 0);
	return strtoul(buf, NULL, 10);
}

/* --- The results of one pass, by name. */
struct result {
	char name[64];
	long value;
};

struct pass {
	bpf_fn *bpf;
	long (*perf_open)(struct perf_event_attr *pa, int pid, int cpu, u64 flags);
	long (*perf_ioctl)(int fd, u32 request, u64 arg);
	u32 (*uprobe_type)(void);
	struct result result[16384];
	u32 count;
};

static void note(struct pass *p, const char *name, long value)
{
	struct result *r = &p->result[p->count++];

	assert_true(p->count < ARRAY_SIZE(p->result));
	snprintf(r->name, sizeof(r->name), "%.63s", name);
	r->value = value;
}

/* Runs a call whose result is a number that both sides must agree on. */
#define CALL(name, cmd, size, ...)                 \
	({                                         \
		union bpf_attr a_ = {__VA_ARGS__}; \
		long r_ = p->bpf(cmd, &a_, size);  \
		note(p, name, r_);                 \
		r_;                                \
	})
/* The same for one that yields a descriptor: only that it does is compared. */
#define OPEN(name, cmd, size, ...)                 \
	({                                         \
		union bpf_attr a_ = {__VA_ARGS__}; \
		long r_ = p->bpf(cmd, &a_, size);  \
		note(p, name, r_ < 0 ? r_ : 0);    \
		r_;                                \
	})
/* Opened only to be refused. */
#define TRY(name, cmd, size, ...)                              \
	do {                                                   \
		long fd_ = OPEN(name, cmd, size, __VA_ARGS__); \
		if (fd_ >= 0)                                  \
			close(fd_);                            \
	} while (0)

#define ALL sizeof(union bpf_attr)

#define ARRAY_OF4 .map_type = 2, .key_size = 4, .value_size = 8, .max_entries = 4
#define ADDR(x)   ptr_to_u64(x)

/* The calls, in order; results through note(). */
static void run_calls(struct pass *p);

static void run_pass(struct pass *p, bpf_fn *bpf)
{
	p->bpf = bpf;
	p->count = 0;
	run_calls(p);
}

static struct pass kernel_pass, instance_pass, facts;
static char facts_release[64];

static const char *show(long value, char buf[32])
{
	if (value < 0 && strerrorname_np(-value))
		snprintf(buf, 32, "-%s", strerrorname_np(-value));
	else
		snprintf(buf, 32, "%ld", value);
	return buf;
}

static u32 compare(const struct pass *want, const struct pass *got, const char *whose)
{
	char a[32], b[32];
	u32 bad = 0;

	for (u32 i = 0; i < want->count; i++) {
		if (i >= got->count || strcmp(want->result[i].name, got->result[i].name)) {
			print_message("%s: no result for \"%s\"\n", whose, want->result[i].name);
			return bad + 1;
		}
		if (want->result[i].value == got->result[i].value)
			continue;
		print_message("%s: %s: %s, the facts say %s\n", whose, want->result[i].name,
			      show(got->result[i].value, a), show(want->result[i].value, b));
		bad++;
	}
	return bad + (want->count != got->count);
}

static void read_facts(void)
{
	char line[256];
	FILE *f = fopen(FACTS, "r");

	facts.count = 0;
	assert_non_null(f);
	assert_int_equal(fscanf(f, "# Linux %63[^\n]\n", facts_release), 1);
	while (fgets(line, sizeof(line), f)) {
		char *tab = strchr(line, '\t');

		assert_non_null(tab);
		*tab = 0;
		note(&facts, line, strtol(tab + 1, NULL, 10));
	}
	fclose(f);
}

static void write_facts(void)
{
	struct utsname u;
	FILE *f = fopen(FACTS, "w");

	assert_non_null(f);
	uname(&u);
	fprintf(f, "# Linux %s\n", u.release);
	for (u32 i = 0; i < kernel_pass.count; i++)
		fprintf(f, "%s\t%ld\n", kernel_pass.result[i].name, kernel_pass.result[i].value);
	fclose(f);
}

static bool has_kernel_bpf(void)
{
	union bpf_attr a = {ARRAY_OF4};
	long fd = kernel_bpf(BPF_MAP_CREATE, &a, ALL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_kernel(void **state)
{
	struct utsname u;

	uname(&u);
	if (!has_kernel_bpf())
		skip();
	kernel_pass.perf_open = kernel_perf_open;
	kernel_pass.perf_ioctl = kernel_perf_ioctl;
	kernel_pass.uprobe_type = kernel_uprobe_type;
	run_pass(&kernel_pass, kernel_bpf);
	if (getenv("CYGNET_FACTS"))
		write_facts();
	read_facts();
	/* Another kernel may differ without anything being wrong here. */
	if (strncmp(u.release, facts_release, strcspn(facts_release, ".") + 3))
		skip();
	assert_int_equal(compare(&facts, &kernel_pass, "kernel"), 0);
}

static void test_instance(void **state)
{
	struct cygnet_opts opts = {.sz = sizeof(opts), .kernel = 0x061200};

	read_facts();
	assert_int_equal(cygnet_new(&opts, &inst), 0);
	instance_pass.perf_open = instance_perf_open;
	instance_pass.perf_ioctl = instance_perf_ioctl;
	instance_pass.uprobe_type = instance_uprobe_type;
	run_pass(&instance_pass, instance_bpf);
	cygnet_free(inst);
	assert_int_equal(compare(&facts, &instance_pass, "instance"), 0);
}

#define FACTS_MAIN(name)                                                     \
	int main(void)                                                       \
	{                                                                    \
		const struct CMUnitTest tests[] = {                          \
			cmocka_unit_test(test_kernel),                       \
			cmocka_unit_test(test_instance),                     \
		};                                                           \
                                                                             \
		return cmocka_run_group_tests_name(name, tests, NULL, NULL); \
	}

#endif
