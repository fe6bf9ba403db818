// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs may load from and store to their context. The kernel's answers to one PROG_LOAD
 * for each offset, size and direction are facts (tests/data/prog_context.facts); the layouts in the
 * tables must say the same. Where bpf(2) works and the kernel is the facts' own, it is asked again,
 * at each fourth offset.
 *
 *	CYGNET_FACTS=write build/tests/unit/prog_context_test    (as root) renews them
 *
 * Types whose context BTF describes (tracing, lsm, struct_ops, ext), and lirc_mode2, which the
 * recording kernel lacks, have no facts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include <cygnet/abi.h>
#include "core/prog.h"

#define FACTS    "tests/data/prog_context.facts"
#define TYPES    __MAX_BPF_PROG_TYPE
#define ATTACHES __MAX_BPF_ATTACH_TYPE
#define BYTES    336 /* no context has more fields */

/* Offsets of contexts that have no fields, tried at the end. */
static const u32 far[] = {1023, 4095, 8184, 8191, 8192, 32760};
#define SLOTS (BYTES + ARRAY_SIZE(far))

struct layout {
	bool known;
	u8 reads[SLOTS], writes[SLOTS]; /* enum prog_ctx_sizes */
	u8 kinds[SLOTS];                /* enum prog_ctx_kind of the widest read */
};

static struct layout stored[TYPES][ATTACHES], asked[TYPES][ATTACHES];
static char stored_kernel[128], asked_kernel[128], log_text[1 << 14];

static u32 offset_of(u32 slot)
{
	return slot < BYTES ? slot : far[slot - BYTES];
}

/* --- The kernel's answers. */

/* As the verifier's log calls them. */
static const char *const kind_words[] = {
	[CTX_SCALAR] = "scalar",
	[CTX_PACKET] = "pkt",
	[CTX_PACKET_END] = "pkt_end",
	[CTX_PACKET_META] = "pkt_meta",
	[CTX_SOCK] = "sock",
	[CTX_SOCK_OR_NULL] = "sock_or_null",
	[CTX_SOCK_COMMON_OR_NULL] = "sock_common_or_null",
	[CTX_FLOW_KEYS] = "flow_keys",
	[CTX_BUFFER] = "tp_buffer",
	[CTX_BTF] = "trusted_ptr_",
};

static u8 kind_in_log(void)
{
	const char *p = strstr(log_text, "; R0");

	p = p ? strchr(p, '=') : NULL;
	for (u32 k = 0; p && k < ARRAY_SIZE(kind_words); k++) {
		size_t n = strlen(kind_words[k]);

		if (!strncmp(p + 1, kind_words[k], n) && (k == CTX_BTF || p[1 + n] == '('))
			return k;
	}
	return CTX_SCALAR;
}

static bool loads(u32 type, u32 attach, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr a = {
		.prog_type = type,
		.insns = (u64)insns,
		.insn_cnt = count,
		.license = (u64) "GPL",
		.expected_attach_type = attach,
		.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.log_level = 2,
		.log_size = sizeof(log_text),
		.log_buf = (u64)log_text,
	};
	long fd;

	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const u8 size_codes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

static bool may_read(u32 type, u32 attach, u32 off, u32 log_size)
{
	struct bpf_insn insns[] = {
		{.code = BPF_LDX | BPF_MEM | size_codes[log_size], .src_reg = 1, .off = (s16)off},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT}};

	return loads(type, attach, insns, 3);
}

static bool may_write(u32 type, u32 attach, u32 off, u32 log_size)
{
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2},
				   {.code = BPF_STX | BPF_MEM | size_codes[log_size],
				    .dst_reg = 1,
				    .src_reg = 2,
				    .off = (s16)off},
				   {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
				   {.code = BPF_JMP | BPF_EXIT}};

	return loads(type, attach, insns, 4);
}

static void ask_slot(struct layout *l, u32 type, u32 attach, u32 slot)
{
	u32 off = offset_of(slot);

	for (u32 s = 0; s < 4; s++) {
		if (may_read(type, attach, off, s)) {
			l->reads[slot] |= 1 << s;
			l->kinds[slot] = kind_in_log();
		}
		if (may_write(type, attach, off, s))
			l->writes[slot] |= 1 << s;
	}
}

/* One attach type stands for all, where the layout does not depend on it. */
static bool is_asked(u32 type, u32 attach)
{
	const struct prog_type_ops *ops = core_prog_ops(type);

	if (ops->by_btf || type == BPF_PROG_TYPE_LIRC_MODE2)
		return false;
	if (ops->check_attach)
		return !ops->check_attach(attach, NULL);
	return !attach || (type == BPF_PROG_TYPE_XDP && attach == BPF_XDP_DEVMAP);
}

static void ask(bool quick)
{
	struct utsname u;

	uname(&u);
	snprintf(asked_kernel, sizeof(asked_kernel), "%s", u.release);
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			struct layout *l = &asked[type][attach];

			l->known = is_asked(type, attach);
			for (u32 i = 0; l->known && i < SLOTS; i += quick && i < BYTES ? 4 : 1)
				ask_slot(l, type, attach, i);
		}
}

/* --- The file: one line for a layout; per offset a digit of reads and one of writes. */
static void write_layout(FILE *out, u32 type, u32 attach, const struct layout *l)
{
	u32 end = SLOTS;

	while (end && !l->reads[end - 1] && !l->writes[end - 1])
		end--;
	fprintf(out, "type %u attach %u bytes ", type, attach);
	for (u32 i = 0; i < end; i++)
		fprintf(out, "%x%x", l->reads[i], l->writes[i]);
	for (u32 i = 0; i < end; i++)
		if (l->kinds[i])
			fprintf(out, " %u=%s", i, kind_words[l->kinds[i]]);
	fprintf(out, "\n");
}

static void write_facts(void)
{
	FILE *out = fopen(FACTS, "w");

	assert_non_null(out);
	fprintf(out,
		"# Linux %s\n"
		"# Contexts: for each byte offset from 0 to %d, then",
		asked_kernel, BYTES - 1);
	for (u32 i = 0; i < ARRAY_SIZE(far); i++)
		fprintf(out, " %u", far[i]);
	fprintf(out,
		": the sizes that may be\n"
		"# loaded there and the sizes that may be stored, each a hexadecimal digit of bits "
		"1, 2, 4, 8;\n"
		"# then by number in that list what a load yields, where that is a pointer.\n");
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++)
			if (asked[type][attach].known)
				write_layout(out, type, attach, &asked[type][attach]);
	fclose(out);
}

static u8 digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void get_kinds(struct layout *l, char *words)
{
	for (char *w = strtok(words, " \n"); w; w = strtok(NULL, " \n")) {
		u32 slot = strtoul(w, &w, 10);

		assert_true(slot < SLOTS && *w == '=');
		for (u32 k = 0; k < ARRAY_SIZE(kind_words); k++)
			if (!strcmp(w + 1, kind_words[k]))
				l->kinds[slot] = k;
		assert_true(l->kinds[slot]);
	}
}

static void read_facts(void)
{
	static char line[8192];
	FILE *in = fopen(FACTS, "r");
	unsigned type, attach;
	int at;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		struct layout *l;
		char *p;

		if (sscanf(line, "# Linux %127s", stored_kernel) == 1 || *line == '#')
			continue;
		assert_int_equal(sscanf(line, "type %u attach %u bytes %n", &type, &attach, &at),
				 2);
		assert_true(type < TYPES && attach < ATTACHES);
		l = &stored[type][attach];
		l->known = true;
		p = line + at;
		for (u32 i = 0; *p > ' '; i++, p += 2) {
			assert_true(i < SLOTS);
			l->reads[i] = digit(p[0]);
			l->writes[i] = digit(p[1]);
		}
		get_kinds(l, p);
	}
	fclose(in);
}

/* --- Comparisons. */
static unsigned complain(const struct prog_type_ops *ops, u32 attach, u32 off, const char *what,
			 u32 ours, u32 kernel)
{
	print_error("%s, attach type %u, offset %u: %s %x, kernel %x\n", ops->name, attach, off,
		    what, ours, kernel);
	return 1;
}

static unsigned compare_slot(const struct prog_type_ops *ops, u32 attach, u32 slot)
{
	const struct layout *l = &stored[ops->type][attach];
	u32 off = offset_of(slot), reads = 0, writes = 0, kind = 0;
	unsigned wrong = 0;

	for (u32 size = 1; size <= 8; size *= 2) {
		const struct prog_ctx_range *r = core_prog_ctx(ops, attach, off, size, false);

		if (r) {
			reads |= size;
			kind = r->kind;
		}
		if (core_prog_ctx(ops, attach, off, size, true))
			writes |= size;
	}
	if (reads != l->reads[slot])
		wrong += complain(ops, attach, off, "reads", reads, l->reads[slot]);
	if (writes != l->writes[slot])
		wrong += complain(ops, attach, off, "writes", writes, l->writes[slot]);
	if (kind != l->kinds[slot])
		wrong += complain(ops, attach, off, "kind", kind, l->kinds[slot]);
	return wrong;
}

static void test_layouts(void **state)
{
	unsigned wrong = 0, compared = 0;

	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			assert_int_equal(stored[type][attach].known, is_asked(type, attach));
			if (!stored[type][attach].known)
				continue;
			compared++;
			for (u32 i = 0; i < SLOTS; i++)
				wrong += compare_slot(core_prog_ops(type), attach, i);
		}
	assert_int_equal(wrong, 0);
	assert_true(compared > 40);
}

/* The bounds that engines use lie around all that the layout allows. */
static void test_bounds(void **state)
{
	for (u32 type = 1; type < TYPES; type++) {
		const struct prog_type_ops *ops = core_prog_ops(type);
		u32 lo, hi;

		assert_true(ops->by_btf || ops->ctx_count);
		core_prog_ctx_writes(ops, &lo, &hi);
		assert_true(lo <= hi);
		for (u32 i = 0; i < ops->ctx_count; i++) {
			const struct prog_ctx_range *r = &ops->ctx[i];

			assert_true(r->lo < r->hi);
			if (ops->ctx_size)
				assert_true(r->hi <= ops->ctx_size);
			if (r->writes)
				assert_true(r->lo >= lo && r->hi <= hi);
		}
	}
}

static void test_questions(void **state)
{
	const struct prog_type_ops *skb = core_prog_ops(BPF_PROG_TYPE_SCHED_CLS);

	assert_non_null(core_prog_ctx(skb, 0, 0, 4, false));
	assert_null(core_prog_ctx(skb, 0, 0, 0, false));
	assert_null(core_prog_ctx(skb, 0, 0, 3, false));
	assert_null(core_prog_ctx(skb, 0, 0, 16, false));
	assert_null(core_prog_ctx(skb, 0, UINT32_MAX, 4, false));
	assert_null(core_prog_ctx(skb, 0, UINT32_MAX - 3, 4, true));
}

static void test_kernel(void **state)
{
	if (!*asked_kernel || strcmp(asked_kernel, stored_kernel))
		skip();
	for (u32 type = 1; type < TYPES; type++)
		for (u32 attach = 0; attach < ATTACHES; attach++) {
			const struct layout *s = &stored[type][attach], *a = &asked[type][attach];

			assert_int_equal(s->known, a->known);
			for (u32 i = 0; i < SLOTS; i += i < BYTES ? 4 : 1)
				if (s->reads[i] != a->reads[i] || s->writes[i] != a->writes[i] ||
				    s->kinds[i] != a->kinds[i])
					fail_msg("type %u, attach type %u, offset %u: the kernel's "
						 "answer is another",
						 type, attach, offset_of(i));
		}
}

static int setup(void **state)
{
	const char *mode = getenv("CYGNET_FACTS");
	bool renew = mode && !strcmp(mode, "write");
	struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
				   {.code = BPF_JMP | BPF_EXIT}};

	if (loads(BPF_PROG_TYPE_KPROBE, 0, insns, 2))
		ask(!renew);
	if (renew)
		write_facts();
	read_facts();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests_name("prog_context", tests, setup, NULL);
}
