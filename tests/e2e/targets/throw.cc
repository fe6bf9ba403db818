// SPDX-License-Identifier: BSD-2-Clause
// C++ exceptions through probed functions, and backtraces from anywhere.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <csetjmp>
#include <csignal>
#include <execinfo.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

static jmp_buf env;

extern "C" __attribute__((noinline)) int probed(int n)
{
	if (n > 1000)
		throw std::runtime_error("thrown " + std::to_string(n));
	if (n == -1)
		longjmp(env, 1);
	return n * 2 + (n > 3 ? probed(n - 1) : 0);
}

extern "C" __attribute__((noinline)) double floats(double a, double b)
{
	return a * b + 0.5;
}

extern "C" __attribute__((noinline)) int depth(void)
{
	void *pc[64];

	return backtrace(pc, 64);
}

extern "C" __attribute__((noinline)) int middle(int n)
{
	struct guard {
		int *p;
		~guard() { ++*p; }
	};
	static int unwound;
	guard g{&unwound};

	probed(n);
	return unwound;
}

int main()
{
	int caught = 0;
	volatile int jumps = 0;
	long sum = 0;
	double f = 0;

	for (int i = 0; i < 200; i++) {
		try {
			middle(1001 + i);
		} catch (const std::runtime_error &e) {
			caught += !strncmp(e.what(), "thrown", 6);
		}
	}
	for (int i = 0; i < 200; i++)
		sum += probed(i % 20);
	for (int i = 0; i < 200; i++)
		f += floats(i, 1.5);
	if (setjmp(env))
		jumps++;
	if (jumps < 100)
		probed(-1);
	printf("caught %d unwound %d sum %ld floats %.1f jumps %d depth %d\n", caught, middle(1), sum,
	       f, jumps, depth());
	return 0;
}
