// SPDX-License-Identifier: BSD-2-Clause
/*
 * <cygnet/abi.h> against the running kernel's BTF: every enumerator's value
 * (abi_names.def is made from the header), every member's offset and size
 * (abi_layout.def). What an older kernel does not have yet is passed over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "btf_host.h"

struct constant {
	const char *name;
	long long value;
	bool seen;
};

static struct constant constants[] = {
#define E(x) {#x, (long long)(x)},
#include "abi_names.def"
#undef E
};

struct leaf {
	const char *type; /* "struct bpf_insn" */
	const char *path; /* NULL: opens the struct, `size` is its size */
	size_t offset, size;
};

static const struct leaf leaves[] = {
#define S(t)    {#t, NULL, 0, sizeof(t)},
#define F(t, m) {#t, #m, offsetof(t, m), sizeof(((t *)0)->m)},
#include "abi_layout.def"
#undef S
#undef F
};

static struct btf_info *host;
static void *host_raw;

static int setup(void **state)
{
	size_t size;

	host_raw = host_file("/sys/kernel/btf/vmlinux", &size);
	return host_raw && btf_view(host_raw, size, NULL, &host) ? -1 : 0;
}

static int teardown(void **state)
{
	btf_free(host);
	free(host_raw);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct constant *)a)->name, ((const struct constant *)b)->name);
}

static bool counts_rows(const char *name)
{
	return !strncmp(name, "__", 2) || strstr(name, "_MAX") || strstr(name, "MAX_") ||
	       strstr(name, "NR_") || strstr(name, "ALL_CB_FLAGS");
}

static int compare_enum(u32 id)
{
	const struct btf_type *t = btf_at(host, id);
	bool wide = BTF_INFO_KIND(t->info) == BTF_KIND_ENUM64;
	const u32 *e = (const u32 *)(t + 1);
	int wrong = 0;

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++, e += wide ? 3 : 2) {
		struct constant key = {.name = btf_str(host, e[0])}, *c;
		long long v = wide                      ? (long long)((u64)e[2] << 32 | e[1])
			      : BTF_INFO_KFLAG(t->info) ? (long long)(s32)e[1]
							: (long long)e[1];

		c = bsearch(&key, constants, ARRAY_SIZE(constants), sizeof(key), by_name);
		if (!c)
			continue;
		c->seen = true;
		/* BPF_RINGBUF_BUSY_BIT is 1 << 31 as an int here and there */
		if (v == c->value || (u32)v == (u32)c->value ||
		    (host_kernel() < 0x0612 && counts_rows(c->name)))
			continue;
		print_message("# %s is %lld here, %lld in abi.h\n", c->name, v, c->value);
		wrong++;
	}
	return wrong;
}

static void test_enumerators(void **state)
{
	int wrong = 0, seen = 0;

	if (!host)
		skip();
	qsort(constants, ARRAY_SIZE(constants), sizeof(constants[0]), by_name);
	for (u32 id = 1; id < btf_count(host); id++)
		if (btf_kind_of(host, id) == BTF_KIND_ENUM ||
		    btf_kind_of(host, id) == BTF_KIND_ENUM64)
			wrong += compare_enum(id);
	for (u32 i = 0; i < ARRAY_SIZE(constants); i++)
		seen += constants[i].seen;
	print_message("# %d of %zu enumerators found\n", seen, ARRAY_SIZE(constants));
	assert_int_equal(wrong, 0);
	/* flags of cgroup devices are not in the kernel's BTF; what a configuration lacks is little
	 */
	assert_true(host_kernel() < 0x0612 || seen * 100 > 95 * (int)ARRAY_SIZE(constants));
}

/* Follows a.b.c; bit offset of the member, or -1. */
static long find_path(u32 id, const char *path, u32 *size)
{
	char name[64];
	long bits = 0;

	while (*path) {
		size_t len = strcspn(path, ".");
		struct btf_field f;

		memcpy(name, path, len);
		name[len] = 0;
		if (btf_field_find(host, id, name, &f))
			return -1;
		bits += f.bit_offset;
		id = btf_strip(host, f.type);
		if (btf_size_of(host, f.type, size))
			return -1;
		path += len + (path[len] == '.');
	}
	return bits;
}

/* Named leaves, bitfields aside: what abi_layout.def has a row for. */
static int count_leaves(u32 id)
{
	int n = 0;

	for (u32 i = 0; i < btf_field_count(host, id); i++) {
		struct btf_field f;
		u32 in;

		btf_field_at(host, id, i, &f);
		in = btf_strip(host, f.type);
		if (btf_kind_of(host, in) == BTF_KIND_STRUCT ||
		    btf_kind_of(host, in) == BTF_KIND_UNION)
			n += count_leaves(in);
		else
			n += !f.bit_size;
	}
	return n;
}

static void test_layouts(void **state)
{
	bool exact = host_kernel() == 0x0612;
	int wrong = 0, rows = 0;
	u32 id = 0, size;

	if (!host)
		skip();
	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++) {
		const struct leaf *l = &leaves[i];

		if (!l->path) {
			const char *name = strchr(l->type, ' ') + 1;

			id = btf_find(host, name,
				      *l->type == 'u' ? BTF_KIND_UNION : BTF_KIND_STRUCT);
			if (!id || btf_size_of(host, id, &size) || (exact && size != l->size)) {
				print_message("# %s: %u bytes here, %zu in abi.h\n", l->type,
					      id ? size : 0, l->size);
				wrong += exact;
			}
			rows = 0;
			continue;
		}
		rows++;
		if (id) {
			long bits = find_path(id, l->path, &size);

			if (bits < 0 ? exact : bits != (long)l->offset * 8 || size != l->size) {
				print_message("# %s.%s: bit %ld, %u bytes here\n", l->type, l->path,
					      bits, size);
				wrong++;
			}
		}
		if (exact && (i + 1 == ARRAY_SIZE(leaves) || !leaves[i + 1].path) &&
		    count_leaves(id) != rows) {
			print_message("# %s: %d leaves here, %d rows\n", l->type, count_leaves(id),
				      rows);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_layouts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
