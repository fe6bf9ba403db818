// SPDX-License-Identifier: BSD-2-Clause
/*
 * bounds [kernel]: programs made to cost the verifier as much as can be, each of which must end in
 * its verdict within seconds and in bounded memory. With `kernel` the running one is asked instead,
 * to see what the verdicts should be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz/side.h"
#include "vm/instance.h"

#define INSNS_MOST 1000001
#define SECONDS    20
#define MEGABYTES  2048

struct hostile {
	const char *name;
	u32 (*make)(struct bpf_insn *p); /* how many */
	int err;
};

static u32 straight(struct bpf_insn *p, u32 count)
{
	u32 n = 0;

	p[n++] = I_MOV(0, 0);
	while (n < count - 1)
		p[n++] = I_ALU64(BPF_ADD, 0, 1);
	p[n++] = I_EXIT;
	return n;
}

static u32 million(struct bpf_insn *p)
{
	return straight(p, 1000000);
}

static u32 million_and_one(struct bpf_insn *p)
{
	return straight(p, 1000001);
}

/* Every branch doubles the paths, and each leaves another number behind. */
static u32 doubling(struct bpf_insn *p, u32 branches)
{
	u32 n = 0;

	p[n++] = I_LDX(BPF_W, 6, 1, 0);
	p[n++] = I_MOV(7, 0);
	for (u32 i = 0; i < branches; i++) {
		p[n++] = I_JMP(BPF_JSET, 6, 1u << i % 31, 1);
		p[n++] = I_ALU64(BPF_ADD, 7, 1u << i % 31);
	}
	/* ... that a verdict hangs on. */
	p[n++] = I_ALU64(BPF_AND, 7, 0x1ff);
	p[n++] = I_MOVR(1, 10);
	p[n++] = I_ALU64(BPF_NEG, 7, 0);
	p[n++] = I_ALU64R(BPF_ADD, 1, 7);
	p[n++] = I_ST(BPF_B, 1, -1, 0);
	p[n++] = I_MOV(0, 0);
	p[n++] = I_EXIT;
	return n;
}

static u32 doubling_few(struct bpf_insn *p)
{
	return doubling(p, 24);
}

static u32 doubling_many(struct bpf_insn *p)
{
	return doubling(p, 400000);
}

/* Branches that stay open at once: one jump over the other. */
static u32 open_jumps(struct bpf_insn *p)
{
	u32 n = 0;

	p[n++] = I_LDX(BPF_W, 6, 1, 0);
	for (u32 i = 0; i < 30000; i++)
		p[n++] = I_JMP(BPF_JEQ, 6, i, 30000 - i);
	p[n++] = I_MOV(0, 0);
	p[n++] = I_EXIT;
	return n;
}

/* A loop whose states never meet. */
static u32 endless(struct bpf_insn *p)
{
	u32 n = 0;

	p[n++] = I_MOV(0, 0);
	p[n++] = I_ALU64(BPF_ADD, 0, 1);
	p[n++] = I_JMP(BPF_JNE, 0, -1, -2);
	p[n++] = I_EXIT;
	return n;
}

/* ... with the whole stack to be compared each time. */
static u32 endless_stack(struct bpf_insn *p)
{
	u32 n = 0;

	p[n++] = I_LDX(BPF_W, 7, 1, 0);
	for (s32 off = -512; off < 0; off += 8)
		p[n++] = I_STX(BPF_DW, 10, 7, off);
	p[n++] = I_MOV(0, 0);
	p[n++] = I_ALU64(BPF_ADD, 0, 1);
	p[n++] = I_STX(BPF_DW, 10, 0, -512);
	p[n++] = I_JMP(BPF_JSET, 7, 1, 1);
	p[n++] = I_STX(BPF_DW, 10, 0, -256);
	p[n++] = I_JMP(BPF_JLT, 0, 1 << 30, -5);
	p[n++] = I_LDX(BPF_DW, 1, 10, -256);
	p[n++] = I_ALU64(BPF_AND, 1, 7);
	p[n++] = I_EXIT;
	return n;
}

/* Calls that call twice, eight deep. */
static u32 call_tree(struct bpf_insn *p)
{
	u32 n = 0;

	for (u32 depth = 0; depth < 7; depth++) {
		p[n++] = I_MOV(0, 0);
		for (u32 i = 0; i < 8; i++) {
			s32 to = (s32)(10 * (depth + 1));

			p[n] = FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0,
					 to - (s32)n - 1);
			n++;
		}
		p[n++] = I_EXIT;
	}
	p[n++] = I_CALL(BPF_FUNC_get_prandom_u32);
	p[n++] = I_JMP(BPF_JSET, 0, 1, 1);
	p[n++] = I_ALU64(BPF_ADD, 0, 1);
	p[n++] = I_EXIT;
	return n;
}

/* A million loads of constants, half of them second halves. */
static u32 constants(struct bpf_insn *p)
{
	u32 n = 0;

	while (n < 999998) {
		p[n++] = FUZZ_INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, n);
		p[n++] = FUZZ_INSN(0, 0, 0, 0, n);
	}
	p[n++] = I_MOV(0, 0);
	p[n++] = I_EXIT;
	return n;
}

/* A million instructions of which none is one. */
static u32 nothing(struct bpf_insn *p)
{
	memset(p, 0xff, 1000000 * sizeof(*p));
	return 1000000;
}

/* More functions than there may be. */
static u32 functions(struct bpf_insn *p)
{
	u32 n = 0;

	for (u32 i = 0; i < 300; i++) {
		p[n] = FUZZ_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0,
				 302 + 2 * (s32)i - (s32)n - 1);
		n++;
	}
	p[n++] = I_MOV(0, 0);
	p[n++] = I_EXIT;
	for (u32 i = 0; i < 300; i++) {
		p[n++] = I_MOV(0, 0);
		p[n++] = I_EXIT;
	}
	return n;
}

static const struct hostile hostile[] = {
	{"a million instructions", million, 0},
	{"one more", million_and_one, E2BIG},
	{"24 branches that double", doubling_few, E2BIG},
	{"400000 branches that double", doubling_many, E2BIG},
	{"30000 branches open at once", open_jumps, EFAULT},
	{"a loop without end", endless, E2BIG},
	{"a loop that fills its stack", endless_stack, E2BIG},
	{"calls in a tree", call_tree, EFAULT},
	{"a million halves of constants", constants, 0},
	{"a million that are none", nothing, EINVAL},
	{"too many functions", functions, E2BIG},
};

/* In a child: a crash, too much memory or time costs this one only. */
static int attempt(const struct hostile *h, bool kernel)
{
	struct rlimit memory = {MEGABYTES * 1048576ull, MEGABYTES * 1048576ull};
	struct bpf_insn *p = calloc(INSNS_MOST, sizeof(*p));
	struct side s;
	union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			    .insns = ptr_to_u64(p),
			    .license = ptr_to_u64("GPL")};
	long ret;

	setrlimit(RLIMIT_AS, &memory);
	alarm(SECONDS);
	if (!p || side_open(&s, kernel, false, true))
		return 1;
	a.insn_cnt = h->make(p);
	ret = side_bpf(&s, BPF_PROG_LOAD, &a);
	return ret < 0 ? (int)-ret : 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool judge(u32 number, const struct hostile *h, bool kernel)
{
	double start = seconds();
	struct rusage use = {0};
	int status = 0;
	bool ok;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(attempt(h, kernel));
	if (pid < 0 || wait4(pid, &status, 0, &use) < 0)
		return false;
	ok = WIFEXITED(status) && WEXITSTATUS(status) == h->err;
	printf("%sok %u - %s: ", ok ? "" : "not ", number, h->name);
	if (WIFEXITED(status))
		printf("%s", WEXITSTATUS(status) ? strerror(WEXITSTATUS(status)) : "accepted");
	else
		printf("signal %d", WTERMSIG(status));
	printf(", %.2f s, %ld MB\n", seconds() - start, use.ru_maxrss / 1024);
	return ok;
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "kernel"), ok = true;

	printf("1..%zu\n", ARRAY_SIZE(hostile));
	for (u32 i = 0; i < ARRAY_SIZE(hostile); i++)
		ok &= judge(i + 1, &hostile[i], kernel);
	return !ok;
}
