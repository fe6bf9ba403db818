// SPDX-License-Identifier: BSD-2-Clause
/* Says who it is; linked statically or made setuid by the test. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	printf("hello %d %s\n", geteuid() == getuid(), getenv("PRELOADED") ? "preloaded" : "plain");
	return 6;
}
