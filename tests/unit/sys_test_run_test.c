// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_TEST_RUN with packets: results, bytes and contexts, the kernel's (sys_facts.h). Of bytes the
 * facts keep a hash; CYGNET_SHOW=1 prints them.
 */
#define FACTS "tests/data/bpf_test_run.facts"
#include "base/alloc.h"
#include "core/prog.h"
#include "isa/asm.h"
#include "isa/decode.h"
#include "sys_facts.h"

#define ROOM 65536

static u8 data_out[ROOM], ctx_out[512];

struct io {
	const void *data;
	u32 size, room; /* room ~0: no buffer, 0: all of ROOM without saying so */
	const void *ctx;
	u32 ctx_size, ctx_room;
	u32 flags, repeat, batch, cpu;
	bool brief; /* only whether it worked, and the result */
};

static u32 digest(const void *bytes, u32 size)
{
	u32 h = 2166136261;

	for (u32 i = 0; i < size; i++)
		h = (h ^ ((const u8 *)bytes)[i]) * 16777619;
	return h & 0x7fffffff;
}

static void show_bytes(const char *name, const char *what, const u8 *p, u32 size)
{
	if (!getenv("CYGNET_SHOW") || !strstr(name, getenv("CYGNET_SHOW")))
		return;
	printf("# %s %s:", name, what);
	for (u32 i = 0; i < MIN(size, 256u); i++)
		printf("%s%02x", i % 4 ? "" : " ", p[i]);
	printf("\n");
}

static void note_of(struct pass *p, const char *name, const char *what, long value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s: %s", name, what);
	note(p, line, value);
}

static long load(struct pass *p, u32 type, u32 attach, const char *text)
{
	static char log[1 << 16];
	struct bpf_insn insns[512];
	struct isa_op *ops;
	struct diag d = {0};
	u32 count;
	union bpf_attr a = {
		.prog_type = type,
		.expected_attach_type = attach,
		.insns = ADDR(insns),
		.license = ADDR("GPL"),
		.log_buf = ADDR(log),
		.log_size = sizeof(log),
		.log_level = 1,
	};
	long fd;

	if (isa_assemble(text, strlen(text), &ops, &count, &d))
		fail_msg("%s: %s", text, d.what);
	assert_true(count <= ARRAY_SIZE(insns));
	assert_int_equal(isa_encode(ops, count, insns), 0);
	base_free(ops);
	a.insn_cnt = count;
	fd = p->bpf(BPF_PROG_LOAD, &a, ALL);
	if (fd < 0)
		print_message("%s: %ld: %s", text, fd, log);
	assert_true(fd >= 0);
	return fd;
}

static void run(struct pass *p, const char *name, long fd, struct io io)
{
	union bpf_attr a = {.test = {.prog_fd = fd,
				     .data_in = ADDR(io.data),
				     .data_size_in = io.size,
				     .data_out = io.room == ~0u ? 0 : ADDR(data_out),
				     .data_size_out = io.room == ~0u ? 0 : io.room,
				     .ctx_in = ADDR(io.ctx),
				     .ctx_size_in = io.ctx_size,
				     .ctx_out = io.ctx_room ? ADDR(ctx_out) : 0,
				     .ctx_size_out = io.ctx_room,
				     .flags = io.flags,
				     .repeat = io.repeat,
				     .batch_size = io.batch,
				     .cpu = io.cpu}};
	long r;

	memset(data_out, 0xee, sizeof(data_out));
	memset(ctx_out, 0xee, sizeof(ctx_out));
	r = p->bpf(BPF_PROG_TEST_RUN, &a, ALL);
	if (r || !io.brief)
		note(p, name, r);
	if (r && r != -ENOSPC)
		return;
	note_of(p, name, "retval", a.test.retval);
	if (io.data && !io.brief) {
		note_of(p, name, "size", a.test.data_size_out);
		note_of(p, name, "data", digest(data_out, sizeof(data_out)));
		show_bytes(name, "data", data_out, MIN(a.test.data_size_out, ROOM));
	}
	if (io.ctx_room) {
		if (!io.brief)
			note_of(p, name, "ctx size", a.test.ctx_size_out);
		note_of(p, name, "ctx", digest(ctx_out, sizeof(ctx_out)));
		show_bytes(name, "ctx", ctx_out, MIN(a.test.ctx_size_out, 256u));
	}
}

#define RUN(name, fd, ...) run(p, name, fd, (struct io){__VA_ARGS__})

static u8 tcp4[] = {
	/* clang-format off */
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 50, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 168, 7, 9,
	0x30, 0x39, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 1, 0, 0xbe, 0xef, 0, 0,
	'p', 'a', 'y', 'l', 'o', 'a', 'd', '!', '.', '.',
	/* clang-format on */
};
static u8 big[8192];

#define RETURN(n) "r0 = " #n "\nexit\n"

static void xdp_sizes(struct pass *p)
{
	static const u32 sizes[] = {0, 13, 14, 15, 64, 1500, 3519, 3520, 3521, 3776, 4096, 8192};
	long fd = load(p, BPF_PROG_TYPE_XDP, 0,
		       "r0 = *(u32 *)(r1 +4)\nr2 = *(u32 *)(r1 +0)\nr0 -= r2\nexit\n");
	char name[32];

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "xdp %u bytes", sizes[i]);
		RUN(name, fd, big, sizes[i]);
	}
	close(fd);
}

static void xdp_calls(struct pass *p)
{
	long pass = load(p, BPF_PROG_TYPE_XDP, 0, RETURN(2));
	long devmap = load(p, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, RETURN(2));
	long cpumap = load(p, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, RETURN(2));
	u8 guard[64] = {0};
	struct xdp_md md;

	RUN("xdp pass", pass, tcp4, sizeof(tcp4));
	RUN("xdp no out", pass, tcp4, sizeof(tcp4), .room = ~0u);
	RUN("xdp short out", pass, tcp4, sizeof(tcp4), .room = 10);
	RUN("xdp exact out", pass, tcp4, sizeof(tcp4), .room = sizeof(tcp4));
	RUN("xdp long out", pass, tcp4, sizeof(tcp4), .room = 1000);
	RUN("xdp no data", pass, .size = 64);
	RUN("xdp bad data", pass, (void *)BAD, 64);
	RUN("xdp repeat", pass, tcp4, sizeof(tcp4), .repeat = 7);
	RUN("xdp flags 1", pass, tcp4, sizeof(tcp4), .flags = 1);
	RUN("xdp flags 4", pass, tcp4, sizeof(tcp4), .flags = 4);
	RUN("xdp flags 8", pass, tcp4, sizeof(tcp4), .flags = 8);
	RUN("xdp batch", pass, tcp4, sizeof(tcp4), .batch = 1);
	RUN("xdp live, batch 257", pass, tcp4, sizeof(tcp4), ~0u, .flags = 2, .batch = 257);
	RUN("xdp cpu", pass, tcp4, sizeof(tcp4), .cpu = 1);
	RUN("xdp devmap", devmap, tcp4, sizeof(tcp4));
	RUN("xdp cpumap", cpumap, tcp4, sizeof(tcp4));
	md = (struct xdp_md){.data_end = sizeof(tcp4)};
#define MD(name, ...)                                                           \
	md = (struct xdp_md){__VA_ARGS__};                                      \
	RUN(name, pass, tcp4, sizeof(tcp4), .ctx = &md, .ctx_size = sizeof(md), \
	    .ctx_room = sizeof(md))
	MD("xdp ctx", .data_end = sizeof(tcp4));
	MD("xdp ctx zero", 0);
	MD("xdp ctx short end", .data_end = sizeof(tcp4) - 1);
	MD("xdp ctx meta 4", .data_end = sizeof(tcp4), .data = 4);
	MD("xdp ctx meta 5", .data_end = sizeof(tcp4), .data = 5);
	MD("xdp ctx meta 32", .data_end = sizeof(tcp4), .data = 32);
	MD("xdp ctx meta 36", .data_end = sizeof(tcp4), .data = 36);
	MD("xdp ctx meta 60", .data_end = sizeof(tcp4), .data = 60);
	MD("xdp ctx meta beyond", .data_end = sizeof(tcp4), .data = sizeof(tcp4) + 4);
	MD("xdp ctx data_meta", .data_end = sizeof(tcp4), .data_meta = 4);
	MD("xdp ctx lo", .data_end = sizeof(tcp4), .ingress_ifindex = 1);
	MD("xdp ctx no device", .data_end = sizeof(tcp4), .ingress_ifindex = 999999);
	MD("xdp ctx queue alone", .data_end = sizeof(tcp4), .rx_queue_index = 1);
	MD("xdp ctx lo queue 1000", .data_end = sizeof(tcp4), .ingress_ifindex = 1,
	   .rx_queue_index = 1000);
	MD("xdp ctx egress", .data_end = sizeof(tcp4), .egress_ifindex = 1);
	md = (struct xdp_md){.data_end = sizeof(tcp4)};
	RUN("xdp ctx 8 bytes", pass, tcp4, sizeof(tcp4), .ctx = &md, .ctx_size = 8, .ctx_room = 8);
	RUN("xdp ctx 7 bytes", pass, tcp4, sizeof(tcp4), .ctx = &md, .ctx_size = 7, .ctx_room = 7);
	RUN("xdp ctx 4 bytes out", pass, tcp4, sizeof(tcp4), .ctx = &md, .ctx_size = sizeof(md),
	    .ctx_room = 4);
	RUN("xdp ctx out only", pass, tcp4, sizeof(tcp4), .ctx_room = 64);
	RUN("xdp ctx in only", pass, tcp4, sizeof(tcp4), .ctx = &md, .ctx_size = sizeof(md));
	memcpy(guard, &md, sizeof(md));
	RUN("xdp ctx zero tail", pass, tcp4, sizeof(tcp4), .ctx = guard, .ctx_size = 64,
	    .ctx_room = 64);
	guard[63] = 1;
	RUN("xdp ctx tail", pass, tcp4, sizeof(tcp4), .ctx = guard, .ctx_size = 64, .ctx_room = 64);
	RUN("xdp ctx bad", pass, tcp4, sizeof(tcp4), .ctx = (void *)BAD, .ctx_size = 24);
	RUN("xdp ctx 5000 bytes", pass, tcp4, sizeof(tcp4), .ctx = big, .ctx_size = 5000);
	RUN("xdp short out and ctx", pass, tcp4, sizeof(tcp4), 10, .ctx = &md,
	    .ctx_size = sizeof(md), .ctx_room = 4);
	close(pass);
	close(devmap);
	close(cpumap);
}

/* --- Socket buffers. */
static const struct {
	const char *name;
	u32 type, attach;
} skb_types[] = {
	{"socket", BPF_PROG_TYPE_SOCKET_FILTER, 0},
	{"cls", BPF_PROG_TYPE_SCHED_CLS, 0},
	{"act", BPF_PROG_TYPE_SCHED_ACT, 0},
	{"cgroup", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
	{"lwt_in", BPF_PROG_TYPE_LWT_IN, 0},
	{"lwt_out", BPF_PROG_TYPE_LWT_OUT, 0},
	{"lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0},
	{"seg6", BPF_PROG_TYPE_LWT_SEG6LOCAL, 0},
};

static void skb_sizes(struct pass *p)
{
	static const u32 sizes[] = {0, 13, 14, 15, 33, 34, 64, 3711, 3712, 3713, 4096, 8192};
	char name[32];

	for (u32 t = 0; t < ARRAY_SIZE(skb_types); t++) {
		long fd = load(p, skb_types[t].type, skb_types[t].attach, RETURN(1));

		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			snprintf(name, sizeof(name), "%s %u bytes", skb_types[t].name, sizes[i]);
			RUN(name, fd, big, sizes[i]);
			snprintf(name, sizeof(name), "%s ip %u bytes", skb_types[t].name, sizes[i]);
			big[12] = 8;
			big[13] = 0;
			RUN(name, fd, big, sizes[i]);
		}
		close(fd);
	}
}

#define SKB(f)                                                                        \
	{                                                                             \
#f, offsetof(struct __sk_buff, f), sizeof(((struct __sk_buff *)0)->f) \
	}
static const struct field {
	const char *name;
	u32 off, size;
} skb_fields[] = {
	SKB(len),          SKB(pkt_type),    SKB(mark),         SKB(queue_mapping),
	SKB(protocol),     SKB(vlan_tci),    SKB(vlan_present), SKB(vlan_proto),
	SKB(priority),     SKB(ifindex),     SKB(cb[3]),        SKB(ingress_ifindex),
	SKB(tc_index),     SKB(hash),        SKB(tc_classid),   SKB(napi_id),
	SKB(family),       SKB(remote_ip4),  SKB(local_ip4),    SKB(remote_ip6[3]),
	SKB(local_ip6[3]), SKB(remote_port), SKB(local_port),   SKB(tstamp),
	SKB(wire_len),     SKB(gso_segs),    SKB(gso_size),     SKB(tstamp_type),
	SKB(hwtstamp),
};
#undef SKB
#define SOCK(f)                                                                     \
	{                                                                           \
#f, offsetof(struct bpf_sock, f), sizeof(((struct bpf_sock *)0)->f) \
	}
static const struct field sock_fields[] = {
	SOCK(bound_dev_if), SOCK(family),  SOCK(type),       SOCK(protocol),         SOCK(mark),
	SOCK(priority),     SOCK(src_ip4), SOCK(src_ip6[3]), SOCK(src_port),         SOCK(dst_port),
	SOCK(dst_ip4),      SOCK(state),   SOCK(dst_ip6[3]), SOCK(rx_queue_mapping),
};
#undef SOCK

/* Packets of all kinds, by the bytes that tell them apart. */
static const struct {
	const char *name;
	u8 dst, ether[2], version;
} kinds[] = {
	{"ip4", 2, {8, 0}, 0x45},           {"ip6", 2, {0x86, 0xdd}, 0x60},
	{"lldp", 1, {0x88, 0xcc}, 0},       {"802.3", 0, {0, 50}, 0},
	{"802.3 novell", 0, {0, 50}, 0xff}, {"vlan", 255, {0x81, 0}, 0},
	{"arp", 255, {0x08, 0x06}, 0},      {"ip4 zero", 0, {8, 0}, 0},
};

static void make_kind(u32 k, u8 out[sizeof(tcp4)])
{
	memcpy(out, tcp4, sizeof(tcp4));
	memset(out, kinds[k].dst == 255 ? 255 : 0, 6);
	out[0] = kinds[k].dst;
	memcpy(out + 12, kinds[k].ether, 2);
	out[14] = kinds[k].version;
	if (kinds[k].version == 0xff)
		out[15] = 0xff;
}

static void skb_fields_of(struct pass *p, u32 t)
{
	const struct prog_type_ops *ops = core_prog_ops(skb_types[t].type);
	char name[64], text[128];
	u8 packet[sizeof(tcp4)];

	for (u32 f = 0; f < ARRAY_SIZE(skb_fields); f++) {
		const struct field *d = &skb_fields[f];
		long fd;

		if (!core_prog_ctx(ops, skb_types[t].attach, d->off, d->size, false))
			continue;
		/* The result must be one that the type may return; the number goes out as a mark.
		 */
		snprintf(text, sizeof(text),
			 "r0 = *(u%u *)(r1 +%u)\nr2 = r0\nr2 >>= 32\nr0 |= r2\n%s", d->size * 8,
			 d->off,
			 skb_types[t].type == BPF_PROG_TYPE_CGROUP_SKB
				 ? "*(u32 *)(r1 +8) = r0\nr0 = 1\nexit\n"
				 : "exit\n");
		fd = load(p, skb_types[t].type, skb_types[t].attach, text);
		for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
			snprintf(name, sizeof(name), "%s %s %s", skb_types[t].name, kinds[k].name,
				 d->name);
			make_kind(k, packet);
			RUN(name, fd, packet, sizeof(packet), .ctx_room = sizeof(struct __sk_buff),
			    .brief = true);
		}
		close(fd);
	}
}

static void skb_sock(struct pass *p)
{
	char name[64], text[128];
	u8 packet[sizeof(tcp4)];

	for (u32 f = 0; f < ARRAY_SIZE(sock_fields); f++) {
		const struct field *d = &sock_fields[f];
		long fd;

		snprintf(text, sizeof(text),
			 "r6 = *(u64 *)(r1 +168)\nr0 = 77\nif r6 == 0 goto +5\nr1 = r6\ncall 95\n"
			 "if r0 == 0 goto +2\nr0 = *(u%u *)(r0 +%u)\nexit\nr0 = 78\nexit\n",
			 d->size * 8, d->off);
		fd = load(p, BPF_PROG_TYPE_SCHED_CLS, 0, text);
		for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
			snprintf(name, sizeof(name), "sock %s %s", kinds[k].name, d->name);
			make_kind(k, packet);
			RUN(name, fd, packet, sizeof(packet), .brief = true);
		}
		close(fd);
	}
}

static void skb_calls(struct pass *p)
{
	long pass = load(p, BPF_PROG_TYPE_SCHED_CLS, 0, RETURN(0));
	struct __sk_buff skb;
	u8 ctx[sizeof(skb)];
	char name[64];

	RUN("cls no out", pass, tcp4, sizeof(tcp4), .room = ~0u);
	RUN("cls short out", pass, tcp4, sizeof(tcp4), .room = 10);
	RUN("cls no data", pass, .size = 64);
	RUN("cls flags 1", pass, tcp4, sizeof(tcp4), .flags = 1);
	RUN("cls flags 2", pass, tcp4, sizeof(tcp4), .flags = 2);
	RUN("cls checksum", pass, tcp4, sizeof(tcp4), .flags = 4);
	RUN("cls batch", pass, tcp4, sizeof(tcp4), .batch = 1);
	RUN("cls cpu", pass, tcp4, sizeof(tcp4), .cpu = 1);
	RUN("cls repeat", pass, tcp4, sizeof(tcp4), .repeat = 3);
	for (u32 i = 0; i < sizeof(ctx); i += 2) {
		memset(ctx, 0, sizeof(ctx));
		ctx[i] = 1;
		snprintf(name, sizeof(name), "cls ctx byte %u", i);
		RUN(name, pass, tcp4, sizeof(tcp4), .ctx = ctx, .ctx_size = sizeof(ctx),
		    .ctx_room = sizeof(ctx));
	}
#define CTX(name, ...)                                                            \
	skb = (struct __sk_buff){__VA_ARGS__};                                    \
	RUN(name, pass, tcp4, sizeof(tcp4), .ctx = &skb, .ctx_size = sizeof(skb), \
	    .ctx_room = sizeof(skb))
	CTX("cls ctx wire_len 63", .wire_len = 63);
	CTX("cls ctx wire_len 64", .wire_len = 64);
	CTX("cls ctx wire_len 65536", .wire_len = 65536);
	CTX("cls ctx wire_len 65537", .wire_len = 65537);
	CTX("cls ctx gso_segs 65535", .gso_segs = 65535);
	CTX("cls ctx gso_segs 65536", .gso_segs = 65536);
	CTX("cls ctx gso_size 65536", .gso_size = 65536 + 100);
	CTX("cls ctx ifindex lo", .ifindex = 1);
	CTX("cls ctx ifindex none", .ifindex = 999999);
	CTX("cls ctx ingress none", .ingress_ifindex = 999999);
	CTX("cls ctx data_end 64", .data_end = 64);
	CTX("cls ctx data_end 40", .data_end = 40);
	CTX("cls ctx tstamp_type", .tstamp_type = 1);
	skb = (struct __sk_buff){.mark = 5};
	RUN("cls ctx 12", pass, tcp4, sizeof(tcp4), .ctx = &skb, .ctx_size = 12, .ctx_room = 12);
	RUN("cls ctx out only", pass, tcp4, sizeof(tcp4), .ctx_room = 300);
	RUN("cls ctx bad", pass, tcp4, sizeof(tcp4), .ctx = (void *)BAD, .ctx_size = 12);
	close(pass);
}

/* --- Dissectors. */
static void flow_calls(struct pass *p)
{
	static const u32 sizes[] = {13, 14, 15, 64, 4095, 4096, 4097};
	/* Writes keys, some beyond the packet; the packet's length is the result. */
	long fd =
		load(p, BPF_PROG_TYPE_FLOW_DISSECTOR, 0,
		     "r6 = *(u64 *)(r1 +144)\nr0 = *(u32 *)(r1 +80)\nr2 = *(u32 *)(r1 +76)\n"
		     "r0 -= r2\nr3 = *(u16 *)(r6 +12)\n*(u16 *)(r6 +16) = r3\n"
		     "*(u16 *)(r6 +2) = 200\nr3 = *(u32 *)(r6 +48)\n*(u32 *)(r6 +20) = r3\nexit\n");
	long bytes = load(p, BPF_PROG_TYPE_FLOW_DISSECTOR, 0,
			  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\nexit\n");
	struct bpf_flow_keys keys = {.flags = 5};
	u8 ctx[sizeof(keys)];
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "flow %u bytes", sizes[i]);
		RUN(name, fd, big, sizes[i]);
	}
	RUN("flow", fd, tcp4, sizeof(tcp4));
	RUN("flow load bytes", bytes, tcp4, sizeof(tcp4));
	RUN("flow keys", fd, tcp4, sizeof(tcp4), .ctx = &keys, .ctx_size = sizeof(keys),
	    .ctx_room = sizeof(keys));
	RUN("flow short out", fd, tcp4, sizeof(tcp4), .room = 10);
	RUN("flow repeat", fd, tcp4, sizeof(tcp4), .repeat = 3);
	RUN("flow flags", fd, tcp4, sizeof(tcp4), .flags = 4);
	RUN("flow cpu", fd, tcp4, sizeof(tcp4), .cpu = 1);
	for (u32 i = 0; i < sizeof(ctx); i += 2) {
		memset(ctx, 0, sizeof(ctx));
		ctx[i] = 1;
		snprintf(name, sizeof(name), "flow ctx byte %u", i);
		RUN(name, fd, tcp4, sizeof(tcp4), .ctx = ctx, .ctx_size = sizeof(ctx));
	}
	close(fd);
	close(bytes);
}

/* --- Netfilter. */
static void netfilter_calls(struct pass *p)
{
	static const u32 sizes[] = {0, 14, 19, 20, 3712, 3713};
	long fd = load(p, BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, RETURN(1));
	u8 state[48];
	char name[64];

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(name, sizeof(name), "netfilter %u bytes", sizes[i]);
		RUN(name, fd, big, sizes[i]);
	}
	RUN("netfilter short out", fd, tcp4, sizeof(tcp4), .room = 4);
	RUN("netfilter flags", fd, tcp4, sizeof(tcp4), .flags = 1);
	RUN("netfilter ctx out", fd, tcp4, sizeof(tcp4), .ctx_room = 48);
	for (u32 hook = 0; hook < 7; hook++)
		for (u32 family = 0; family < 12; family++) {
			memset(state, 0, sizeof(state));
			state[0] = hook;
			state[1] = family;
			snprintf(name, sizeof(name), "netfilter hook %u family %u", hook, family);
			RUN(name, fd, tcp4, sizeof(tcp4), .ctx = state, .ctx_size = sizeof(state));
		}
	for (u32 i = 2; i < sizeof(state); i += 3) {
		memset(state, 0, sizeof(state));
		state[1] = 2;
		state[i] = 1;
		snprintf(name, sizeof(name), "netfilter byte %u", i);
		RUN(name, fd, tcp4, sizeof(tcp4), .ctx = state, .ctx_size = sizeof(state));
	}
	close(fd);
}

/* --- Socket lookup. */
static void lookup_field(struct pass *p, const char *what, u32 off, u32 family)
{
	struct bpf_sk_lookup ctx = {.family = family,
				    .protocol = 6,
				    .remote_ip4 = 0x01020304,
				    .remote_ip6 = {1, 2, 3, 4},
				    .remote_port = 0x1234,
				    .local_ip4 = 0x05060708,
				    .local_ip6 = {5, 6, 7, 8},
				    .local_port = 80};
	char text[128], name[64];
	long fd;

	/* Bit by bit: the result can only be 0 or 1. */
	for (u32 bit = 0; bit < 32; bit++) {
		snprintf(text, sizeof(text), "r0 = *(u32 *)(r1 +%u)\nr0 >>= %u\nr0 &= 1\nexit\n",
			 off, bit);
		fd = load(p, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, text);
		snprintf(name, sizeof(name), "lookup %s %u bit %u", what, family, bit);
		RUN(name, fd, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx), .brief = true);
		close(fd);
	}
}

static void lookup_calls(struct pass *p)
{
	static const struct field fields[] = {
#define LOOKUP(f) {#f, offsetof(struct bpf_sk_lookup, f), sizeof(((struct bpf_sk_lookup *)0)->f)}
		LOOKUP(remote_ip4),      LOOKUP(remote_ip6[3]), LOOKUP(remote_port),
		LOOKUP(local_ip4),       LOOKUP(local_ip6[0]),  LOOKUP(local_port),
		LOOKUP(ingress_ifindex),
	};
	long pass = load(p, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, RETURN(1));
	long assign = load(p, BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP,
			   "r2 = 0\nr3 = 0\ncall 124\nr0 += 1\nr0 &= 1\nexit\n");
	struct bpf_sk_lookup ctx;

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		lookup_field(p, fields[i].name, fields[i].off, 2);
		lookup_field(p, fields[i].name, fields[i].off, 10);
	}
#define SK(name, fd, ...)                                                      \
	ctx = (struct bpf_sk_lookup){.family = 2, .protocol = 6, __VA_ARGS__}; \
	RUN(name, fd, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx), .ctx_room = 100)
	SK("lookup pass", pass, .local_port = 80);
	SK("lookup assign none", assign, .local_port = 80);
	SK("lookup port 65536", pass, .local_port = 65536);
	SK("lookup cookie", pass, .cookie = 1);
	SK("lookup ifindex", pass, .ingress_ifindex = 1);
	ctx.ingress_ifindex = 0;
	ctx.family = 3;
	RUN("lookup family 3", pass, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx));
	ctx.family = 65536 + 2;
	RUN("lookup family 65538", pass, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx));
	RUN("lookup no ctx", pass, .room = ~0u);
	ctx.family = 2;
	RUN("lookup data", pass, tcp4, 64, ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx));
	RUN("lookup room", pass, .room = 5, .ctx = &ctx, .ctx_size = sizeof(ctx));
	RUN("lookup flags", pass, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx), .flags = 1);
	RUN("lookup repeat", pass, .room = ~0u, .ctx = &ctx, .ctx_size = sizeof(ctx), .repeat = 2);
	RUN("lookup short", pass, .room = ~0u, .ctx = &ctx, .ctx_size = 12);
	close(pass);
	close(assign);
}

/* --- Helpers that answer questions about the packet and where it goes. */
#define MTU(ifindex, len, diff, flags)                                                             \
	"r2 = " #len "\n*(u32 *)(r10 -4) = r2\nr2 = " #ifindex "\nr3 = r10\nr3 += -4\nr4 = " #diff \
	"\nr5 = " #flags "\ncall 163\nr1 = *(u32 *)(r10 -4)\nr1 <<= 8\nr0 += r1\nexit\n"
#define TO(id, ifindex, flags)   "r2 = " #ifindex "\nr3 = " #flags "\ncall " #id "\nexit\n"
#define AWAY(id, ifindex, flags) "r1 = " #ifindex "\nr2 = " #flags "\ncall " #id "\nexit\n"
#define FIND(id)                                                                               \
	"*(u64 *)(r10 -40) = 0\n*(u64 *)(r10 -32) = 0\n*(u64 *)(r10 -24) = 0\n"                \
	"*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += -40\nr3 = 12\nr4 = -1\n" \
	"r5 = 0\ncall " #id "\nif r0 == 0 goto +4\nr1 = r0\ncall 86\nr0 = 1\nexit\nr0 = 2\nexit\n"
#define SOCKET(id)                                                      \
	"r1 = *(u64 *)(r1 +168)\nr0 = 9\nif r1 == 0 goto +4\ncall " #id \
	"\nif r0 == 0 goto +2\nr0 = 1\nexit\nr0 += 0\nexit\n"
static const struct question {
	const char *name;
	u32 type;
	const char *text;
} questions[] = {
	{"mtu", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 0, 0)},
	{"mtu lo", BPF_PROG_TYPE_SCHED_CLS, MTU(1, 0, 0, 0)},
	{"mtu no device", BPF_PROG_TYPE_SCHED_CLS, MTU(99999, 0, 0, 0)},
	{"mtu flags", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 0, 2)},
	{"mtu segs", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 0, 1)},
	{"mtu segs diff", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 5, 1)},
	{"mtu segs len", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 70000, 0, 1)},
	{"mtu diff 65486", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 65486, 0)},
	{"mtu diff 65487", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, 65487, 0)},
	{"mtu diff negative", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 0, -70000, 0)},
	{"mtu len 65536", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 65536, 0, 0)},
	{"mtu len 65537", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 65537, 0, 0)},
	{"mtu len 65537 less", BPF_PROG_TYPE_SCHED_CLS, MTU(0, 65537, -1, 0)},
	{"mtu xdp", BPF_PROG_TYPE_XDP, MTU(0, 0, 0, 0)},
	{"mtu xdp flags", BPF_PROG_TYPE_XDP, MTU(0, 0, 0, 1)},
	{"mtu xdp no device", BPF_PROG_TYPE_XDP, MTU(99999, 0, 0, 0)},
	{"mtu xdp len 65537", BPF_PROG_TYPE_XDP, MTU(0, 65537, 0, 0)},
	{"mtu xdp diff", BPF_PROG_TYPE_XDP, MTU(1, 0, 65487, 0)},
	{"clone lo ingress", BPF_PROG_TYPE_SCHED_CLS, TO(13, 1, 1)},
	{"clone flags", BPF_PROG_TYPE_SCHED_CLS, TO(13, 1, 2)},
	{"clone nowhere", BPF_PROG_TYPE_SCHED_CLS, TO(13, 99999, 0)},
	{"redirect", BPF_PROG_TYPE_SCHED_CLS, AWAY(23, 1, 0)},
	{"redirect ingress", BPF_PROG_TYPE_SCHED_CLS, AWAY(23, 1, 1)},
	{"redirect flags", BPF_PROG_TYPE_SCHED_CLS, AWAY(23, 1, 2)},
	{"redirect xmit", BPF_PROG_TYPE_LWT_XMIT, AWAY(23, 1, 0)},
	{"redirect xdp", BPF_PROG_TYPE_XDP, AWAY(23, 1, 0)},
	{"redirect xdp flags", BPF_PROG_TYPE_XDP, AWAY(23, 1, 1)},
	{"peer", BPF_PROG_TYPE_SCHED_CLS, AWAY(155, 1, 0)},
	{"peer flags", BPF_PROG_TYPE_SCHED_CLS, AWAY(155, 1, 1)},
	{"neigh", BPF_PROG_TYPE_SCHED_CLS, "r1 = 1\nr2 = 0\nr3 = 0\nr4 = 0\ncall 152\nexit\n"},
	{"neigh flags", BPF_PROG_TYPE_SCHED_CLS,
	 "r1 = 1\nr2 = 0\nr3 = 0\nr4 = 1\ncall 152\nexit\n"},
	{"neigh short", BPF_PROG_TYPE_SCHED_CLS,
	 "*(u64 *)(r10 -8) = 0\nr1 = 1\nr2 = r10\nr2 += -8\nr3 = 8\nr4 = 0\ncall 152\nexit\n"},
	{"cookie", BPF_PROG_TYPE_SCHED_CLS,
	 "call 46\nr1 = r0\nr0 = 1\nif r1 != 0 goto +1\nr0 = 0\nexit\n"},
	{"netns cookie", BPF_PROG_TYPE_SCHED_CLS,
	 "call 122\nr1 = r0\nr0 = 1\nif r1 != 0 goto +1\nr0 = 0\nexit\n"},
	{"netns cookie of none", BPF_PROG_TYPE_SCHED_CLS,
	 "r1 = 0\ncall 122\nr1 = r0\nr0 = 1\nif r1 != 0 goto +1\nr0 = 0\nexit\n"},
	{"uid", BPF_PROG_TYPE_SCHED_CLS, "call 47\nexit\n"},
	{"realm", BPF_PROG_TYPE_SCHED_CLS, "call 24\nexit\n"},
	{"skb class", BPF_PROG_TYPE_SCHED_CLS, "call 151\nexit\n"},
	{"find tcp", BPF_PROG_TYPE_SCHED_CLS, FIND(84)},
	{"find udp", BPF_PROG_TYPE_SCHED_CLS, FIND(85)},
	{"find any tcp", BPF_PROG_TYPE_SCHED_CLS, FIND(99)},
	{"find tcp xdp", BPF_PROG_TYPE_XDP, FIND(84)},
	{"full socket", BPF_PROG_TYPE_SCHED_CLS, SOCKET(95)},
	{"tcp socket", BPF_PROG_TYPE_SCHED_CLS, SOCKET(96)},
	{"listener", BPF_PROG_TYPE_SCHED_CLS, SOCKET(98)},
	{"hash twice", BPF_PROG_TYPE_SCHED_CLS,
	 "r6 = r1\ncall 34\nr7 = r0\nr1 = r6\ncall 34\nr1 = r0\nr0 = 3\nif r1 != r7 goto +3\nr0 = "
	 "1\n"
	 "if r7 != 0 goto +1\nr0 = 0\nexit\n"},
	{"hash, then field", BPF_PROG_TYPE_SCHED_CLS,
	 "r6 = r1\ncall 34\nr1 = *(u32 *)(r6 +68)\nr2 = r0\nr0 = 1\nif r1 == r2 goto +1\nr0 = "
	 "0\nexit\n"},
	{"hash set", BPF_PROG_TYPE_SCHED_CLS,
	 "r6 = r1\nr2 = 77\ncall 48\nr1 = r6\ncall 34\nexit\n"},
	{"hash set to 0", BPF_PROG_TYPE_SCHED_CLS,
	 "r6 = r1\nr2 = 0\ncall 48\nr1 = r6\ncall 34\nexit\n"},
	{"buff len", BPF_PROG_TYPE_XDP, "call 188\nexit\n"},
	{"wire len without ctx", BPF_PROG_TYPE_SCHED_CLS, "r0 = *(u32 *)(r1 +160)\nexit\n"},
};

static void ask(struct pass *p)
{
	for (u32 i = 0; i < ARRAY_SIZE(questions); i++) {
		long fd = load(p, questions[i].type, 0, questions[i].text);

		RUN(questions[i].name, fd, tcp4, sizeof(tcp4));
		close(fd);
	}
}

/* Each of several runs begins with the program that was asked for, wherever the last one went. */
static void xdp_tail(struct pass *p)
{
#define START \
	"r2 = *(u32 *)(r1 +4)\nr3 = *(u32 *)(r1 +0)\nr4 = r3\nr4 += 14\nr0 = 0\nif r4 > r2 goto +"
	union bpf_attr array = {.map_type = BPF_MAP_TYPE_PROG_ARRAY,
				.key_size = 4,
				.value_size = 4,
				.max_entries = 1};
	long fd = p->bpf(BPF_MAP_CREATE, &array, ALL), main, leaf;
	u32 zero = 0, next;
	union bpf_attr put = {.map_fd = fd, .key = ADDR(&zero), .value = ADDR(&next)};
	char text[256];

	assert_true(fd >= 0);
	leaf = load(p, BPF_PROG_TYPE_XDP, 0,
		    START "3\nr0 = *(u8 *)(r3 +0)\nr0 += 1\n*(u8 *)(r3 +0) = r0\nexit\n");
	snprintf(text, sizeof(text),
		 START "6\n*(u8 *)(r3 +0) = 5\nr2 = map[fd:%ld]\nr3 = 0\ncall 12\nr0 = 1\nexit\n",
		 fd);
	main = load(p, BPF_PROG_TYPE_XDP, 0, text);
	next = leaf;
	assert_int_equal(p->bpf(BPF_MAP_UPDATE_ELEM, &put, ALL), 0);
	RUN("xdp tail call", main, tcp4, sizeof(tcp4));
	RUN("xdp tail call, repeat", main, tcp4, sizeof(tcp4), .repeat = 3);
	RUN("xdp tail call, many", main, tcp4, sizeof(tcp4), .repeat = 100);
	close(main);
	close(leaf);
	close(fd);
#undef START
}

static void run_calls(struct pass *p)
{
	for (u32 i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + (i >> 8);
	xdp_sizes(p);
	xdp_calls(p);
	xdp_tail(p);
	skb_sizes(p);
	skb_calls(p);
	for (u32 t = 0; t < ARRAY_SIZE(skb_types); t++)
		skb_fields_of(p, t);
	skb_sock(p);
	ask(p);
	flow_calls(p);
	lookup_calls(p);
	netfilter_calls(p);
}

FACTS_MAIN("sys_test_run")
