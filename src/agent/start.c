// SPDX-License-Identifier: BSD-2-Clause
/*
 * The constructor. glibc hands it argc, argv and envp; another libc may not,
 * so what arrives is checked before it is believed. Without a world, or when
 * the world refuses, nothing is changed and the process runs on untraced.
 *
 * With one, the application gets to see the environment it was given: our two
 * variables are taken out of it (exec.c puts them back).
 */
#include "agent/agent.h"
#include "core/helper.h"

struct process agent;

struct start_args {
	char **envp;
	u64 *auxv;
};

/* Are these the arguments that lie on the initial stack? Reads through the kernel: no faults. */
static bool args_valid(s64 argc, char **argv, char **envp, struct start_args *out)
{
	u64 word[64], at = ptr_to_u64(envp);
	u64 local[2] = {ptr_to_u64(word), 0}, remote[2];
	long pid = sys3(__NR_getpid, 0, 0, 0);

	if (argc < 0 || argc > 1 << 24 || envp != argv + argc + 1 || at & 7)
		return false;
	for (u32 i = 0; i < 1u << 20; i++) {
		long n;

		/* Up to the end of a page: what lies behind may not be there. */
		remote[0] = at;
		remote[1] = local[1] = MIN(sizeof(word), 4096 - (at & 4095));
		n = sys6(__NR_process_vm_readv, pid, SYS_ARG(local), 1, SYS_ARG(remote), 1, 0);
		if (n < 8)
			return false;
		for (long k = 0; k < n / 8; k++, at += 8)
			if (!word[k]) {
				*out = (struct start_args){envp, u64_to_ptr(at + 8)};
				return true;
			}
	}
	return false;
}

static const char *env_value(char **envp, const char *name)
{
	size_t n = str_len(name);

	for (; *envp; envp++) {
		size_t i = 0;

		while (i < n && (*envp)[i] == name[i])
			i++;
		if (i == n && (*envp)[n] == '=')
			return *envp + n + 1;
	}
	return NULL;
}

static bool copy_string(char *dst, size_t size, const char *src)
{
	size_t n = str_len(src);

	if (n >= size)
		return false;
	mem_copy(dst, src, n + 1);
	return true;
}

/* Takes our entry out of a value of LD_PRELOAD, in place; true: nothing is left. */
static bool preload_remove(char *value)
{
	char *out = value, *in = value;
	size_t n = str_len(agent.own_path);

	while (*in) {
		size_t len = 0;

		while (in[len] && in[len] != ':' && in[len] != ' ')
			len++;
		if (!(len == n && mem_same(in, agent.own_path, n))) {
			if (out != value)
				*out++ = ':';
			for (size_t i = 0; i < len; i++)
				*out++ = in[i];
		}
		in += len;
		while (*in == ':' || *in == ' ')
			in++;
	}
	*out = 0;
	return out == value;
}

static void env_hide(char **envp)
{
	char **out = envp;

	for (char **in = envp; *in; in++) {
		char *one[2] = {*in, NULL};
		char *preload = (char *)env_value(one, "LD_PRELOAD");

		if (env_value(one, "CYGNET_WORLD") || (preload && preload_remove(preload)))
			continue;
		*out++ = *in;
	}
	*out = NULL;
}

/* ---- the vDSO's clock ---- */
struct elf_sym {
	u32 name;
	u8 info, other;
	u16 shndx;
	u64 value, size;
};

static void vdso_find(const u8 *base)
{
	u64 phoff = *(const u64 *)(base + 32), bias = 0;
	u16 phnum = *(const u16 *)(base + 56);
	const u64 *dyn = NULL;
	const struct elf_sym *sym = NULL;
	const char *str = NULL;
	const u32 *hash = NULL;

	for (u16 i = 0; i < phnum; i++) {
		const u8 *ph = base + phoff + i * 56;

		if (*(const u32 *)ph == 1 && !*(const u64 *)(ph + 8))
			bias = ptr_to_u64(base) - *(const u64 *)(ph + 16);
		if (*(const u32 *)ph == 2)
			dyn = (const u64 *)(base + *(const u64 *)(ph + 8));
	}
	for (; dyn && dyn[0]; dyn += 2) {
		const void *p = u64_to_ptr(bias + dyn[1]);

		if (dyn[0] == 4)
			hash = p;
		else if (dyn[0] == 5)
			str = p;
		else if (dyn[0] == 6)
			sym = p;
	}
	if (!sym || !str)
		return;
	/* Without DT_HASH: the string table follows the symbols. */
	u32 count = hash ? hash[1] : (u32)((ptr_to_u64(str) - ptr_to_u64(sym)) / sizeof(*sym));

	for (u32 i = 0; i < count && i < 64; i++) {
		static const char name[] = "__vdso_clock_gettime";

		if (sym[i].shndx && mem_same(str + sym[i].name, name, sizeof(name)))
			agent.vdso_clock = (long (*)(int, s64 *))(bias + sym[i].value);
	}
}

static void auxv_read(const u64 *auxv)
{
	for (; auxv && auxv[0]; auxv += 2)
		if (auxv[0] == 33 /* AT_SYSINFO_EHDR */)
			vdso_find(u64_to_ptr(auxv[1]));
}

/* The first event of the new image: its execve returns. */
static void exec_returned(struct block *b)
{
	b->busy = 1;
	b->regs.orig_ax = __NR_execve;
	fire_exit(b, __NR_execve, 0);
	b->busy = 0;
}

/* Told by one process of a world: others will be like it. */
static void tell_no_code(struct block *b)
{
	static const char text[] =
		"programs are interpreted: memory of code may not be mapped here";

	if (!__atomic_exchange_n(&agent.page->no_code, 1, __ATOMIC_RELAXED))
		note_put(b, NOTE_AGENT, text, sizeof(text) - 1);
}

/* The path of our own image, as the loader was given it. */
static const char *own_entry(const char *preload, char *out, size_t size)
{
	size_t n = 0;

	while (preload[n] && preload[n] != ':' && preload[n] != ' ')
		n++;
	if (!n || n >= size)
		return NULL;
	mem_copy(out, preload, n);
	out[n] = 0;
	return out;
}

static bool begin(const struct start_args *args)
{
	const char *world = env_value(args->envp, "CYGNET_WORLD");
	const char *preload = env_value(args->envp, "LD_PRELOAD");
	s32 tsc = 0;

	if (agent_gate_data - agent_gate_code != AREA_DISTANCE ||
	    agent_thunk_data - agent_thunk_code != AREA_DISTANCE)
		return false; /* the unwind rules would lie */
	if (!world || !*world || !copy_string(agent.world, sizeof(agent.world), world) ||
	    !preload || !own_entry(preload, agent.own_path, sizeof(agent.own_path)))
		return false;
	auxv_read(args->auxv);
	agent.tgid = (u32)sys3(__NR_getpid, 0, 0, 0);
	if (!sys3(__NR_prctl, 25 /* PR_GET_TSC */, SYS_ARG(&tsc), 0))
		agent.no_tsc = tsc == 2; /* PR_TSC_SIGSEGV */
	agent_restorer_head.site = ptr_to_u64(agent_restorer_syscall);
	agent_restorer_head.back = agent_restorer_head.site + 2;
	core_helpers_init();
	return !hello_send(HELLO_START, 0, 0, ~0u);
}

__attribute__((constructor)) static void agent_start(int argc, char **argv, char **envp)
{
	u64 all = ~SIG_OURS, old;
	struct start_args args;
	struct block *b;

	if (!args_valid(argc, argv, envp, &args))
		return;
	sys4(__NR_rt_sigprocmask, 2, SYS_ARG(&all), SYS_ARG(&old), 8);
	if (begin(&args)) {
		agent.live = true;
		b = agent_block_make(NULL, 1).block;
		if (b) {
			b->deferred = 0;
			b->hidden = old & SIG_OURS;
			old &= ~SIG_OURS;
			exec_returned(b);
			if (agent.no_code)
				tell_no_code(b);
			env_hide(args.envp);
			dispatch_arm(b);
		}
	}
	sys4(__NR_rt_sigprocmask, 2, SYS_ARG(&old), 0, 8);
}
