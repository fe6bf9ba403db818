// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs by BTF attach to, and their contexts. First cases as 6.12 and
 * 6.18 answered them, on the host's BTF; then, where bpf(2) may be used, every
 * argument of every raw tracepoint, iterator and table of operations beside the
 * running kernel.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "btf_host.h"
#include "core/kernel.h"
#include "core/prog.h"
#include "isa/decode.h"
#include "verify/target.h"

#define V612 CORE_KERNEL(6, 12, 255)
#define V618 CORE_KERNEL(6, 18, 255)

static struct btf_info *kernel;
static char kernel_log[1 << 18];

/* --- both sides ------------------------------------------------------------------------------ */

struct load_case {
	u32 version, type, attach, flags;
	u32 id;
	const struct bpf_insn *code;
	u32 count;
	const char *license;
};

static int load_kernel(const struct load_case *c)
{
	union bpf_attr attr = {
		.prog_type = c->type,
		.expected_attach_type = c->attach,
		.attach_btf_id = c->id,
		.prog_flags = c->flags,
		.insns = ptr_to_u64(c->code),
		.insn_cnt = c->count,
		.license = ptr_to_u64(c->license),
		.log_level = 2,
		.log_buf = ptr_to_u64(kernel_log),
		.log_size = sizeof(kernel_log),
	};
	int fd;

	kernel_log[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* *log: text_fini() it. */
static int load_here(const struct load_case *c, struct text *log, struct diag *diag)
{
	struct isa_op *ops = base_calloc(c->count, sizeof(*ops));
	struct verify_output out = {0};
	struct verify_input in = {
		.ops = ops,
		.raw = c->code,
		.count = c->count,
		.prog_type = c->type,
		.attach_type = c->attach,
		.prog_flags = c->flags,
		.gpl = !strcmp(c->license, "GPL"),
		.kernel = c->version,
		.rights = RIGHT_PRIVILEGED,
		.vmlinux = kernel,
		.attach_btf_id = c->id,
		.name = "test",
		.log_level = 2,
		.log = log,
	};
	int err;

	text_init_grow(log);
	diag_init(diag);
	assert_int_equal(isa_decode(c->code, c->count, ops, diag), 0);
	err = verify_program(&in, &out, diag);
	base_free(out.facts);
	base_free(out.subs);
	base_free(ops);
	return err;
}

/* --- cases ----------------------------------------------------------------------------------- */

static u32 type_id(const char *name)
{
	static const struct {
		const char *prefix;
		u32 kind;
	} kinds[] = {{"struct ", BTF_KIND_STRUCT},
		     {"typedef ", BTF_KIND_TYPEDEF},
		     {"#", 0},
		     {"", BTF_KIND_FUNC}};

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].prefix);

		if (strncmp(name, kinds[i].prefix, n))
			continue;
		return kinds[i].kind ? btf_find(kernel, name + n, kinds[i].kind)
				     : (u32)atoi(name + n);
	}
	return 0;
}

enum {                /* what a case does beside attaching */
	RETURNS = -1, /* returns `size` */
	NO_R0 = -2,   /* returns nothing */
};

#define TRACING BPF_PROG_TYPE_TRACING
#define LSM     BPF_PROG_TYPE_LSM
#define OPS     BPF_PROG_TYPE_STRUCT_OPS
#define S       BPF_F_SLEEPABLE

static const struct {
	u32 version, type, attach, flags;
	const char *target;
	int off; /* of a load of `size` bytes; or RETURNS, NO_R0 */
	int size;
	int err;
	const char *words; /* in the log */
} cases[] = {
	/* what is attached to */
	{V618, TRACING, 23, 0, "#0", RETURNS, 0, -EINVAL, "Tracing programs must provide btf_id"},
	{V618, TRACING, 23, 0, "#1000000", RETURNS, 0, -EINVAL, "attach_btf_id 1000000 is invalid"},
	{V618, TRACING, 23, 0, "#2", RETURNS, 0, -EINVAL, ""},
	{V618, TRACING, 23, 0, "struct task_struct", RETURNS, 0, -EINVAL, " is not a typedef"},
	{V618, TRACING, 23, 0, "typedef u32", RETURNS, 0, -EINVAL,
	 " points to wrong type name u32"},
	{V618, TRACING, 23, 0, "typedef btf_trace_sched_switch", RETURNS, 0, 0, ""},
	{V618, TRACING, 23, S, "typedef btf_trace_sched_switch", RETURNS, 0, -EINVAL,
	 "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable"},
	{V618, TRACING, 28, 0, "struct task_struct", RETURNS, 0, -EINVAL, " is not a function"},
	{V618, TRACING, 28, 0, "vfs_read", RETURNS, 0, -EINVAL, ""},
	{V618, TRACING, 28, S, "bpf_iter_task", RETURNS, 0, 0, ""},
	{V618, TRACING, 0, 0, "vfs_read", RETURNS, 0, -EINVAL, ""},
	{V612, TRACING, 24, 0, "struct task_struct", RETURNS, 0, -EINVAL, " is not a function"},
	{V612, TRACING, 24, 0, "vfs_read", RETURNS, 0, 0, ""},
	{V612, TRACING, 24, S, "vfs_read", RETURNS, 0, -EINVAL, "vfs_read is not sleepable"},
	{V612, TRACING, 24, S, "bpf_fentry_test1", RETURNS, 0, 0, ""},
	{V612, TRACING, 26, 0, "vfs_read", RETURNS, 0, -EINVAL, "vfs_read() is not modifiable"},
	{V612, TRACING, 26, 0, "security_file_open", RETURNS, 1, 0, ""},
	{V612, TRACING, 26, S, "security_file_open", RETURNS, 0, -EINVAL, " is not sleepable"},
	{V612, TRACING, 24, 0, "migrate_disable", RETURNS, 0, -EINVAL, ""},
	{V612, TRACING, 25, 0, "do_exit", RETURNS, 0, -EINVAL,
	 "Attaching fexit/fmod_ret to __noreturn functions is rejected."},
	{V618, TRACING, 25, 0, "do_exit", RETURNS, 0, -EINVAL,
	 "Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected."},
	{V612, TRACING, 24, 0, "do_exit", RETURNS, 0, 0, ""},
	{V612, LSM, 27, 0, "vfs_read", RETURNS, 0, -EINVAL, " points to wrong type name vfs_read"},
	{V612, LSM, 27, 0, "bpf_lsm_is_trusted", RETURNS, 0, -EINVAL,
	 "points to wrong type name bpf_lsm_is_trusted"},
	{V612, LSM, 27, 0, "bpf_lsm_getprocattr", RETURNS, 0, -EINVAL,
	 "points to disabled hook bpf_lsm_getprocattr"},
	{V612, LSM, 27, 0, "bpf_lsm_file_open", RETURNS, 0, 0, ""},
	{V612, LSM, 27, S, "bpf_lsm_file_open", RETURNS, 0, 0, ""},
	{V612, LSM, 27, S, "bpf_lsm_task_kill", RETURNS, 0, -EINVAL,
	 "bpf_lsm_task_kill is not sleepable"},
	{V612, BPF_PROG_TYPE_EXT, 0, 0, "vfs_read", RETURNS, 0, -EINVAL,
	 "Cannot replace kernel functions"},
	{V618, OPS, 0, 0, "#0", RETURNS, 0, -524, ""},
	{V618, OPS, 0, 0, "struct task_struct", RETURNS, 0, -524, "is not a supported struct"},
	{V618, OPS, 10, 0, "struct tcp_congestion_ops", RETURNS, 0, -524,
	 "attach to unsupported member get_info of struct tcp_congestion_ops"},
	{V618, OPS, 11, 0, "struct tcp_congestion_ops", RETURNS, 0, -EINVAL,
	 "attach to invalid member name(@idx 11) of struct tcp_congestion_ops"},
	{V618, OPS, 18, 0, "struct tcp_congestion_ops", RETURNS, 0, -EINVAL,
	 "attach to invalid member idx 18 of struct tcp_congestion_ops"},
	{V618, OPS, 0, S, "struct tcp_congestion_ops", RETURNS, 0, 0, ""},
	{V618, OPS, 0, S, "struct bpf_dummy_ops", RETURNS, 0, -EINVAL,
	 "attach to unsupported member test_1 of struct bpf_dummy_ops"},
	/* results */
	{V612, TRACING, 24, 0, "vfs_read", RETURNS, 1, -EINVAL, "should have been in [0, 0]"},
	{V612, TRACING, 25, 0, "vfs_read", RETURNS, -1, -EINVAL, "should have been in [0, 0]"},
	{V618, TRACING, 23, 0, "typedef btf_trace_sched_switch", RETURNS, 5, 0, ""},
	{V618, TRACING, 28, 0, "bpf_iter_task", RETURNS, 1, 0, ""},
	{V618, TRACING, 28, 0, "bpf_iter_task", RETURNS, 2, -EINVAL, "should have been in [0, 1]"},
	{V612, LSM, 27, 0, "bpf_lsm_file_open", RETURNS, -4095, 0, ""},
	{V612, LSM, 27, 0, "bpf_lsm_file_open", RETURNS, 1, -EINVAL,
	 "should have been in [-4095, 0]"},
	{V612, LSM, 27, 0, "bpf_lsm_inode_xattr_skipcap", RETURNS, 1, 0, ""},
	{V612, LSM, 27, 0, "bpf_lsm_inode_xattr_skipcap", RETURNS, -1, -EINVAL,
	 "should have been in [0, 1]"},
	{V612, LSM, 27, 0, "bpf_lsm_task_free", NO_R0, 0, 0, ""},
	{V612, LSM, 43, 0, "bpf_lsm_file_open", RETURNS, 1, 0, ""},
	{V612, LSM, 43, 0, "bpf_lsm_task_free", RETURNS, 0, -EINVAL, "should have been in [1, 1]"},
	{V618, OPS, 0, 0, "struct tcp_congestion_ops", NO_R0, 0, -EACCES, "R0 !read_ok"},
	{V618, OPS, 2, 0, "struct tcp_congestion_ops", NO_R0, 0, 0, ""},
	/* contexts */
	{V612, TRACING, 24, 0, "vfs_read", 24, 8, 0, ""},
	{V612, TRACING, 24, 0, "vfs_read", 32, 8, -EACCES,
	 "func 'vfs_read' doesn't have 5-th argument"},
	{V612, TRACING, 25, 0, "vfs_read", 32, 8, 0, ""},
	{V612, TRACING, 25, 0, "vfs_read", 40, 8, -EACCES,
	 "func 'vfs_read' doesn't have 6-th argument"},
	{V612, TRACING, 24, 0, "vfs_read", 4, 8, -EACCES,
	 "invalid bpf_context access off=4 size=8"},
	{V612, TRACING, 24, 0, "vfs_read", 8, 4, -EACCES, "func 'vfs_read' size 4 must be 8"},
	{V612, TRACING, 25, 0, "fput", 8, 8, -EACCES, "func 'fput' doesn't have 3-th argument"},
	{V612, TRACING, 26, 0, "security_file_open", 8, 8, 0, "R6=scalar()"},
	{V612, LSM, 27, 0, "bpf_lsm_file_open", 8, 8, 0,
	 "R6=scalar(smin=smin32=-4095,smax=smax32=0"},
	{V612, LSM, 27, 0, "bpf_lsm_file_open", 16, 8, -EACCES, "doesn't have 3-th argument"},
	{V612, LSM, 27, 0, "bpf_lsm_task_free", 0, 8, 0, "R6=ptr_task_struct()"},
	{V612, LSM, 27, 0, "bpf_lsm_task_free", 8, 8, -EACCES, "doesn't have 3-th argument"},
	{V612, LSM, 27, 0, "bpf_lsm_task_alloc", 0, 8, 0, "R6=trusted_ptr_task_struct()"},
	{V612, TRACING, 24, 0, "vfs_read", 0, 8, 0, "R6=ptr_file()"},
	{V612, TRACING, 28, 0, "bpf_iter_task_file", 16, 4, 0, ""},
	{V612, TRACING, 28, 0, "bpf_iter_task_file", 20, 4, -EACCES,
	 "func 'bpf_iter_task_file' offset 20 is not multiple of 8"},
	{V612, TRACING, 23, 0, "typedef btf_trace_kfree_skb", 24, 8, 0, "R6=trusted_ptr_sock()"},
	{V618, TRACING, 23, 0, "typedef btf_trace_kfree_skb", 24, 8, 0,
	 "R6=trusted_ptr_or_null_sock(id=1)"},
	{V618, TRACING, 23, 0, "typedef btf_trace_initcall_start", 0, 8, -EACCES,
	 "func 'initcall_start' arg0 type FUNC_PROTO is not a struct"},
};

static void as_kernels_answered(void **state)
{
	u32 wrong = 0;

	if (!kernel)
		skip();
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		u8 bits = cases[i].size == 4 ? BPF_W : BPF_DW;
		struct bpf_insn load[] = {
			{.code = BPF_LDX | BPF_MEM | bits,
			 .dst_reg = 6,
			 .src_reg = 1,
			 .off = cases[i].off},
			{.code = BPF_ALU64 | BPF_MOV | BPF_K},
			{.code = BPF_JMP | BPF_EXIT},
		};
		struct bpf_insn ret[] = {
			{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = cases[i].size},
			{.code = BPF_JMP | BPF_EXIT},
		};
		struct load_case c = {
			.version = cases[i].version,
			.type = cases[i].type,
			.attach = cases[i].attach,
			.flags = cases[i].flags,
			.id = type_id(cases[i].target),
			.code = cases[i].off >= 0       ? load
				: cases[i].off == NO_R0 ? ret + 1
							: ret,
			.count = cases[i].off >= 0       ? 3
				 : cases[i].off == NO_R0 ? 1
							 : 2,
			.license = "GPL",
		};
		struct diag diag;
		struct text log;
		int err;

		if (*cases[i].target != '#' && !c.id)
			continue; /* another kernel's BTF */
		err = load_here(&c, &log, &diag);
		if (err != cases[i].err || !strstr(log.buf ? log.buf : "", cases[i].words)) {
			print_error("case %u, %s: %d, not %d (%s)\n%s\n", i, cases[i].target, err,
				    cases[i].err, cases[i].words, log.buf ? log.buf : "");
			wrong++;
		}
		/* a refusal always says why, if only in the record */
		if (err && !diag.id) {
			print_error("case %u has no diagnostic\n", i);
			wrong++;
		}
		text_fini(&log);
	}
	assert_int_equal(wrong, 0);
}

/* --- beside the kernel ----------------------------------------------------------------------- */

/* The part of a log that says what R6 became, or the line before the statistics. */
static void gist(const char *log, char out[200])
{
	const char *at = strstr(log, "R6="), *end;
	size_t n;

	out[0] = 0;
	if (!at) {
		end = strstr(log, "\nprocessed ");
		if (!end)
			return;
		for (at = end; at > log && at[-1] != '\n';)
			at--;
	} else {
		at += 3;
		end = at + strcspn(at, " \n");
	}
	n = MIN((size_t)(end - at), (size_t)199);
	memcpy(out, at, n);
	out[n] = 0;
}

static u32 compare(u32 type, u32 attach, u32 flags, u32 id, u32 off, const char *name)
{
	struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 6, .src_reg = 1, .off = off},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct load_case c = {V618, type, attach, flags, id, code, ARRAY_SIZE(code), "GPL"};
	char theirs[200], ours[200], said[200] = "";
	int err, kernel_err = load_kernel(&c);
	const char *func = strstr(kernel_log, "func '");
	struct diag diag;
	struct text log;
	u32 wrong = 0;

	err = load_here(&c, &log, &diag);
	gist(kernel_log, theirs);
	gist(log.buf ? log.buf : "", ours);
	if (func)
		snprintf(said, sizeof(said), "%.*s", (int)strcspn(func, "\n"), func);
	if (err != kernel_err || strcmp(ours, theirs) || !strstr(log.buf, said)) {
		print_error("%s +%u: kernel %d %s (%s), here %d %s\n", name, off, kernel_err,
			    theirs, said, err, ours);
		wrong = 1;
	}
	text_fini(&log);
	return wrong;
}

static bool may_ask_the_kernel(void)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct load_case c = {0, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, 0, code, 2, "GPL"};

	return kernel && host_kernel() == 0x0612 && !load_kernel(&c);
}

static void every_tracepoint(void **state)
{
	u32 wrong = 0, asked = 0;

	if (!may_ask_the_kernel())
		skip();
	for (u32 id = 1; id < btf_count(kernel); id++) {
		const char *name = btf_name(kernel, id);
		struct btf_function f;
		u32 proto;

		if (btf_kind_of(kernel, id) != BTF_KIND_TYPEDEF ||
		    strncmp(name, "btf_trace_", 10) ||
		    !btf_pointee(kernel, btf_at(kernel, id)->type, &proto) ||
		    btf_function_of(kernel, proto, &f))
			continue;
		for (u32 i = 0; i <= f.arg_count && wrong < 20; i++, asked++)
			wrong += compare(TRACING, BPF_TRACE_RAW_TP, 0, id, i * 8, name);
	}
	assert_true(asked > 100);
	assert_int_equal(wrong, 0);
}

static void every_iterator(void **state)
{
	u32 wrong = 0;

	if (!may_ask_the_kernel())
		skip();
	for (u32 id = 1; id < btf_count(kernel); id++) {
		const char *name = btf_name(kernel, id);

		if (btf_kind_of(kernel, id) != BTF_KIND_FUNC || strncmp(name, "bpf_iter_", 9))
			continue;
		for (u32 i = 0; i < 6; i++)
			wrong += compare(TRACING, BPF_TRACE_ITER, 0, id, i * 8, name);
	}
	assert_int_equal(wrong, 0);
}

static void every_operation(void **state)
{
	static const char *const tables[] = {"tcp_congestion_ops", "bpf_dummy_ops", "Qdisc_ops",
					     "task_struct"};
	u32 wrong = 0;

	if (!may_ask_the_kernel())
		skip();
	for (u32 t = 0; t < ARRAY_SIZE(tables); t++) {
		u32 id = btf_find(kernel, tables[t], BTF_KIND_STRUCT);

		for (u32 member = 0; id && member < MIN(btf_field_count(kernel, id) + 2, 30u);
		     member++)
			for (u32 i = 0; i < 7; i++) {
				wrong += compare(OPS, member, 0, id, i * 8, tables[t]);
				if (i < 2)
					wrong += compare(OPS, member, S, id, i * 8, tables[t]);
			}
	}
	assert_int_equal(wrong, 0);
}

/* What a congestion control may write of its socket. */
static void writes(void **state)
{
	u32 wrong = 0, id, size;

	if (!may_ask_the_kernel())
		skip();
	id = btf_find(kernel, "tcp_congestion_ops", BTF_KIND_STRUCT);
	assert_int_equal(btf_size_of(kernel, btf_find(kernel, "tcp_sock", BTF_KIND_STRUCT), &size),
			 0);
	for (u32 off = 0; id && off < size; off++) {
		static const u8 bits[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
		struct bpf_insn code[] = {
			{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 6, .src_reg = 1},
			{.code = BPF_ST | BPF_MEM | bits[off % 4], .dst_reg = 6, .off = off},
			{.code = BPF_ALU64 | BPF_MOV | BPF_K},
			{.code = BPF_JMP | BPF_EXIT},
		};
		struct load_case c = {V618, OPS, 0, 0, id, code, ARRAY_SIZE(code), "GPL"};
		char theirs[200], *last;
		int err, kernel_err = load_kernel(&c);
		struct diag diag;
		struct text log;

		last = strstr(kernel_log, "\nprocessed ");
		if (last)
			*last = 0;
		last = strrchr(kernel_log, '\n');
		snprintf(theirs, sizeof(theirs), "%s", kernel_err && last ? last : "");
		err = load_here(&c, &log, &diag);
		if (err != kernel_err || !strstr(log.buf, theirs)) {
			print_error("tcp_sock +%u: kernel %d %s, here %d %s\n", off, kernel_err,
				    theirs, err, log.buf);
			wrong++;
		}
		text_fini(&log);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_kernels_answered),
		cmocka_unit_test(every_tracepoint),
		cmocka_unit_test(every_iterator),
		cmocka_unit_test(every_operation),
		cmocka_unit_test(writes),
	};
	size_t size = 0;
	void *raw = host_file("/sys/kernel/btf/vmlinux", &size);
	int failed;

	core_helpers_init();
	if (raw && (btf_view(raw, size, NULL, &kernel) || btf_index_names(kernel)))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	btf_free(kernel);
	free(raw);
	return failed;
}
