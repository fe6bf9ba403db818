// SPDX-License-Identifier: BSD-2-Clause
/*
 * syscall_loop N [getppid|malloc|call|return] [cpu]: prints nanoseconds per getppid() call, per
 * malloc+free, or per call of a function, of which there are two to be probed; the minimum of some
 * rounds: by the clock on the wall, five rounds, or of CPU time, 40 rounds.
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

__attribute__((noinline, noipa)) long probed_call(long x)
{
	return x * 3 + 1000;
}

__attribute__((noinline, noipa)) long probed_return(long x)
{
	return x * 5 + 1000;
}

static void work(char what, long i)
{
	void *volatile p;

	switch (what) {
	case 'm':
		p = malloc(32);
		free(p);
		break;
	case 'c': probed_call(i); break;
	case 'r': probed_return(i); break;
	default: getppid();
	}
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 100000;
	char what = argc > 2 ? argv[2][0] : 'g';
	int cpu = argc > 3 && !strcmp(argv[3], "cpu");
	clockid_t by = cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
	double best = 1e18;

	for (int round = 0; round < (cpu ? 40 : 5); round++) {
		double start = now(by), each;

		for (long i = 0; i < n; i++)
			work(what, i);
		each = (now(by) - start) / n;
		best = each < best ? each : best;
	}
	printf("%.1f\n", best);
	return 0;
}
