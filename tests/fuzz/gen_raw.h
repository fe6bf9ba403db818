/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of the instruction set alone: no verifier saw them, they are safe
 * because of how they are made. r1 is RAW_MEMORY bytes of memory, and all that they are given.
 */
#ifndef FUZZ_GEN_RAW_H
#define FUZZ_GEN_RAW_H

#include "fuzz/program.h"

#define RAW_MEMORY 256
#define RAW_AREA   32 /* bytes from where a pointer to the stack points that it may reach */

/* The program that `seed` stands for: of type BPF_PROG_TYPE_UNSPEC. */
void gen_raw(u64 seed, struct program *p);

#endif
