// SPDX-License-Identifier: BSD-2-Clause
/*
 * DPDK's librte_bpf: its compiler takes the same kind of instructions. The
 * library is opened at run time; what is declared here is its interface of
 * release 22.11 (rte_bpf.h), as Debian 12 has it. The library given may be
 * Debian's own, or bench/jit/dpdk_open.c's, which takes programs with loops.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "engine.h"

struct rte_arg {
	int type;
	size_t size, buf_size;
};
#define RTE_RAW 1
#define RTE_PTR 0x10

struct rte_symbol { /* the BPF call with its index goes to it */
	const char *name;
	int type; /* 0: a function */
	uint64_t (*function)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
	uint32_t arg_count;
	struct rte_arg args[5], result;
};

struct rte_program {
	const void *insns;
	uint32_t insn_count;
	const struct rte_symbol *symbols;
	uint32_t symbol_count;
	struct rte_arg ctx;
};

struct rte_native {
	uint64_t (*function)(void *);
	size_t size;
};

static void *(*load)(const struct rte_program *program);
static void (*destroy)(void *bpf);
static int (*get_native)(const void *bpf, struct rte_native *native);

bool dpdk_start(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return false;
	load = (void *(*)(const struct rte_program *))dlsym(library, "rte_bpf_load");
	destroy = (void (*)(void *))dlsym(library, "rte_bpf_destroy");
	get_native = (int (*)(const void *, struct rte_native *))dlsym(library, "rte_bpf_get_jit");
	return load && destroy && get_native;
}

/* What its compiler does not know: calls of programs, helpers, maps. */
static const char *beyond(const struct bpf_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL))
			return insns[i].src_reg ? "calls of functions" : "helpers";
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg)
			return "maps";
	}
	return NULL;
}

bool dpdk_load(const char *object, const char *program, struct loaded *out, const char **why)
{
	struct bpf_object *obj = bpf_object__open(object);
	struct bpf_program *p = obj ? bpf_object__find_program_by_name(obj, program) : NULL;
	struct rte_program prm = {.ctx = {RTE_PTR, 40, 0}};
	struct rte_native native = {0};

	*why = "not in the object";
	if (p) {
		prm.insns = bpf_program__insns(p);
		prm.insn_count = (uint32_t)bpf_program__insn_cnt(p);
		*why = beyond(prm.insns, prm.insn_count);
		if (!*why) {
			out->peer = load(&prm);
			*why = out->peer ? "not compiled" : "refused";
		}
	}
	bpf_object__close(obj);
	if (!out->peer || get_native(out->peer, &native) || !native.function)
		return false;
	*why = NULL;
	out->call = native.function;
	return true;
}

void dpdk_unload(struct loaded *l)
{
	destroy(l->peer);
}

unsigned dpdk_code_size(const struct loaded *l)
{
	struct rte_native native = {0};

	return get_native(l->peer, &native) ? 0 : (unsigned)native.size;
}
