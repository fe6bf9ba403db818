// SPDX-License-Identifier: BSD-2-Clause
/* Callers of malloc that a stack must name: built with frame pointers. chain [TIMES] */
#include <stdlib.h>
#include <unistd.h>

void *volatile kept;

__attribute__((noinline)) void chain_inner(size_t n)
{
	kept = malloc(n);
	free(kept);
}

__attribute__((noinline)) void chain_left(size_t n)
{
	chain_inner(n);
	kept = NULL;
}

__attribute__((noinline)) void chain_right(size_t n)
{
	chain_inner(n);
	kept = NULL;
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 0; i < times; i++) {
		chain_left(4711);
		for (int twice = 0; twice < 2; twice++)
			chain_right(4711);
	}
	return 0;
}
