// SPDX-License-Identifier: BSD-2-Clause
/* Every way to make a process or a thread. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int handled;

static void on_usr(int sig)
{
	handled++;
}

static int status_of(pid_t p)
{
	int st = 0;

	if (waitpid(p, &st, 0) != p)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

static void test_vfork(void)
{
	char *argv[] = {"sh", "-c", "exit 5", NULL}, *none[] = {NULL};
	volatile int seen = 0;
	pid_t p;

	signal(SIGUSR1, on_usr);
	p = vfork();
	if (!p) {
		seen = 1;
		signal(SIGUSR1, SIG_DFL); /* must not reach the parent */
		execve("/nowhere", argv, environ);
		execve("/bin/sh", argv, none);
		_exit(9);
	}
	printf("vfork: %d %d", seen, status_of(p));
	raise(SIGUSR1);
	p = vfork();
	if (!p)
		_exit(3);
	printf(" %d handled %d\n", status_of(p), handled);
}

static void test_spawn(void)
{
	char *argv[] = {"sh", "-c", "echo spawned $X; exit 4", NULL}, *env[] = {"X=y", NULL};
	pid_t p;
	int r = posix_spawn(&p, "/bin/sh", NULL, NULL, argv, env);

	printf("spawn: %d %d", r, status_of(p));
	printf(" %d\n", posix_spawn(&p, "/nowhere", NULL, NULL, argv, env) == ENOENT);
}

static void test_forks(void)
{
	int sum = 0;
	pid_t p[200];

	fflush(stdout);
	for (int i = 0; i < 200; i++) {
		p[i] = fork();
		if (!p[i]) {
			int bad = getppid() == 1 || getpid() != syscall(SYS_getpid);

			_exit(bad ? 1 : i % 50);
		}
	}
	for (int i = 0; i < 200; i++)
		sum += status_of(p[i]);
	printf("forks: %d\n", sum);
}

static void *thread(void *arg)
{
	for (int i = 0; i < 200; i++)
		syscall(SYS_gettid);
	return (void *)((long)arg * 2);
}

static void test_threads(void)
{
	long sum = 0;

	for (int round = 0; round < 5; round++) {
		pthread_t t[50];
		void *r;

		for (long i = 0; i < 50; i++)
			pthread_create(&t[i], NULL, thread, (void *)i);
		for (long i = 0; i < 50; i++) {
			pthread_join(t[i], &r);
			sum += (long)r;
		}
	}
	printf("threads: %ld\n", sum);
}

static void *forker(void *arg)
{
	long bad = 0;

	for (int i = 0; i < 10; i++) {
		pid_t p = fork();

		if (!p)
			_exit(getpid() == gettid() ? 6 : 7);
		bad += status_of(p) != 6;
	}
	return (void *)bad;
}

static void test_fork_in_threads(void)
{
	pthread_t t[8];
	long bad = 0;
	void *r;

	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, forker, NULL);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		bad += (long)r;
	}
	printf("forks in threads: bad %ld\n", bad);
}

static volatile int raw_ran;

static int raw_child(void *arg)
{
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	raw_ran++;
	return 11;
}

static void test_clone(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t p;

	/* shares memory and thread pointer with a running parent */
	p = clone(raw_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	printf("clone: %d", status_of(p));
	printf(" ran %d", raw_ran);
	p = clone(raw_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	printf(" %d", status_of(p));
	p = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!p)
		_exit(12);
	printf(" %d\n", status_of(p));
}

static void test_fds(void)
{
	struct rlimit rl = {3, 3};
	int open_fds = 0;
	pid_t p;

	for (int i = 0; i < 1024; i++)
		open_fds += fcntl(i, F_GETFD) >= 0;
	printf("descriptors: %d next %d\n", open_fds, dup(1));
	fflush(stdout);
	p = fork();
	if (!p) {
		close_range(0, ~0u, 0);
		p = fork();
		if (!p)
			_exit(5);
		_exit(status_of(p) == 5 ? 8 : 9);
	}
	printf("closed all: %d\n", status_of(p));
	fflush(stdout);
	p = fork();
	if (!p) {
		setrlimit(RLIMIT_NOFILE, &rl);
		p = fork();
		if (!p) {
			for (int i = 0; i < 100; i++)
				syscall(SYS_getppid);
			_exit(77);
		}
		_exit(status_of(p));
	}
	printf("nofile: %d\n", status_of(p));
}

static void test_environment(void)
{
	int odd = 0;

	for (char **e = environ; *e; e++)
		odd += !strncmp(*e, "CYGNET_", 7);
	printf("environment: odd %d preload %s\n", odd, getenv("LD_PRELOAD") ?: "none");
	fflush(stdout);
	if (system("test -z \"$LD_PRELOAD$CYGNET_WORLD\""))
		puts("a child sees our variables");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_fds();
	test_vfork();
	test_spawn();
	test_forks();
	test_threads();
	test_fork_in_threads();
	test_clone();
	test_environment();
	return 0;
}
