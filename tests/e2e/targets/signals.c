// SPDX-License-Identifier: BSD-2-Clause
/* Signal handling in all its forms; prints what a program can observe. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, last, nested, depth;
static volatile int value;
static sigjmp_buf jump;

static void on_count(int sig)
{
	count++;
	getppid();
}

static void on_info(int sig, siginfo_t *si, void *uc)
{
	last = sig;
	value = si->si_value.sival_int;
	count++;
}

static void on_jump(int sig)
{
	siglongjmp(jump, 1);
}

static void on_nested(int sig)
{
	depth++;
	if (depth > nested)
		nested = depth;
	if (depth < 3)
		raise(SIGUSR1);
	depth--;
}

static void set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};

	sigaction(sig, &sa, NULL);
}

static void timer(int us)
{
	struct itimerval it = {{0, us}, {0, us}};

	setitimer(ITIMER_REAL, &it, NULL);
}

static void test_storm(void)
{
	int fds[2], bad = 0;
	char c;

	set(SIGALRM, on_count, SA_RESTART);
	count = 0;
	timer(200);
	if (pipe(fds))
		exit(1);
	for (int i = 0; i < 60000; i++) {
		if (write(fds[1], "x", 1) != 1 || read(fds[0], &c, 1) != 1 || c != 'x')
			bad++;
		if (getpid() != syscall(SYS_getpid))
			bad++;
	}
	timer(0);
	printf("storm: bad %d, signals %s\n", bad, count > 10 ? "many" : "few");
}

static void test_longjmp(void)
{
	volatile int jumps = 0;
	time_t end = time(NULL) + 1;

	set(SIGALRM, on_jump, SA_NODEFER);
	if (sigsetjmp(jump, 1))
		jumps++;
	if (jumps < 300) {
		timer(300);
		for (;;)
			getppid();
	}
	timer(0);
	signal(SIGALRM, SIG_DFL);
	printf("longjmp: %d\n", jumps);
	(void)end;
}

static void test_masks(void)
{
	sigset_t set1, old;
	struct sigaction sa, ours = {.sa_handler = on_count, .sa_flags = SA_RESTART | SA_NODEFER};

	sigemptyset(&set1);
	for (int s = 1; s < 32; s++)
		sigaddset(&set1, s);
	sigprocmask(SIG_SETMASK, &set1, NULL);
	sigprocmask(SIG_SETMASK, NULL, &old);
	printf("mask:");
	for (int s = 1; s < 32; s++)
		putchar(sigismember(&old, s) ? '1' : '0');
	sigemptyset(&set1);
	sigprocmask(SIG_SETMASK, &set1, &old);
	printf(" %d", sigismember(&old, SIGSYS) + sigismember(&old, SIGSEGV) * 2);
	sigprocmask(SIG_BLOCK, NULL, &old);
	printf(" %d\n", sigismember(&old, SIGSYS) + sigismember(&old, SIGTRAP) * 2);
	for (int s = 1; s < 32; s++) {
		if (s == SIGKILL || s == SIGSTOP)
			continue;
		memset(&sa, 0xff, sizeof(sa));
		sigaction(s, NULL, &sa);
		if (sa.sa_handler != SIG_DFL && s != SIGALRM && s != SIGUSR1)
			printf("signal %d has a handler\n", s);
		sigaction(s, &ours, &sa);
		sigaction(s, NULL, &sa);
		if (sa.sa_handler != on_count || (sa.sa_flags & ~0x04000000) != ours.sa_flags)
			printf("signal %d: another handler or flags %x\n", s, sa.sa_flags);
		signal(s, SIG_IGN);
		sigaction(s, NULL, &sa);
		if (sa.sa_handler != SIG_IGN)
			printf("signal %d is not ignored\n", s);
		signal(s, SIG_DFL);
	}
	printf("bad: %d %d %d\n", sigaction(SIGKILL, &ours, NULL), sigaction(65, &ours, NULL),
	       (int)syscall(SYS_rt_sigaction, SIGUSR1, 1, NULL, 8));
}

static void test_waits(void)
{
	struct timespec ts = {5, 0};
	sigset_t block, none;
	int r, e;

	set(SIGUSR1, on_count, 0);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	count = 0;
	for (int i = 0; i < 4; i++) {
		sigprocmask(SIG_BLOCK, &block, NULL);
		kill(getpid(), SIGUSR1);
		errno = 0;
		switch (i) {
		case 0: r = sigsuspend(&none); break;
		case 1: r = ppoll(NULL, 0, &ts, &none); break;
		case 2: r = pselect(0, NULL, NULL, NULL, &ts, &none); break;
		default: r = sigtimedwait(&block, NULL, &ts);
		}
		e = errno;
		sigprocmask(SIG_SETMASK, NULL, &block);
		printf("wait %d: %d %d, count %d, blocked after %d\n", i, r, e, count,
		       sigismember(&block, SIGUSR1));
		sigprocmask(SIG_SETMASK, &none, NULL);
	}
}

static void test_info(void)
{
	struct sigaction sa = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
	union sigval v = {.sival_int = 4711};

	sigaction(SIGRTMIN + 3, &sa, NULL);
	count = 0;
	sigqueue(getpid(), SIGRTMIN + 3, v);
	printf("info: %d %d %d\n", last == SIGRTMIN + 3, value, count);
	set(SIGUSR1, on_count, SA_RESETHAND);
	count = 0;
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &sa);
	printf("resethand: %d %d\n", count, sa.sa_handler == SIG_DFL);
	set(SIGUSR1, on_nested, SA_NODEFER);
	raise(SIGUSR1);
	printf("nested: %d\n", nested);
}

static volatile int on_stack;
static char *alt;

static void on_alt(int sig)
{
	char here;

	on_stack = &here > alt && &here < alt + SIGSTKSZ;
	for (int i = 0; i < 100; i++)
		getppid();
}

static void on_alt_state(int sig)
{
	stack_t old, new = {.ss_flags = SS_DISABLE};

	sigaltstack(NULL, &old);
	printf(" inside: %d %d", old.ss_flags, sigaltstack(&new, NULL) < 0 && errno == EPERM);
}

static void test_altstack(void)
{
	stack_t ss = {.ss_size = SIGSTKSZ};

	alt = malloc(SIGSTKSZ);
	ss.ss_sp = alt;
	sigaltstack(&ss, NULL);
	set(SIGUSR1, on_alt, SA_ONSTACK);
	raise(SIGUSR1);
	printf("altstack: %d", on_stack);
	set(SIGUSR1, on_alt, 0);
	raise(SIGUSR1);
	printf(" %d", on_stack);
	set(SIGUSR1, on_alt_state, SA_ONSTACK);
	raise(SIGUSR1);
	sigaltstack(NULL, &ss);
	printf(" after: %d %d\n", ss.ss_flags, (int)ss.ss_size == SIGSTKSZ && ss.ss_sp == alt);
}

static volatile int inner, outer_bad;

static void on_inner(int sig)
{
	inner++;
	getppid();
}

/* Two handlers on one alternate stack: the inner must not run over the outer. */
static void on_outer(int sig)
{
	volatile unsigned pattern[64];

	for (int i = 0; i < 64; i++)
		pattern[i] = 0x5a5a0000u + i;
	for (int i = 0; i < 20; i++)
		getppid();
	for (int i = 0; i < 64; i++)
		outer_bad += pattern[i] != 0x5a5a0000u + i;
}

static void test_altstack_nested(void)
{
	set(SIGALRM, on_inner, SA_ONSTACK | SA_RESTART);
	set(SIGUSR1, on_outer, SA_ONSTACK);
	timer(50);
	for (int i = 0; i < 5000; i++)
		raise(SIGUSR1);
	timer(0);
	printf("altstack nested: bad %d inner %s\n", outer_bad, inner > 5 ? "many" : "few");
}

static volatile int overflows;

static void on_overflow(int sig)
{
	overflows++;
	siglongjmp(jump, 1);
}

static int overflow(volatile int n)
{
	volatile char big[4096];

	big[0] = (char)n;
	return overflow(n + 1) + big[0];
}

static void test_overflow(void)
{
	volatile int n = 0;

	set(SIGSEGV, on_overflow, SA_ONSTACK);
	sigsetjmp(jump, 1);
	if (n++ < 3)
		overflow(0);
	set(SIGSEGV, SIG_DFL, 0);
	printf("overflows: %d\n", overflows);
}

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	last = sig;
	value = si->si_code;
	siglongjmp(jump, 1);
}

static void test_faults(void)
{
	struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
	volatile int n = 0;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGTRAP, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	sigsetjmp(jump, 1);
	if (n++ < 3)
		*(volatile int *)8 = 1;
	printf("segv: %d %d\n", last, value);
	n = 0;
	for (int s = 0; s < 4; s++) { /* sent, not raised by a fault */
		static const int sent[] = {SIGSEGV, SIGBUS, SIGTRAP, SIGSYS};

		sigaction(sent[s], &sa, NULL);
		last = 0;
		if (!sigsetjmp(jump, 1))
			raise(sent[s]);
		printf("raised: %d %d\n", last == sent[s], value == SI_TKILL);
	}
	n = 0;
	sigsetjmp(jump, 1);
	if (n++ < 3)
		__asm__ volatile("int3");
	printf("trap: %d %d\n", last, value == 0x80);
	n = 0;
	sigsetjmp(jump, 1);
	if (n++ < 3)
		__asm__ volatile("ud2");
	printf("ill: %d\n", last);
}

static void child(const char *name, void (*fn)(void))
{
	int st;
	pid_t p;

	fflush(stdout);
	p = fork();
	if (!p) {
		for (int s = 1; s < 32; s++)
			signal(s, SIG_DFL);
		fn();
		_exit(7);
	}
	waitpid(p, &st, 0);
	printf("%s: %s %d\n", name, WIFSIGNALED(st) ? "signal" : "exit",
	       WIFSIGNALED(st) ? WTERMSIG(st) : WEXITSTATUS(st));
}

static void die_segv(void)
{
	*(volatile int *)8 = 1;
}
static void die_kill(void)
{
	raise(SIGSEGV);
}
static void die_trap(void)
{
	__asm__ volatile("int3");
}
static void die_sys(void)
{
	kill(getpid(), SIGSYS);
}
static void die_ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	raise(SIGSEGV);
	signal(SIGTRAP, SIG_IGN);
	raise(SIGTRAP);
}
static void die_blocked(void)
{
	sigset_t s;

	sigfillset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	*(volatile int *)8 = 1;
}
static void die_abort(void)
{
	abort();
}
static void die_term(void)
{
	raise(SIGTERM);
}

static void test_signalfd(void)
{
	struct signalfd_siginfo si;
	sigset_t s;
	int fd;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	fd = signalfd(-1, &s, 0);
	kill(getpid(), SIGUSR2);
	printf("signalfd: %d", read(fd, &si, sizeof(si)) == sizeof(si));
	printf(" %d\n", si.ssi_signo == SIGUSR2);
	sigprocmask(SIG_UNBLOCK, &s, NULL);
}

static void test_eintr(void)
{
	int fds[2], r;
	char c;

	if (pipe(fds))
		exit(1);
	set(SIGALRM, on_count, 0);
	count = 0;
	timer(20000);
	errno = 0;
	r = (int)read(fds[0], &c, 1);
	printf("eintr: %d %d\n", r, errno == EINTR);
	timer(0);
	printf("counted: %d\n", count > 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_masks();
	test_storm();
	test_longjmp();
	test_waits();
	test_info();
	test_altstack();
	test_altstack_nested();
	test_overflow();
	test_faults();
	test_signalfd();
	test_eintr();
	child("fault", die_segv);
	child("raised", die_kill);
	child("int3", die_trap);
	child("sigsys", die_sys);
	child("ignored", die_ignored);
	child("blocked", die_blocked);
	child("abort", die_abort);
	child("term", die_term);
	return 0;
}
