// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that go on in others, and that use queues, stacks, filters, tries and
 * maps of maps: what TEST_RUN returns, beside the kernel (sys_facts.h).
 */
#define FACTS "tests/data/map_programs.facts"
#include "sys_facts.h"
#include "base/digest.h"
#include "btf_gen.h"

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, i)     INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOVR(d, s)    INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD(d, i)     INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define AND(d, i)     INSN(BPF_ALU64 | BPF_AND | BPF_K, d, 0, 0, i)
#define ST(d, o, i)   INSN(BPF_ST | BPF_MEM | BPF_DW, d, 0, o, i)
#define STW(d, o, i)  INSN(BPF_ST | BPF_MEM | BPF_W, d, 0, o, i)
#define STX(d, o, s)  INSN(BPF_STX | BPF_MEM | BPF_DW, d, s, o, 0)
#define LDX(d, s, o)  INSN(BPF_LDX | BPF_MEM | BPF_DW, d, s, o, 0)
#define LDXW(d, s, o) INSN(BPF_LDX | BPF_MEM | BPF_W, d, s, o, 0)
#define CALLH(f)      INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##f)
#define CALLS(o)      INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, o)
#define JEQ(d, i, o)  INSN(BPF_JMP | BPF_JEQ | BPF_K, d, 0, o, i)
#define JNE(d, i, o)  INSN(BPF_JMP | BPF_JNE | BPF_K, d, 0, o, i)
#define MAP(d, fd)    INSN(BPF_LD | BPF_DW | BPF_IMM, d, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define EXIT          INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define LOAD(...)                                                                    \
	({                                                                           \
		const struct bpf_insn insns_[] = {__VA_ARGS__};                      \
		load(p, BPF_PROG_TYPE_SOCKET_FILTER, 0, insns_, ARRAY_SIZE(insns_)); \
	})

static long load(struct pass *p, u32 type, u32 attach, const struct bpf_insn *insns, u32 n)
{
	static char log[1 << 16];
	union bpf_attr a = {.prog_type = type,
			    .expected_attach_type = attach,
			    .insns = ADDR(insns),
			    .insn_cnt = n,
			    .license = ADDR("GPL"),
			    .log_level = 1,
			    .log_buf = ADDR(log),
			    .log_size = sizeof(log)};
	long fd = p->bpf(BPF_PROG_LOAD, &a, ALL);

	if (fd < 0)
		print_message("%s\n", log);
	return fd;
}

/* A program of main and one subprogram at `sub`, with types: tail calls need them there. */
static long load_two(struct pass *p, const struct bpf_insn *insns, u32 n, u32 sub)
{
	static struct gen g;
	static u8 blob[GEN_MAX];
	union bpf_attr a = {.btf = ADDR(blob)}, l = {0};
	u32 info[4] = {0, 3, sub, 5};
	long fd;

	gen_start(&g, 1);
	gen_words(&g, gen_string(&g, "int"), BTF_KIND_INT << 24, 4);
	gen_word(&g, 1u << 24 | 32);
	gen_words(&g, 0, BTF_KIND_FUNC_PROTO << 24 | 1, 1);
	gen_word(&g, gen_string(&g, "ctx"));
	gen_word(&g, 4);
	gen_words(&g, gen_string(&g, "main"), BTF_KIND_FUNC << 24 | 1, 2);
	gen_words(&g, 0, BTF_KIND_PTR << 24, 0);
	gen_words(&g, gen_string(&g, "sub"), BTF_KIND_FUNC << 24, 2);
	a.btf_size = gen_finish(&g, sizeof(struct btf_header), blob);
	fd = p->bpf(BPF_BTF_LOAD, &a, ALL);
	l.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	l.insns = ADDR(insns);
	l.insn_cnt = n;
	l.license = ADDR("GPL");
	l.prog_btf_fd = fd;
	l.func_info = ADDR(info);
	l.func_info_cnt = 2;
	l.func_info_rec_size = 8;
	a.btf = 0;
	n = fd;
	fd = p->bpf(BPF_PROG_LOAD, &l, ALL);
	close(n);
	return fd;
}
#define LOAD_TWO(sub, ...)                                      \
	({                                                      \
		const struct bpf_insn insns_[] = {__VA_ARGS__}; \
		load_two(p, insns_, ARRAY_SIZE(insns_), sub);   \
	})

/* The program's result; closes it. */
static void run(struct pass *p, const char *name, long prog, u32 times)
{
	u8 data[64] = {0};
	union bpf_attr a = {.test = {.prog_fd = prog,
				     .data_in = ADDR(data),
				     .data_size_in = sizeof(data),
				     .repeat = times}};
	long r = prog < 0 ? prog : p->bpf(BPF_PROG_TEST_RUN, &a, ALL);

	note(p, name, r < 0 ? r : (long)a.test.retval);
	if (prog >= 0)
		close(prog);
}

static long map_of(struct pass *p, u32 type, u32 key, u32 value, u32 entries, u32 flags, long inner)
{
	union bpf_attr a = {.map_type = type,
			    .key_size = key,
			    .value_size = value,
			    .max_entries = entries,
			    .map_flags = flags,
			    .inner_map_fd = inner};

	return p->bpf(BPF_MAP_CREATE, &a, ALL);
}

static long put(struct pass *p, long map, const void *key, const void *value, u64 flags)
{
	union bpf_attr a = {.map_fd = map, .key = ADDR(key), .value = ADDR(value), .flags = flags};

	return p->bpf(BPF_MAP_UPDATE_ELEM, &a, ALL);
}

static long get(struct pass *p, long map, const void *key, void *value)
{
	union bpf_attr a = {.map_fd = map, .key = ADDR(key), .value = ADDR(value)};

	return p->bpf(BPF_MAP_LOOKUP_ELEM, &a, ALL);
}

/* Counts itself in an array and goes on in element 0, else returns `ret`. */
static long counter(struct pass *p, long progs, long counts, u32 ret)
{
	return LOAD(MOVR(6, 1), ST(10, -8, 0), MOVR(2, 10), ADD(2, -8), MAP(1, counts),
		    CALLH(map_lookup_elem), JEQ(0, 0, 3), LDX(1, 0, 0), ADD(1, 1), STX(0, 0, 1),
		    MOVR(1, 6), MAP(2, progs), MOV(3, 0), CALLH(tail_call), MOV(0, ret), EXIT);
}

static void tail_calls(struct pass *p)
{
	long progs = map_of(p, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0);
	long counts = map_of(p, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0);
	u32 zero = 0, one = 1, fd;
	u64 n = 0;
	long leaf, self, id;

	leaf = LOAD(MOV(0, 42), EXIT);
	fd = leaf;
	note(p, "put leaf", put(p, progs, &one, &fd, 0));
	note(p, "put leaf, noexist", put(p, progs, &one, &fd, BPF_NOEXIST));
	note(p, "put far", put(p, progs, &(u32){4}, &fd, 0));
	note(p, "put a map", put(p, progs, &one, &(u32){(u32)counts}, 0));
	note(p, "put nothing", put(p, progs, &one, &(u32){9999}, 0));
	close(leaf);
	id = get(p, progs, &one, &fd);
	note(p, "get leaf", id);
	note(p, "get empty", get(p, progs, &zero, &fd));
	note(p, "get far", get(p, progs, &(u32){4}, &fd));
	run(p, "to a leaf", LOAD(MAP(2, progs), MOV(3, 1), CALLH(tail_call), MOV(0, 7), EXIT), 1);
	run(p, "to nothing", LOAD(MAP(2, progs), MOV(3, 2), CALLH(tail_call), MOV(0, 7), EXIT), 1);
	run(p, "too far", LOAD(MAP(2, progs), MOV(3, 4), CALLH(tail_call), MOV(0, 7), EXIT), 1);
	run(p, "index of 64 bits",
	    LOAD(MAP(2, progs), INSN(BPF_LD | BPF_DW | BPF_IMM, 3, 0, 0, 1), INSN(0, 0, 0, 0, 1),
		 CALLH(tail_call), MOV(0, 7), EXIT),
	    1);
	run(p, "in a subprogram",
	    LOAD_TWO(4, MOV(6, 100), CALLS(2), INSN(BPF_ALU64 | BPF_ADD | BPF_X, 0, 6, 0, 0), EXIT,
		     MOV(0, 0), MAP(2, progs), MOV(3, 1), CALLH(tail_call), MOV(0, 7), EXIT),
	    1);
	self = counter(p, progs, counts, 5);
	fd = self;
	note(p, "put self", put(p, progs, &zero, &fd, 0));
	run(p, "to itself", self, 1);
	note(p, "get count", get(p, counts, &zero, &n));
	note(p, "count", n);
	put(p, counts, &zero, &(u64){0}, 0);
	run(p, "to one that goes to itself",
	    LOAD(MAP(2, progs), MOV(3, 0), CALLH(tail_call), MOV(0, 7), EXIT), 1);
	get(p, counts, &zero, &n);
	note(p, "count from another", n);
	put(p, counts, &zero, &(u64){0}, 0);
	run(p, "twice in subprograms",
	    LOAD_TWO(6, MOVR(6, 1), CALLS(4), MOVR(1, 6), CALLS(2), ADD(0, 1000), EXIT,
		     /* the subprogram */
		     MAP(2, progs), MOV(3, 0), CALLH(tail_call), MOV(0, 9), EXIT),
	    1);
	get(p, counts, &zero, &n);
	note(p, "count of two", n);
	note(p, "delete",
	     p->bpf(BPF_MAP_DELETE_ELEM, &(union bpf_attr){.map_fd = progs, .key = ADDR(&one)},
		    ALL));
	note(p, "delete again",
	     p->bpf(BPF_MAP_DELETE_ELEM, &(union bpf_attr){.map_fd = progs, .key = ADDR(&one)},
		    ALL));
	run(p, "to what was deleted",
	    LOAD(MAP(2, progs), MOV(3, 1), CALLH(tail_call), MOV(0, 7), EXIT), 1);
	close(progs);
	close(counts);
}

/* Which programs may be in an array with which, and use it. */
static void owners(struct pass *p)
{
	static const struct bpf_insn two[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
					      {.code = BPF_JMP | BPF_EXIT}};
	static const struct {
		u32 type, attach, flags;
	} kinds[] = {
		{BPF_PROG_TYPE_SOCKET_FILTER, 0, 0},
		{BPF_PROG_TYPE_XDP, 0, 0},
		{BPF_PROG_TYPE_XDP, BPF_XDP, 0},
		{BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS},
		{BPF_PROG_TYPE_SCHED_CLS, 0, 0},
		{BPF_PROG_TYPE_KPROBE, 0, 0},
		{BPF_PROG_TYPE_KPROBE, 0, BPF_F_SLEEPABLE},
		{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0},
		{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0},
		{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 0},
		{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 0},
		{BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE},
	};
	char name[64];

	for (u32 a = 0; a < ARRAY_SIZE(kinds); a++)
		for (u32 b = 0; b < ARRAY_SIZE(kinds); b++) {
			long progs = map_of(p, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0);
			const struct bpf_insn uses[] = {MAP(2, progs), MOV(0, 1), EXIT};

			for (u32 i = 0; i < 2; i++) {
				u32 k = i ? b : a, fd;
				union bpf_attr l = {.prog_type = kinds[k].type,
						    .expected_attach_type = kinds[k].attach,
						    .prog_flags = kinds[k].flags,
						    .insns = ADDR(two),
						    .insn_cnt = 2,
						    .license = ADDR("GPL")};
				long prog = p->bpf(BPF_PROG_LOAD, &l, ALL);

				snprintf(name, sizeof(name), "kind %u after %u", k, i ? a : 99);
				fd = prog;
				note(p, name, prog < 0 ? prog : put(p, progs, &i, &fd, 0));
				close(prog);
				l.insns = ADDR(uses);
				l.insn_cnt = ARRAY_SIZE(uses);
				if (!i)
					continue;
				snprintf(name, sizeof(name), "kind %u uses one of %u", k, a);
				prog = p->bpf(BPF_PROG_LOAD, &l, ALL);
				note(p, name, MIN(prog, 0));
				if (prog >= 0)
					close(prog);
			}
			close(progs);
		}
}

static void queues(struct pass *p)
{
	for (u32 type = BPF_MAP_TYPE_QUEUE; type <= BPF_MAP_TYPE_STACK; type++) {
		long q = map_of(p, type, 0, 8, 3, 0, 0);
		char name[64];
		u64 v;

#define N(text) (snprintf(name, sizeof(name), "type %u " text, type), name)
		for (u32 i = 0; i < 5; i++) {
			run(p, N("push"),
			    LOAD(ST(10, -8, 11 + i), MOVR(2, 10), ADD(2, -8), MOV(3, 0), MAP(1, q),
				 CALLH(map_push_elem), EXIT),
			    1);
			note(p, N("peeked"), get(p, q, NULL, &v));
			note(p, N("is"), v);
		}
		run(p, N("push, exist"),
		    LOAD(ST(10, -8, 77), MOVR(2, 10), ADD(2, -8), MOV(3, BPF_EXIST), MAP(1, q),
			 CALLH(map_push_elem), EXIT),
		    1);
		run(p, N("push, noexist"),
		    LOAD(ST(10, -8, 77), MOVR(2, 10), ADD(2, -8), MOV(3, BPF_NOEXIST), MAP(1, q),
			 CALLH(map_push_elem), EXIT),
		    1);
		for (u32 i = 0; i < 2; i++) {
			run(p, N("peek"),
			    LOAD(MOVR(2, 10), ADD(2, -8), ST(10, -8, 1), MAP(1, q),
				 CALLH(map_peek_elem), JNE(0, 0, 1), LDX(0, 10, -8), EXIT),
			    1);
			run(p, N("pop"),
			    LOAD(MOVR(2, 10), ADD(2, -8), ST(10, -8, 1), MAP(1, q),
				 CALLH(map_pop_elem), JNE(0, 0, 1), LDX(0, 10, -8), EXIT),
			    1);
		}
		note(p, N("put with key"), put(p, q, &v, &v, 0));
		v = 99;
		note(p, N("put"), put(p, q, NULL, &v, 0));
		for (u32 i = 0; i < 4; i++) {
			union bpf_attr a = {.map_fd = q, .value = ADDR(&v)};

			note(p, N("taken"), p->bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &a, ALL));
			note(p, N("taken is"), v);
		}
		run(p, N("pop empty, what is left"),
		    LOAD(MOVR(2, 10), ADD(2, -8), ST(10, -8, 1), MAP(1, q), CALLH(map_pop_elem),
			 LDX(0, 10, -8), EXIT),
		    1);
		close(q);
	}
}

static void filters(struct pass *p)
{
	long b = map_of(p, BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100, 0, 0);
	u64 v = 5;

	run(p, "filter peek of none",
	    LOAD(ST(10, -8, 5), MOVR(2, 10), ADD(2, -8), MAP(1, b), CALLH(map_peek_elem), EXIT), 1);
	run(p, "filter push",
	    LOAD(ST(10, -8, 5), MOVR(2, 10), ADD(2, -8), MOV(3, 0), MAP(1, b), CALLH(map_push_elem),
		 EXIT),
	    1);
	run(p, "filter push, exist",
	    LOAD(ST(10, -8, 5), MOVR(2, 10), ADD(2, -8), MOV(3, BPF_EXIST), MAP(1, b),
		 CALLH(map_push_elem), EXIT),
	    1);
	run(p, "filter peek",
	    LOAD(ST(10, -8, 5), MOVR(2, 10), ADD(2, -8), MAP(1, b), CALLH(map_peek_elem), EXIT), 1);
	note(p, "filter get", get(p, b, NULL, &v));
	note(p, "filter get with key", get(p, b, &v, &v));
	v = 6;
	note(p, "filter get of none", get(p, b, NULL, &v));
	note(p, "filter put", put(p, b, NULL, &v, 0));
	note(p, "filter put, noexist", put(p, b, NULL, &v, BPF_NOEXIST));
	note(p, "filter get now", get(p, b, NULL, &v));
	close(b);
}

static void tries(struct pass *p)
{
	long t = map_of(p, BPF_MAP_TYPE_LPM_TRIE, 8, 4, 4, BPF_F_NO_PREALLOC, 0);
	struct {
		u32 bits;
		u8 a[4];
	} key = {8, {10}};
	u32 v = 8;

	note(p, "trie put 10/8", put(p, t, &key, &v, 0));
	key.bits = v = 16;
	key.a[1] = 1;
	note(p, "trie put 10.1/16", put(p, t, &key, &v, 0));
#define ASK(name, b0, b1, bits)                                                             \
	run(p, name,                                                                        \
	    LOAD(STW(10, -8, bits), STW(10, -4, (b0) | (b1) << 8), MOVR(2, 10), ADD(2, -8), \
		 MAP(1, t), CALLH(map_lookup_elem), JEQ(0, 0, 1), LDXW(0, 0, 0), EXIT),     \
	    1)
	ASK("trie 10.1", 10, 1, 32);
	ASK("trie 10.2", 10, 2, 32);
	ASK("trie 11.1", 11, 1, 32);
	ASK("trie 10.1/12", 10, 1, 12);
	ASK("trie 10/7", 10, 1, 7);
	ASK("trie 10.1/33", 10, 1, 33);
	run(p, "trie update",
	    LOAD(STW(10, -8, 24), STW(10, -4, 10 | 1 << 8), MOVR(2, 10), ADD(2, -8),
		 STW(10, -16, 24), MOVR(3, 10), ADD(3, -16), MOV(4, 0), MAP(1, t),
		 CALLH(map_update_elem), EXIT),
	    1);
	ASK("trie 10.1 again", 10, 1, 32);
	run(p, "trie delete",
	    LOAD(STW(10, -8, 24), STW(10, -4, 10 | 1 << 8), MOVR(2, 10), ADD(2, -8), MAP(1, t),
		 CALLH(map_delete_elem), EXIT),
	    1);
	run(p, "trie delete again",
	    LOAD(STW(10, -8, 24), STW(10, -4, 10 | 1 << 8), MOVR(2, 10), ADD(2, -8), MAP(1, t),
		 CALLH(map_delete_elem), EXIT),
	    1);
	ASK("trie 10.1 at last", 10, 1, 32);
	close(t);
}

static void inner_maps(struct pass *p)
{
	for (u32 hash = 0; hash < 2; hash++) {
		long like = map_of(p, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0, 0);
		long outer =
			map_of(p, hash ? BPF_MAP_TYPE_HASH_OF_MAPS : BPF_MAP_TYPE_ARRAY_OF_MAPS, 4,
			       4, 3, 0, like);
		u32 key = 1, fd = like, zero = 0, id = 0;
		char name[64];
		u64 v = 55;

#undef N
#define N(text) (snprintf(name, sizeof(name), "maps %u " text, hash), name)
#define DEEP(name, k)                                                                             \
	run(p, name,                                                                              \
	    LOAD(STW(10, -8, k), MOVR(2, 10), ADD(2, -8), MAP(1, outer), CALLH(map_lookup_elem),  \
		 JNE(0, 0, 2), MOV(0, 1), EXIT, STW(10, -8, 0), MOVR(1, 0), MOVR(2, 10),          \
		 ADD(2, -8), CALLH(map_lookup_elem), JNE(0, 0, 2), MOV(0, 2), EXIT, LDX(1, 0, 0), \
		 ADD(1, 1), STX(0, 0, 1), MOVR(0, 1), EXIT),                                      \
	    1)
		put(p, like, &zero, &v, 0);
		DEEP(N("lookup of none"), 1);
		note(p, N("put"), put(p, outer, &key, &fd, 0));
		note(p, N("put, noexist"), put(p, outer, &key, &fd, BPF_NOEXIST));
		note(p, N("put, exist"), put(p, outer, &key, &fd, BPF_EXIST));
		note(p, N("put, flags 4"), put(p, outer, &key, &fd, 4));
		note(p, N("put nothing"), put(p, outer, &key, &(u32){9999}, 0));
		DEEP(N("lookup"), 1);
		DEEP(N("lookup again"), 1);
		DEEP(N("lookup of another"), 2);
		close(like);
		DEEP(N("lookup when closed"), 1);
		note(p, N("get"), get(p, outer, &key, &id));
		fd = p->bpf(BPF_MAP_GET_FD_BY_ID, &(union bpf_attr){.map_id = id}, ALL);
		note(p, N("opened"), (int)fd < 0);
		note(p, N("inner get"), get(p, fd, &zero, &v));
		note(p, N("inner is"), v);
		close(fd);
		note(p, N("put itself"), put(p, outer, &key, &(u32){(u32)outer}, 0));
		note(p, N("delete"),
		     p->bpf(BPF_MAP_DELETE_ELEM,
			    &(union bpf_attr){.map_fd = outer, .key = ADDR(&key)}, ALL));
		note(p, N("delete again"),
		     p->bpf(BPF_MAP_DELETE_ELEM,
			    &(union bpf_attr){.map_fd = outer, .key = ADDR(&key)}, ALL));
		DEEP(N("lookup when deleted"), 1);
		close(outer);
	}
}

static u32 prog_id(struct pass *p, long fd)
{
	struct bpf_prog_info i = {0};
	union bpf_attr a = {.info = {.bpf_fd = fd, .info_len = sizeof(i), .info = ADDR(&i)}};

	return p->bpf(BPF_OBJ_GET_INFO_BY_FD, &a, ALL) ? 0 : i.id;
}

/* Whether it is gone within a second. */
static long gone(struct pass *p, u32 id)
{
	for (u32 i = 0; i < 100; i++) {
		long fd = p->bpf(BPF_PROG_GET_FD_BY_ID, &(union bpf_attr){.prog_id = id}, ALL);

		if (fd < 0)
			return fd;
		close(fd);
		usleep(10000);
	}
	return 0;
}

/* An array that nobody has open or pinned lets its programs go, though programs use it. */
static void closed_arrays(struct pass *p)
{
	long progs = map_of(p, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0), leaf, user, self;
	u32 zero = 0, one = 1, leaf_id, self_id, fd;

	leaf = LOAD(MOV(0, 42), EXIT);
	user = LOAD(MAP(2, progs), MOV(3, 1), CALLH(tail_call), MOV(0, 7), EXIT);
	self = LOAD(MAP(2, progs), MOV(3, 2), CALLH(tail_call), MOV(0, 8), EXIT);
	leaf_id = prog_id(p, leaf);
	self_id = prog_id(p, self);
	fd = leaf;
	note(p, "leaf in", put(p, progs, &one, &fd, 0));
	fd = self;
	note(p, "self in", put(p, progs, &zero, &fd, 0));
	close(leaf);
	close(self);
	run(p, "while open", dup(user), 1);
	close(progs);
	note(p, "leaf gone", gone(p, leaf_id));
	note(p, "self gone", gone(p, self_id));
	run(p, "when closed", user, 1);
}

/* Maps for one program only, known by its digest. */
static void exclusive(struct pass *p)
{
	union bpf_attr a = {ARRAY_OF4};
	struct bpf_insn insns[] = {MAP(2, 0), MOV(0, 1), EXIT};
	u8 digest[SHA256_BYTES];
	long map, other;

	sha256(insns, sizeof(insns), digest);
	a.excl_prog_hash = ADDR(digest);
	a.excl_prog_hash_size = sizeof(digest);
	map = p->bpf(BPF_MAP_CREATE, &a, ALL);
	digest[31] ^= 1;
	other = p->bpf(BPF_MAP_CREATE, &a, ALL);
	note(p, "exclusive maps", MIN(map, 0) + MIN(other, 0));
	insns[0].imm = map;
	run(p, "its program", load(p, BPF_PROG_TYPE_SOCKET_FILTER, 0, insns, ARRAY_SIZE(insns)), 1);
	insns[0].imm = other;
	run(p, "another program", load(p, BPF_PROG_TYPE_SOCKET_FILTER, 0, insns, ARRAY_SIZE(insns)),
	    1);
	run(p, "another program still", LOAD(MAP(2, map), MOV(0, 2), EXIT), 1);
	other = map_of(p, BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, map);
	note(p, "in a map", MIN(other, 0));
	other = map_of(p, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0, 0);
	other = map_of(p, BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, other);
	note(p, "put in a map", put(p, other, &(u32){0}, &(u32){(u32)map}, 0));
	a.value_size = 16;
	map = p->bpf(BPF_MAP_CREATE, &a, ALL);
	note(p, "put in a map, another", put(p, other, &(u32){0}, &(u32){(u32)map}, 0));
}

static void run_calls(struct pass *p)
{
	closed_arrays(p);
	exclusive(p);
	tail_calls(p);
	owners(p);
	queues(p);
	filters(p);
	tries(p);
	inner_maps(p);
}

FACTS_MAIN("programs and their maps")
