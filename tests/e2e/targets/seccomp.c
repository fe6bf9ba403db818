// SPDX-License-Identifier: BSD-2-Clause
/* Children behind seccomp: strict mode, and a filter that kills what it does not know. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int status_of(pid_t p)
{
	int st = 0;

	waitpid(p, &st, 0);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1000 + WTERMSIG(st);
}

static void strict(void)
{
	char c;
	int fds[2];

	if (pipe(fds) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(1);
	for (int i = 0; i < 100; i++)
		if (write(fds[1], "x", 1) != 1 || read(fds[0], &c, 1) != 1)
			syscall(SYS_exit, 2);
	syscall(SYS_exit, 21);
}

static void filtered(int forbidden)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 2),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = {sizeof(f) / sizeof(f[0]), f};

	f[1].jt = f[2].jt = f[3].jt = f[4].jt = 0;
	f[1].jt = 5, f[2].jt = 4, f[3].jt = 3, f[4].jt = 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(1);
	for (int i = 0; i < 100; i++)
		getppid();
	if (syscall(SYS_getuid) != -1 || errno != 99)
		_exit(2);
	if (forbidden)
		syscall(SYS_getpgrp);
	_exit(22);
}

int main(void)
{
	pid_t p;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!(p = fork()))
		strict();
	printf("strict %d\n", status_of(p));
	if (!(p = fork()))
		filtered(0);
	printf("filter %d\n", status_of(p));
	if (!(p = fork()))
		filtered(1);
	printf("killed %d\n", status_of(p));
	return 0;
}
