/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which code the targets of an instance had mapped where: kept from their
 * hellos, so that addresses in stacks can be told when the targets are gone.
 */
#ifndef WORLD_CODE_MAP_H
#define WORLD_CODE_MAP_H

#include "core/plan.h"

struct cygnet;

/* A mapping of a file's code. Of very many, the later are left out. */
void code_map_add(struct cygnet *inst, const struct plan_mapping *m, const char *path);
/*
 * The file behind an address, and the offset in it. -ENOENT when no target had
 * code there; -EEXIST when targets had different code there. *path is valid
 * until code_map_drop().
 */
int code_map_find(struct cygnet *inst, u64 addr, const char **path, u64 *offset);
/* Forgets all of the instance's. */
void code_map_drop(struct cygnet *inst);

#endif
