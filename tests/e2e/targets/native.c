// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes whose events are known in number: native WHAT [COUNT]. Each piece of work is
 * COUNT calls of getppid(2) and of probed(), whose argument counts from 0.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

static int count;

__attribute__((noinline, noipa)) long probed(long a, long b)
{
	return a * 3 + b;
}

static void *work(void *unused)
{
	for (int i = 0; i < count; i++) {
		getppid();
		probed(i, 1000);
	}
	return unused;
}

static void threads(int n)
{
	pthread_t t[256];

	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void forks(int n)
{
	for (int i = 0; i < n; i++)
		if (!fork()) {
			work(NULL);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	work(NULL);
}

/* getppid by code that is made while the process runs; by another thread, too. */
static long (*made)(void);

static void *call_made(void *unused)
{
	for (int i = 0; i < count; i++)
		made();
	return unused;
}

static void make_code(int prot)
{
	static const unsigned char code[] = {0xb8, SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0xc3};
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t;

	memcpy(p, code, sizeof(code));
	if (!(prot & PROT_EXEC))
		mprotect(p, 4096, PROT_READ | PROT_EXEC);
	made = (long (*)(void))p;
	call_made(NULL);
	pthread_create(&t, NULL, call_made, NULL);
	pthread_join(t, NULL);
}

/* This thread's ids, by getppid's event and by us. */
static void *say_ids(void *unused)
{
	getppid();
	printf("%d %d\n", getpid(), (int)syscall(SYS_gettid));
	fflush(stdout);
	return unused;
}

static void ids(void)
{
	pthread_t t;

	for (int child = 0; child < 2; child++) {
		say_ids(NULL);
		pthread_create(&t, NULL, say_ids, NULL);
		pthread_join(t, NULL);
		if (!child && fork()) {
			wait(NULL);
			break;
		}
	}
}

/* Every mapping of that name, taken away. */
static int unmap(const char *name)
{
	unsigned long start[64], end[64];
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (n < 64 && strstr(line, name) &&
		    sscanf(line, "%lx-%lx", &start[n], &end[n]) == 2)
			n++;
	fclose(f);
	for (int i = 0; i < n; i++)
		munmap((void *)start[i], end[i] - start[i]);
	return n;
}

static volatile sig_atomic_t caught;
static void *volatile nowhere;

static void on_segv(int sig, siginfo_t *info, void *uc)
{
	caught += info->si_addr == (void *)16;
	nowhere = malloc(64);
	mprotect(NULL, 0, 0);
	_exit(caught == 1 ? 7 : 8);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct timespec t;

	count = argc > 2 ? atoi(argv[2]) : 1;
	if (!strcmp(what, "once")) {
		work(NULL);
	} else if (!strcmp(what, "maps")) {
		work(NULL);
		execlp("cat", "cat", "/proc/self/maps", NULL);
	} else if (!strcmp(what, "threads")) {
		threads(100);
	} else if (!strcmp(what, "forks")) {
		forks(8);
	} else if (!strcmp(what, "execs")) {
		for (int i = 0; i < 8; i++)
			if (!fork())
				execl(argv[0], argv[0], "once", argv[2], NULL);
		while (wait(NULL) > 0)
			;
	} else if (!strcmp(what, "mdwe")) {
		if (prctl(PR_SET_MDWE, 1, 0, 0, 0))
			return 77;
		work(NULL);
		if (!fork())
			execl(argv[0], argv[0], "once", argv[2], NULL);
		wait(NULL);
		if (argc > 3 && !dlopen(argv[3], RTLD_NOW))
			puts(dlerror());
		work(NULL);
	} else if (!strcmp(what, "code")) {
		make_code(PROT_READ | PROT_WRITE);
	} else if (!strcmp(what, "code-rwx")) {
		make_code(PROT_READ | PROT_WRITE | PROT_EXEC);
	} else if (!strcmp(what, "ids")) {
		ids();
		if (!vfork()) {
			say_ids(NULL);
			_exit(0);
		}
		say_ids(NULL);
	} else if (!strcmp(what, "clock")) {
		for (int i = 0; i < count; i++)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	} else if (!strcmp(what, "unmap")) {
		struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};

		sigaction(SIGSEGV, &sa, NULL);
		printf("%d\n", unmap("bpf-map") > 0);
		fflush(stdout);
		work(NULL);
		*(volatile char *)16 = 1;
	} else if (!strcmp(what, "loop")) {
		puts("started");
		fflush(stdout);
		for (time_t end = time(NULL) + 30; time(NULL) < end;)
			work(NULL);
	}
	return 0;
}
