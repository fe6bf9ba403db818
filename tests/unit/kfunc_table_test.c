// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kfunc table against kernels: who may call what, of 6.18, 6.12 and 6.1
 * (tests/data/kfunc.facts), and the prototypes of the running one's BTF.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "base/text.h"
#include "btf/walk.h"
#include "btf_host.h"
#include "core/kernel.h"
#include "core/kfunc.h"

#define BIT_ITER           40
#define BIT_KPROBE_SESSION 41
#define BIT_UPROBE_SESSION 42

static const struct {
	const char *name;
	u32 version;
	u64 asked; /* bits that the facts have an answer for */
} kernels[] = {
	{"6.18", CORE_KERNEL(6, 18, 255), ~(1ull << 20 | 1ull << 28 | 1ull << 29)},
	{"6.12", CORE_KERNEL(6, 12, 255), ~(1ull << 20 | 1ull << 27 | 1ull << 28)},
	/* 6.1 refuses the attach types of later kernels before it looks at the call */
	{"6.1", CORE_KERNEL(6, 1, 255),
	 ~(1ull << 20 | 1ull << 27 | 1ull << 28 | 1ull << 32 | 3ull << 41)},
};

static u64 table_mask(const char *name, u32 version)
{
	static const struct {
		u32 type, attach, bit;
	} extra[] = {
		{BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, BIT_ITER},
		{BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_SESSION, BIT_KPROBE_SESSION},
		{BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_SESSION, BIT_UPROBE_SESSION},
	};
	u64 mask = 0;

	for (u32 t = 1; t <= BPF_PROG_TYPE_NETFILTER; t++)
		if (core_kfunc_for(name, version, t, t == BPF_PROG_TYPE_TRACING ? 23 : 0))
			mask |= 1ull << t;
	for (u32 i = 0; i < ARRAY_SIZE(extra); i++)
		if (core_kfunc_for(name, version, extra[i].type, extra[i].attach))
			mask |= 1ull << extra[i].bit;
	return mask;
}

static void callers_are_the_kernels(void **state)
{
	FILE *f = fopen("tests/data/kfunc.facts", "r");
	char line[256], name[128], version[16];
	u32 kernel = 0, rows = 0, wrong = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		const struct kfunc_proto *k;
		unsigned long long mask;
		int sleeps;
		u64 own;

		if (*line == '#')
			continue;
		if (sscanf(line, "kernel %15s", version) == 1) {
			for (kernel = 0; strcmp(kernels[kernel].name, version); kernel++)
				assert_true(kernel + 1 < ARRAY_SIZE(kernels));
			continue;
		}
		assert_int_equal(sscanf(line, "%127s %llx %d", name, &mask, &sleeps), 3);
		k = core_kfunc(name);
		own = k ? table_mask(name, kernels[kernel].version) : 0;
		rows++;
		/* they ask for the device before they ask for the type */
		if (k && k->only == KFUNC_ONLY_DEVICE)
			continue;
		if (!k || ((own ^ mask) & kernels[kernel].asked) ||
		    (sleeps && !(k->flags & KF_SLEEPABLE))) {
			print_error("%s in %s: the kernel %llx, the table %llx, sleeps %d\n", name,
				    kernels[kernel].name, mask,
				    (unsigned long long)own & kernels[kernel].asked, sleeps);
			wrong++;
		}
	}
	fclose(f);
	assert_true(rows > 300);
	assert_int_equal(wrong, 0);
}

/* --- prototypes ---------------------------------------------------------------------------- */

static void declare(const struct btf_info *b, u32 id, const char *declarator, struct text *out);

static void declare_function(const struct btf_info *b, u32 proto, const char *declarator,
			     struct text *out)
{
	struct btf_function f;
	struct text inner;

	text_init_grow(&inner);
	assert_int_equal(btf_function_of(b, proto, &f), 0);
	text_fmt(&inner, "%s(%s", declarator, f.arg_count ? "" : "void");
	for (u32 i = 0; i < f.arg_count; i++) {
		text_fmt(&inner, "%s", i ? ", " : "");
		declare(b, f.args[i].type, btf_str(b, f.args[i].name_off), &inner);
	}
	text_fmt(&inner, ")");
	declare(b, f.ret, inner.buf, out);
	text_fini(&inner);
}

/* A type around a declarator, as C writes it. */
static void declare(const struct btf_info *b, u32 id, const char *declarator, struct text *out)
{
	const struct btf_type *t = btf_at(b, id);
	u32 kind = btf_kind_of(b, id);
	char inner[512];
	const char *gap = *declarator && *declarator != '*' ? " " : *declarator ? " " : "";

	switch (kind) {
	case BTF_KIND_UNKN: text_fmt(out, "void%s%s", gap, declarator); break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_FWD:
	case BTF_KIND_UNION:
		text_fmt(out, "%s %s%s%s",
			 kind == BTF_KIND_UNION || (kind == BTF_KIND_FWD && BTF_INFO_KFLAG(t->info))
				 ? "union"
				 : "struct",
			 btf_name(b, id), gap, declarator);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: text_fmt(out, "enum %s%s%s", btf_name(b, id), gap, declarator); break;
	case BTF_KIND_PTR:
		if (btf_kind_of(b, t->type) == BTF_KIND_FUNC_PROTO) {
			snprintf(inner, sizeof(inner), "(*%s)", declarator);
			declare_function(b, t->type, inner, out);
			break;
		}
		snprintf(inner, sizeof(inner), "*%s", declarator);
		declare(b, t->type, inner, out);
		break;
	case BTF_KIND_TYPE_TAG: declare(b, t->type, declarator, out); break;
	case BTF_KIND_CONST:
		text_fmt(out, "const ");
		declare(b, t->type, declarator, out);
		break;
	default: text_fmt(out, "%s%s%s", btf_name(b, id), gap, declarator);
	}
}

/* GCC names its integers in full, the table as people do. */
static void shorten(char *s)
{
	static const char *const names[][2] = {
		{"long unsigned int", "unsigned long"},
		{"short int", "short"},
		{"long int", "long"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		for (char *at; (at = strstr(s, names[i][0]));) {
			size_t was = strlen(names[i][0]), is = strlen(names[i][1]);

			memcpy(at, names[i][1], is);
			memmove(at + is, at + was, strlen(at + was) + 1);
		}
}

static void prototypes_are_the_kernels(void **state)
{
	size_t size = 0;
	void *raw = host_file("/sys/kernel/btf/vmlinux", &size);
	struct btf_info *b;
	u32 compared = 0, wrong = 0;

	if (!raw)
		skip();
	assert_int_equal(btf_view(raw, size, NULL, &b), 0);
	assert_int_equal(btf_index_names(b), 0);
	for (u32 i = 0; i < core_kfunc_count; i++) {
		const struct kfunc_proto *k = core_kfunc_at(i);
		u32 id = btf_find(b, k->name, BTF_KIND_FUNC);
		struct text text;

		if (!id || k->seen != host_kernel())
			continue;
		text_init_grow(&text);
		declare_function(b, id, k->name, &text);
		shorten(text.buf);
		compared++;
		if (strcmp(text.buf, k->proto)) {
			print_error("%s\n  table: %s\n", text.buf, k->proto);
			wrong++;
		}
		text_fini(&text);
	}
	btf_free(b);
	free(raw);
	if (!compared)
		skip();
	assert_int_equal(wrong, 0);
}

static void rows_are_sane(void **state)
{
	for (u32 i = 0; i < core_kfunc_count; i++) {
		const struct kfunc_proto *k = core_kfunc_at(i);
		const char *at = strstr(k->proto, k->name);
		u32 iterator = k->flags & (KF_ITER_NEW | KF_ITER_NEXT | KF_ITER_DESTROY);

		assert_ptr_equal(core_kfunc(k->name), k);
		assert_non_null(at);
		assert_int_equal(at[strlen(k->name)], '(');
		assert_true(k->since >= 0x050d && (!k->until || k->until >= k->since));
		assert_int_equal(!!iterator, !strncmp(k->name, "bpf_iter_", 9));
		assert_true(!(k->flags & KF_ITER_NEXT) || k->flags & KF_RET_NULL);
		/* what is released or kept until released is a pointer */
		if (k->flags & KF_RELEASE)
			assert_non_null(strchr(at, '*'));
	}
	assert_null(core_kfunc_at(core_kfunc_count));
	assert_null(core_kfunc("bpf_no_such"));
}

static void struct_ops_members(void **state)
{
	const struct kfunc_proto *insert = core_kfunc("scx_bpf_dsq_insert");
	const struct kfunc_proto *create = core_kfunc("scx_bpf_create_dsq");
	const struct kfunc_proto *hash = core_kfunc("bpf_skb_get_hash");

	assert_true(core_kfunc_member(insert, "sched_ext_ops", "enqueue"));
	assert_false(core_kfunc_member(insert, "sched_ext_ops", "running"));
	assert_false(core_kfunc_member(insert, "Qdisc_ops", "enqueue"));
	assert_true(core_kfunc_member(create, "sched_ext_ops", "init"));
	assert_false(core_kfunc_member(create, "sched_ext_ops", "enqueue"));
	assert_true(core_kfunc_member(hash, "Qdisc_ops", "enqueue"));
	assert_true(core_kfunc_member(core_kfunc("bpf_throw"), "tcp_congestion_ops", "init"));
}

static void fmodret_targets(void **state)
{
	bool sleepable;

	assert_true(core_kfunc_fmodret("bpf_fentry_test1", &sleepable));
	assert_true(sleepable);
	assert_true(core_kfunc_fmodret("bpf_modify_return_test_tp", &sleepable));
	assert_false(sleepable);
	assert_false(core_kfunc_fmodret("bpf_throw", &sleepable));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sane),
		cmocka_unit_test(callers_are_the_kernels),
		cmocka_unit_test(prototypes_are_the_kernels),
		cmocka_unit_test(struct_ops_members),
		cmocka_unit_test(fmodret_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
