// SPDX-License-Identifier: BSD-2-Clause
/* What a handler sees of the stack it interrupted, in calls and in computation. */
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int depth, found;
extern int main(void);

static void on_alarm(int sig)
{
	void *pc[64];
	int n = backtrace(pc, 64);

	depth = n;
	for (int i = 0; i < n; i++)
		if ((char *)pc[i] >= (char *)main && (char *)pc[i] < (char *)main + 2048)
			found++;
}

int main(void)
{
	struct itimerval it = {{0, 0}, {0, 20000}};
	void *warm[4];
	char c;
	int fds[2];

	backtrace(warm, 4);
	signal(SIGALRM, on_alarm);
	if (pipe(fds))
		return 1;
	siginterrupt(SIGALRM, 1);
	for (int i = 0; i < 4; i++) {
		depth = 0;
		setitimer(ITIMER_REAL, &it, NULL);
		switch (i) {
		case 0: pause(); break;
		case 1:
			if (read(fds[0], &c, 1) > 0)
				return 1;
			break;
		case 2: sleep(1); break;
		default:
			while (!depth)
				;
		}
		printf("%d: main found %d\n", i, found);
	}
	/* among many calls: nearly always (not where even an untraced one is lost) */
	it.it_value.tv_usec = it.it_interval.tv_usec = 100;
	found = 0;
	int signals = 0;

	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 100000; i++) {
		getppid();
		if (depth) {
			depth = 0;
			signals++;
		}
	}
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	printf("lost main: %d\n", signals > found + 3 + signals / 50);
	return 0;
}
