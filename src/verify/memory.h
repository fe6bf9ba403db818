/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files that check loads and stores: one access, and what each kind
 * of memory says of it.
 */
#ifndef VERIFY_MEMORY_H
#define VERIFY_MEMORY_H

#include "btf/fields.h"
#include "verify/verifier.h"

#define MEM_MAX_VAR_OFF (1u << 29) /* a pointer's variable offset ends below, as does a size */

struct mem_access {
	u32 insn, regno;
	s32 off; /* with the register's fixed offset, without its variable one */
	u32 size;
	enum verify_access kind;
	int value; /* the register stored from or loaded to; -1: none */
	bool sign_extend;
};

static inline bool mem_writes(const struct mem_access *a)
{
	return a->kind == ACCESS_WRITE;
}

/* Would the store show an address to who may not see any? */
static inline bool mem_leaks(const struct verifier *v, const struct mem_access *a)
{
	return mem_writes(a) && a->value >= 0 && !v->ptr_leaks &&
	       v->state->frames[v->state->curframe]->regs[a->value].type != REG_SCALAR;
}

/* What a load leaves: nothing known. Stores leave nothing. */
static inline void mem_loaded(struct verifier *v, const struct mem_access *a)
{
	if (!mem_writes(a) && a->value >= 0)
		*verify_reg(v, (u32)a->value) = verify_unknown(v);
}

/* ... a constant. */
static inline struct vreg mem_const(const struct verifier *v, u64 value)
{
	struct vreg r = vreg_const(value);

	r.precise = !v->bpf;
	return r;
}

/* One kind of memory each: 0, with the loaded register set, or the verdict. */
int mem_access_stack(struct verifier *v, const struct mem_access *a);
int mem_access_context(struct verifier *v, const struct mem_access *a);
int mem_access_packet(struct verifier *v, const struct mem_access *a);
int mem_access_flow_keys(struct verifier *v, const struct mem_access *a);
int mem_access_socket(struct verifier *v, const struct mem_access *a);
int mem_access_object(struct verifier *v, const struct mem_access *a);
int mem_access_map_object(struct verifier *v, const struct mem_access *a);
/* A pointer that a map value holds. */
int mem_access_kptr(struct verifier *v, const struct mem_access *a,
		    const struct btf_special *field);

/* Is [off, off + size) inside `space` bytes of what the register points to? The verdict if not. */
int mem_check_inside(struct verifier *v, u32 regno, s64 off, u32 size, u32 space, bool zero_ok);
/* The same wherever the variable offset goes. */
int mem_check_span(struct verifier *v, u32 regno, s32 off, u32 size, u32 space, bool zero_ok);
int mem_check_packet(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok);
/* Is it aligned, where that counts (strict: anywhere)? */
int mem_check_alignment(struct verifier *v, u32 regno, s32 off, u32 size, bool strict);
/* Program flags of the map: may programs read it, write it? */
int mem_check_map_rights(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access kind);
/* Bounds and special fields of a map's value. */
int mem_check_map_value(struct verifier *v, u32 regno, s32 off, u32 size, bool zero_ok,
			bool by_helper);
int mem_check_buffer(struct verifier *v, u32 regno, s32 off, u32 size, const char *what);
int mem_check_buf(struct verifier *v, u32 regno, s32 off, u32 size, enum verify_access kind);

#endif
