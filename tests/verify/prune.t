# SPDX-License-Identifier: BSD-2-Clause
# Which states are kept and what they cover: the number of instructions walked is the kernel's.

== a counter that nothing but the branch reads
-- flags
stats
-- asm
r6 = 0
l:
r6 += 1
if r6 < 100 goto l
r0 = 0
exit
-- verdict
ok processed 203 insns (limit 1000000) max_states_per_insn 4 total_states 6

== a loop with a branch inside whose ways meet again
-- flags
stats
-- asm
r6 = 0
l:
r6 += 1
call 7
if r0 > 10 goto m
r7 = r6
m:
if r6 < 100 goto l
r0 = 0
exit
-- verdict
ok processed 1674 insns (limit 1000000) max_states_per_insn 16 total_states 118

== ways that differ in a register nobody reads
-- flags
stats freq
-- asm
r7 = 0
call 7
if r0 & 1 goto a
r7 = 1
a:
call 7
if r0 & 2 goto b
r7 = 2
b:
call 7
if r0 & 4 goto c
r7 = 3
c:
call 7
if r0 & 8 goto d
r7 = 4
d:
r0 = 0
exit
-- verdict
ok processed 19 insns (limit 1000000) max_states_per_insn 0 total_states 8

== ways that differ in a number that is an offset
-- flags
stats freq
-- asm
r7 = 0
call 7
if r0 & 1 goto a
r7 += 1
a:
call 7
if r0 & 2 goto b
r7 += 2
b:
call 7
if r0 & 4 goto c
r7 += 4
c:
r1 = r10
r1 += -8
r1 += r7
*(u8 *)(r1 + 0) = 0
r0 = 0
exit
-- verdict
ok processed 70 insns (limit 1000000) max_states_per_insn 4 total_states 21

== ways that differ in a slot nobody reads
-- flags
stats freq
-- asm
*(u64 *)(r10 - 8) = 0
*(u64 *)(r10 - 16) = 0
call 7
if r0 & 1 goto a
*(u64 *)(r10 - 8) = r10
a:
call 7
if r0 & 2 goto b
*(u64 *)(r10 - 16) = r10
b:
call 7
if r0 & 4 goto c
r0 = 1
c:
*(u64 *)(r10 - 16) = 5
r0 = *(u64 *)(r10 - 16)
r0 &= 1
exit
-- verdict
ok processed 18 insns (limit 1000000) max_states_per_insn 0 total_states 6

== ways that differ in a slot that is read as a number
-- flags
stats freq
-- asm
*(u64 *)(r10 - 8) = 0
call 7
if r0 & 1 goto a
*(u64 *)(r10 - 8) = 7
a:
call 7
if r0 & 2 goto b
r0 = 1
b:
r1 = *(u64 *)(r10 - 8)
r2 = r10
r2 += -16
r2 += r1
*(u8 *)(r2 + 0) = 0
r0 = 0
exit
-- verdict
ok processed 26 insns (limit 1000000) max_states_per_insn 1 total_states 7

== copies of a number are refined together, and wanted together
-- flags
stats freq
-- asm
call 7
r6 = r0
r7 = r0
*(u64 *)(r10 - 8) = r0
call 7
if r0 & 1 goto a
r8 = 1
a:
if r6 > 7 goto x
r1 = r10
r1 += -16
r1 += r7
*(u8 *)(r1 + 0) = 0
x:
r0 = 0
exit
-- verdict
ok processed 16 insns (limit 1000000) max_states_per_insn 0 total_states 4

== a callee reads its caller's slot at one call, stores to it at another
-- flags
stats freq
-- asm
*(u64 *)(r10 - 8) = 1
*(u64 *)(r10 - 16) = 2
r1 = r10
r1 += -8
r2 = 0
call f
call 7
if r0 & 1 goto a
*(u64 *)(r10 - 8) = 3
a:
r1 = r10
r1 += -16
r2 = 1
call f
call 7
if r0 & 2 goto b
*(u64 *)(r10 - 16) = 4
b:
r0 = *(u64 *)(r10 - 16)
r0 &= 1
exit
f:
if r2 == 0 goto g
r0 = *(u64 *)(r1 + 0)
exit
g:
*(u64 *)(r1 + 0) = 9
r0 = 0
exit
-- verdict
ok processed 28 insns (limit 1000000) max_states_per_insn 1 total_states 11

== a result that is wanted inside the callee
-- flags
stats freq
-- asm
call 7
r1 = r0
call f
r6 = r0
call 7
if r0 & 1 goto a
r1 = 0
a:
r1 = r10
r1 += -16
r1 += r6
*(u8 *)(r1 + 0) = 0
r0 = 0
exit
f:
r0 = r1
r0 &= 15
if r0 > 3 goto g
r0 += 1
g:
exit
-- verdict
ok processed 31 insns (limit 1000000) max_states_per_insn 2 total_states 12

== may_goto ends a loop without a counter
-- flags
stats
-- asm
call 7
r6 = r0
r7 = 0
l:
may_goto x
r6 += r7
r7 += 1
if r6 & 1 goto l
r8 = r7
goto l
x:
r0 = 0
exit
-- verdict
ok processed 40 insns (limit 1000000) max_states_per_insn 3 total_states 4

== a callback is walked until it changes nothing
-- flags
stats
-- asm
*(u64 *)(r10 - 8) = 0
r1 = 100
r2 = subprog[cb]
r3 = r10
r3 += -8
r4 = 0
call 181
r0 = *(u64 *)(r10 - 8)
r0 &= 1
exit
cb:
r6 = *(u64 *)(r2 + 0)
r6 += 1
*(u64 *)(r2 + 0) = r6
if r1 > 50 goto a
r6 = 0
a:
r0 = 0
exit
-- verdict
ok processed 33 insns (limit 1000000) max_states_per_insn 1 total_states 3

== a callback with a loop and a callback of its own
-- flags
stats
-- asm
*(u64 *)(r10 - 8) = 0
r1 = 10
r2 = subprog[cb]
r3 = r10
r3 += -8
r4 = 0
call 181
r0 = 0
exit
cb:
r7 = r2
*(u64 *)(r10 - 8) = r1
r6 = 0
l:
r6 += 1
if r6 < 5 goto l
r1 = 3
r2 = subprog[inner]
r3 = r10
r3 += -8
r4 = 0
call 181
r6 = *(u64 *)(r7 + 0)
r6 += 1
*(u64 *)(r7 + 0) = r6
r0 = 0
exit
inner:
r0 = *(u64 *)(r2 + 0)
r0 &= 1
exit
-- verdict
ok processed 69 insns (limit 1000000) max_states_per_insn 1 total_states 9

== an offset that grows in a callback of four rounds
-- flags
stats
-- asm
*(u64 *)(r10 - 8) = 0
r1 = 4
r2 = subprog[cb]
r3 = r10
r3 += -8
r4 = 0
call 181
r1 = *(u64 *)(r10 - 8)
r2 = r10
r2 += -24
r2 += r1
*(u8 *)(r2 + 0) = 0
r0 = 0
exit
cb:
r1 = *(u64 *)(r2 + 0)
r1 += 1
*(u64 *)(r2 + 0) = r1
r0 = 0
exit
-- verdict
ok processed 66 insns (limit 1000000) max_states_per_insn 5 total_states 6

== an offset that grows in a callback of a thousand rounds
-- flags
stats
-- asm
*(u64 *)(r10 - 8) = 0
r1 = 1000
r2 = subprog[cb]
r3 = r10
r3 += -8
r4 = 0
call 181
r1 = *(u64 *)(r10 - 8)
r2 = r10
r2 += -24
r2 += r1
*(u8 *)(r2 + 0) = 0
r0 = 0
exit
cb:
r1 = *(u64 *)(r2 + 0)
r1 += 1
*(u64 *)(r2 + 0) = r1
r0 = 0
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES processed 324 insns (limit 1000000) max_states_per_insn 25 total_states 26

== a loop that changes nothing
-- asm
r6 = 1
l:
if r6 == 1 goto l
r0 = 0
exit
-- id
INFINITE_LOOP
-- verdict
EINVAL infinite loop detected at insn 1

== a loop too long
-- flags
stats
-- asm
r6 = 0
l:
r6 += 1
if r6 < 1000000 goto l
r0 = 0
exit
-- id
TOO_LARGE
-- verdict
E2BIG processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 25001

== generated, 2
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
r0 = 4
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r7
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r7
*(u64 *)(r10 - 32) = r9
*(u64 *)(r10 - 24) = r9
*(u8 *)(r10 - 8) = 2
*(u32 *)(r10 - 24) = r9
*(u64 *)(r10 - 16) = r7
r6 = 2
r8 = r7
*(u64 *)(r10 - 32) = r8
if w8 != 31 goto L1
if r9 & 31 goto L2
*(u32 *)(r10 - 24) = 3
L2:
r7 = *(u32 *)(r10 - 32)
L1:
if r7 s<= r8 goto L3
if r9 == 31 goto L4
r2 = r6
if r2 > 16 goto L5
r1 = r10
r1 += -32
r3 = r6
call 113
L5:
call 7
r6 = r0
goto L6
L4:
r6 *= 15
r7 = r7
L6:
if w6 s> 0 goto L7
r6 = -1
r6 |= 2
L7:
r6 = *(u32 *)(r10 - 8)
L3:
r6 = 16
r1 = r6
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L8:
r9 = *(u64 *)(r10 - 8)
r7 = 0
L9:
r2 = r8
if r2 > 16 goto L10
r1 = r10
r1 += -32
r3 = r6
call 113
L10:
r7 += 1
if r7 < 9 goto L9
r0 = 0
exit
-- verdict
ok processed 375 insns (limit 1000000) max_states_per_insn 4 total_states 29

== generated, 9
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
r0 = 5
r8 = r0
r0 = 9
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r8
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r9
if w9 s> w6 goto L1
*(u32 *)(r10 - 8) = 3
L1:
r8 = 0
L2:
if r6 == 16 goto L3
r6 = r6
L3:
L4:
may_goto L5
r1 = r9
r2 = r6
r3 = r10
r3 += -8
call f0
r9 = r0
r6 &= 2
r6 = *(u8 *)(r10 - 8)
goto L4
L5:
r6 = *(u32 *)(r10 - 16)
r8 += 1
if r8 < 5 goto L2
*(u64 *)(r10 - 8) = r7
r6 = 14
r2 = r7
if r2 > 16 goto L6
r1 = r10
r1 += -32
r3 = r6
call 113
L6:
if r6 < 16 goto L7
r6 ^= r6
L7:
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r7 = *(u64 *)(r10 - 32)
r1 = r7
r2 = r8
r3 = r10
r3 += -24
call f1
r6 = r0
r7 &= 3
r6 = 14
*(u32 *)(r10 - 16) = 0
r0 = r7
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r10 - 24) = r6
r7 = 2
r6 += r6
*(u64 *)(r9 + 0) = r7
r7 >>= 8
r6 = 11
r6 = *(u8 *)(r10 - 32)
r8 = r7
r8 = r6
r6 = 12
r6 = *(u64 *)(r10 - 32)
r0 = r8
exit
-- verdict
ok processed 1292 insns (limit 1000000) max_states_per_insn 9 total_states 70

== generated, 29
-- flags
stats
-- asm
r0 = 9
r6 = r0
call 7
r7 = r0
r0 = 5
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r9
r8 = 12
call 7
r9 = r0
if r7 s< 3 goto L1
r1 = r7
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L2:
if r9 s>= r7 goto L3
if r9 s> 1 goto L4
r1 = r7
r2 = r8
r3 = r10
r3 += -8
call f1
r9 = r0
r9 |= 3
L4:
r1 = r7
r2 = r8
r3 = r10
r3 += -8
call f2
r6 = r0
*(u64 *)(r10 - 32) = r7
L3:
goto L5
L1:
r1 = r6
r2 = r8
r3 = r10
r3 += -8
call f0
r6 = r0
L5:
r1 = r6
r2 = r6
r3 = r10
r3 += -8
call f2
r7 = r0
r9 &= 1
if w8 s< w6 goto L6
L7:
may_goto L8
r1 = r7
r2 = r8
r3 = r10
r3 += -16
call f2
r6 = r0
r1 = r8
if r1 > 31 goto L9
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L9:
*(u64 *)(r10 - 16) = r8
goto L7
L8:
L6:
r6 >>= 1
r1 = r9
r1 &= 31
r2 = r10
r2 += -40
r2 += r1
*(u8 *)(r2 + 0) = 1
L10:
*(u64 *)(r10 - 8) = r8
r9 = r9
if r7 s< r9 goto L11
r6 = r9
r9 += r6
L11:
r7 = 19
L12:
may_goto L13
call 7
r8 = r0
r8 = 4
goto L12
L13:
*(u64 *)(r10 - 24) = r8
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r10 - 24) = r6
if w8 s<= w7 goto L14
if r6 <= r8 goto L15
r1 = r8
r2 = r6
r3 = r10
r3 += -24
call f2
r8 = r0
r8 <<= 3
goto L16
L15:
*(u64 *)(r10 - 8) = r8
r1 = r7
if r1 > 31 goto L17
r2 = r10
r2 += -40
r2 += r1
*(u8 *)(r2 + 0) = 0
L17:
*(u8 *)(r10 - 32) = 2
L16:
L14:
if r6 <= 16 goto L18
if r6 <= 8 goto L19
r8 = *(u64 *)(r10 - 16)
r1 = r6
r2 = r8
r3 = r10
r3 += -16
call f1
r6 = r0
goto L20
L19:
*(u32 *)(r10 - 24) = r6
L20:
r2 = r7
if r2 > 16 goto L21
r1 = r10
r1 += -32
r3 = r6
call 113
L21:
r8 ^= r8
goto L22
L18:
r6 = *(u64 *)(r10 - 8)
r1 = r6
if r1 > 31 goto L23
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L23:
r8 = r7
L22:
r7 = *(u64 *)(r10 - 16)
r8 <<= 1
r7 = *(u64 *)(r9 + 0)
if w8 s<= 8 goto L24
r7 ^= r6
call 7
r7 = r0
r8 = 5
L24:
if r6 s< 3 goto L25
r1 = r6
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L26:
if r6 s> 8 goto L27
r8 &= r7
L27:
L25:
r1 = r6
r2 = r6
r3 = r10
r3 += -16
call f2
r8 = r0
r7 = r8
r6 = *(u32 *)(r10 - 8)
r1 = r6
r2 = r6
r3 = r10
r3 += -24
call f1
r7 = r0
r0 = r6
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r8 ^= r7
r6 = r8
r6 = 0
L28:
r8 = *(u64 *)(r10 - 24)
r7 -= r7
r6 += 1
if r6 < 2 goto L28
*(u64 *)(r10 - 8) = r7
*(u64 *)(r10 - 32) = r8
r1 = 19
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r7 = r0
call 7
r7 = r0
r8 = *(u64 *)(r9 + 0)
r8 = 0
L29:
if r6 >= 8 goto L30
r7 = 17
goto L31
L30:
r7 = *(u64 *)(r10 - 16)
call 7
r7 = r0
r7 -= r7
L31:
r1 = r7
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L32:
r8 += 1
if r8 < 5 goto L29
*(u64 *)(r9 + 0) = r8
r8 = *(u64 *)(r9 + 0)
r2 = r8
if r2 > 16 goto L33
r1 = r10
r1 += -32
r3 = r6
call 113
L33:
r6 &= r7
r0 = r6
exit
f2:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r9 + 0) = r7
r8 = *(u64 *)(r10 - 24)
r8 = 6
*(u64 *)(r9 + 0) = r8
*(u32 *)(r10 - 16) = r8
r6 = r6
r7 -= r7
if w8 > 0 goto L34
call 7
r7 = r0
r6 = 3
goto L35
L34:
*(u32 *)(r10 - 24) = r6
L35:
*(u64 *)(r9 + 0) = r8
r2 = r7
if r2 > 16 goto L36
r1 = r10
r1 += -32
r3 = r6
call 113
L36:
if w7 <= 8 goto L37
r7 = *(u64 *)(r10 - 8)
r8 = r6
r8 = *(u64 *)(r10 - 16)
L37:
*(u64 *)(r10 - 8) = r8
r0 = r7
exit
cb:
r6 = r1
r9 = r2
r7 = r1
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r10 - 32) = r7
r7 = 0
L38:
r2 = r6
if r2 > 16 goto L39
r1 = r10
r1 += -32
r3 = r6
call 113
L39:
r6 = *(u32 *)(r10 - 16)
r7 += 1
if r7 < 8 goto L38
call 7
r8 = r0
r8 = 0
L40:
r7 = r7
r7 += r7
r8 += 1
if r8 < 7 goto L40
r0 = 0
exit
-- verdict
ok processed 1376 insns (limit 1000000) max_states_per_insn 6 total_states 88

== generated, 35
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
call 7
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r8
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r8
*(u64 *)(r10 - 32) = r8
r1 = r8
r2 = r6
r3 = r10
r3 += -8
call f0
r6 = r0
if w8 > 31 goto L1
r1 = 3
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r7 = r0
goto L2
L1:
r8 = 2
r9 = *(u8 *)(r10 - 16)
r1 = 16
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r8 = r0
L2:
*(u64 *)(r10 - 32) = r6
r9 += r6
r1 = r9
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L3:
*(u64 *)(r10 - 8) = r8
r1 = r7
r2 = r7
r3 = r10
r3 += -16
call f2
r6 = r0
r1 = r6
r2 = r6
r3 = r10
r3 += -16
call f0
r6 = r0
r9 += r9
*(u32 *)(r10 - 16) = 2
r9 = *(u64 *)(r10 - 32)
if r8 s>= 8 goto L4
*(u64 *)(r10 - 8) = 0
r9 = *(u32 *)(r10 - 24)
goto L5
L4:
r1 = r6
if r1 > 31 goto L6
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L6:
r1 = r7
r2 = r8
r3 = r10
r3 += -8
call f0
r7 = r0
*(u64 *)(r10 - 8) = r9
L5:
call 7
r6 = r0
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r1 = r7
r2 = r7
r3 = r10
r3 += -8
call f1
r8 = r0
if r8 s>= 3 goto L7
*(u64 *)(r10 - 24) = r8
goto L8
L7:
if r7 s< 2 goto L9
*(u64 *)(r10 - 16) = r8
L9:
r1 = r8
r2 = r7
r3 = r10
r3 += -24
call f2
r6 = r0
if r6 != 0 goto L10
*(u64 *)(r10 - 24) = r6
goto L11
L10:
r1 = r8
r2 = r6
r3 = r10
r3 += -8
call f2
r7 = r0
*(u64 *)(r10 - 24) = r7
r8 = r8
L11:
L8:
r8 <<= 1
r6 = *(u64 *)(r9 + 0)
r8 = 7
if w8 != 16 goto L12
r6 = *(u64 *)(r10 - 24)
L12:
r0 = r7
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r9 + 0) = r8
*(u64 *)(r9 + 0) = r7
r7 *= 7
r7 = r8
r7 -= r6
r7 += r8
r1 = r7
r2 = r6
r3 = r10
r3 += -24
call f2
r8 = r0
r0 = r7
exit
f2:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
if r7 & 5 goto L13
*(u64 *)(r10 - 16) = r6
r7 = r6
L13:
r7 = 2
*(u64 *)(r10 - 16) = 1
r7 -= r8
*(u64 *)(r9 + 0) = r7
call 7
r6 = r0
r8 = *(u8 *)(r10 - 24)
r6 |= r8
r6 = 4
if w7 == 2 goto L14
call 7
r7 = r0
goto L15
L14:
*(u32 *)(r10 - 32) = r7
L15:
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 24) = r7
r0 = r8
exit
cb:
r6 = r1
r9 = r2
r7 = r1
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r8 = *(u64 *)(r10 - 8)
call 7
r7 = r0
r6 = *(u64 *)(r10 - 8)
r8 += r6
r6 = *(u64 *)(r10 - 16)
r8 *= 1
if r8 s>= 5 goto L16
r2 = r7
if r2 > 16 goto L17
r1 = r10
r1 += -32
r3 = r6
call 113
L17:
*(u64 *)(r10 - 16) = r6
if r6 != r8 goto L18
r7 = 13
L18:
L16:
if r7 s>= 16 goto L19
r6 = 9
if r7 s<= 5 goto L20
r6 = r6
L20:
goto L21
L19:
*(u64 *)(r10 - 32) = r8
L21:
r8 = r8
r6 = r8
r0 = 0
exit
-- verdict
ok processed 2207 insns (limit 1000000) max_states_per_insn 8 total_states 180

== generated, 42
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
r0 = 8
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r9
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r6 ^= r9
r8 = r6
if r7 s> 2 goto L1
r9 = 8
r6 = *(u32 *)(r10 - 8)
L1:
*(u64 *)(r10 - 24) = r8
r7 = *(u64 *)(r10 - 8)
if r6 <= 16 goto L2
if r7 != 5 goto L3
r1 = r7
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L4:
r7 += r7
if r8 s> r6 goto L5
call 7
r9 = r0
*(u64 *)(r10 - 32) = r7
goto L6
L5:
L6:
L3:
if r9 s<= 3 goto L7
*(u8 *)(r10 - 8) = 0
goto L8
L7:
if r9 s<= r7 goto L9
r8 = *(u64 *)(r10 - 8)
goto L10
L9:
*(u64 *)(r10 - 32) = r6
L10:
L8:
r8 = 0
L11:
r9 &= r6
r8 += 1
if r8 < 10 goto L11
goto L12
L2:
r8 = *(u8 *)(r10 - 8)
L12:
*(u32 *)(r10 - 8) = r8
r0 = 0
exit
-- verdict
ok processed 125 insns (limit 1000000) max_states_per_insn 1 total_states 11

== generated, 74
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
call 7
r8 = r0
r0 = 3
r9 = r0
*(u64 *)(r10 - 8) = r8
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r9
*(u64 *)(r10 - 32) = r9
r1 = r7
r2 = r8
r3 = r10
r3 += -24
call f1
r6 = r0
r1 = r6
if r1 > 31 goto L1
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L1:
r1 = r7
r2 = r8
r3 = r10
r3 += -24
call f1
r9 = r0
r7 = r7
r6 = *(u64 *)(r10 - 16)
r6 >>= 15
*(u64 *)(r10 - 16) = r7
if r9 s< 1 goto L2
*(u64 *)(r10 - 32) = r7
L2:
r8 |= r8
*(u64 *)(r10 - 24) = 1
*(u64 *)(r10 - 8) = r7
r8 = *(u8 *)(r10 - 16)
r0 = 0
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u32 *)(r10 - 16) = r6
r6 *= 1
*(u64 *)(r10 - 16) = r6
r8 s>>= 7
r7 s>>= 3
L6:
may_goto L7
if w8 <= 31 goto L8
*(u64 *)(r10 - 8) = r8
L8:
r1 = r7
r2 = r7
r3 = r10
r3 += -8
call f2
r7 = r0
r2 = r7
if r2 > 16 goto L9
r1 = r10
r1 += -32
r3 = r6
call 113
L9:
goto L6
L7:
r8 = *(u32 *)(r10 - 8)
r1 = r7
r2 = r7
r3 = r10
r3 += -32
call f2
r6 = r0
r6 = r7
if r6 s<= r8 goto L10
r6 = r6
goto L11
L10:
if r8 <= 5 goto L12
*(u64 *)(r10 - 32) = r8
*(u64 *)(r10 - 8) = r7
goto L13
L12:
r1 = r8
r2 = r6
r3 = r10
r3 += -16
call f2
r6 = r0
L13:
r8 = r7
if r6 <= r8 goto L14
r6 = *(u64 *)(r10 - 32)
call 7
r7 = r0
r7 = r8
goto L15
L14:
r1 = r6
r2 = r6
r3 = r10
r3 += -8
call f2
r7 = r0
r8 |= 8
L15:
L11:
r1 = r8
r2 = r7
r3 = r10
r3 += -24
call f2
r6 = r0
r8 = *(u64 *)(r10 - 24)
r0 = r7
exit
f2:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
if r8 s<= r6 goto L16
r8 = r8
L16:
r7 = r6
r1 = r7
if r1 > 31 goto L17
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L17:
r7 += r6
r0 = r7
exit
-- verdict
ok processed 13880 insns (limit 1000000) max_states_per_insn 70 total_states 551

== generated, 107
-- flags
stats
-- asm
r0 = 6
r6 = r0
call 7
r7 = r0
call 7
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r8
*(u64 *)(r10 - 24) = r8
*(u64 *)(r10 - 32) = r6
r8 = 15
r7 &= r7
*(u64 *)(r10 - 8) = r7
r7 = 5
r8 *= 1
r8 = *(u64 *)(r10 - 32)
r9 |= r7
r6 -= r7
if r7 & r8 goto L1
L2:
may_goto L3
r9 = r6
r2 = r8
if r2 > 16 goto L4
r1 = r10
r1 += -32
r3 = r6
call 113
L4:
goto L2
L3:
r9 = r8
r9 |= r7
L1:
L5:
may_goto L6
*(u64 *)(r10 - 32) = r9
if w8 >= w9 goto L7
goto L8
L7:
r6 = 19
L8:
goto L5
L6:
*(u8 *)(r10 - 24) = 3
L9:
may_goto L10
r7 = 0
L11:
r7 += 1
if r7 < 8 goto L11
goto L9
L10:
r0 = 0
exit
-- verdict
ok processed 79 insns (limit 1000000) max_states_per_insn 3 total_states 10

== generated, 210
-- flags
stats
-- asm
r0 = 6
r6 = r0
r0 = 0
r7 = r0
r0 = 3
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r7
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r9
*(u64 *)(r10 - 32) = r6
r7 &= r8
if r6 < r8 goto L1
r8 ^= r8
L1:
r6 = 3
r9 = 7
if r7 < 2 goto L2
r7 |= 7
r7 += r6
if r7 == 16 goto L3
*(u64 *)(r10 - 32) = r6
if r6 > 5 goto L4
r6 = r7
r1 = r9
r2 = r9
r3 = r10
r3 += -8
call f0
r9 = r0
r6 = r6
goto L5
L4:
r1 = r6
r2 = r8
r3 = r10
r3 += -32
call f1
r7 = r0
r9 = *(u8 *)(r10 - 8)
*(u64 *)(r10 - 8) = r7
L5:
r9 = 8
L3:
L2:
r1 = r7
r2 = r6
r3 = r10
r3 += -32
call f1
r9 = r0
r6 = -3
call 7
r9 = r0
r2 = r9
if r2 > 16 goto L6
r1 = r10
r1 += -32
r3 = r6
call 113
L6:
r9 = r9
r9 = *(u8 *)(r10 - 8)
r9 += 15
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r8 = *(u64 *)(r9 + 0)
if r6 == r8 goto L7
if w7 != 8 goto L8
r1 = r7
r1 &= 31
r2 = r10
r2 += -40
r2 += r1
*(u8 *)(r2 + 0) = 0
L9:
goto L10
L8:
*(u64 *)(r10 - 8) = 3
r7 = 4
r8 = r7
L10:
r6 |= 1
goto L11
L7:
r1 = r7
if r1 > 31 goto L12
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L12:
L11:
*(u64 *)(r10 - 8) = 3
r8 = *(u64 *)(r9 + 0)
*(u64 *)(r9 + 0) = r6
r0 = r8
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r2 = r6
if r2 > 16 goto L13
r1 = r10
r1 += -32
r3 = r6
call 113
L13:
if w7 <= 16 goto L14
*(u64 *)(r10 - 32) = r7
goto L15
L14:
r8 &= r6
L15:
if r7 s> 31 goto L16
r7 <<= 3
r8 = *(u64 *)(r10 - 16)
r6 = r6
L16:
*(u32 *)(r10 - 8) = r8
r8 = *(u64 *)(r10 - 8)
r6 = -3
r0 = r6
exit
-- verdict
ok processed 64 insns (limit 1000000) max_states_per_insn 0 total_states 5

== generated, 233
-- flags
stats
-- asm
r0 = 7
r6 = r0
r0 = 1
r7 = r0
r0 = 4
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r7
*(u64 *)(r10 - 32) = r7
r8 = 6
*(u32 *)(r10 - 16) = r8
call 7
r6 = r0
*(u64 *)(r10 - 24) = 0
*(u64 *)(r10 - 16) = r6
if r6 <= r8 goto L1
*(u64 *)(r10 - 8) = r9
r8 += r6
r8 = *(u32 *)(r10 - 8)
L1:
r9 = r6
r0 = 0
exit
-- verdict
ok processed 28 insns (limit 1000000) max_states_per_insn 0 total_states 2

== generated, 333
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
call 7
r8 = r0
r0 = 6
r9 = r0
*(u64 *)(r10 - 8) = r8
*(u64 *)(r10 - 16) = r7
*(u64 *)(r10 - 24) = r8
*(u64 *)(r10 - 32) = r7
r6 = r9
if r8 & 31 goto L1
r7 &= 2
r6 <<= 2
goto L2
L1:
r8 |= r9
L2:
r1 = r8
r2 = r8
r3 = r10
r3 += -8
call f1
r7 = r0
r6 = r8
r1 = r9
r2 = r6
r3 = r10
r3 += -16
call f2
r6 = r0
if r8 s>= r6 goto L3
r7 = *(u64 *)(r10 - 32)
r7 -= r8
r8 &= r8
goto L4
L3:
*(u32 *)(r10 - 16) = r8
L4:
r8 -= r9
*(u32 *)(r10 - 16) = r7
*(u64 *)(r10 - 32) = r8
r6 <<= 8
r0 = 0
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r2 = r8
if r2 > 16 goto L9
r1 = r10
r1 += -32
r3 = r6
call 113
L9:
r8 = r6
r8 = *(u32 *)(r10 - 32)
r6 = *(u64 *)(r10 - 32)
r6 = *(u64 *)(r10 - 16)
r7 = *(u64 *)(r10 - 24)
r7 = 0
L10:
*(u32 *)(r10 - 24) = 3
r7 += 1
if r7 < 3 goto L10
r1 = r8
r2 = r7
r3 = r10
r3 += -16
call f2
r8 = r0
r8 = *(u64 *)(r10 - 32)
r6 = *(u64 *)(r9 + 0)
if r6 < 16 goto L11
r7 |= 15
L11:
r7 s>>= 15
r7 += 3
r0 = r8
exit
f2:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r10 - 16) = 3
r6 = 9
*(u64 *)(r9 + 0) = r6
r0 = r8
exit
-- verdict
ok processed 119 insns (limit 1000000) max_states_per_insn 0 total_states 8

== generated, 415
-- flags
stats
-- asm
call 7
r6 = r0
call 7
r7 = r0
r0 = 2
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r9
*(u64 *)(r10 - 24) = r7
*(u64 *)(r10 - 32) = r7
if r6 == r7 goto L1
*(u64 *)(r10 - 32) = r9
r8 = r9
if r8 s> 31 goto L2
r6 &= r8
goto L3
L2:
*(u32 *)(r10 - 16) = r7
r2 = r7
if r2 > 16 goto L4
r1 = r10
r1 += -32
r3 = r6
call 113
L4:
r1 = 3
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r7 = r0
L3:
goto L5
L1:
r7 = *(u8 *)(r10 - 32)
L5:
call 7
r9 = r0
r1 = r9
r2 = r9
r3 = r10
r3 += -16
call f0
r6 = r0
r6 += 2
r6 = 17
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r8 = *(u64 *)(r10 - 32)
if w8 <= 1 goto L6
r6 = *(u8 *)(r10 - 24)
goto L7
L6:
if r6 & 5 goto L8
*(u64 *)(r10 - 32) = r7
L8:
r8 ^= 15
L7:
r7 = *(u64 *)(r9 + 0)
r7 = *(u64 *)(r9 + 0)
r6 |= 8
r0 = r8
exit
cb:
r6 = r1
r9 = r2
r7 = r1
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r7 = 17
r7 = r7
if w7 < 2 goto L9
r7 = 3
L9:
call 7
r7 = r0
r7 &= r7
call 7
r7 = r0
*(u64 *)(r9 + 0) = r8
r8 = 13
r7 = *(u32 *)(r10 - 24)
r0 = r7
r0 &= 1
exit
-- verdict
ok processed 163 insns (limit 1000000) max_states_per_insn 1 total_states 14

== generated, 502
-- flags
stats
-- asm
r0 = 2
r6 = r0
r0 = 6
r7 = r0
r0 = 0
r8 = r0
r0 = 6
r9 = r0
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r7
*(u64 *)(r10 - 24) = r8
*(u64 *)(r10 - 32) = r7
if r8 s>= r6 goto L1
r6 = 0
L2:
r7 = *(u32 *)(r10 - 8)
r6 += 1
if r6 < 11 goto L2
r7 = 2
L1:
r7 = 0
L3:
r8 = *(u64 *)(r10 - 8)
if w8 s>= w6 goto L4
*(u64 *)(r10 - 16) = r9
r1 = r8
r2 = r8
r3 = r10
r3 += -16
call f0
r9 = r0
L4:
r8 = 3
r7 += 1
if r7 < 10 goto L3
r6 &= 2
r1 = r6
r2 = r6
r3 = r10
r3 += -24
call f2
r8 = r0
r1 = r7
if r1 > 31 goto L5
r2 = r10
r2 += -40
r2 += r1
*(u8 *)(r2 + 0) = 1
L5:
if r9 s> 16 goto L6
r8 += 7
r7 = r7
L6:
r6 = 0
L7:
call 7
r9 = r0
*(u32 *)(r10 - 8) = r8
r8 = *(u32 *)(r10 - 24)
r6 += 1
if r6 < 9 goto L7
r7 = r6
*(u32 *)(r10 - 16) = r7
r1 = r7
r2 = r7
r3 = r10
r3 += -16
call f2
r7 = r0
if r7 < 2 goto L8
r1 = r7
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L9:
if r9 s<= r6 goto L10
if r9 <= r6 goto L11
r1 = r9
r2 = r8
r3 = r10
r3 += -16
call f1
r9 = r0
r1 = r9
r2 = r8
r3 = r10
r3 += -16
call f0
r9 = r0
*(u32 *)(r10 - 32) = r6
goto L12
L11:
*(u64 *)(r10 - 24) = r6
r7 -= r7
L12:
L10:
r8 >>= 1
L8:
*(u64 *)(r10 - 24) = r7
r1 = r8
r2 = r8
r3 = r10
r3 += -32
call f2
r6 = r0
r1 = r8
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L13:
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r7 = *(u8 *)(r10 - 32)
r7 = *(u32 *)(r10 - 24)
r1 = r7
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L14:
if r7 & 31 goto L15
*(u32 *)(r10 - 32) = 2
r7 = -1
goto L16
L15:
*(u32 *)(r10 - 24) = r8
*(u64 *)(r10 - 8) = r8
L16:
r7 = *(u64 *)(r10 - 24)
r6 = r7
r0 = r6
exit
f1:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r9 + 0) = r8
r7 = *(u64 *)(r10 - 24)
r8 = *(u64 *)(r10 - 32)
*(u64 *)(r9 + 0) = r8
r1 = r7
r2 = r8
r3 = r10
r3 += -16
call f2
r8 = r0
r7 = *(u32 *)(r10 - 24)
r8 <<= 7
r1 = r8
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L17:
r6 = 0
L18:
r8 = *(u8 *)(r10 - 32)
r6 += 1
if r6 < 3 goto L18
if r6 >= 8 goto L19
r8 = r7
goto L20
L19:
r2 = r6
if r2 > 16 goto L21
r1 = r10
r1 += -32
r3 = r6
call 113
L21:
if r7 != 1 goto L22
r8 &= r6
r8 = 8
goto L23
L22:
*(u64 *)(r10 - 24) = r7
L23:
L20:
r8 -= r7
r7 = 0
L24:
r6 = r8
r6 <<= 2
if r6 <= 3 goto L25
goto L26
L25:
call 7
r6 = r0
L26:
r7 += 1
if r7 < 7 goto L24
r6 = 0
L27:
r8 ^= r8
r8 = 8
r6 += 1
if r6 < 7 goto L27
r0 = r7
exit
f2:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r6 |= r6
r7 = *(u64 *)(r9 + 0)
r8 = 11
r1 = r6
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L28:
r7 |= r7
*(u64 *)(r10 - 24) = r8
r7 = *(u64 *)(r9 + 0)
r7 += r8
r0 = r7
exit
-- verdict
ok processed 869 insns (limit 1000000) max_states_per_insn 3 total_states 44

== generated, 484: ends on callbacks that do not hold when all is known; the kernel has no second look
-- flags
stats
-- asm
call 7
r6 = r0
r0 = 7
r7 = r0
call 7
r8 = r0
call 7
r9 = r0
*(u64 *)(r10 - 8) = r8
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r7
*(u64 *)(r10 - 32) = r9
if r8 s> 2 goto L1
r9 = *(u32 *)(r10 - 16)
L1:
if r8 s<= 0 goto L2
r6 >>= 15
L2:
r8 = r9
*(u64 *)(r10 - 16) = r6
if w6 == w9 goto L3
*(u64 *)(r10 - 16) = r6
r7 = *(u64 *)(r10 - 16)
call 7
r6 = r0
goto L4
L3:
r8 += 8
r2 = r8
if r2 > 16 goto L5
r1 = r10
r1 += -32
r3 = r6
call 113
L5:
L4:
*(u64 *)(r10 - 24) = r6
if r8 s>= r7 goto L6
r1 = 18
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r8 = r0
goto L7
L6:
*(u64 *)(r10 - 8) = r7
L7:
r7 |= r6
L8:
may_goto L9
if r8 >= 1 goto L10
r9 = *(u8 *)(r10 - 16)
r9 = 10
goto L11
L10:
if r6 s<= 2 goto L12
r1 = r7
r2 = r6
r3 = r10
r3 += -24
call f0
r6 = r0
L12:
*(u64 *)(r10 - 24) = r9
L11:
r1 = r9
r1 &= 31
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L13:
r1 = 9
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r9 = r0
goto L8
L9:
r1 = 17
r2 = subprog[cb]
r3 = r10
r3 += -16
r4 = 0
call 181
r7 = r0
r0 = 0
exit
f0:
r6 = r1
r7 = r2
r9 = r3
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
if r8 & r6 goto L14
r8 = *(u8 *)(r10 - 32)
r7 = *(u32 *)(r10 - 24)
*(u64 *)(r10 - 32) = r8
L14:
r2 = r6
if r2 > 16 goto L15
r1 = r10
r1 += -32
r3 = r6
call 113
L15:
*(u32 *)(r10 - 16) = r6
call 7
r6 = r0
r7 &= 15
*(u64 *)(r10 - 16) = r8
r7 = r6
r1 = r7
if r1 > 31 goto L16
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L16:
r0 = r6
exit
cb:
r6 = r1
r9 = r2
r7 = r1
r8 = 3
*(u64 *)(r10 - 8) = r6
*(u64 *)(r10 - 16) = r6
*(u64 *)(r10 - 24) = r6
*(u64 *)(r10 - 32) = r6
r7 = 0
L22:
*(u64 *)(r10 - 8) = r6
if r6 >= 31 goto L23
r1 = r8
r1 &= 31
r2 = r10
r2 += -40
r2 += r1
*(u8 *)(r2 + 0) = 0
L24:
r8 += r6
goto L25
L23:
*(u64 *)(r10 - 24) = r8
L25:
r7 += 1
if r7 < 7 goto L22
r7 ^= r6
r1 = r6
if r1 > 31 goto L26
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 1
L26:
r6 = *(u64 *)(r10 - 8)
r8 = 0
L27:
r8 += 1
if r8 < 4 goto L27
call 7
r6 = r0
r7 ^= r8
*(u64 *)(r10 - 32) = r6
r2 = r6
if r2 > 16 goto L28
r1 = r10
r1 += -32
r3 = r6
call 113
L28:
if w6 != 2 goto L29
r8 <<= 3
goto L30
L29:
if w8 s>= 31 goto L31
r1 = r7
if r1 > 31 goto L32
r2 = r10
r2 += -64
r2 += r1
*(u8 *)(r2 + 0) = 0
L32:
L31:
L30:
*(u64 *)(r9 + 0) = r7
*(u64 *)(r10 - 16) = r6
r0 = r8
r0 &= 1
exit
-- verdict
ok processed 4529 insns (limit 1000000) max_states_per_insn 10 total_states 305
-- kernel
ok processed 3264 insns (limit 1000000) max_states_per_insn 7 total_states 224
