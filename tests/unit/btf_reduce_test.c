// SPDX-License-Identifier: BSD-2-Clause
/*
 * libbpf relocates objects with the host's whole BTF and with the reduced one:
 * the instructions must be the same. No privilege: libbpf's bpf(2) is answered
 * here. Hostile objects and BTF never crash the extraction.
 */
#include <cygnet/abi.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "btf/reduce.h"
#include "btf_host.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

static bool answering; /* bpf(2) succeeds without being called */

/* Stands before libc's for libbpf (the test is linked with -rdynamic). */
long syscall(long nr, ...)
{
	va_list ap;
	long a[6], ret;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf && answering)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	{
		register long r10 __asm__("r10") = a[3];
		register long r8 __asm__("r8") = a[4];
		register long r9 __asm__("r9") = a[5];

		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8),
				   "r"(r9)
				 : "rcx", "r11", "memory");
	}
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

struct code {
	struct bpf_insn insns[8192];
	u32 count;
};
static struct code whole, reduced;
static char dir[] = "/tmp/btf_reduce_XXXXXX";
static void *vmlinux;
static size_t vmlinux_size;
static struct btf_info *full;

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

static int setup(void **state)
{
	libbpf_set_print(quiet);
	vmlinux = host_file(VMLINUX, &vmlinux_size);
	if (!mkdtemp(dir))
		return -1;
	return vmlinux && btf_view(vmlinux, vmlinux_size, NULL, &full) ? -1 : 0;
}

static int teardown(void **state)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	btf_free(full);
	free(vmlinux);
	return system(cmd);
}

/* dir/NAME.o by `compiler`; false when that compiler is missing. */
static bool compile(const char *compiler, const char *flags, const char *name, char *path)
{
	char cmd[512];

	sprintf(path, "%s/%s.o", dir, name);
	snprintf(cmd, sizeof(cmd),
		 "command -v %s >/dev/null && %s -target bpf -mcpu=v3 -g -O2 -w %s -idirafter "
		 "/usr/include/x86_64-linux-gnu -c tests/data/core_reloc.bpf.c -o %s",
		 compiler, compiler, flags, path);
	return !system(cmd);
}

static double relocate(const char *object, const char *btf, struct code *out)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	struct bpf_object *obj = bpf_object__open_file(object, &opts);
	struct bpf_program *prog;
	struct timespec a, b;

	assert_non_null(obj);
	clock_gettime(CLOCK_MONOTONIC, &a);
	answering = true;
	assert_int_equal(bpf_object__load(obj), 0);
	answering = false;
	clock_gettime(CLOCK_MONOTONIC, &b);
	out->count = 0;
	bpf_object__for_each_program(prog, obj)
	{
		u32 n = bpf_program__insn_cnt(prog);

		assert_true(out->count + n <= ARRAY_SIZE(out->insns));
		memcpy(out->insns + out->count, bpf_program__insns(prog),
		       n * sizeof(struct bpf_insn));
		out->count += n;
	}
	bpf_object__close(obj);
	return (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
}

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

static void same_code(const char *object, bool keep_ids)
{
	char path[64];
	struct btf_names names;
	struct btf_info *check;
	double slow, fast;
	size_t size = 0;
	void *elf = host_file(object, &size), *small;
	u32 small_size;

	assert_int_equal(btf_core_names_elf(elf, size, &names), 0);
	assert_true(names.count > 0);
	assert_int_equal(names.keep_ids, keep_ids);
	assert_int_equal(btf_reduce(full, &names, &small, &small_size), 0);
	assert_int_equal(btf_parse(small, small_size, NULL, &check, NULL, NULL), 0);
	snprintf(path, sizeof(path), "%s/small.btf", dir);
	write_file(path, small, small_size);
	slow = relocate(object, VMLINUX, &whole);
	fast = relocate(object, path, &reduced);
	print_message("# %u names, %u of %u types, %u bytes; loading takes %.1f ms with all, %.1f "
		      "with these\n",
		      names.count, btf_count(check), btf_count(full), small_size, slow, fast);
	assert_int_equal(whole.count, reduced.count);
	assert_memory_equal(whole.insns, reduced.insns, whole.count * sizeof(whole.insns[0]));
	assert_true(keep_ids || small_size < 200000);
	btf_free(check);
	base_free(small);
	btf_names_free(&names);
	free(elf);
}

static void test_relocations(void **state)
{
	char path[64];

	if (!full)
		skip();
	assert_true(compile("clang", "", "plain", path));
	same_code(path, false);
}

static void test_newer_compiler(void **state)
{
	char path[64];

	if (!full || !compile("clang-19", "-DMATCHES", "newer", path))
		skip();
	same_code(path, false);
}

static void test_type_ids(void **state)
{
	char path[64];

	if (!full)
		skip();
	assert_true(compile("clang", "-DIDS", "ids", path));
	same_code(path, true);
}

/* The comparison sees a type that is missing: without one name it must differ. */
static void test_a_name_matters(void **state)
{
	char path[64], btf[64];
	struct btf_names names;
	size_t size = 0;
	void *elf, *small;
	u32 small_size;

	if (!full)
		skip();
	assert_true(compile("clang", "", "plain", path));
	elf = host_file(path, &size);
	assert_int_equal(btf_core_names_elf(elf, size, &names), 0);
	for (u32 i = 0; i < names.count; i++)
		if (!strcmp(names.data[i], "sk_buff"))
			names.data[i][0] = 'X';
	assert_int_equal(btf_reduce(full, &names, &small, &small_size), 0);
	snprintf(btf, sizeof(btf), "%s/less.btf", dir);
	write_file(btf, small, small_size);
	relocate(path, VMLINUX, &whole);
	relocate(path, btf, &reduced);
	assert_true(whole.count != reduced.count ||
		    memcmp(whole.insns, reduced.insns, whole.count * sizeof(whole.insns[0])));
	base_free(small);
	btf_names_free(&names);
	free(elf);
}

static void test_mutated_objects(void **state)
{
	char path[64];
	size_t size = 0;
	u8 *elf, *copy;
	u32 x = 1;
	int good = 0;

	assert_true(compile("clang", "", "plain", path));
	elf = host_file(path, &size);
	for (int round = 0; round < 3000; round++) {
		size_t cut = size;
		struct btf_names names;

		copy = malloc(size);
		memcpy(copy, elf, size);
		for (int i = 0; i < 1 + round % 40; i++) {
			x = x * 1664525 + 1013904223;
			copy[x % (round & 1 ? size : 64)] ^= 1u << (x >> 29);
		}
		if (round % 7 == 0)
			cut = x % size;
		copy = realloc(copy, cut ? cut : 1);
		if (!btf_core_names_elf(copy, cut, &names)) {
			good++;
			btf_names_free(&names);
		}
		free(copy);
	}
	assert_true(good > 10);
	free(elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relocations),     cmocka_unit_test(test_newer_compiler),
		cmocka_unit_test(test_type_ids),        cmocka_unit_test(test_a_name_matters),
		cmocka_unit_test(test_mutated_objects),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
