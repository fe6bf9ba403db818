// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linking code into this process and running it.
 *
 * The pages are written while nobody may execute them, then made read-execute for
 * good. A run enters through jit_enter(), which saves the caller's registers,
 * keeps `run` in r15 and hands over r1-r5; whoever must end the run early (a
 * fault, an exception) goes back there by the stack pointer it left.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "core/helper.h"
#include "core/map.h"
#include "jit/jit.h"

struct jit_linked {
	const struct image *image;
	u8 *code;
	u32 size, entry;
	u32 sub_count;
	u32 subs[]; /* offset of each subprogram */
};

/* What a run in native code keeps beside struct run: engine_state. */
struct jit_state {
	const struct jit_linked *l;
	u64 outermost; /* stack pointer of the first jit_enter() */
};

u64 jit_enter(struct run *run, const u8 *code, const u64 args[5], u64 *stack);
void jit_leave(u64 stack, u64 value) __attribute__((noreturn));

#ifdef __x86_64__
__asm__(".text\n"
	".globl jit_enter\n"
	".hidden jit_enter\n"
	".type jit_enter, @function\n"
	"jit_enter:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	sub $8, %rsp\n"
	"	cmpq $0, (%rcx)\n"
	"	jne 1f\n"
	"	mov %rsp, (%rcx)\n"
	"1:	mov %rdi, %r15\n"
	"	mov %rsi, %rax\n"
	"	mov %rdx, %r10\n"
	"	mov (%r10), %rdi\n"
	"	mov 8(%r10), %rsi\n"
	"	mov 16(%r10), %rdx\n"
	"	mov 24(%r10), %rcx\n"
	"	mov 32(%r10), %r8\n"
	"	call *%rax\n"
	".Ljit_out:\n"
	"	add $8, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	".size jit_enter, . - jit_enter\n"
	".globl jit_leave\n"
	".hidden jit_leave\n"
	".type jit_leave, @function\n"
	"jit_leave:\n"
	"	mov %rdi, %rsp\n"
	"	mov %rsi, %rax\n"
	"	jmp .Ljit_out\n"
	".size jit_leave, . - jit_leave\n");
#else
u64 jit_enter(struct run *run, const u8 *code, const u64 args[5], u64 *stack)
{
	(void)code;
	(void)args;
	(void)stack;
	run_fault_set(run, FAULT_INSN, 0, 0, 0, 0);
	return 0;
}

void jit_leave(u64 stack, u64 value)
{
	(void)stack;
	(void)value;
	__builtin_trap();
}
#endif

/* what code calls ------------------------------------------------------------------- */

static void stop(struct run *run, u64 kind, u64 insn)
{
	const struct jit_state *s = run->engine_state;

	run_fault_set(run, (u32)kind, (u32)insn, 0, 0, 0);
	jit_leave(s->outermost, 0);
}

static void throw(struct run * run, u64 cookie)
{
	const struct jit_state *s = run->engine_state;

	jit_leave(s->outermost, cookie);
}

/* bpf_tail_call: no program of native code is found this way yet. */
static u64 tail(struct run *run, u64 map, u64 index)
{
	(void)run;
	(void)map;
	(void)index;
	return 0;
}

static u64 runtime_address(u32 which)
{
	switch (which) {
	case JIT_RT_STOP: return (u64)(uintptr_t)stop;
	case JIT_RT_THROW: return (u64)(uintptr_t) throw;
	case JIT_RT_TAIL: return (u64)(uintptr_t)tail;
	default: return 0;
	}
}

/* linking ---------------------------------------------------------------------------- */

static int resolve(const struct jit_reloc *r, struct map *const *maps, u8 *code, u64 *value)
{
	const struct helper_proto *p;

	switch (r->kind) {
	case JIT_RELOC_MAP: *value = (u64)(uintptr_t)maps[r->index]; return 0;
	case JIT_RELOC_MAP_VALUE:
		return maps[r->index]->ops->direct(maps[r->index], (u64)r->addend, value);
	case JIT_RELOC_MAP_MEMORY:
		*value = (u64)(uintptr_t)maps[r->index]->contents + (u64)r->addend;
		return 0;
	case JIT_RELOC_HELPER:
		p = core_helper(r->index);
		*value = p ? (u64)(uintptr_t)p->fn : 0;
		return *value ? 0 : -EOPNOTSUPP;
	case JIT_RELOC_RUNTIME: *value = runtime_address(r->index); return *value ? 0 : -EOPNOTSUPP;
	case JIT_RELOC_SELF: *value = (u64)(uintptr_t)code + (u64)r->addend; return 0;
	default: return -EOPNOTSUPP;
	}
}

int jit_link(const struct jit_code *code, const struct image *image, struct map *const *maps,
	     struct jit_linked **out)
{
	u32 size = ROUND_UP(code->size, (u32)sysconf(_SC_PAGESIZE));
	struct jit_linked *l = base_zalloc(sizeof(*l) + code->sub_count * sizeof(u32));
	u8 *at;
	int err = 0;

	if (!l)
		return -ENOMEM;
	if (code->options.target != jit_host().target) {
		base_free(l);
		return -EOPNOTSUPP;
	}
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED) {
		base_free(l);
		return -ENOMEM;
	}
	memset(at, 0xcc, size);
	memcpy(at, code->bytes, code->size);
	for (u32 i = 0; i < code->reloc_count && !err; i++) {
		u64 value = 0;

		err = resolve(&code->relocs[i], maps, at, &value);
		memcpy(at + code->relocs[i].offset, &value, sizeof(value));
	}
	if (!err && mprotect(at, size, PROT_READ | PROT_EXEC))
		err = -EPERM;
	l->image = image;
	l->code = at;
	l->size = size;
	l->entry = code->entry;
	l->sub_count = code->sub_count;
	memcpy(l->subs, code->subs, code->sub_count * sizeof(u32));
	if (err) {
		jit_linked_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void jit_linked_free(struct jit_linked *l)
{
	if (!l)
		return;
	munmap(l->code, l->size);
	base_free(l);
}

/* running ------------------------------------------------------------------------------ */

static int call_back(struct run *run, u32 start, const u64 args[5], u64 *r0)
{
	struct jit_state *s = run->engine_state;
	const struct image_sub *subs = image_subs(s->l->image);
	u64 ret;

	for (u32 i = 0; i < s->l->sub_count; i++) {
		if (subs[i].start != start)
			continue;
		ret = jit_enter(run, s->l->code + s->l->subs[i], args, &s->outermost);
		if (run->fault.kind != FAULT_NONE)
			return -EFAULT;
		*r0 = ret;
		return 0;
	}
	return run_fault_set(run, FAULT_JUMP, RUN_INSN_HERE, start, 0, 0);
}

int jit_run(const struct jit_linked *l, struct run *run, u64 *ret)
{
	static const struct engine_ops engine = {.call = call_back};
	const u64 args[5] = {(u64)(uintptr_t)run->ctx};
	struct jit_state state = {.l = l};
	u64 r0;

	run->engine = &engine;
	run->engine_state = &state;
	r0 = jit_enter(run, l->code + l->entry, args, &state.outermost);
	if (run->held_lock)
		run_fault_set(run, FAULT_LOCK, RUN_INSN_HERE, (u64)(uintptr_t)run->held_lock, 0, 0);
	run_release(run);
	run->engine_state = NULL;
	if (run->fault.kind != FAULT_NONE)
		return -EFAULT;
	*ret = r0;
	return 0;
}

struct jit_options jit_host(void)
{
	struct jit_options o = {.target = JIT_AARCH64};

#ifdef __x86_64__
	o.target = JIT_X86_64;
	__builtin_cpu_init();
	o.features |= __builtin_cpu_supports("bmi2") ? JIT_X86_BMI2 : 0;
	o.features |= __builtin_cpu_supports("popcnt") ? JIT_X86_POPCNT : 0;
	o.features |= __builtin_cpu_supports("avx2") ? JIT_X86_AVX2 : 0;
#endif
	return o;
}
