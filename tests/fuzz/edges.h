/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs at the edges of what compilers encode: distances of jumps around where
 * they need another form, frames of every size, more values than registers,
 * every number of arguments.
 */
#ifndef FUZZ_EDGES_H
#define FUZZ_EDGES_H

#include "fuzz/program.h"

/* The n-th, from 0; false: there is none. */
bool edge_program(u32 n, struct program *p);

#endif
