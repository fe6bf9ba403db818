# SPDX-License-Identifier: BSD-2-Clause
# subprograms, helpers, callbacks

== a subprogram
-- asm
r1 = 20
r2 = 22
call sum
exit
sum: r0 = r1
r0 += r2
exit
-- result
42

== r6 to r9 survive a call
-- asm
r6 = 1
r7 = 2
r8 = 3
r9 = 4
call clobber
r0 = r6
r0 += r7
r0 += r8
r0 += r9
exit
clobber: r6 = 100
r7 = 100
r8 = 100
r9 = 100
r0 = 0
exit
-- result
10

== each frame has its own stack, zeroed
-- only
interp
-- asm
*(u64 *)(r10 -8) = 5
call f
call f
r1 = *(u64 *)(r10 -8)
r0 += r1
exit
f: r0 = *(u64 *)(r10 -8)
*(u64 *)(r10 -8) = 100
exit
-- result
5

== a callee writes its caller's stack
-- asm
r1 = r10
r1 += -8
call f
r0 = *(u64 *)(r10 -8)
exit
f: *(u64 *)(r1 +0) = 77
r0 = 0
exit
-- result
77

== recursion to depth 8
-- asm
r1 = 7
call f
exit
f: if r1 != 1 goto more
r0 = 1
exit
more: *(u64 *)(r10 -8) = r1
r1 += -1
call f
r1 = *(u64 *)(r10 -8)
r0 *= r1
exit
-- result
5040

== a ninth frame is one too many
-- asm
r1 = 8
call f
exit
f: if r1 != 1 goto more
r0 = 1
exit
more: r1 += -1
call f
exit
-- fault
stack 7

== a helper
-- asm
r1 = 1
r2 = 2
r3 = 3
r4 = 4
r5 = 5
call 1
exit
-- result
15

== a helper by register (no kernel has this)
-- asm
r1 = 1
r2 = 1
r3 = 0
r4 = 0
r5 = 0
callx r1
exit
-- result
2

== a helper that calls back
-- asm
r6 = 0
*(u64 *)(r10 -8) = 0
r1 = 10
r2 = subprog[body]
r3 = r10
r3 += -8
r4 = 0
call 3
r1 = *(u64 *)(r10 -8)
r0 <<= 8
r0 |= r1
exit
body: r3 = *(u64 *)(r2 +0)
r3 += r1
*(u64 *)(r2 +0) = r3
r0 = 0
if r1 != 6 goto out
r0 = 1
out: exit
-- result
0x715

== a callback faults
-- asm
r1 = 3
r2 = subprog[body]
r3 = 0
r4 = 0
call 3
exit
body: r0 = *(u64 *)(r2 +0)
exit
-- fault
read 7

== no such helper
-- asm
call 200
exit
-- fault
no_helper 0

== no kfunc has a body
-- asm
r0 = 1
call kfunc#7 module 0
exit
-- fault
no_helper 1
