/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan under construction: what target.c collects and plan_code.c emits code for. */
#ifndef WORLD_PLAN_H
#define WORLD_PLAN_H

#include "base/vec.h"
#include "core/plan.h"
#include "vm/instance.h"
#include "world/target.h"

/* A hello, checked. */
struct hello {
	const struct plan_hello *h;
	struct plan_mapping *maps; /* sorted as they came */
	char **paths;              /* "" when anonymous */
	u32 count;
};

struct near_page { /* a page of near pieces for one mapping */
	u64 address, size, used;
	u32 map;
};

struct builder {
	struct cygnet *inst;
	struct hello in;
	struct target_answer *out;
	s32 peer;
	VEC(struct prog_object *) progs;
	VEC(struct plan_map) maps;
	VEC(struct plan_attach) attach;
	VEC(struct plan_probe) probes;
	VEC(struct plan_write) writes;
	VEC(struct near_page) near;
	VEC(struct plan_near) spans; /* mappings with patches */
	VEC(u8) bytes; /* what writes refer to; offsets from its start until laid out */
	u32 slot;
	bool dispatch; /* some system call may not be patched */
	int err;
};

/* Whether the hello is about mapping i: file-backed code, new for HELLO_MAP. */
bool plan_wants(const struct hello *in, u32 i);
/* Whether it is the vDSO, of a process that starts. */
bool plan_is_vdso(const struct hello *in, u32 i);
/* Records the first error; what is built from then on is thrown away. */
void plan_fail(struct builder *b, int err);
/* Appends bytes (to a multiple of 8); their offset. */
u32 plan_bytes(struct builder *b, const void *p, u32 n);

/* plan_code.c: the addresses of a uprobe's attach point in this process, as attachments. */
int plan_attach_probe(struct builder *b, struct plan_attach pa, const struct attach *a);
/* Stubs, near pieces and patches of one mapping's sites and probes. */
void plan_patch_mapping(struct builder *b, u32 map);

/* vdso.c: a path of a file with the contents of the vDSO, which all processes have; NULL. */
const char *vdso_path(void);

#endif
