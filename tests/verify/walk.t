# SPDX-License-Identifier: BSD-2-Clause
# The walk: calls of functions, returns, exits, loops, limits.

== a function's result
-- asm
call f
exit
f: r0 = 3
exit
-- verdict
ok

== arguments
-- asm
r1 = 2
r2 = 3
call f
exit
f: r0 = r1
r0 += r2
exit
-- verdict
ok

== an argument that was not given
-- asm
call f
exit
f: r0 = r2
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R2 !read_ok

== registers of the caller
-- asm
r6 = 1
call f
exit
f: r0 = r6
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R6 !read_ok

== registers that outlive a call
-- asm
r6 = 1
call f
r0 = r6
exit
f: r0 = 0
r6 = 7
exit
-- verdict
ok

== registers that a call uses up
-- asm
r2 = 1
call f
r0 = r2
exit
f: r0 = 0
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R2 !read_ok

== a function without a result
-- asm
call f
exit
f: r1 = 0
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R0 !read_ok

== a function whose result nobody reads
-- asm
call f
r0 = 0
exit
f: r1 = 0
exit
-- verdict
ok

== a frame's address returned
-- asm
call f
r0 = 0
exit
f: r0 = r10
exit
-- id
STACK_RETURNED
-- verdict
EINVAL cannot return stack pointer to the caller

== the caller's frame
-- asm
r1 = r10
r1 += -8
call f
r0 = *(u64 *)(r10 - 8)
exit
f: r2 = 5
*(u64 *)(r1 + 0) = r2
r0 = 0
exit
-- verdict
ok

== eight frames
-- asm
call a
r0 = 0
exit
a: call b
exit
b: call c
exit
c: call d
exit
d: call e
exit
e: call f
exit
f: call g
exit
g: r0 = 0
exit
-- verdict
ok

== nine frames
-- asm
call a
r0 = 0
exit
a: call b
exit
b: call c
exit
c: call d
exit
d: call e
exit
e: call f
exit
f: call g
exit
g: call h
exit
h: r0 = 0
exit
-- id
FRAMES
-- verdict
E2BIG the call stack of 9 frames is too deep

== a function that calls itself
-- asm
call f
exit
f: call f
exit
-- id
FRAMES
-- verdict
E2BIG the call stack of 9 frames is too deep

== frames that fit together
-- type
xdp
-- asm
*(u64 *)(r10 - 256) = 0
call f
r0 = 0
exit
f: *(u64 *)(r10 - 256) = 0
r0 = 0
exit
-- verdict
ok

== frames that do not
-- type
xdp
-- asm
*(u64 *)(r10 - 264) = 0
call f
r0 = 0
exit
f: *(u64 *)(r10 - 256) = 0
r0 = 0
exit
-- id
STACK_CHAIN
-- verdict
EACCES combined stack size of 2 calls is 528. Too large

== a loop with a bound
-- asm
r0 = 0
r0 += 1
if r0 < 20 goto -2
exit
-- verdict
ok

== a loop without
-- asm
r0 = 0
r1 = 1
if r1 == 1 goto -2
exit
-- id
INFINITE_LOOP
-- verdict
EINVAL infinite loop detected at insn 1
-- kernel
EINVAL infinite loop detected at insn

== a loop that may_goto ends
-- asm
r0 = 0
may_goto +2
r0 += 1
goto -3
r0 = 0
exit
-- verdict
ok

== code behind a decided branch is not looked at
-- asm
r0 = 1
if r0 == 1 goto +1
r0 = *(u64 *)(r9 + 0)
exit
-- verdict
ok

== a result out of the type's range
-- type
cgroup_skb
-- asm
r0 = 4
exit
-- id
RETURN_RANGE
-- verdict
EINVAL At program exit the register R0 has smin=4 smax=4 should have been in [0, 1]

== a result in the type's range
-- type
cgroup_skb
-- asm
r0 = 1
exit
-- verdict
ok

== a result that could be anything
-- type
cgroup_skb
-- asm
r0 = *(u64 *)(r10 - 8)
exit
-- id
RETURN_RANGE
-- verdict
EINVAL At program exit the register R0 has unknown scalar value should have been in [0, 1]

== a result cut to the type's range
-- type
cgroup_skb
-- asm
r0 = *(u64 *)(r10 - 8)
r0 &= 1
exit
-- verdict
ok

== a pointer where a number must be
-- type
cgroup_skb
-- asm
r0 = r1
exit
-- id
RETURN_NOT_KNOWN
-- verdict
EINVAL At program exit the register R0 is not a known value (ctx)

== no result
-- asm
exit
-- id
REG_NOT_INIT
-- verdict
EACCES R0 !read_ok

== a loop, for an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r0 = 0
r0 += 1
if r0 < 10 goto -2
exit
-- id
BACK_EDGE
-- verdict
EINVAL back-edge from insn 2 to 1

== a pointer returned, for an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r0 = r1
exit
-- id
RETURN_LEAK
-- verdict
EACCES R0 leaks addr as return value

== a pointer returned
-- type
socket_filter
-- asm
r0 = r1
exit
-- verdict
ok
