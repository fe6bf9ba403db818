// SPDX-License-Identifier: BSD-2-Clause
/*
 * Into native code and out of it: all that the caller must find again is saved
 * here, so compiled functions save nothing. Whoever ends a run early (a fault, an
 * exception) goes back to the first entry by the stack pointer it left.
 */
#include "core/native.h"

#ifdef __x86_64__
__asm__(".text\n"
	".globl native_enter\n"
	".hidden native_enter\n"
	".type native_enter, @function\n"
	"native_enter:\n"
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
	".Lnative_out:\n"
	"	add $8, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	".size native_enter, . - native_enter\n"
	".globl native_leave\n"
	".hidden native_leave\n"
	".type native_leave, @function\n"
	"native_leave:\n"
	"	mov %rdi, %rsp\n"
	"	mov %rsi, %rax\n"
	"	jmp .Lnative_out\n"
	".size native_leave, . - native_leave\n");
#else
/* No engine of native code for this machine: nothing is linked, nothing is entered. */
u64 native_enter(struct run *run, u64 code, const u64 args[5], u64 *stack)
{
	(void)code;
	(void)args;
	(void)stack;
	run_fault_set(run, FAULT_INSN, 0, 0, 0, 0);
	return 0;
}

void native_leave(u64 stack, u64 value)
{
	(void)stack;
	(void)value;
	__builtin_trap();
}
#endif
