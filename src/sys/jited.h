/* SPDX-License-Identifier: BSD-2-Clause */
/* The native code of a program in its bpf_prog_info. */
#ifndef SYS_JITED_H
#define SYS_JITED_H

#include "sys/call.h"

/* Fills the fields whose names begin with jited_ and nr_jited_, as far as the client's room in
 * `info` goes. The program becomes native if it can be. 0 or -EFAULT. */
int jited_info(struct call *k, struct prog_object *p, struct bpf_prog_info *info);

#endif
