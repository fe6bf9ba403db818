// SPDX-License-Identifier: BSD-2-Clause
/*
 * DPDK's compiler without its checker, which refuses every loop: linked with the
 * other parts of Debian's librte_bpf.a, this takes the checker's place. What it
 * must find out is how much stack the program uses: here, the most there is.
 */
#include <stddef.h>
#include <stdint.h>

struct rte_bpf { /* of release 22.11, as far as it is written here */
	struct {
		const void *insns;
		uint32_t insn_count;
		const void *symbols;
		uint32_t symbol_count;
		struct {
			int type;
			size_t size, buf_size;
		} ctx;
	} program;
	struct {
		void *function;
		size_t size;
	} native;
	size_t size;
	uint32_t stack_size;
};

int bpf_validate(struct rte_bpf *bpf);

int bpf_validate(struct rte_bpf *bpf)
{
	bpf->stack_size = 512;
	return 0;
}
