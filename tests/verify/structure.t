# SPDX-License-Identifier: BSD-2-Clause
# The structural half: each rule with a program it takes and one it refuses.

== the least program
-- asm
r0 = 0
exit
-- verdict
ok

== a jump inside
-- asm
r0 = 0
if r0 == 0 goto +1
r0 = 1
exit
-- verdict
ok

== a jump behind the end
-- asm
r0 = 0
if r0 == 0 goto +5
exit
-- id
JUMP_RANGE
-- verdict
EINVAL jump out of range from insn 1 to 7

== a jump before the start
-- asm
r0 = 0
if r0 == 0 goto -3
exit
-- id
JUMP_RANGE
-- verdict
EINVAL jump out of range from insn 1 to -1

== a long jump behind the end
-- asm
r0 = 0
gotol +5
exit
-- id
JUMP_RANGE
-- verdict
EINVAL jump out of range from insn 1 to 7

== a jump behind a 16-byte constant
-- asm
r0 = 0
if r0 == 0 goto +2
r1 = 0x1122334455667788 ll
exit
-- verdict
ok

== a jump into a 16-byte constant
-- asm
r0 = 0
if r0 == 0 goto +1
r1 = 0x1122334455667788 ll
exit
-- id
JUMP_LDDW
-- verdict
EINVAL
-- kernel
EINVAL

== the end is a jump back
-- asm
r0 = 0
goto +1
exit
goto -2
-- verdict
ok

== the end falls out
-- asm
r0 = 0
-- id
LAST_INSN
-- verdict
EINVAL last insn is not an exit or jmp

== the end is a conditional jump
-- asm
r0 = 0
exit
if r0 == 0 goto -3
-- id
LAST_INSN
-- verdict
EINVAL last insn is not an exit or jmp

== code that no path reaches
-- asm
r0 = 0
exit
r0 = 1
exit
-- id
UNREACHABLE
-- verdict
EINVAL unreachable insn 2

== code behind a jump
-- asm
r0 = 0
goto +1
r0 = 1
exit
-- id
UNREACHABLE
-- verdict
EINVAL unreachable insn 2

== a function that is called
-- asm
call f
exit
f: r0 = 0
exit
-- verdict
ok

== a function that falls into the next
-- asm
call f
call g
exit
f: r0 = 0
g: r0 = 1
exit
-- id
LAST_INSN
-- verdict
EINVAL last insn is not an exit or jmp

== a jump into another function
-- asm
call f
r0 = 0
if r0 == 0 goto +1
exit
f: r0 = 0
exit
-- id
JUMP_RANGE
-- verdict
EINVAL jump out of range from insn 2 to 4

== a call behind the end
-- asm
call +5
exit
-- id
CALL_TARGET
-- verdict
EINVAL

== two frames
-- asm
call f
exit
f: call g
exit
g: r0 = 0
exit
-- verdict
ok

== eight frames
-- asm
call f1
exit
f1: call f2
exit
f2: call f3
exit
f3: call f4
exit
f4: call f5
exit
f5: call f6
exit
f6: call f7
exit
f7: r0 = 0
exit
-- verdict
ok

== nine frames
-- asm
call f1
exit
f1: call f2
exit
f2: call f3
exit
f3: call f4
exit
f4: call f5
exit
f5: call f6
exit
f6: call f7
exit
f7: call f8
exit
f8: r0 = 0
exit
-- id
FRAMES
-- verdict
E2BIG the call stack of 9 frames is too deep

== a function that calls itself
-- asm
call f
exit
f: r0 = 0
if r1 == 0 goto +1
call f
exit
-- id
FRAMES
-- verdict
E2BIG the call stack of 9 frames is too deep

== a chain's stack that fits
-- asm
*(u64 *)(r10 - 256) = 0
call f
exit
f: *(u64 *)(r10 - 256) = 0
r0 = 0
exit
-- verdict
ok

== a chain's stack that does not
-- type
xdp
-- asm
*(u64 *)(r10 - 264) = 0
call f
exit
f: *(u64 *)(r10 - 256) = 0
r0 = 0
exit
-- id
STACK_CHAIN
-- verdict
EACCES combined stack size of 2 calls is 528. Too large

== a chain's stacks in functions of their own
-- type
kprobe
-- asm
*(u64 *)(r10 - 512) = 0
call f
exit
f: *(u64 *)(r10 - 512) = 0
r0 = 0
exit
-- verdict
ok

== a callback's stack
-- type
xdp
-- asm
*(u64 *)(r10 - 264) = 0
r1 = 1
r2 = subprog[+6]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
f: *(u64 *)(r10 - 256) = 0
r0 = 0
exit
-- id
STACK_CHAIN
-- verdict
EACCES combined stack size of 2 calls is 528. Too large

== a store at the frame's end
-- asm
*(u64 *)(r10 - 512) = 0
r0 = 0
exit
-- verdict
ok

== a store below the frame
-- asm
*(u64 *)(r10 - 520) = 0
r0 = 0
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES invalid write to stack R10 off=-520 size=8

== a store above the frame
-- asm
*(u32 *)(r10 - 2) = 0
r0 = 0
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned stack access off 0+0+-2 size 4

== a load above the frame
-- asm
r0 = *(u64 *)(r10 + 0)
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES invalid read from stack R10 off=0 size=8

== the frame pointer copied
-- asm
r1 = r10
r1 += -8
r0 = 0
exit
-- verdict
ok

== the frame pointer written
-- asm
r10 = 0
r0 = 0
exit
-- id
FRAME_POINTER
-- verdict
EACCES frame pointer is read only

== the frame pointer moved
-- asm
r10 += -8
r0 = 0
exit
-- id
FRAME_POINTER
-- verdict
EACCES frame pointer is read only

== the frame pointer loaded
-- asm
r10 = *(u64 *)(r1 + 0)
r0 = 0
exit
-- id
FRAME_POINTER
-- verdict
EACCES frame pointer is read only

== a helper of every type
-- asm
call 5
exit
-- verdict
ok

== a helper of tracing
-- type
kprobe
-- asm
call 174
r0 = 0
exit
-- verdict
ok

== a helper of tracing in XDP
-- type
xdp
-- asm
call 174
r0 = 0
exit
-- id
HELPER_TYPE
-- verdict
EINVAL program of this type cannot use helper bpf_get_attach_cookie#174

== a helper of packets in a tracepoint
-- type
tracepoint
-- asm
call 160
exit
-- id
HELPER_TYPE
-- verdict
EINVAL program of this type cannot use helper bpf_ktime_get_coarse_ns#160

== a helper with no number
-- asm
call 0
exit
-- id
HELPER_TYPE
-- verdict
EINVAL program of this type cannot use helper bpf_unspec#0

== a helper no kernel has
-- asm
call 12345
exit
-- id
INVALID_FUNC
-- verdict
EINVAL invalid func unknown#12345

== a negative helper
-- asm
call -7
exit
-- id
INVALID_FUNC
-- verdict
EINVAL
-- kernel
EINVAL invalid func unknown#-7

== a GPL helper under GPL
-- license
GPL
-- asm
call 35
exit
-- verdict
ok

== a GPL helper under another license
-- license
Proprietary
-- asm
call 35
exit
-- id
HELPER_GPL
-- verdict
EINVAL cannot call GPL-restricted function from non-GPL compatible program

== another helper under another license
-- license
Proprietary
-- asm
call 14
exit
-- verdict
ok

== a packet load in a socket filter
-- type
socket_filter
-- asm
r6 = r1
r0 = *(u8 *)skb[0]
exit
-- verdict
ok

== a packet load in a tracepoint
-- type
tracepoint
-- asm
r6 = r1
r0 = *(u8 *)skb[0]
exit
-- id
PACKET_LOAD
-- verdict
EINVAL BPF_LD_[ABS|IND] instructions not allowed for this program type

== a loop that ends
-- asm
r0 = 0
r0 += 1
if r0 != 10 goto -2
exit
-- verdict
ok

== the probed address of a probe
-- type
kprobe
-- asm
call 173
r0 = 0
exit
-- verdict
ok

== the probed address of a tracepoint
-- type
tracepoint
-- asm
call 173
r0 = 0
exit
-- id
HELPER_FUNC_IP
-- verdict
ENOTSUPP func bpf_get_func_ip#173 not supported for program type 5

== a helper that sleeps
-- type
kprobe
-- flags
sleepable
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- verdict
ok

== a helper that sleeps, in a program that must not
-- type
kprobe
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = 0
call 148
r0 = 0
exit
-- id
HELPER_SLEEPS
-- verdict
EINVAL helper call might sleep in a non-sleepable prog

== a tracepoint that sleeps
-- type
tracepoint
-- flags
sleepable
-- asm
r0 = 0
exit
-- id
SLEEPS_NEVER
-- verdict
EINVAL Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable

== a syscall program that sleeps
-- type
syscall
-- flags
sleepable
-- asm
r0 = 0
exit
-- verdict
ok

== a syscall program that does not
-- type
syscall
-- asm
r0 = 0
exit
-- id
SLEEPS_ALWAYS
-- verdict
EINVAL Syscall programs can only be sleepable
