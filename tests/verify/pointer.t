# SPDX-License-Identifier: BSD-2-Clause
# Pointers, arithmetic, jumps: each rule with a program it takes and one it refuses.

== constants added to the context and taken back
-- type
sched_cls
-- asm
r1 += 8
r1 -= 8
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- verdict
ok

== an address computed with by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r1
r2 *= 2
r0 = 0
exit
-- id
PTR_OPERATOR
-- verdict
EACCES R2 pointer arithmetic with *= operator prohibited

== half a pointer copied by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
w2 = w10
r0 = 0
exit
-- id
PTR_PARTIAL_COPY
-- verdict
EACCES R10 partial copy of pointer

== a whole pointer copied
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r0 = 0
exit
-- verdict
ok

== pointers added
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 += r10
r0 = 0
exit
-- id
PTR_WITH_PTR
-- verdict
EACCES R2 pointer += pointer prohibited

== pointers in 32 bits
-- asm
r2 = r10
w2 += 8
*(u8 *)(r10 - 1) = w2
r0 = 0
exit
-- id
PTR_ARITH_32
-- verdict
EACCES R2 32-bit pointer arithmetic prohibited

== pointers in 32 bits, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
w2 += 8
r0 = 0
exit
-- id
PTR_ARITH_32
-- verdict
EACCES R2 32-bit pointer arithmetic prohibited

== an offset of a value tested before
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r0 += 4
r0 = *(u32 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== the packet's end moved
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 80)
r2 += -1
r0 = 0
exit
-- id
PTR_ARITH_KIND
-- verdict
EACCES R2 pointer arithmetic on pkt_end prohibited

== the packet's start moved
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 76)
r2 += 1
r0 = 0
exit
-- verdict
ok

== a pointer moved by 2^30
-- type
sched_cls
-- asm
r1 += 0x40000000
r0 = 0
exit
-- id
PTR_MATH_CONST
-- verdict
EINVAL math between ctx pointer and 1073741824 is not allowed

== a value's pointer moved far, twice
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r0 += 0x1fffffff
r0 += 0x1fffffff
out:
r0 = 0
exit
-- id
PTR_OFFSET
-- verdict
EINVAL map_value pointer offset 1073741822 is not allowed

== a number that far
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = 0x1fffffff
r0 += r1
r0 -= r1
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a pointer taken from a number
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = 8
r2 -= r10
r0 = 0
exit
-- id
PTR_FROM_SCALAR
-- verdict
EACCES R2 tried to subtract pointer from scalar

== a number taken from a pointer
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = 4
r0 += 4
r0 -= r1
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a stack pointer less a variable
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 -= 8
r0 = 0
exit
-- id
PTR_STACK_SUB
-- verdict
EACCES R2 subtraction from stack pointer prohibited

== a stack pointer plus a negative constant
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 += -8
*(u64 *)(r2 + 0) = 0
r0 = 0
exit
-- verdict
ok

== a pointer masked
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 &= -8
r0 = 0
exit
-- id
PTR_BITWISE
-- verdict
EACCES R2 bitwise operator &= on pointer prohibited

== an offset masked, then added
-- maps
array 4 16 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
r1 &= 8
r0 += r1
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a pointer shifted
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 <<= 3
r0 = 0
exit
-- id
PTR_OPERATOR
-- verdict
EACCES R2 pointer arithmetic with <<= operator prohibited

== pointers compared by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
if r1 > r10 goto out
out:
r0 = 0
exit
-- id
PTR_COMPARE
-- verdict
EACCES R10 pointer comparison prohibited

== a cast between address spaces without an arena
-- asm
r1 = addr_space_cast(r1, 0, 1)
r0 = 0
exit
-- id
CAST_ARENA
-- verdict
EINVAL addr_space_cast insn can only be used in a program that has an associated arena

== a context pointer before its start
-- type
sched_cls
-- asm
r1 += -8
r0 = *(u32 *)(r1 + 8)
r0 = 0
exit
-- id
PTR_NEGATIVE
-- verdict
EACCES negative offset ctx ptr R1 off=-8 disallowed

== a context pointer moved by a variable
-- type
sched_cls
-- asm
r2 = *(u32 *)(r1 + 0)
r2 &= 8
r1 += r2
r0 = *(u32 *)(r1 + 0)
r0 = 0
exit
-- id
PTR_VARIABLE
-- verdict
EACCES variable ctx access var_off=(0x0; 0x8) disallowed

== division by a constant 0
-- asm
r0 = 1
r0 /= 0
exit
-- id
DIV_ZERO
-- verdict
EINVAL div by zero

== division by a register of 0
-- asm
r0 = 1
r1 = 0
r0 /= r1
exit
-- verdict
ok

== a shift by the width
-- asm
r0 = 1
r0 <<= 64
exit
-- id
SHIFT_RANGE
-- verdict
EINVAL invalid shift 64

== a shift by less than the width
-- asm
r0 = 1
r0 <<= 63
r0 = 0
exit
-- verdict
ok

== a misaligned load of a packet where alignment is asked for
-- type
sched_cls
-- flags
strict
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 16
if r4 > r3 goto out
r0 = *(u32 *)(r2 + 4)
out:
r0 = 0
exit
-- id
MEM_MISALIGNED_PACKET
-- verdict
EACCES misaligned packet access off 2+0+0+4 size 4

== a load of a packet behind the Ethernet header where alignment is asked for
-- type
sched_cls
-- flags
strict
-- asm
r2 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r4 = r2
r4 += 32
if r4 > r3 goto out
r0 = *(u32 *)(r2 + 14)
out:
r0 = 0
exit
-- verdict
ok

== a constant stored into a context
-- type
sched_cls
-- asm
lock *(u32 *)(r1 + 8) += r1
r0 = 0
exit
-- id
ATOMIC_STORE
-- verdict
EACCES BPF_ATOMIC stores into R1 ctx is not allowed

== a key of a callback read behind its end
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
r0 = *(u64 *)(r2 + 0)
r0 = 0
exit
-- id
MAP_KEY_OUTSIDE
-- verdict
EACCES R2 min value is outside of the allowed memory range

== a key of a callback read
-- maps
array 4 8 1
-- asm
r1 = map[fd:0]
r2 = subprog[body]
r3 = 0
r4 = 0
call 164
r0 = 0
exit
body:
r0 = *(u32 *)(r2 + 0)
r0 = 0
exit
-- verdict
ok

== a stack pointer moved by a variable, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = *(u32 *)(r1 + 0)
r2 &= 7
r3 = r10
r3 += -16
r3 += r2
*(u8 *)(r3 + 0) = 0
r0 = 0
exit
-- id
SPEC_STACK_VAR
-- verdict
EACCES R3 variable stack access prohibited for !root, var_off=(0x0; 0x7) off=-16

== a stack pointer moved by a constant, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r3 = r10
r3 += -16
*(u8 *)(r3 + 0) = 0
r0 = 0
exit
-- verdict
ok

== a stack pointer moved out of the frame, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r3 = r10
r3 += -600
r0 = 0
exit
-- id
SPEC_STACK_RANGE
-- verdict
EACCES R3 stack pointer arithmetic goes out of range, prohibited for !root; off=-600

== a value's pointer moved out of the value, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r0 += 16
out:
r0 = 0
exit
-- id
MAP_VALUE_OUTSIDE SPEC_MAP_RANGE
-- verdict
EACCES R0 pointer arithmetic of map value goes out of range, prohibited for !root

== a value's pointer moved within the value, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r0 += 4
r1 = *(u32 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a sum that adds to pointers of two kinds, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
array 4 8 1
array 4 64 1
-- asm
r6 = *(u32 *)(r1 + 0)
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u32 *)(r0 + 0)
r7 &= 3
if r6 == 0 goto sum
r1 = 1
goto add
sum:
r1 = r7
add:
r0 += r1
r1 = *(u8 *)(r0 + 0)
out:
r0 = 0
exit
-- id
SPEC_PATHS
-- verdict
EACCES R0 tried to add from different maps, paths or scalars, pointer arithmetic with it prohibited for !root

== the context moved by a variable, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = *(u32 *)(r1 + 0)
r2 &= 7
r1 += r2
r0 = 0
exit
-- id
SPEC_TYPE
-- verdict
EACCES R1 has pointer with unsupported alu operation, pointer arithmetic with it prohibited for !root

== a call of a function by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
call f
exit
f:
r0 = 0
exit
-- id
CALL_RIGHT
-- verdict
EPERM loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN

== an offset of an element not tested
-- maps
hash 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
r0 += 4
r0 = 0
exit
-- id
PTR_ARITH_NULL
-- verdict
EACCES R0 pointer arithmetic on map_value_or_null prohibited, null-check it first

== an offset of an element tested before
-- maps
hash 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r0 += 4
r0 = *(u32 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a pointer copied with its sign extended, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = (s32)r10
r0 = 0
exit
-- id
PTR_SIGN_EXTEND
-- verdict
EACCES R10 sign-extension part of pointer

== an address negated by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- asm
r2 = r10
r2 = -r2
r0 = 0
exit
-- id
PTR_ARITH
-- verdict
EACCES R2 pointer arithmetic prohibited

== a value's pointer moved by a number that is at least 2^29
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u32 *)(r0 + 0)
r2 = 0x30000000
r1 |= r2
r0 += r1
out:
r0 = 0
exit
-- id
PTR_VALUE_RANGE
-- verdict
EINVAL value 805306368 makes map_value pointer be out of bounds

== an offset that may be negative
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
if r1 s< -8 goto out
if r1 s> 4 goto out
r0 += r1
r0 = *(u8 *)(r0 + 0)
out:
r0 = 0
exit
-- id
MEM_MIN_NEGATIVE
-- verdict
EACCES R0 min value is negative, either use unsigned index or do a if (index >=0) check.

== an offset that may not be negative
-- maps
array 4 8 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
if r1 s< 0 goto out
if r1 s> 4 goto out
r0 += r1
r0 = *(u8 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== an offset whose sign is not known, by an ordinary user
-- type
socket_filter
-- flags
unprivileged
-- maps
array 4 64 1
-- asm
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r1 = *(u64 *)(r0 + 0)
if r1 s< -8 goto out
if r1 s> 8 goto out
r0 += r1
out:
r0 = 0
exit
-- id
SPEC_MIXED
-- verdict
EACCES R1 has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root
