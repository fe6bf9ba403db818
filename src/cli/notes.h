/* SPDX-License-Identifier: BSD-2-Clause */
/* The instance's own ring: printk lines and notices from targets. */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include "cli/output.h"

struct cygnet;

int notes_fd(struct cygnet *inst);                         /* readable when something came; -1 */
void notes_drain(struct cygnet *inst, struct output *out); /* prints all there is */

#endif
