// SPDX-License-Identifier: BSD-2-Clause
/*
 * libbpf as the system has it, unmodified, loads compiled objects into an
 * instance: this program's own syscall(2), which libbpf's calls resolve to,
 * hands bpf(2) and perf_event_open(2) over. Maps are then worked through
 * libbpf's own API, and the object is closed without a trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cygnet/cygnet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include "core/note.h"
#include "sys/sys.h"
#include "vm/instance.h"

static struct cygnet *inst;
static char object_path[64];

static long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	long a[6], ret;
	bool is_fd;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (inst && nr == SYS_bpf)
		ret = cygnet_bpf(inst, a[0], (void *)a[1], a[2]);
	else if (inst && nr == SYS_perf_event_open)
		ret = sys_perf_event_open(inst, sys_self(inst), a[0], a[1], a[2], a[3], a[4],
					  &is_fd);
	else
		ret = raw_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static const char source[] =
	"#define SEC(x) __attribute__((section(x), used))\n"
	"#define __uint(n, v) int (*n)[v]\n"
	"#define __type(n, v) typeof(v) *n\n"
	"typedef unsigned int u32; typedef unsigned long long u64;\n"
	"static u64 (*get_pid)(void) = (void *)14;\n"
	"static void *(*lookup)(void *, const void *) = (void *)1;\n"
	"static long (*update)(void *, const void *, const void *, u64) = (void *)2;\n"
	"struct value { u64 count; u32 last; u32 pad; };\n"
	"struct { __uint(type, 1); __uint(max_entries, 64); __type(key, u32);\n"
	"	 __type(value, struct value); } calls SEC(\".maps\");\n"
	"struct { __uint(type, 27); __uint(max_entries, 4096); } events SEC(\".maps\");\n"
	"struct { __uint(type, 6); __uint(max_entries, 1); __type(key, u32); __type(value, u64); } "
	"per SEC(\".maps\");\n"
	"static long (*ring_output)(void *, void *, u64, u64) = (void *)130;\n"
	"static long (*perf_output)(void *, void *, u64, void *, u64) = (void *)25;\n"
	"static long (*printk)(const char *, u32, ...) = (void *)6;\n"
	"struct { __uint(type, 4); __uint(key_size, 4); __uint(value_size, 4); __uint(max_entries, "
	"64); } perf "
	"SEC(\".maps\");\n"
	"const volatile u32 limit = 3;\n"
	"u64 total;\n"
	"static __attribute__((noinline)) int add(u32 id)\n"
	"{\n"
	"	struct value *v = lookup(&calls, &id), one = {1, id};\n"
	"	if (v) { __sync_fetch_and_add(&v->count, 1); return 1; }\n"
	"	return update(&calls, &id, &one, 0);\n"
	"}\n"
	"SEC(\"raw_tp/sys_enter\") int on_enter(u64 *ctx)\n"
	"{\n"
	"	__sync_fetch_and_add(&total, 1);\n"
	"	return add(ctx[1]) + limit;\n"
	"}\n"
	"SEC(\"raw_tp/sys_exit\") int on_exit(u64 *ctx)\n"
	"{\n"
	"	u64 rec[2] = {0x1122334455667788, ctx[1]};\n"
	"	static const char fmt[] = \"exit %d\\n\";\n"
	"	printk(fmt, sizeof(fmt), (int)ctx[1]);\n"
	"	return ring_output(&events, rec, sizeof(rec), 0) * 16 -\n"
	"	       perf_output(ctx, &perf, 0xffffffff, rec, sizeof(rec));\n"
	"}\n"
	"SEC(\"tracepoint/syscalls/sys_enter_openat\") int on_open(void *ctx)\n"
	"{ return add(get_pid() >> 32); }\n"
	"char LICENSE[] SEC(\"license\") = \"GPL\";\n";

static int compile(void **state)
{
	char c_path[64], cmd[256];
	FILE *f;

	snprintf(object_path, sizeof(object_path), "/tmp/cygnet-sys-%d.bpf.o", getpid());
	snprintf(c_path, sizeof(c_path), "/tmp/cygnet-sys-%d.bpf.c", getpid());
	f = fopen(c_path, "w");
	if (!f)
		return -1;
	fputs(source, f);
	fclose(f);
	snprintf(cmd, sizeof(cmd), "clang -target bpf -mcpu=v3 -g -O2 -c %s -o %s", c_path,
		 object_path);
	if (system(cmd))
		return -1;
	unlink(c_path);
	return cygnet_new(NULL, &inst);
}

static int cleanup(void **state)
{
	cygnet_free(inst);
	inst = NULL;
	return unlink(object_path);
}

static char said[65536];

static int on_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t n = strlen(said);

	if (level == LIBBPF_WARN)
		vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	return 0;
}

static struct bpf_object *load(void)
{
	struct bpf_object *obj;

	said[0] = 0;
	libbpf_set_print(on_print);
	obj = bpf_object__open_file(object_path, NULL);
	assert_non_null(obj);
	if (bpf_object__load(obj))
		fail_msg("%s", said);
	return obj;
}

static int map_fd(struct bpf_object *obj, const char *name)
{
	struct bpf_map *m = bpf_object__find_map_by_name(obj, name);

	assert_non_null(m);
	return bpf_map__fd(m);
}

static void test_load(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_prog_info info = {0};
	struct bpf_map_info mi = {0};
	u32 len = sizeof(info), id, maps[16];
	u64 insns[256];
	int fd;

	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "on_enter"));
	info.nr_map_ids = 16;
	info.map_ids = ptr_to_u64(maps);
	info.xlated_prog_len = sizeof(insns);
	info.xlated_prog_insns = ptr_to_u64(insns);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	assert_int_equal(info.type, BPF_PROG_TYPE_RAW_TRACEPOINT);
	assert_string_equal(info.name, "on_enter");
	assert_true(info.gpl_compatible);
	/* calls, .bss, .rodata, and what libbpf binds itself */
	assert_true(info.nr_map_ids >= 3);
	assert_true(info.btf_id > 1);
	assert_int_equal(info.nr_func_info, 2);
	assert_true(info.nr_line_info > 4);
	assert_true(info.xlated_prog_len > 10 * 8);

	len = sizeof(mi);
	assert_int_equal(bpf_obj_get_info_by_fd(map_fd(obj, "calls"), &mi, &len), 0);
	assert_string_equal(mi.name, "calls");
	assert_true(mi.btf_value_type_id);
	id = 0;
	fd = 0;
	while (!bpf_map_get_next_id(id, &id))
		fd++;
	assert_int_equal(fd, 6);
	bpf_object__close(obj);
	sys_settle(inst);
	assert_int_equal(inst->objects[OBJECT_MAP].live, 0);
	assert_int_equal(inst->objects[OBJECT_PROG].live, 0);
	assert_int_equal(inst->objects[OBJECT_BTF].live, 1);
}

/* Frozen sections, elements, batches, through libbpf's API. */
static void test_maps(void **state)
{
	struct bpf_object *obj = load();
	struct value {
		u64 count;
		u32 last, pad;
	} v = {.count = 7}, vs[64];
	u32 key = 5, keys[64], count = 64, batch, zero = 0, n, limit;
	int fd = map_fd(obj, "calls"), ro = -1;
	struct bpf_map *m;

	for (key = 0; key < 40; key++)
		assert_int_equal(bpf_map_update_elem(fd, &key, &v, BPF_NOEXIST), 0);
	assert_int_equal(bpf_map_update_elem(fd, &zero, &v, BPF_NOEXIST), -EEXIST);
	for (n = 0, count = 16;
	     !bpf_map_lookup_batch(fd, n ? &batch : NULL, &batch, keys + n, vs + n, &count, NULL);
	     n += count)
		;
	assert_int_equal(errno, ENOENT);
	assert_int_equal(n + count, 40);
	count = 40;
	assert_int_equal(bpf_map_delete_batch(fd, keys, &count, NULL), 0);
	assert_int_equal(bpf_map_get_next_key(fd, NULL, &key), -ENOENT);

	bpf_object__for_each_map(m, obj) if (strstr(bpf_map__name(m), ".rodata")) ro =
		bpf_map__fd(m);
	assert_true(ro >= 0);
	assert_int_equal(bpf_map_lookup_elem(ro, &zero, &limit), 0);
	assert_int_equal(limit, 3);
	assert_int_equal(bpf_map_update_elem(ro, &zero, &limit, 0), -EPERM);
	bpf_object__close(obj);
}

/* The program runs once, in the checked interpreter. */
static void test_run(void **state)
{
	struct bpf_object *obj = load();
	u64 args[2] = {0, 42}, total;
	u32 key = 42, zero = 0;
	struct {
		u64 count;
		u32 last, pad;
	} v;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	struct bpf_map *m;
	int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "on_enter"));

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, 3);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, 4);
	assert_int_equal(bpf_map_lookup_elem(map_fd(obj, "calls"), &key, &v), 0);
	assert_int_equal(v.count, 2);
	assert_int_equal(v.last, 42);
	bpf_object__for_each_map(m, obj) if (strstr(bpf_map__name(m), ".bss"))
	{
		assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(m), &zero, &total), 0);
		assert_int_equal(total, 2);
	}
	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "on_open"));
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), -524);
	bpf_object__close(obj);
}

static u8 *map_ring(int fd, u64 offset, u64 length)
{
	struct stat st;
	void *p;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(
		sys_mmap(inst, st.st_dev, st.st_ino, offset, length, PROT_READ, MAP_SHARED), 0);
	p = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, offset);
	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

/* Records in a ring buffer, in a perf buffer, and a printk line, as their readers find them. */
static void test_output(void **state)
{
	struct bpf_object *obj = load();
	u64 args[2] = {0, 42}, rec[2];
	u32 cpu = 3;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args),
		    .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
	struct perf_event_attr pa = {.size = sizeof(pa),
				     .type = PERF_TYPE_SOFTWARE,
				     .config = PERF_COUNT_SW_BPF_OUTPUT,
				     .sample_type = PERF_SAMPLE_RAW,
				     .sample_period = 1,
				     .wakeup_events = 1};
	int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "on_exit")), event;
	const struct perf_event_mmap_page *page;
	u8 *ring, *pages;
	struct stat st;

	event = syscall(SYS_perf_event_open, &pa, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	assert_true(event >= 0);
	pages = map_ring(event, 0, 2 * 4096);
	page = (void *)pages;
	assert_int_equal(fstat(event, &st), 0);
	assert_int_equal(sys_mmap(inst, st.st_dev, st.st_ino, 0, 3 * 4096, PROT_READ, MAP_SHARED),
			 -EINVAL);
	assert_int_equal(sys_mmap(inst, st.st_dev, st.st_ino, 0, 5 * 4096, PROT_READ, MAP_SHARED),
			 -EINVAL);
	assert_int_equal(bpf_map_update_elem(map_fd(obj, "perf"), &cpu, &event, 0), 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, 0);

	ring = map_ring(map_fd(obj, "events"), 4096, 4096 + 2 * 4096);
	assert_int_equal(*(u64 *)ring, 8 + 16);
	assert_int_equal(*(u32 *)(ring + 4096), 16);
	memcpy(rec, ring + 4096 + 8, sizeof(rec));
	assert_true(rec[0] == 0x1122334455667788 && rec[1] == 42);

	assert_true(page->data_head > 0);
	assert_int_equal(page->data_size, 4096);
	assert_int_equal(((struct perf_event_header *)(pages + page->data_offset))->type,
			 PERF_RECORD_SAMPLE);
	assert_true(*(u32 *)(pages + page->data_offset + 8) >= sizeof(rec));
	memcpy(rec, pages + page->data_offset + 12, sizeof(rec));
	assert_true(rec[0] == 0x1122334455667788 && rec[1] == 42);

	ring = inst->notes->map.contents + 2 * 4096;
	assert_memory_equal(((struct note *)(ring + 8))->text, "exit 42", 7);
	close(event);
	munmap(pages, 2 * 4096);
	bpf_object__close(obj);
}

static void test_attach(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_link *link =
		bpf_program__attach(bpf_object__find_program_by_name(obj, "on_enter"));
	struct bpf_link_info info = {0};
	u32 len = sizeof(info);
	char name[32] = "";

	assert_non_null(link);
	info.raw_tracepoint.tp_name = ptr_to_u64(name);
	info.raw_tracepoint.tp_name_len = sizeof(name);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	assert_string_equal(name, "sys_enter");
	assert_int_equal(inst->objects[OBJECT_LINK].live, 1);
	bpf_link__destroy(link);
	sys_settle(inst);
	assert_int_equal(inst->objects[OBJECT_LINK].live, 0);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_load, compile, cleanup),
		cmocka_unit_test_setup_teardown(test_maps, compile, cleanup),
		cmocka_unit_test_setup_teardown(test_run, compile, cleanup),
		cmocka_unit_test_setup_teardown(test_output, compile, cleanup),
		cmocka_unit_test_setup_teardown(test_attach, compile, cleanup),
	};

	return cmocka_run_group_tests_name("libbpf against an instance", tests, NULL, NULL);
}
