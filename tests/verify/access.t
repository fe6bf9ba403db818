# SPDX-License-Identifier: BSD-2-Clause
# Packets, contexts, strings, callbacks, tail calls: each rule with a program it takes and one it refuses.

== a packet access through the pointer that was compared
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 1
if r4 > r3 goto behind
r0 = *(u8 *)(r4 - 1)
r0 = 0
exit
behind:
r0 = *(u8 *)(r4 - 1)
r0 = 0
exit
-- id
PACKET_END_PASSED
-- verdict
EINVAL R4 offset is outside of the packet

== a packet access on the right branch
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 1
if r4 > r3 goto behind
r0 = *(u8 *)(r4 - 1)
behind:
r0 = 0
exit
-- verdict
ok

== a constant stored into a context, before Linux 6.4
-- type
sched_cls
-- version
6.1
-- asm
*(u32 *)(r1 + 8) = 0
r0 = 0
exit
-- id
CTX_STORE_IMM
-- verdict
EACCES BPF_ST stores into R1 ctx is not allowed

== a number stored into a context, before Linux 6.4
-- type
sched_cls
-- version
6.1
-- asm
r0 = 0
*(u32 *)(r1 + 8) = r0
exit
-- verdict
ok

== a dynptr's bytes for a helper's output
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r1 = r10
r1 += -16
r2 = 16
call 16
r0 = 0
exit
-- id
STACK_RAW_DYNPTR
-- verdict
EACCES potential write to dynptr at off=-16 disallowed

== other bytes for a helper's output
-- type
sched_cls
-- asm
r2 = 0
r3 = r10
r3 += -16
call kfunc:bpf_dynptr_from_skb
r1 = r10
r1 += -32
r2 = 16
call 16
r0 = 0
exit
-- verdict
ok

== a string of an array of two
-- maps
array 4 8 2 rdonly frozen
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r3 = r0
*(u64 *)(r10 - 16) = 0
r1 = r10
r1 += -16
r2 = 8
call 182
out:
r0 = 0
exit
-- id
STRING_READ
-- verdict
ENOTSUPP direct value access on string failed

== a format that ends in a conversion
-- maps
array 4 8 1 rdonly percent frozen
-- asm
r1 = r10
r1 += -8
r2 = 8
r3 = map[fd:0][0]+0
r4 = 0
r5 = 0
call 165
r0 = 0
exit
-- id
FORMAT
-- verdict
EINVAL Invalid format string

== a chain of functions that is too long, though never called
-- asm
r0 = 0
r1 = 0
if r1 == 0 goto +1
call f1
exit
f1:
call f2
exit
f2:
call f3
exit
f3:
call f4
exit
f4:
call f5
exit
f5:
call f6
exit
f6:
call f7
exit
f7:
call f8
exit
f8:
call f9
exit
f9:
r0 = 0
exit
-- id
FRAMES_STATIC
-- verdict
E2BIG the call stack of 8 frames is too deep !

== a callback without types
-- flags
untyped
-- asm
r1 = 4
r2 = subprog[body]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
body:
r0 = 0
exit
-- id
CALLBACK_INFO
-- verdict
EINVAL missing btf func_info

== a callback of the program's types
-- asm
r1 = 4
r2 = subprog[body]
r3 = 0
r4 = 0
call 181
r0 = 0
exit
body:
r0 = 0
exit
-- verdict
ok

== the end of a struct, where it has no member
-- type
sched_cls
-- asm
r2 = kernel:timer_list
call kfunc:bpf_rdonly_cast
r0 = *(u32 *)(r0 + 36)
r0 = 0
exit
-- id
WALK_HOLE
-- verdict
EINVAL struct timer_list doesn't have field at offset 36

== the member of a struct
-- type
sched_cls
-- asm
r2 = kernel:timer_list
call kfunc:bpf_rdonly_cast
r0 = *(u32 *)(r0 + 32)
r0 = 0
exit
-- verdict
ok

== tail calls of one map, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
prog_array 4 4 1
-- asm
r2 = map[fd:0]
r3 = 0
call 12
r0 = 0
exit
-- verdict
ok

== a pointer to a pointer as an argument
-- type
tracing
-- attach
24 kmem_cache_free_bulk
-- asm
r0 = *(u64 *)(r1 + 16)
r0 = 0
exit
-- id
TARGET_ARG_STRUCT
-- verdict
EACCES invalid bpf_context access off=16 size=8
-- kernel
-
