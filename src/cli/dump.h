/* SPDX-License-Identifier: BSD-2-Clause */
/* The maps of an object at the end of a run. */
#ifndef CLI_DUMP_H
#define CLI_DUMP_H

#include "cli/unit.h"
#include "cli/output.h"

/* Prints every map the program names (not its globals, rings and program arrays). */
void dump_maps(struct cygnet *inst, struct bpf_unit *u, struct output *out);

#endif
