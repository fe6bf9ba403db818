/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run reports of its programs at the end: faults with source lines, misses, unanswered
 * questions. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/unit.h"
#include "cli/output.h"

struct cygnet;

void summary_print(struct cygnet *inst, struct bpf_unit *u, struct output *out);

#endif
