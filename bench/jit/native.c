// SPDX-License-Identifier: BSD-2-Clause
/*
 * The suite's source as a C compiler makes it into code: a shared object with a
 * function per program (bench/jit/program.h).
 */
#include <dlfcn.h>
#include <stddef.h>
#include "engine.h"

/* The library stays: there is one per compiler. */
bool native_load(const char *path, const char *program, struct loaded *out)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	out->call = library ? (uint64_t(*)(void *))dlsym(library, program) : NULL;
	return out->call;
}
