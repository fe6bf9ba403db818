// SPDX-License-Identifier: BSD-2-Clause
/* A library that somebody preloads for reasons of their own. */
#include <stdlib.h>

__attribute__((constructor)) static void loaded(void)
{
	setenv("PRELOADED", "1", 1);
}
