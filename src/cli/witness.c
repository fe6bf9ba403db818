// SPDX-License-Identifier: BSD-2-Clause
/*
 * The search for an input that shows a refusal.
 *
 * Inputs are templates of packets (Ethernet, IPv4, IPv6, TCP, UDP, cut at every
 * length that matters), zeros, ones and random bytes, in which the program's own
 * constants are planted at random places, in both byte orders, since those are
 * what its branches compare with. The seed is fixed: the same program gets the
 * same answer. Of contexts only members that a client may set are filled.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>

#include "cli/witness.h"
#include "core/run.h"
#include "core/world_page.h"
#include "cygnet/cygnet.h"
#include "isa/decode.h"
#include "vm/instance.h"

#define TRIES     3000
#define MOST_NS   400000000ull /* programs that loop take long each time */
#define MAX_CONST 64

struct search {
	struct cygnet *inst;
	int fd;
	u32 type, insn;
	const struct world_prog *stats;
	u64 seed;
	u32 consts[MAX_CONST], const_count;
	struct witness *w;
};

static u32 random_of(struct search *s, u32 below)
{
	s->seed = s->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)((s->seed >> 33) % (below ?: 1));
}

/* What the program compares with and computes from. */
static void collect(struct search *s, const u8 *insns, u32 count)
{
	for (u32 i = 0; i < count && s->const_count < MAX_CONST; i++) {
		struct isa_op op;
		u32 imm;

		memcpy(&imm, insns + (size_t)i * 8 + 4, sizeof(imm));
		if (isa_decode(insns + (size_t)i * 8, 1, &op, NULL) || !imm)
			continue;
		if (isa_info(op.op)->kind == ISA_KIND_JMP_IMM ||
		    isa_info(op.op)->kind == ISA_KIND_ALU_IMM)
			s->consts[s->const_count++] = imm;
	}
}

static bool has_packet(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT: return true;
	default: return false;
	}
}

/* Headers as they follow one another in most packets. */
static void fill_headers(struct search *s, u8 *p)
{
	static const u8 ipv4[] = {2,  0, 0, 0, 0, 1,  2, 0, 0, 0,   0, 2, 8, 0,   0x45, 0, 0,
				  40, 0, 1, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0,    0, 1};
	static const u8 ipv6[] = {2, 0,    0,    0,    0, 1, 2, 0, 0,  0, 0,
				  2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64};

	if (random_of(s, 3)) {
		memcpy(p, ipv4, sizeof(ipv4));
		p[23] = random_of(s, 2) ? 6 : 17;
	} else {
		memcpy(p, ipv6, sizeof(ipv6));
		p[20] = random_of(s, 2) ? 6 : 17;
	}
}

static void plant(struct search *s, u8 *p, u32 size)
{
	for (u32 n = s->const_count ? random_of(s, 5) : 0; n > 0; n--) {
		u32 value = s->consts[random_of(s, s->const_count)], bytes = 1u << random_of(s, 3);
		u32 at = size > bytes ? random_of(s, size - bytes) : 0;

		value += random_of(s, 3) - 1;
		if (random_of(s, 2))
			value = bytes == 2   ? __builtin_bswap16((u16)value)
				: bytes == 4 ? __builtin_bswap32(value)
					     : value;
		if (size >= bytes)
			memcpy(p + at, &value, bytes);
	}
}

static void fill(struct search *s, u8 *p, u32 size, bool headers)
{
	switch (random_of(s, 4)) {
	case 0: memset(p, 0, size); break;
	case 1: memset(p, 0xff, size); break;
	default:
		for (u32 i = 0; i < size; i++)
			p[i] = (u8)random_of(s, 256);
	}
	if (headers && random_of(s, 2))
		fill_headers(s, p);
	plant(s, p, size);
}

static u32 packet_size(struct search *s)
{
	static const u16 sizes[] = {14, 15, 18, 20, 34, 38, 42, 54, 60, 64, 74, 128, 300};

	return sizes[random_of(s, ARRAY_SIZE(sizes))];
}

/* Members of a context that TEST_RUN takes; all others stay zero. */
static u32 fill_context(struct search *s, u8 *ctx)
{
	struct __sk_buff *skb = (void *)ctx;
	u32 value = s->const_count ? s->consts[random_of(s, s->const_count)] : 0;

	memset(ctx, 0, WITNESS_CTX);
	switch (s->type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_SOCKET_FILTER:
		skb->mark = random_of(s, 2) ? value : random_of(s, ~0u);
		skb->priority = random_of(s, 2) ? value + random_of(s, 3) - 1 : random_of(s, ~0u);
		for (u32 i = 0; i < 5; i++)
			skb->cb[i] = random_of(s, 2) ? value : random_of(s, ~0u);
		return sizeof(*skb);
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_RAW_TRACEPOINT: fill(s, ctx, 64, false); return 64;
	default: return 0;
	}
}

static bool faulted(const struct search *s)
{
	for (u32 i = 0; i < WORLD_FAULT_SITES; i++) {
		const struct world_fault *f = &s->stats->sites[i];

		if (f->kind == FAULT_NONE || f->insn != s->insn || f->kind == FAULT_NO_HELPER ||
		    f->kind == FAULT_BUDGET)
			continue;
		s->w->kind = f->kind;
		s->w->addr = f->addr;
		s->w->size = f->size;
		return true;
	}
	return false;
}

static bool try_one(struct search *s)
{
	union bpf_attr attr = {0};
	struct witness *w = s->w;
	u8 out[WITNESS_PACKET + 512];

	w->data_size = has_packet(s->type) ? packet_size(s) : 0;
	fill(s, w->data, w->data_size, true);
	w->ctx_size = fill_context(s, w->ctx);
	attr.test.prog_fd = (u32)s->fd;
	attr.test.data_in = (u64)(uintptr_t)w->data;
	attr.test.data_size_in = w->data_size;
	attr.test.data_out = w->data_size ? (u64)(uintptr_t)out : 0;
	attr.test.data_size_out = w->data_size ? sizeof(out) : 0;
	attr.test.ctx_in = w->ctx_size ? (u64)(uintptr_t)w->ctx : 0;
	attr.test.ctx_size_in = w->ctx_size;
	w->runs++;
	cygnet_bpf(s->inst, BPF_PROG_TEST_RUN, &attr, sizeof(attr.test));
	return faulted(s);
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

bool witness_find(struct cygnet *inst, int fd, u32 prog_type, const void *insns, u32 count,
		  u32 insn, struct witness *out)
{
	struct search s = {
		.inst = inst, .fd = fd, .type = prog_type, .insn = insn, .seed = 1, .w = out};
	struct bpf_prog_info info = {0};
	u32 len = sizeof(info);
	struct prog_object *prog;
	u64 started;

	memset(out, 0, sizeof(*out));
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return false;
	instance_lock(inst);
	prog = object_prog(object_by_id(inst, OBJECT_PROG, info.id));
	instance_unlock(inst);
	if (!prog || prog->stats >= WORLD_PROGS)
		return false;
	s.stats = &inst->page->prog[prog->stats];
	collect(&s, insns, count);
	started = now();
	for (u32 i = 0; i < TRIES && !out->found && now() - started < MOST_NS; i++)
		out->found = try_one(&s);
	return out->found;
}
