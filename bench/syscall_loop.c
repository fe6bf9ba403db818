// SPDX-License-Identifier: BSD-2-Clause
/* syscall_loop N: prints nanoseconds per getppid() call (the minimum of five rounds); malloc N: per
 * malloc+free. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;
	int use_malloc = argc > 2 && !strcmp(argv[2], "malloc");
	double best = 1e18;

	for (int round = 0; round < 5; round++) {
		double start = now(), each;

		for (long i = 0; i < n; i++) {
			if (use_malloc) {
				void *volatile p = malloc(32);

				free(p);
			} else {
				getppid();
			}
		}
		each = (now() - start) / n;
		best = each < best ? each : best;
	}
	printf("%.1f\n", best);
	return 0;
}
