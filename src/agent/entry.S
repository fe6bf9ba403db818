/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where patched code, returns and signals come in.
 *
 * Every entry does the same: find the thread's block (a TLS word, initial
 * exec), store the application's registers in it, switch to the block's own
 * stack, call C, and leave through one of two tails that load every register
 * from the block and continue at block->resume. So the application's context
 * is complete in the block from the C call to the last instruction, and a
 * signal that arrives in a tail can abandon it: the handler's context is made
 * from the block. A signal that arrives earlier is deferred (signal.c), and
 * the tail delivers it.
 *
 * A system call leaves rcx and r11 free and nothing else: its entry touches
 * neither flags nor the application's stack before both are saved. jrcxz is
 * the one branch that needs no flags.
 *
 * No frame below the C functions can be unwound from here: signals never see
 * one (the return address is marked undefined).
 */
#include "agent/layout.h"

	.hidden agent_block_make, agent_enter, agent_exit, agent_again
	.hidden agent_probe, agent_return, agent_flush, agent_signal

	.section .tbss,"awT",@nobits
	.p2align 3
	.type	agent_tls_block, @object
	.size	agent_tls_block, 8
	.hidden agent_tls_block
	.globl	agent_tls_block
agent_tls_block:
	.skip	8

.macro FUNC name
	.p2align 4
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
.endm
.macro LABEL name
	.globl	\name
	.hidden	\name
\name:
.endm

	.text
FUNC agent_block_get
	.cfi_startproc
	mov	agent_tls_block@gottpoff(%rip), %rax
	mov	%fs:(%rax), %rax
	ret
	.cfi_endproc
FUNC agent_block_set
	.cfi_startproc
	mov	agent_tls_block@gottpoff(%rip), %rax
	mov	%rdi, %fs:(%rax)
	ret
	.cfi_endproc

/* Everything but rcx, r11, rsp and the flags into the block at rcx. */
.macro SAVE
	mov	%r15, R_R15(%rcx)
	mov	%r14, R_R14(%rcx)
	mov	%r13, R_R13(%rcx)
	mov	%r12, R_R12(%rcx)
	mov	%rbp, R_BP(%rcx)
	mov	%rbx, R_BX(%rcx)
	mov	%r10, R_R10(%rcx)
	mov	%r9, R_R9(%rcx)
	mov	%r8, R_R8(%rcx)
	mov	%rax, R_AX(%rcx)
	mov	%rdx, R_DX(%rcx)
	mov	%rsi, R_SI(%rcx)
	mov	%rdi, R_DI(%rcx)
.endm
/* The same back from the block at rcx; of what C keeps only rbx is ours. */
.macro LOAD
	mov	R_BX(%rcx), %rbx
	mov	R_R10(%rcx), %r10
	mov	R_R9(%rcx), %r9
	mov	R_R8(%rcx), %r8
	mov	R_AX(%rcx), %rax
	mov	R_DX(%rcx), %rdx
	mov	R_SI(%rcx), %rsi
	mov	R_DI(%rcx), %rdi
.endm

/*
 * The application's flags again; clobbers rax and rdx, and no flag is touched until
 * the end. popfq takes as long as all the rest of a tail: it is left for flags
 * beyond those of arithmetic.
 */
#define FLAGS_ARITHMETIC 0x8d5 /* OF SF ZF AF PF CF */
#define FLAGS_USUAL	 0x202 /* IF, and the bit that is always set */
.macro FLAGS
	mov	R_FLAGS(%rcx), %eax
	mov	%eax, %edx
	and	$~FLAGS_ARITHMETIC, %eax
	cmp	$FLAGS_USUAL, %eax
	jne	7f
	mov	%dl, %ah
	shr	$11, %edx
	and	$1, %edx
	add	$0x7f, %dl		/* overflows: OF */
	sahf
	jmp	8f
7:	push	R_FLAGS(%rcx)
	popfq
8:
.endm

/*
 * No block yet (a new thread), or the TLS word is shared: C finds or makes
 * one, on the application's stack. rdi = head, esi = phase; block in rax, or 0
 * and in rdx where to continue without an event.
 */
.macro MAKE phase
	lea	-128(%rsp), %rsp
	pushfq
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	push	%r8
	push	%r9
	push	%rbx
	push	%r11
	mov	%rsp, %rbx
	and	$-16, %rsp
	cld
	mov	%r11, %rdi
	mov	$\phase, %esi
	call	agent_block_make
	mov	%rbx, %rsp
	mov	%rax, %rcx
	pop	%r11
	jrcxz	8f
	jmp	9f
8:	mov	%rdx, %r11
9:	pop	%rbx
	pop	%r9
	pop	%r8
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	popfq
	lea	128(%rsp), %rsp
.endm

/* rcx = head of the stub. */
.macro SYSCALL_ENTRY name, hook, phase
FUNC \name
	.cfi_startproc
	.cfi_undefined rip
	mov	agent_tls_block@gottpoff(%rip), %r11
	mov	%fs:(%r11), %r11
	xchg	%rcx, %r11
	jrcxz	1f
2:	SAVE
	mov	%rsp, R_SP(%rcx)
	mov	%r11, B_HEAD(%rcx)
	mov	B_STACK(%rcx), %rsp
	pushfq
	pop	R_FLAGS(%rcx)
	cld
	mov	%rcx, %rbx
	mov	%rcx, %rdi
	call	\hook
	jmp	.Lsyscall_tail
1:	MAKE	\phase
	jrcxz	3f
	jmp	2b
3:	jmp	*%r11
	.cfi_endproc
	.size	\name, . - \name
.endm

SYSCALL_ENTRY agent_syscall_enter, agent_enter, 0
SYSCALL_ENTRY agent_syscall_exit, agent_exit, 1
SYSCALL_ENTRY agent_syscall_again, agent_again, 2

/*
 * The vDSO's own system calls, where it has no faster answer. The agent calls it as
 * well, in the middle of an event: then nothing is to happen. Its code is C, to which
 * a syscall's flags are nothing.
 */
.macro VDSO_ENTRY name, others, on
FUNC \name
	.cfi_startproc
	.cfi_undefined rip
	mov	agent_tls_block@gottpoff(%rip), %r11
	mov	%fs:(%r11), %r11
	xchg	%rcx, %r11
	jrcxz	1f
	cmpl	$0, B_IN_VDSO(%rcx)
	jne	2f
1:	mov	%r11, %rcx
	jmp	\others
2:	movzwl	\on(%r11), %ecx
	add	%rcx, %r11
	jmp	*%r11
	.cfi_endproc
	.size	\name, . - \name
.endm

VDSO_ENTRY agent_vdso_enter, agent_syscall_enter, H_AT_SYSCALL
VDSO_ENTRY agent_vdso_exit, agent_syscall_exit, H_AT_AFTER

/*
 * Probes: every register is live. A stub called: its address is at 0(%rsp), and
 * returning there keeps the processor's own stack of return addresses in step. A
 * return thunk, in the place of a return address, pushed its number and jumped
 * here: it must not call, since nobody will return. `above` is what lies between
 * 0(%rsp) and the application's stack pointer.
 */
.macro PROBE_ENTRY name, hook, phase, above, tail
FUNC \name
	.cfi_startproc
	.cfi_undefined rip
	pushfq
	push	%rcx
	push	%r11
	mov	agent_tls_block@gottpoff(%rip), %r11
	mov	%fs:(%r11), %rcx
	jrcxz	1f
2:	SAVE
	pop	R_R11(%rcx)
	pop	R_CX(%rcx)
	pop	R_FLAGS(%rcx)
	mov	(%rsp), %rsi
	mov	%rsi, B_HEAD(%rcx)
	lea	8+\above(%rsp), %r11
	mov	%r11, R_SP(%rcx)
	mov	B_STACK(%rcx), %rsp
	cld
	mov	%rcx, %rbx
	mov	%rcx, %rdi
	call	\hook
	jmp	\tail
1:	mov	24(%rsp), %r11
	MAKE	\phase
	jrcxz	3f
	jmp	2b
3:	/* no block: continue where C says, all registers as they were */
	mov	%r11, 24(%rsp)
	pop	%r11
	pop	%rcx
	popfq
	.if \above
	ret	$\above
	.else
	ret
	.endif
	.cfi_endproc
	.size	\name, . - \name
.endm

PROBE_ENTRY agent_probe_entry, agent_probe, 3, 128, .Lprobe_tail
PROBE_ENTRY agent_probe_return, agent_return, 4, 0, .Lreturn_tail

/*
 * The tails. rbx = block. In this range the block holds the whole context of
 * the application; deferred signals are queued again by agent_flush and
 * unmasked here, at an address where a handler may run, with the application's
 * stack pointer: the kernel puts the handler's frame below it. (A signal that
 * comes while rsp still is the block's stack is sent back once: signal.c.)
 */
.macro FLUSH
	mov	%rbx, %rdi
	call	agent_flush
	mov	R_SP(%rbx), %rsp
	mov	$14, %eax		/* rt_sigprocmask(SIG_SETMASK, &block->mask, NULL, 8) */
	mov	$2, %edi
	lea	B_MASK(%rbx), %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
.endm
	.cfi_startproc
	.cfi_undefined rip
	.p2align 4
LABEL agent_tail_start
.Lsyscall_tail:
	cmpl	$0, B_DEFERRED(%rbx)
	jne	3f
1:	mov	%rbx, %rcx
	FLAGS
	mov	R_SP(%rcx), %rsp
	LOAD
	mov	B_RESUME(%rcx), %r11
	mov	%r11, %rcx
	jmp	*%r11
3:	FLUSH
	mov	B_STACK(%rbx), %rsp
	jmp	1b

.Lprobe_tail:
	cmpl	$0, B_DEFERRED(%rbx)
	jne	3f
1:	mov	%rbx, %rcx
	FLAGS
	mov	R_SP(%rcx), %rsp
	LOAD
	mov	B_HEAD(%rcx), %r11
	mov	%r11, -136(%rsp)
	lea	-136(%rsp), %rsp
	mov	R_R11(%rcx), %r11
	mov	R_CX(%rcx), %rcx
	ret				/* to the stub, which goes on at block->resume */
3:	FLUSH
	mov	B_STACK(%rbx), %rsp
	jmp	1b

/* What is below the red zone may be overwritten by a signal, which then has the block's context. */
.Lreturn_tail:
	cmpl	$0, B_DEFERRED(%rbx)
	jne	3f
1:	mov	%rbx, %rcx
	FLAGS
	mov	R_SP(%rcx), %rsp
	LOAD
	mov	B_RESUME(%rcx), %r11
	mov	%r11, -136(%rsp)
	mov	R_R11(%rcx), %r11
	mov	R_CX(%rcx), %rcx
	jmp	*-136(%rsp)
3:	FLUSH
	mov	B_STACK(%rbx), %rsp
	jmp	1b
LABEL agent_tail_end
	.cfi_endproc

/*
 * What the kernel calls for every signal that the application handles, with
 * its mask full. C says who runs: the application's handler (with which mask),
 * or nobody.
 */
FUNC agent_signal_entry
	.cfi_startproc
	/* From the first push on the stack may end: signal.c, ended_below. */
	mov	agent_tls_block@gottpoff(%rip), %rax
	mov	%fs:(%rax), %rax
	test	%rax, %rax
	jz	2f
	cmpq	$0, B_DECIDING(%rax)
	jne	2f
	mov	%rdx, B_DECIDING(%rax)
2:
	push	%rdi
	.cfi_adjust_cfa_offset 8
	push	%rsi
	.cfi_adjust_cfa_offset 8
	push	%rdx
	.cfi_adjust_cfa_offset 8
	sub	$16, %rsp
	.cfi_adjust_cfa_offset 16
	mov	%rsp, %rcx
	call	agent_signal
	test	%rax, %rax
	jz	1f
	mov	32(%rsp), %rdi		/* the signal */
	mov	(%rsp), %rcx		/* its mask */
	mov	8(%rsp), %rsp		/* the frame: return address, ucontext, siginfo */
	.cfi_def_cfa_offset 8
	push	%rdi
	.cfi_adjust_cfa_offset 8
	push	%rax
	.cfi_adjust_cfa_offset 8
	push	%rcx
	.cfi_adjust_cfa_offset 8
LABEL agent_direct_start
	mov	$14, %eax		/* rt_sigprocmask(SIG_SETMASK, mask, NULL, 8) */
	mov	$2, %edi
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	pop	%rax
	.cfi_adjust_cfa_offset -8
	pop	%rdi
	.cfi_adjust_cfa_offset -8
	lea	8(%rsp), %rdx
	lea	312(%rsp), %rsi
	jmp	*%rax
LABEL agent_direct_end
	.cfi_def_cfa_offset 48
1:	add	$48, %rsp		/* ours: no event, straight back */
	mov	$15, %eax
	syscall
	.cfi_endproc

/*
 * What the application's handlers return to: a system call site of its own.
 * Its unwind rule is the signal frame's: rsp points at the ucontext.
 */
.macro IN_FRAME reg, off
	/* DW_CFA_expression reg, { DW_OP_breg7 off (two bytes of sleb128) } */
	.cfi_escape 0x10, \reg, 3, 0x77, (\off & 0x7f) | 0x80, \off >> 7
.endm
	.cfi_startproc
	.cfi_signal_frame
	.cfi_escape 0x0f, 4, 0x77, 160 & 0x7f | 0x80, 160 >> 7, 0x06 /* CFA = *(rsp + 160) */
	IN_FRAME 8, 40
	IN_FRAME 9, 48
	IN_FRAME 10, 56
	IN_FRAME 11, 64
	IN_FRAME 12, 72
	IN_FRAME 13, 80
	IN_FRAME 14, 88
	IN_FRAME 15, 96
	IN_FRAME 5, 104
	IN_FRAME 4, 112
	IN_FRAME 6, 120
	IN_FRAME 3, 128
	IN_FRAME 1, 136
	IN_FRAME 0, 144
	IN_FRAME 2, 152
	IN_FRAME 7, 160
	IN_FRAME 16, 168
	.p2align 4
	nop				/* unwinders look at the return address minus one */
LABEL agent_restorer
	.globl	agent_signal_restorer
	.hidden	agent_signal_restorer
agent_signal_restorer:
	mov	$15, %rax
	lea	agent_restorer_head(%rip), %rcx
	jmp	agent_syscall_enter
LABEL agent_restorer_syscall
	syscall
	ud2
	.cfi_endproc

/* long agent_copy(dst, src, n): a fault inside becomes -EFAULT (signal.c moves the PC). */
FUNC agent_copy
	.cfi_startproc
LABEL agent_copy_start
	mov	%rdx, %rcx
	shr	$3, %rcx
	jz	2f
1:	mov	(%rsi), %rax
	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	dec	%rcx
	jnz	1b
2:	and	$7, %edx
	jz	4f
3:	movzbl	(%rsi), %eax
	mov	%al, (%rdi)
	inc	%rsi
	inc	%rdi
	dec	%edx
	jnz	3b
4:	xor	%eax, %eax
	ret
LABEL agent_copy_end
LABEL agent_copy_fault
	mov	$-14, %rax
	ret
	.cfi_endproc

/*
 * Areas of the image that are made executable at start (the arena, gates,
 * thunks) and, at the same distance from the code, the data of each gate and
 * thunk. One unwind rule covers each area: code there stands for an address of
 * the application and leaves rsp as it was.
 */
	.bss
	.p2align 12
LABEL agent_arena
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	/* r16 = *(pc & -256): DW_OP_breg16 0, const2s -256, and, deref */
	.cfi_escape 0x16, 16, 7, 0x80, 0, 0x0b, 0x00, 0xff, 0x1a, 0x06
	.skip	ARENA_BYTES
	.cfi_endproc
LABEL agent_gate_code
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	/* r16 = *((pc & -128) + distance) */
	.cfi_escape 0x16, 16, 12, 0x80, 0, 0x09, 0x80, 0x1a
	.cfi_escape 0x0c, AREA_DISTANCE & 255, AREA_DISTANCE >> 8 & 255
	.cfi_escape AREA_DISTANCE >> 16 & 255, 0, 0x22, 0x06
	.skip	GATE_COUNT * GATE_BYTES
	.cfi_endproc
LABEL agent_thunk_code
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa rsp, 0
	/* r16 = *((pc & -32) + distance + 8) */
	.cfi_escape 0x16, 16, 12, 0x80, 0, 0x09, 0xe0, 0x1a
	.cfi_escape 0x0c, (AREA_DISTANCE + 8) & 255, (AREA_DISTANCE + 8) >> 8 & 255
	.cfi_escape (AREA_DISTANCE + 8) >> 16 & 255, 0, 0x22, 0x06
	.skip	THUNK_COUNT * THUNK_BYTES
	.cfi_endproc
LABEL agent_code_end
	.p2align 12
LABEL agent_gate_data
	.skip	GATE_COUNT * GATE_BYTES
LABEL agent_thunk_data
	.skip	THUNK_COUNT * THUNK_BYTES

	.section .note.GNU-stack,"",@progbits
