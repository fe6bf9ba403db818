// SPDX-License-Identifier: BSD-2-Clause
/*
 * Packet helpers: programs of random calls, each the same on the running kernel and on an instance
 * (sys_facts.h). A program folds into its result what every call returned, the bytes it loaded, the
 * context and the packet's first bytes after each; the packet that comes out is compared too.
 *
 *	CYGNET_SEED=7 CYGNET_FACTS=write CYGNET_FACTS_FILE=/tmp/facts .../packet_helper_test
 *
 * compares other programs (as root).
 */
#define FACTS (getenv("CYGNET_FACTS_FILE") ?: "tests/data/packet_helpers.facts")
#include "base/alloc.h"
#include "base/text.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "sys_facts.h"
#include "vm/engine.h"

#define PROGRAMS 400
#define CALLS    6

static u64 seed;

static u32 below(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

#define PICK(...)                                         \
	({                                                \
		static const s64 list_[] = {__VA_ARGS__}; \
		list_[below(ARRAY_SIZE(list_))];          \
	})

/* --- A program's text. */
static void set(struct text *t, int reg, s64 v)
{
	text_fmt(t, v >= INT32_MIN && v <= INT32_MAX ? "r%d = %lld\n" : "r%d = 0x%llx ll\n", reg,
		 (long long)v);
}

/* The bytes on the stack at r10 - 64, as a pointer in `reg`. */
static void memory(struct text *t, int reg)
{
	text_fmt(t, "r%d = r10\nr%d += -64\n", reg, reg);
}

static void fold(struct text *t, const char *what)
{
	text_fmt(t, "r1 = %s\nr9 *= 31\nr9 += r1\n", what);
}

static void call(struct text *t, u32 id)
{
	text_fmt(t, "call %u\nr9 *= 31\nr9 += r0\n", id);
}

static void call_ctx(struct text *t, u32 id, s64 a, s64 b, s64 c, s64 d)
{
	text_puts(t, "r1 = r6\n");
	set(t, 2, a);
	set(t, 3, b);
	set(t, 4, c);
	set(t, 5, d);
	call(t, id);
}

static void fill(struct text *t, u32 n)
{
	for (u32 i = 0; i < 8; i++)
		text_fmt(t, "r1 = 0x%llx ll\n*(u64 *)(r10 -%u) = r1\n",
			 0x0102030405060708ull * (n + 1) + i * 0x1111111111111111ull, 64 - 8 * i);
}

static void fold_memory(struct text *t)
{
	for (u32 i = 0; i < 8; i++) {
		char what[40];

		snprintf(what, sizeof(what), "*(u64 *)(r10 -%u)", 64 - 8 * i);
		fold(t, what);
	}
}

/* Loads and changes the packet through its pointers, `offset` of the field that has them. */
static void touch(struct text *t, u32 data, u32 end, bool write)
{
	static u32 label;

	label++;
	text_fmt(t,
		 "r2 = *(u32 *)(r6 +%u)\nr3 = *(u32 *)(r6 +%u)\nr1 = r3\nr1 -= r2\nr9 *= 31\n"
		 "r9 += r1\nr4 = r2\nr4 += 20\nif r4 > r3 goto far%u\nr1 = *(u64 *)(r2 +12)\n"
		 "r9 *= 31\nr9 += r1\n%sfar%u:\n",
		 data, end, label, write ? "*(u8 *)(r2 +17) = 90\n" : "", label);
}

#define SKB_OFF(f) offsetof(struct __sk_buff, f)

static void fold_skb(struct text *t, u32 type)
{
	static const u32 fields[] = {SKB_OFF(len),          SKB_OFF(pkt_type), SKB_OFF(protocol),
				     SKB_OFF(vlan_present), SKB_OFF(vlan_tci), SKB_OFF(vlan_proto),
				     SKB_OFF(hash)};
	char what[40];

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		snprintf(what, sizeof(what), "*(u32 *)(r6 +%u)", fields[i]);
		fold(t, what);
	}
	if (type == BPF_PROG_TYPE_SCHED_CLS)
		fold(t, "*(u16 *)(r6 +44)");
	touch(t, SKB_OFF(data), SKB_OFF(data_end), true);
}

/* --- One call. */
static void bytes_call(struct text *t)
{
	s64 off = PICK(0, 1, 12, 13, 14, 30, 49, 50, 60, 63, 64, 65, 70, 500, 65535, 65536, -1,
		       0x7fffffff);
	s64 len = PICK(1, 2, 3, 4, 8, 14, 15, 16, 50, 64);

	text_puts(t, "r1 = r6\n");
	set(t, 2, off);
	memory(t, 3);
	set(t, 4, len);
	switch (below(3)) {
	case 0: call(t, BPF_FUNC_skb_load_bytes); break;
	case 1:
		set(t, 5, PICK(0, 1, 0, 1, 2));
		call(t, BPF_FUNC_skb_load_bytes_relative);
		break;
	default: set(t, 5, PICK(0, 0, 1, 2, 3, 4, 1)); call(t, BPF_FUNC_skb_store_bytes);
	}
	fold_memory(t);
}

static void sum_call(struct text *t)
{
	s64 off = PICK(24, 10, 24, 25, 50, 36, 62, 63, 64, 65536);
	s64 from = PICK(0, 0, 1, 0x1234, 0xffff, 0x12345678, -1, 0x112345678);
	s64 to = PICK(0, 1, 0x1234, 0xffff, 0x87654321, -1);

	switch (below(5)) {
	case 0:
		call_ctx(t, BPF_FUNC_l3_csum_replace, off, from, to, PICK(0, 2, 4, 2, 4, 3, 18));
		break;
	case 1:
		call_ctx(t, BPF_FUNC_l4_csum_replace, off, from, to,
			 PICK(0, 2, 4, 16, 18, 20, 34, 36, 98, 148, 144, 256, 5, 64));
		break;
	case 2:
		memory(t, 1);
		set(t, 2, PICK(0, 4, 8, 3, 64));
		memory(t, 3);
		text_puts(t, "r3 += 8\n");
		set(t, 4, PICK(0, 4, 8, 6, 56));
		set(t, 5, PICK(0, 1, 0xffff, 0x12345678, -1));
		call(t, BPF_FUNC_csum_diff);
		break;
	case 3: call_ctx(t, BPF_FUNC_csum_update, PICK(0, 1, 0x12345), 0, 0, 0); break;
	default: call_ctx(t, BPF_FUNC_csum_level, PICK(0, 1, 1, 2, 3, 4), 0, 0, 0);
	}
}

static void room_call(struct text *t)
{
	s64 grow = PICK(0, 1, 4, 20, 40, 20, 60, 0xfff, 0x1000);

	switch (below(7)) {
	case 0:
		call_ctx(t, BPF_FUNC_skb_change_tail,
			 PICK(0, 13, 14, 20, 34, 60, 64, 70, 100, 3000, 16063, 16064, 16065, 20000,
			      -1),
			 PICK(0, 0, 0, 0, 1), 0, 0);
		break;
	case 1:
		call_ctx(t, BPF_FUNC_skb_change_head,
			 PICK(0, 1, 2, 4, 14, 40, 3000, 16000, 16001, 20000, -1),
			 PICK(0, 0, 0, 0, 1), 0, 0);
		break;
	case 2:
	case 3:
		call_ctx(t, BPF_FUNC_skb_adjust_room, below(2) ? grow : -grow, PICK(0, 1, 0, 1, 2),
			 PICK(0, 0, 1, 2, 4, 6, 2 | 8, 4 | 16, 2 | 24, 32, 64,
			      64 | 2 | (14ll << 56), 2 | (14ll << 56), 2 | (200ll << 56), 128, 256,
			      384, 512),
			 0);
		break;
	case 4:
		call_ctx(t, BPF_FUNC_skb_vlan_push, PICK(129, 43144, 0, 129),
			 PICK(5, 0xfff, 0x12345), 0, 0);
		break;
	case 5: call_ctx(t, BPF_FUNC_skb_vlan_pop, 0, 0, 0, 0); break;
	default:
		call_ctx(t, BPF_FUNC_skb_change_proto, PICK(8, 56710, 8, 56710, 0),
			 PICK(0, 0, 0, 1), 0, 0);
	}
}

static void mark_call(struct text *t)
{
	switch (below(8)) {
	case 0: call_ctx(t, BPF_FUNC_skb_change_type, below(6), 0, 0, 0); break;
	case 1:
		call_ctx(t, BPF_FUNC_skb_pull_data, PICK(0, 1, 64, 65, 50, 2000, -1), 0, 0, 0);
		break;
	case 2: call_ctx(t, BPF_FUNC_skb_ecn_set_ce, 0, 0, 0, 0); break;
	case 3: call_ctx(t, BPF_FUNC_skb_set_tstamp, PICK(0, 5, 1000000), below(4), 0, 0); break;
	case 4: call_ctx(t, BPF_FUNC_set_hash, PICK(0, 7, -1), 0, 0, 0); break;
	case 5: call_ctx(t, BPF_FUNC_set_hash_invalid, 0, 0, 0, 0); break;
	case 6:
		set(t, 1, 1);
		set(t, 2, PICK(0, 1, 2));
		call(t, BPF_FUNC_redirect);
		break;
	default:
		text_puts(t, "r1 = r6\n");
		memory(t, 2);
		set(t, 3, PICK(16, 44, 8));
		set(t, 4, 0);
		call(t, below(2) ? BPF_FUNC_skb_get_tunnel_key : BPF_FUNC_skb_get_tunnel_opt);
		fold_memory(t);
	}
}

static void field_store(struct text *t)
{
	static const u32 fields[] = {SKB_OFF(mark),     SKB_OFF(priority),
				     SKB_OFF(tc_index), SKB_OFF(tc_classid),
				     SKB_OFF(cb),       SKB_OFF(queue_mapping)};
	u32 off = fields[below(ARRAY_SIZE(fields))];
	char what[40];

	set(t, 1,
	    off == SKB_OFF(queue_mapping) ? PICK(0, 1, 65534)
					  : PICK(0, 1, 65535, 65536, 0x12345678));
	text_fmt(t, "*(u32 *)(r6 +%u) = r1\n", off);
	snprintf(what, sizeof(what), "*(u32 *)(r6 +%u)", off);
	fold(t, what);
}

static void xdp_call(struct text *t)
{
	switch (below(7)) {
	case 0:
	case 1:
		call_ctx(t, BPF_FUNC_xdp_adjust_head,
			 PICK(0, 4, 14, 40, 49, 50, 51, 64, -4, -14, -100, -215, -216, -217, -256,
			      3000),
			 0, 0, 0);
		break;
	case 2:
		call_ctx(t, BPF_FUNC_xdp_adjust_meta,
			 PICK(0, -4, -8, -32, -36, -252, -256, -3, 4, 8, 256, -300), 0, 0, 0);
		break;
	case 3:
		call_ctx(t, BPF_FUNC_xdp_adjust_tail,
			 PICK(0, 1, -1, -14, -50, -51, 100, 3456, 3457, 3520, 4000, 4096, -3000,
			      -5000, 575, 576, 577, 5480, -9000),
			 0, 0, 0);
		break;
	case 4: call_ctx(t, BPF_FUNC_xdp_get_buff_len, 0, 0, 0, 0); break;
	default:
		text_puts(t, "r1 = r6\n");
		set(t, 2, PICK(0, 1, 12, 50, 60, 64, 3500, 3519, 3520, 3521, 7000, 65535, 65536));
		memory(t, 3);
		set(t, 4, PICK(1, 4, 14, 16, 64));
		call(t, below(2) ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_xdp_store_bytes);
		fold_memory(t);
	}
	touch(t, 0, 4, true);
}

/* What programs that only look may call. */
static void look_call(struct text *t, u32 type)
{
	static const u32 fields[] = {SKB_OFF(len), SKB_OFF(pkt_type), SKB_OFF(protocol),
				     SKB_OFF(mark)};
	char what[40];

	text_puts(t, "r1 = r6\n");
	set(t, 2, PICK(0, 1, 12, 14, 35, 36, 46, 49, 50, 51, 65535, 65536, -1));
	memory(t, 3);
	set(t, 4, PICK(1, 2, 4, 14, 50, 64));
	if (type == BPF_PROG_TYPE_LWT_IN || type == BPF_PROG_TYPE_LWT_OUT || below(2)) {
		call(t, BPF_FUNC_skb_load_bytes);
	} else {
		set(t, 5, below(3));
		call(t, BPF_FUNC_skb_load_bytes_relative);
	}
	fold_memory(t);
	if (type == BPF_PROG_TYPE_CGROUP_SKB && below(2)) {
		text_puts(t, "r1 = r6\n");
		call(t, BPF_FUNC_skb_ecn_set_ce);
	}
	if (type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_LWT_IN)
		text_puts(t, "r1 = 7\n*(u32 *)(r6 +8) = r1\n");
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		snprintf(what, sizeof(what), "*(u32 *)(r6 +%u)", fields[i]);
		fold(t, what);
	}
	if (type == BPF_PROG_TYPE_SOCKET_FILTER) { /* classic loads end the program where there is
						      no byte */
		text_fmt(t, "r0 = *(u%d *)skb[%d]\nr9 *= 31\nr9 += r0\n", (int)PICK(8, 16, 32),
			 (int)PICK(0, 1, 46, 47, 48, 49, -0x100000, -0x100000 + 20, -0x200000,
				   -0x200000 + 12, -0x200000 + 63));
	} else {
		touch(t, SKB_OFF(data), SKB_OFF(data_end), false);
	}
}

/* Of traffic control's calls those that light weight tunnels have, too. */
static void tunnel_call(struct text *t)
{
	switch (below(4)) {
	case 0:
		call_ctx(t, BPF_FUNC_skb_change_tail,
			 PICK(0, 13, 14, 20, 34, 50, 60, 64, 70, 3000, 16064, 16065), 0, 0, 0);
		break;
	case 1:
		call_ctx(t, BPF_FUNC_skb_change_head, PICK(0, 1, 2, 14, 40, 3000, 16014, 16015), 0,
			 0, 0);
		break;
	case 2: sum_call(t); break;
	default:
		text_puts(t, "r1 = r6\n");
		set(t, 2, PICK(0, 1, 12, 36, 49, 50, 60));
		memory(t, 3);
		set(t, 4, PICK(1, 2, 14));
		set(t, 5, PICK(0, 1, 2, 3, 4));
		call(t, BPF_FUNC_skb_store_bytes);
	}
	fold(t, "*(u32 *)(r6 +0)");
	touch(t, SKB_OFF(data), SKB_OFF(data_end), true);
}

static void one_call(struct text *t, u32 type)
{
	if (type == BPF_PROG_TYPE_LWT_XMIT) {
		tunnel_call(t);
		return;
	}
	if (type != BPF_PROG_TYPE_XDP && type != BPF_PROG_TYPE_SCHED_CLS) {
		look_call(t, type);
		return;
	}
	if (type == BPF_PROG_TYPE_XDP) {
		xdp_call(t);
		return;
	}
	switch (below(9)) {
	case 0:
	case 1: bytes_call(t); break;
	case 2:
	case 3: sum_call(t); break;
	case 4: mark_call(t); break;
	case 5: field_store(t); break;
	default: room_call(t);
	}
	fold_skb(t, type);
}

/* --- Runs. */
static u8 packets[][80] = {
	/* clang-format off */
	{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	 0x45, 1, 0, 50, 0x12, 0x34, 0x40, 0, 64, 6, 0xbe, 0xef, 10, 0, 0, 1, 192, 168, 7, 9,
	 0x30, 0x39, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 1, 0, 0xbe, 0xef, 0, 0, 'p', 'a', 'y'},
	{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd,
	 0x60, 0x20, 0, 0, 0, 24, 17, 64, 0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	 0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x30, 0x39, 0, 53, 0, 24, 0xab, 0xcd},
	{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 2, 0x81, 0, 0x20, 5, 8, 0,
	 0x45, 2, 0, 46, 0, 0, 0, 0, 64, 17, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2, 1, 2, 3, 4, 0, 26, 0, 0},
	{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 0, 40, 0xff, 0xff, 1},
	{1, 0x80, 0xc2, 0, 0, 0xe, 2, 0, 0, 0, 0, 2, 0x88, 0xcc, 2, 7, 4, 1, 2, 3, 4, 5, 6},
	/* clang-format on */
};
static u8 data_in[16384], data_out[65536];

static u32 digest(const void *bytes, u32 size)
{
	u32 h = 2166136261;

	for (u32 i = 0; i < size; i++)
		h = (h ^ ((const u8 *)bytes)[i]) * 16777619;
	return h & 0x7fffffff;
}

static long load(struct pass *p, u32 type, const struct text *t)
{
	static char log[1 << 16];
	static struct bpf_insn insns[4096];
	struct isa_op *ops;
	struct diag d = {0};
	u32 count;
	union bpf_attr a = {.prog_type = type,
			    .insns = ADDR(insns),
			    .license = ADDR("GPL"),
			    .log_buf = ADDR(log),
			    .log_size = sizeof(log),
			    .log_level = 1};
	long fd;

	if (isa_assemble(t->buf, t->len, &ops, &count, &d))
		fail_msg("%s: %s", t->buf, d.what);
	assert_true(count <= ARRAY_SIZE(insns));
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	a.insn_cnt = count;
	fd = p->bpf(BPF_PROG_LOAD, &a, ALL);
	if (fd < 0)
		fail_msg("%s: %ld: %s", t->buf, fd, log);
	return fd;
}

static void run(struct pass *p, const char *name, u32 type, const struct text *t)
{
	u32 size = type == BPF_PROG_TYPE_XDP ? PICK(64, 64, 15, 1500, 3520, 3521, 9000)
					     : PICK(64, 64, 64, 34, 54, 1500, 3000);
	u32 meta = type == BPF_PROG_TYPE_XDP ? PICK(0, 0, 0, 4, 32) : 0;
	u32 which = below(ARRAY_SIZE(packets)),
	    linear = below(4) ? MIN(size + meta, 3520) : size / 2;
	struct xdp_md md = {.data = meta, .data_end = MAX(linear, meta)};
	union bpf_attr a = {.test = {.prog_fd = load(p, type, t),
				     .data_in = ADDR(data_in),
				     .data_size_in = size + meta,
				     .data_out = ADDR(data_out),
				     .data_size_out = sizeof(data_out),
				     .ctx_in = meta || linear == size / 2 ? ADDR(&md) : 0,
				     .ctx_size_in = meta || linear == size / 2 ? sizeof(md) : 0,
				     .flags = below(3) ? 0 : BPF_F_TEST_SKB_CHECKSUM_COMPLETE}};
	char line[128];
	long r;

	if (type != BPF_PROG_TYPE_XDP) {
		a.test.ctx_in = 0;
		a.test.ctx_size_in = 0;
	} else {
		a.test.flags = 0;
	}
	for (u32 i = 0; i < sizeof(data_in); i++)
		data_in[i] = i * 7 + (i >> 8);
	memcpy(data_in + meta, packets[which], sizeof(packets[0]));
	memset(data_out, 0xee, sizeof(data_out));
	r = p->bpf(BPF_PROG_TEST_RUN, &a, ALL);
	close(a.test.prog_fd);
	note(p, name, r);
	snprintf(line, sizeof(line), "%s: retval", name);
	note(p, line, r ? 0 : a.test.retval);
	snprintf(line, sizeof(line), "%s: size", name);
	note(p, line, r ? 0 : a.test.data_size_out);
	snprintf(line, sizeof(line), "%s: data", name);
	note(p, line, r ? 0 : digest(data_out, sizeof(data_out)));
}

static void run_some(struct pass *p, const char *what, u32 type, u32 programs)
{
	const char *only = getenv("CYGNET_ONLY"), *other = getenv("CYGNET_SEED");
	u64 base = 88172645463325252ull + (other ? strtoull(other, NULL, 10) << 32 : 0);
	char name[64];

	for (u32 i = 0; i < programs; i++) {
		struct text t;

		snprintf(name, sizeof(name), "%s %u", what, i);
		seed = base + i * 0x9e3779b97f4a7c15ull + type;
		text_init_grow(&t);
		text_puts(&t, "r6 = r1\nr9 = 0\n");
		fill(&t, i);
		for (u32 c = below(CALLS) + 1; c; c--)
			one_call(&t, type);
		text_puts(&t, "r0 = r9\nr1 = r9\nr1 >>= 32\nr0 ^= r1\n");
		/* Where the result may only be yes or no, it is one bit of it. */
		text_puts(&t, type == BPF_PROG_TYPE_CGROUP_SKB ? "r0 &= 1\nexit\n" : "exit\n");
		if (only && !strcmp(only, name))
			printf("%s\n", t.buf);
		run(p, name, type, &t);
		text_fini(&t);
	}
}

static void run_calls(struct pass *p)
{
	run_some(p, "cls", BPF_PROG_TYPE_SCHED_CLS, PROGRAMS);
	run_some(p, "xdp", BPF_PROG_TYPE_XDP, PROGRAMS);
	run_some(p, "xmit", BPF_PROG_TYPE_LWT_XMIT, PROGRAMS / 4);
	run_some(p, "in", BPF_PROG_TYPE_LWT_IN, PROGRAMS / 8);
	run_some(p, "cgroup", BPF_PROG_TYPE_CGROUP_SKB, PROGRAMS / 8);
	run_some(p, "socket", BPF_PROG_TYPE_SOCKET_FILTER, PROGRAMS / 4);
}

/* The same programs as native code. */
static void test_native(void **state)
{
	struct cygnet_opts opts = {.sz = sizeof(opts), .kernel = 0x061200, .engine = ENGINE_JIT};

	read_facts();
	assert_int_equal(cygnet_new(&opts, &inst), 0);
	run_pass(&instance_pass, instance_bpf);
	cygnet_free(inst);
	assert_int_equal(compare(&facts, &instance_pass, "native"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_native),
	};

	return cmocka_run_group_tests_name("packet_helper", tests, NULL, NULL);
}
