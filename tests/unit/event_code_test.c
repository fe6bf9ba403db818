// SPDX-License-Identifier: BSD-2-Clause
/*
 * Analysis of real files: how much of libc, libstdc++ and python3 can be
 * patched and how long it takes; libc's windows against objdump's reading of
 * it; and of mutants, which must end in an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/alloc.h"
#include "event/code.h"
#include "event/elf.h"

#define LIBC      "/lib/x86_64-linux-gnu/libc.so.6"
#define LOADER    "/lib64/ld-linux-x86-64.so.2"
#define LIBSTDCXX "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"
#define PYTHON    "/usr/bin/python3"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static struct code_file *must_open(const char *path)
{
	struct code_file *f = NULL;

	if (access(path, R_OK))
		skip();
	assert_int_equal(code_file_open(path, 0, 0, &f), 0);
	return f;
}

static void load_image(const char *path, struct elf_image *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && !fstat(fd, &st));
	assert_int_equal(elf_load_code(e, fd, st.st_size), 0);
	assert_int_equal(elf_load_rest(e), 0);
}

/* ---- how much, how fast ---- */

static void measure(const char *path)
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		struct code_file *f;
		double start;

		code_cache_fini();
		start = now_ms();
		f = must_open(path);
		best = MIN(best, now_ms() - start);
		code_file_put(f);
	}
	print_message("# %s analysed in %.2f ms\n", path, best);
	assert_true(best <
		    200); /* a budget for sanitizers on a busy machine; 10 and 30 ms otherwise */
}

static void analysis_is_fast(void **state)
{
	measure(LIBC);
	measure(PYTHON);
}

/* Percent of functions that a jump can probe. */
static double probe_all(const char *path)
{
	struct code_file *f = must_open(path);
	struct elf_image e;
	u32 jump = 0, int3 = 0, none = 0;

	load_image(path, &e);
	vec_each (&e.functions, i) {
		u64 va = e.functions.data[i].start;
		const struct elf_segment *s = elf_code_at(&e, va);
		struct code_probe p;

		if (code_probe(f, s->offset + (va - s->va), ~0u, &p, NULL))
			none++;
		else if (p.mode == CODE_PROBE_JUMP)
			jump++;
		else
			int3++;
	}
	print_message("# %s: %zu functions, %u by a jump (%.2f %%), %u by int3, %u not\n", path,
		      e.functions.len, jump, 100.0 * jump / e.functions.len, int3, none);
	assert_true(none * 1000 < e.functions.len);
	elf_fini(&e);
	code_file_put(f);
	return 100.0 * jump / (jump + int3 + none);
}

static void functions_of_libc(void **state)
{
	assert_true(probe_all(LIBC) > 97);
}

static void functions_of_libstdcxx(void **state)
{
	assert_true(probe_all(LIBSTDCXX) > 99);
}

static void functions_of_python(void **state)
{
	assert_true(probe_all(PYTHON) > 97);
}

static void sites_of(const char *path, u32 at_least)
{
	struct code_file *f = must_open(path);
	u32 n, by_kind[4] = {0};
	const struct code_site *s = code_file_sites(f, &n);
	u64 end = 0;

	for (u32 i = 0; i < n; i++) {
		by_kind[s[i].kind]++;
		if (s[i].kind != CODE_SITE_PATCH) {
			print_message("# %s: %lx: %s\n", path, s[i].offset, s[i].why);
			continue;
		}
		assert_true(s[i].window.offset >= end); /* disjoint, ascending */
		assert_true(s[i].window.len >= CODE_PATCH_BYTES &&
			    s[i].window.len <= CODE_WINDOW_BYTES);
		assert_true(s[i].offset >= s[i].window.offset);
		assert_memory_equal(s[i].window.bytes + (s[i].offset - s[i].window.offset),
				    "\x0f\x05", 2);
		end = s[i].window.offset + s[i].window.len;
	}
	print_message("# %s: %u of %u sites patched, %u bare, %u keep, %u unknown\n", path,
		      by_kind[0], n, by_kind[1], by_kind[2], by_kind[3]);
	assert_true(by_kind[CODE_SITE_PATCH] >= at_least);
	assert_true(by_kind[CODE_SITE_PATCH] + by_kind[CODE_SITE_KEEP] + 3 >= n);
	assert_int_equal(code_fully_known(f), by_kind[CODE_SITE_PATCH] == n);
	code_file_put(f);
}

static void sites_of_libc(void **state)
{
	sites_of(LIBC, 300);
}

static void sites_of_the_loader(void **state)
{
	sites_of(LOADER, 20);
}

/* ---- against objdump ---- */

struct reading { /* one byte per address */
	u8 *flag;
	u64 size;
};
enum {
	STARTS = 1,
	TARGET = 2,
	SYSCALL = 4
};

static void read_line(struct reading *r, const char *line)
{
	char *end, op[32];
	u64 va = strtoull(line, &end, 16), target;
	int n = 0;

	if (*end != ':' || end[1] != '\t' || va >= r->size)
		return;
	r->flag[va] |= STARTS;
	if (sscanf(end + 2, "%31s%n", op, &n) != 1)
		return;
	while (!strcmp(op, "bnd") || !strcmp(op, "notrack") || !strcmp(op, "lock") ||
	       !strcmp(op, "cs") || !strcmp(op, "ds") || !strcmp(op, "data16")) {
		end += n;
		if (sscanf(end + 2, "%31s%n", op, &n) != 1)
			return;
	}
	if (!strcmp(op, "syscall"))
		r->flag[va] |= SYSCALL;
	if (op[0] != 'j' && strncmp(op, "call", 4) && strncmp(op, "loop", 4))
		return;
	end += 2 + n;
	end += strspn(end, " ");
	if (*end == '*')
		return;
	target = strtoull(end, &end, 16);
	if (target < r->size)
		r->flag[target] |= TARGET;
}

static struct reading read_objdump(const char *path, u64 size)
{
	struct reading r = {base_zalloc(size), size};
	char cmd[512], line[1024];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "objdump -d --no-show-raw-insn %s", path);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		read_line(&r, line + strspn(line, " "));
	assert_int_equal(pclose(f), 0);
	return r;
}

static void check_window(const struct reading *r, const struct code_window *w, u64 va)
{
	assert_true(va + CODE_WINDOW_BYTES < r->size);
	if (!(r->flag[va] & STARTS) || !(r->flag[va + w->len] & STARTS))
		fail_msg("%lx: not on objdump's boundaries", va);
	for (u32 i = 1; i < MAX(w->len, w->over); i++)
		if (r->flag[va + i] & TARGET)
			fail_msg("%lx: a branch to +%u", va, i);
	for (u32 i = 0, n = 0; i < w->len; i++)
		if ((r->flag[va + i] & STARTS) && ++n > w->insns)
			fail_msg("%lx: more instructions than %u", va, w->insns);
}

static void windows_against_objdump(void **state)
{
	struct code_file *f = must_open(LIBC);
	struct elf_image e;
	struct reading r;
	u32 n, theirs = 0, ours = 0, checked = 0;
	const struct code_site *s = code_file_sites(f, &n);

	if (system("command -v objdump >/dev/null"))
		skip();
	load_image(LIBC, &e);
	r = read_objdump(LIBC, e.file_size + (1 << 20));
	for (u64 va = 0; va < r.size; va++)
		theirs += !!(r.flag[va] & SYSCALL);
	for (u32 i = 0; i < n; i++) {
		u64 va;

		assert_int_equal(elf_code_va(&e, s[i].offset, &va), 0);
		if (s[i].kind == CODE_SITE_UNKNOWN)
			continue;
		ours++;
		assert_true(r.flag[va] & SYSCALL);
		if (s[i].kind != CODE_SITE_PATCH)
			continue;
		check_window(&r, &s[i].window, va - (s[i].offset - s[i].window.offset));
		checked++;
	}
	assert_int_equal(ours, theirs);
	vec_each (&e.functions, i) {
		u64 va = e.functions.data[i].start;
		const struct elf_segment *seg = elf_code_at(&e, va);
		u64 off = seg->offset + (va - seg->va);
		struct code_probe p;

		if (code_probe(f, off, ~0u, &p, NULL) || p.mode != CODE_PROBE_JUMP)
			continue;
		check_window(&r, &p.window, va + (p.window.offset - off));
		checked++;
	}
	print_message("# %u windows agree with objdump, %u syscalls\n", checked, theirs);
	base_free(r.flag);
	elf_fini(&e);
	code_file_put(f);
}

/* ---- the cache ---- */

static int write_file(int fd, const u8 *data, size_t size)
{
	return ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size;
}

static void the_cache_notices_changes(void **state)
{
	struct code_file *a, *b;
	struct stat st;

	assert_int_equal(code_file_open("/proc/self/exe", 0, 0, &a), 0);
	assert_int_equal(code_file_open("/proc/self/exe", 0, 0, &b), 0);
	assert_ptr_equal(a, b);
	code_file_put(b);
	stat("/proc/self/exe", &st);
	assert_int_equal(code_file_open("/proc/self/exe", st.st_dev, st.st_ino, &b), 0);
	code_file_put(b);
	assert_int_equal(code_file_open("/proc/self/exe", st.st_dev, st.st_ino + 1, &b), -ESTALE);
	code_cache_fini(); /* a is held: it stays */
	assert_int_equal(code_file_open("/proc/self/exe", 0, 0, &b), 0);
	assert_ptr_equal(a, b);
	code_file_put(a);
	code_file_put(b);
	code_file_put(NULL);
	assert_int_equal(code_file_open("/nonexistent", 0, 0, &b), -ENOENT);
	assert_int_equal(code_file_open("/tmp", 0, 0, &b), -ENOEXEC);
	assert_int_equal(code_file_open("/dev/null", 0, 0, &b), -ENOEXEC);
	assert_int_equal(code_file_open("/etc/passwd", 0, 0, &b), -ENOEXEC);
}

static u8 *slurp(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	u8 *data;

	if (fd < 0)
		skip();
	fstat(fd, &st);
	data = base_alloc(st.st_size);
	assert_int_equal(read(fd, data, st.st_size), st.st_size);
	close(fd);
	*size = st.st_size;
	return data;
}

static void a_shrinking_file_is_stale(void **state)
{
	int fd = memfd_create("shrinks", MFD_CLOEXEC);
	char path[64];
	size_t size;
	u8 *data = slurp(LOADER, &size);
	struct code_file *f;
	struct code_probe p;

	assert_int_equal(write_file(fd, data, size), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(code_file_open(path, 0, 0, &f), 0);
	code_file_put(f); /* drops the bytes, not the answers */
	assert_int_equal(code_file_open(path, 0, 0, &f), 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(code_probe(f, 0x2000, ~0u, &p, NULL), -ESTALE);
	code_file_put(f);
	close(fd);
	base_free(data);
}

/* ---- mutants ---- */

static u64 seed = 20260101;

static u64 rnd(u64 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 20) % below;
}

static u64 odd_value(void)
{
	static const u64 v[] = {0,          1,          7,          8,
				0xff,       0xffff,     0x7fffffff, 0xffffffff,
				1ull << 47, 1ull << 63, ~0ull,      ~0ull - 4095};

	return v[rnd(ARRAY_SIZE(v))];
}

/* Writes 1 to 8 odd or random bytes at an offset. */
static void spoil(u8 *d, size_t size, u64 at)
{
	u64 v = rnd(2) ? odd_value() : rnd(size * 2), n = 1 << rnd(4);

	if (at + 8 <= size)
		memcpy(d + at, &v, n);
}

static size_t mutate(u8 *d, size_t size)
{
	u64 shoff;

	memcpy(&shoff, d + 40, 8);
	for (u64 k = 0, n = 1 + rnd(4); k < n; k++)
		switch (rnd(6)) {
		case 0: spoil(d, size, rnd(64)); break;
		case 1: spoil(d, size, 64 + rnd(56 * 12)); break;
		case 2: spoil(d, size, MIN(shoff, size) + rnd(64 * 30)); break;
		case 3: return rnd(size);
		case 4:
			for (u64 at = rnd(size), i = 0; i < 4096 && at + i + 8 < size; i += 16)
				spoil(d, size, at + i);
			break;
		default: spoil(d, size, rnd(size) & -8ull);
		}
	return size;
}

static void use_everything(struct code_file *f, size_t size)
{
	const struct code_entries e = {0x10000, 0x10010, 0x10020};
	struct code_emitted out;
	u32 n;
	const struct code_site *s = code_file_sites(f, &n);

	for (u32 i = 0; i < n; i++) {
		struct code_probe p;

		code_emit_syscall(&s[i], 0x400000 + s[i].offset, 0x20000, 0, false, &e, &out);
		if (!code_probe(f, s[i].offset, ~0u, &p, NULL))
			code_relate(&p, &s[i]);
	}
	for (u32 i = 0; i < 50; i++) {
		struct code_probe p;
		u64 off = rnd(size + 1), start, end;

		code_function(f, off, &start, &end);
		if (code_probe(f, off, rnd(2) ? ~0u : (u32)rnd(16), &p, NULL))
			continue;
		code_emit_probe(&p, 0x400000 + off, 0x20000, 0, 0, i, &e, &out);
		code_emit_probe(&p, 0x400000 + off, 0x7fff00000000, 0x300000, 0, i, &e, &out);
	}
}

static void mutants_of(const char *path, u32 count)
{
	size_t size, n;
	u8 *data = slurp(path, &size), *copy = base_alloc(size);
	u32 taken = 0;

	for (u32 i = 0; i < count; i++) {
		int fd = memfd_create("mutant", MFD_CLOEXEC), err;
		struct code_file *f;
		char name[64];

		memcpy(copy, data, size);
		n = mutate(copy, size);
		assert_int_equal(write_file(fd, copy, n), 0);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		err = code_file_open(name, 0, 0, &f);
		if (!err) {
			taken++;
			use_everything(f, n);
			code_file_put(f);
		} else {
			assert_int_equal(err, -ENOEXEC);
		}
		code_cache_fini();
		close(fd);
	}
	print_message("# %s: %u mutants, %u of them usable\n", path, count, taken);
	assert_true(taken > count / 10 && taken < count);
	base_free(data);
	base_free(copy);
}

static void mutants(void **state)
{
	mutants_of(LOADER, 1500);
	mutants_of("/bin/true", 500);
}

/* Every allocation in turn fails: an error, nothing lost. */
static void out_of_memory(void **state)
{
	for (unsigned long nth = 1; nth < 3000; nth += 1 + nth / 8) {
		struct code_file *f;
		struct code_probe p;
		int err;

		code_cache_fini();
		base_alloc_fail_nth(nth);
		err = code_file_open(LOADER, 0, 0, &f);
		if (!err) {
			err = code_probe(f, 0x2000, ~0u, &p, NULL);
			code_file_put(f);
		}
		base_alloc_fail_nth(0);
		assert_true(err == 0 || err == -ENOMEM || err == -EINVAL || err == -ENOTSUP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(analysis_is_fast),
		cmocka_unit_test(functions_of_libc),
		cmocka_unit_test(functions_of_libstdcxx),
		cmocka_unit_test(functions_of_python),
		cmocka_unit_test(sites_of_libc),
		cmocka_unit_test(sites_of_the_loader),
		cmocka_unit_test(windows_against_objdump),
		cmocka_unit_test(the_cache_notices_changes),
		cmocka_unit_test(a_shrinking_file_is_stale),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(mutants),
	};
	return cmocka_run_group_tests_name("event_code", tests, NULL, NULL);
}
