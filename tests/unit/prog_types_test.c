// SPDX-License-Identifier: BSD-2-Clause
/*
 * Program types: which expected_attach_type each takes, what it may return, whether it may sleep,
 * and which helpers it may call. The kernel's answers, found by loading one program for each
 * question, are facts (tests/data/prog_types.facts); the tables must say the same. Where bpf(2)
 * works and the kernel is the facts' own, it is asked again.
 *
 *	CYGNET_FACTS=write build/tests/unit/prog_types_test    (as root) renews them
 *
 * Some answers are of a kernel's configuration, not of Linux, and are not compared: see is_gap().
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
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include "btf/btf.h"
#include "core/prog.h"

#define FACTS       "tests/data/prog_types.facts"
#define TYPES       (__MAX_BPF_PROG_TYPE + 1) /* one that does not exist */
#define ATTACHES    __MAX_BPF_ATTACH_TYPE
#define RETURNS_LO  -2
#define RETURNS_HI  5
#define HELPER_BITS 216

struct bits {
	u8 byte[HELPER_BITS / 8];
};

/* What one program type does with one expected_attach_type. */
struct answer {
	s32 load;            /* 0, or why not */
	s32 sleeps;          /* the same with BPF_F_SLEEPABLE */
	u32 returns;         /* bit i: RETURNS_LO + i */
	struct bits helpers; /* by id */
};

struct facts {
	char kernel[128];
	struct answer answer[TYPES][ATTACHES];
	struct bits gpl, sleeping; /* helpers: of GPL programs only, of sleepable ones only */
};

static struct facts stored, asked;

static bool has(const struct bits *b, u32 i)
{
	return b->byte[i / 8] >> (i % 8) & 1;
}

static void set(struct bits *b, u32 i)
{
	b->byte[i / 8] |= 1 << (i % 8);
}

/* --- The kernel's answers. */
static struct btf_info *vmlinux;
static void *vmlinux_bytes;
static char log_text[1 << 14];

static int open_vmlinux(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	vmlinux_bytes = malloc(st.st_size);
	while (vmlinux_bytes && (n = read(fd, (char *)vmlinux_bytes + at, st.st_size - at)) > 0)
		at += n;
	close(fd);
	return vmlinux_bytes ? btf_view(vmlinux_bytes, at, NULL, &vmlinux) : -1;
}

/* Something of the kernel that a program of the type can be for. */
static u32 attach_btf_id(u32 type, u32 attach)
{
	switch (type) {
	case BPF_PROG_TYPE_TRACING:
		if (attach == BPF_TRACE_RAW_TP)
			return btf_find(vmlinux, "btf_trace_sched_switch", BTF_KIND_TYPEDEF);
		return btf_find(vmlinux,
				attach == BPF_TRACE_ITER ? "bpf_iter_task" : "bpf_fentry_test1",
				BTF_KIND_FUNC);
	case BPF_PROG_TYPE_LSM: return btf_find(vmlinux, "bpf_lsm_file_open", BTF_KIND_FUNC);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return btf_find(vmlinux, "tcp_congestion_ops", BTF_KIND_STRUCT);
	default: return 0;
	}
}

static u32 btf_ids[TYPES][ATTACHES];

static int try_load(u32 type, u32 attach, u32 flags, const char *license, struct bpf_insn *insns,
		    u32 count)
{
	union bpf_attr a = {
		.prog_type = type,
		.insns = (u64)insns,
		.insn_cnt = count,
		.license = (u64)license,
		.expected_attach_type = attach,
		.prog_flags = flags,
		.attach_btf_id = btf_ids[type][attach],
		.log_level = 1,
		.log_size = sizeof(log_text),
		.log_buf = (u64)log_text,
	};
	long fd;

	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}

static int try_return(u32 type, u32 attach, u32 flags, s32 value)
{
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value},
				   {.code = BPF_JMP | BPF_EXIT}};

	return try_load(type, attach, flags, "GPL", insns, 2);
}

static void try_call(u32 type, u32 attach, u32 flags, const char *license, u32 id)
{
	struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_CALL, .imm = id},
				   {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
				   {.code = BPF_JMP | BPF_EXIT}};

	try_load(type, attach, flags, license, insns, 3);
}

static void ask_helpers(struct facts *f, u32 type, u32 attach, u32 flags)
{
	struct answer *a = &f->answer[type][attach];

	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++) {
		try_call(type, attach, flags, "GPL", id);
		if (strstr(log_text, "program of this type cannot use helper"))
			continue;
		set(&a->helpers, id);
		if (strstr(log_text, "sleep"))
			set(&f->sleeping, id);
		if (has(&f->gpl, id))
			continue;
		try_call(type, attach, flags, "BSD", id);
		if (strstr(log_text, "GPL-restricted"))
			set(&f->gpl, id);
	}
}

/* As if it attached nowhere in particular: what it may do does not depend on it. */
static bool is_free(u32 type)
{
	const struct prog_type_ops *ops = core_prog_ops(type);

	return ops && !ops->check_attach && !ops->by_btf && type != BPF_PROG_TYPE_KPROBE &&
	       type != BPF_PROG_TYPE_SOCK_OPS && type != BPF_PROG_TYPE_CGROUP_DEVICE &&
	       type != BPF_PROG_TYPE_CGROUP_SYSCTL;
}

static void ask_one(struct facts *f, u32 type, u32 attach, bool quick)
{
	struct answer *a = &f->answer[type][attach];
	u32 flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	int zero = try_return(type, attach, flags, 0), one = try_return(type, attach, flags, 1);

	/* No program: it is refused with either. */
	a->load = zero && one ? zero : 0;
	a->sleeps = a->load ?: try_return(type, attach, BPF_F_SLEEPABLE, 1);
	if (a->load)
		return;
	for (s32 v = RETURNS_LO; v <= RETURNS_HI; v++)
		a->returns |= !try_return(type, attach, flags, v) << (v - RETURNS_LO);
	if (quick && attach && is_free(type))
		a->helpers = f->answer[type][0].helpers;
	else
		ask_helpers(f, type, attach, flags);
}

/* `quick`: types that do not look at expected_attach_type are asked about helpers once. */
static void ask(struct facts *f, bool quick)
{
	struct utsname u;

	uname(&u);
	snprintf(f->kernel, sizeof(f->kernel), "%s", u.release);
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++)
			btf_ids[type][attach] = attach_btf_id(type, attach);
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++)
			ask_one(f, type, attach, quick);
}

static bool may_ask(void)
{
	return !try_return(BPF_PROG_TYPE_KPROBE, 0, 0, 0) && !open_vmlinux();
}

/* --- The file: one line for all attach types that have the same answer. */
static void put_bits(FILE *out, const struct bits *b)
{
	for (u32 i = 0; i < sizeof(b->byte); i++)
		fprintf(out, "%02x", b->byte[i]);
}

static void put_attaches(FILE *out, const struct answer *row, u32 first, bool done[ATTACHES])
{
	const char *sep = "";

	for (u32 a = first, end; a < ATTACHES; a = end) {
		for (end = a; end < ATTACHES && !memcmp(&row[end], &row[first], sizeof(*row));
		     end++)
			done[end] = true;
		if (end == a + 1)
			fprintf(out, "%s%u", sep, a);
		else if (end > a)
			fprintf(out, "%s%u-%u", sep, a, end - 1);
		sep = end > a ? "," : sep;
		end += end == a;
	}
}

static void write_facts(const struct facts *f)
{
	FILE *out = fopen(FACTS, "w");

	assert_non_null(out);
	fprintf(out,
		"# Linux %s\n"
		"# Program types by number: expected attach types, PROG_LOAD's result, the same "
		"for a "
		"sleepable\n"
		"# program, bits of what it may return (bit 0: %d), bits of the helpers it may "
		"call "
		"(bit = id).\n"
		"# Of that kernel's configuration, not of Linux, and not compared: no fentry, "
		"fexit, "
		"modify_return\n"
		"# (type 26, attach types 24-26), LSM (29) and ext (28): -EPERM; no lirc_mode2 "
		"(20); "
		"no\n"
		"# bpf_probe_write_user (36) and bpf_override_return (58) for any program.\n",
		f->kernel, RETURNS_LO);
	fprintf(out, "gpl ");
	put_bits(out, &f->gpl);
	fprintf(out, "\nsleeping ");
	put_bits(out, &f->sleeping);
	fprintf(out, "\n");
	for (u32 type = 1; type < TYPES; type++) {
		bool done[ATTACHES] = {0};

		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct answer *a = &f->answer[type][attach];

			if (done[attach])
				continue;
			fprintf(out, "type %u attach ", type);
			put_attaches(out, f->answer[type], attach, done);
			fprintf(out, " load %d", a->load);
			if (!a->load) {
				fprintf(out, " sleeps %d returns %02x helpers ", a->sleeps,
					a->returns);
				put_bits(out, &a->helpers);
			}
			fprintf(out, "\n");
		}
	}
	fclose(out);
}

static void get_bits(const char *hex, struct bits *b)
{
	unsigned byte;

	for (u32 i = 0; i < sizeof(b->byte); i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		b->byte[i] = byte;
	}
}

static void get_line(struct facts *f, const char *line)
{
	char attaches[256], hex[128] = "";
	struct answer a = {0};
	unsigned type;
	char *p = attaches;

	if (sscanf(line, "# Linux %127s", f->kernel) == 1 || *line == '#')
		return;
	if (sscanf(line, "gpl %127s", hex) == 1)
		return get_bits(hex, &f->gpl);
	if (sscanf(line, "sleeping %127s", hex) == 1)
		return get_bits(hex, &f->sleeping);
	assert_true(sscanf(line, "type %u attach %255s load %d sleeps %d returns %x helpers %127s",
			   &type, attaches, &a.load, &a.sleeps, &a.returns, hex) >= 3);
	assert_true(type < TYPES);
	if (a.load)
		a.sleeps = a.load;
	else
		get_bits(hex, &a.helpers);
	while (*p) {
		u32 lo = strtoul(p, &p, 10), hi = *p == '-' ? strtoul(p + 1, &p, 10) : lo;

		assert_true(hi < ATTACHES);
		for (u32 i = lo; i <= hi; i++)
			f->answer[type][i] = a;
		p += *p == ',';
	}
}

static void read_facts(struct facts *f)
{
	char line[1024];
	FILE *in = fopen(FACTS, "r");

	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		get_line(f, line);
	fclose(in);
}

/* --- Comparisons. */

/* What the recording kernel lacks. */
static bool is_gap(u32 type, const struct answer *a)
{
	return a->load == -EPERM || type == BPF_PROG_TYPE_LIRC_MODE2;
}

static bool is_missing_helper(u32 id)
{
	return id == BPF_FUNC_probe_write_user || id == BPF_FUNC_override_return;
}

static unsigned complain(u32 type, u32 attach, const char *what, s64 ours, s64 kernel)
{
	print_error("type %u, attach type %u: %s: %lld, kernel %lld\n", type, attach, what,
		    (long long)ours, (long long)kernel);
	return 1;
}

static void test_attach_types(void **state)
{
	unsigned wrong = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct answer *a = &stored.answer[type][attach];
			const struct prog_type_ops *ops = core_prog_ops(type);
			int ours = !ops ? -EINVAL : 0;

			if (is_gap(type, a) || (ops && ops->by_btf && !ops->check_attach))
				continue;
			if (ops && ops->check_attach)
				ours = ops->check_attach(attach, NULL);
			/* Where BTF says what to attach to, more may be wrong. */
			if (ops && ops->by_btf ? !ours != !a->load : ours != a->load)
				wrong += complain(type, attach, "load", ours, a->load);
		}
	assert_int_equal(wrong, 0);
}

static void test_sleepers(void **state)
{
	unsigned wrong = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct answer *a = &stored.answer[type][attach];
			const struct prog_type_ops *ops = core_prog_ops(type);

			/* Of BTF's attach points only some sleep. */
			if (a->load || is_gap(type, a) || ops->by_btf)
				continue;
			if ((ops->sleeps == PROG_SLEEPS_NEVER) != (a->sleeps != 0))
				wrong += complain(type, attach, "sleeps", ops->sleeps, a->sleeps);
		}
	assert_int_equal(wrong, 0);
}

static void test_returns(void **state)
{
	unsigned wrong = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct answer *a = &stored.answer[type][attach];
			const struct prog_type_ops *ops = core_prog_ops(type);
			struct prog_range r = {RETURNS_LO, RETURNS_HI};
			u32 ours = 0;

			if (a->load)
				continue;
			if (ops->returns && !ops->returns(attach, &r))
				r = (struct prog_range){RETURNS_LO, RETURNS_HI};
			for (s32 v = r.lo; v <= r.hi; v++)
				ours |= 1u << (v - RETURNS_LO);
			if (ours != a->returns)
				wrong += complain(type, attach, "returns", ours, a->returns);
		}
	assert_int_equal(wrong, 0);
}

static void test_helpers(void **state)
{
	unsigned wrong = 0, compared = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct answer *a = &stored.answer[type][attach];

			for (u32 id = 1; id < __BPF_FUNC_MAX_ID && !a->load; id++) {
				const struct helper_proto *p = core_helper(id);

				if (is_missing_helper(id))
					continue;
				compared++;
				if (core_prog_ops(type)->allows(p, attach) == has(&a->helpers, id))
					continue;
				wrong += complain(type, attach, p->name, !has(&a->helpers, id),
						  has(&a->helpers, id));
			}
		}
	assert_int_equal(wrong, 0);
	assert_true(compared > 100000);
}

/* All that there are, each with its flags; what no kernel was asked about is known otherwise. */
static void test_rows(void **state)
{
	struct bits any = {0};
	unsigned wrong = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++)
			for (u32 i = 0; i < sizeof(any.byte); i++)
				any.byte[i] |= stored.answer[type][attach].helpers.byte[i];
	for (u32 id = 1; id < __BPF_FUNC_MAX_ID; id++) {
		const struct helper_proto *p = core_helper(id);

		assert_non_null(p);
		if (!has(&any, id))
			continue;
		if (!(p->flags & HELPER_GPL_ONLY) != !has(&stored.gpl, id))
			wrong += complain(0, id, "GPL", 0, has(&stored.gpl, id));
		if (!(p->flags & HELPER_SLEEPABLE) != !has(&stored.sleeping, id))
			wrong += complain(0, id, "sleeps", 0, has(&stored.sleeping, id));
	}
	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++)
		assert_non_null(core_prog_ops(type));
	assert_int_equal(wrong, 0);
}

static void test_kernel(void **state)
{
	if (!*asked.kernel || strcmp(asked.kernel, stored.kernel))
		skip();
	assert_memory_equal(&asked.gpl, &stored.gpl, sizeof(stored.gpl));
	assert_memory_equal(&asked.sleeping, &stored.sleeping, sizeof(stored.sleeping));
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++)
			if (memcmp(&asked.answer[type][attach], &stored.answer[type][attach],
				   sizeof(struct answer)))
				fail_msg("type %u, attach type %u: the kernel's answer is another",
					 type, attach);
}

static int setup(void **state)
{
	const char *mode = getenv("CYGNET_FACTS");
	bool renew = mode && !strcmp(mode, "write");

	core_helpers_init();
	if (may_ask())
		ask(&asked, !renew);
	if (renew)
		write_facts(&asked);
	read_facts(&stored);
	return 0;
}

static int teardown(void **state)
{
	btf_free(vmlinux);
	free(vmlinux_bytes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_types), cmocka_unit_test(test_sleepers),
		cmocka_unit_test(test_returns),      cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_rows),         cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("prog_types", tests, setup, teardown);
}
