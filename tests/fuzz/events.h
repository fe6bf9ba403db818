/* SPDX-License-Identifier: BSD-2-Clause */
/* Invented events for whatever is attached in an instance. */
#ifndef FUZZ_EVENTS_H
#define FUZZ_EVENTS_H

#include "fuzz/mutate.h"

struct cygnet;

/* Fires every attachment some times in the checked interpreter; faults are counted as a target
 * counts them. `m` only gives random numbers. Returns the runs. */
u32 events_fire(struct cygnet *inst, struct mutant *m);

#endif
