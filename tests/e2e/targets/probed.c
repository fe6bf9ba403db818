// SPDX-License-Identifier: BSD-2-Clause
/* Functions to probe: seven arguments, recursion, a tail call, a float, a function too short for a
 * jump. */
#include <stdio.h>

#define APART __attribute__((noinline, noclone, noipa))

APART long add7(long a, long b, long c, long d, long e, long f, long g)
{
	return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7;
}
APART long fact(long n)
{
	long r = n < 2 ? 1 : fact(n - 1);

	__asm__ volatile("" : "+r"(r)); /* a call, not a loop */
	return n * r;
}
APART long tail2(long n)
{
	return n + 100;
}
APART long tail1(long n)
{
	return tail2(n * 2);
}
APART double half(double a)
{
	return a * 0.5;
}
APART void nothing(void)
{
}

int main(void)
{
	long s = add7(1, 2, 3, 4, 5, 6, 7) + fact(4) + tail1(4);

	nothing();
	printf("%ld %.2f\n", s, half(s));
	return 0;
}
