// SPDX-License-Identifier: BSD-2-Clause
/*
 * syscall_loop N [getppid|malloc] [cpu]: prints nanoseconds per getppid() call or per malloc+free,
 * the minimum of some rounds: by the clock on the wall, five rounds, or of CPU time, 40 rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t by)
{
	struct timespec t;

	clock_gettime(by, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;
	int use_malloc = argc > 2 && !strcmp(argv[2], "malloc");
	int cpu = argc > 3 && !strcmp(argv[3], "cpu");
	clockid_t by = cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
	double best = 1e18;

	for (int round = 0; round < (cpu ? 40 : 5); round++) {
		double start = now(by), each;

		for (long i = 0; i < n; i++) {
			if (use_malloc) {
				void *volatile p = malloc(32);

				free(p);
			} else {
				getppid();
			}
		}
		each = (now(by) - start) / n;
		best = each < best ? each : best;
	}
	printf("%.1f\n", best);
	return 0;
}
