# SPDX-License-Identifier: BSD-2-Clause
# The stack: each rule with a program it takes and one it refuses.

== a spilled number keeps its bounds
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u64 *)(r0 + 0)
r7 &= 31
*(u64 *)(r10 - 16) = r7
r8 = *(u64 *)(r10 - 16)
r0 += r8
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== a spill of 4 bytes is filled with 4
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u32 *)(r0 + 0)
r7 &= 31
*(u32 *)(r10 - 16) = r7
r8 = *(u32 *)(r10 - 16)
r0 += r8
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- verdict
ok

== bytes of a spill that is not at their start are some number
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u64 *)(r0 + 0)
r7 &= 31
*(u64 *)(r10 - 16) = r7
r8 = *(u32 *)(r10 - 12)
r0 += r8
r0 = *(u64 *)(r0 + 0)
out:
r0 = 0
exit
-- id
MEM_UNBOUNDED
-- verdict
EACCES R0 unbounded memory access, make sure to bounds check any such access

== zero bytes are read as 0
-- asm
*(u16 *)(r10 - 4) = 0
r1 = *(u8 *)(r10 - 3)
r2 = r10
r2 += r1
r0 = *(u8 *)(r2 - 1)
exit
-- verdict
ok

== a zero byte in what was a spilled number leaves bytes that are some number
-- asm
*(u64 *)(r10 - 8) = 0
*(u8 *)(r10 - 7) = 0
r1 = *(u8 *)(r10 - 5)
r2 = r10
r2 += r1
r0 = *(u8 *)(r2 - 1)
exit
-- id
STACK_VAR_ABOVE
-- verdict
EINVAL invalid variable-offset read from stack R2 var_off=(0x0; 0xff) off=-1 size=1

== a store above the frame
-- asm
*(u64 *)(r10 + 0) = 0
r0 = 0
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES invalid write to stack R10 off=0 size=8

== a store across the frame's top
-- asm
r1 = r10
r1 += -4
*(u64 *)(r1 + 0) = 0
r0 = 0
exit
-- id
MEM_MISALIGNED
-- verdict
EACCES misaligned stack access off 0+-4+0 size 8

== a store below the frame
-- asm
*(u64 *)(r10 - 520) = 0
r0 = 0
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES invalid write to stack R10 off=-520 size=8

== the frame's lowest bytes
-- asm
*(u64 *)(r10 - 512) = 0
r0 = 0
exit
-- verdict
ok

== part of a pointer cannot be filled
-- asm
*(u64 *)(r10 - 8) = r1
r0 = *(u32 *)(r10 - 8)
exit
-- id
FILL_SIZE
-- verdict
EACCES invalid size of register fill

== part of a pointer cannot be spilled
-- asm
*(u32 *)(r10 - 8) = r1
r0 = 0
exit
-- id
SPILL_SIZE
-- verdict
EACCES invalid size of register spill

== stack never written may be read by who may
-- asm
r0 = *(u64 *)(r10 - 8)
exit
-- verdict
ok

== stack never written, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- asm
r0 = *(u64 *)(r10 - 8)
exit
-- id
STACK_OUTSIDE
-- verdict
EACCES invalid read from stack R10 off=-8 size=8

== a spilled pointer half overwritten, unprivileged
-- type
socket_filter
-- flags
unprivileged
-- asm
*(u64 *)(r10 - 8) = r1
r0 = 0
*(u32 *)(r10 - 8) = r0
exit
-- id
SPILL_CORRUPT
-- verdict
EACCES attempt to corrupt spilled pointer on stack

== an index between bounds
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u64 *)(r0 + 0)
r7 &= 24
r7 += -64
r1 = r10
r1 += r7
*(u64 *)(r1 + 0) = r6
r0 = *(u64 *)(r1 + 0)
out:
r0 = 0
exit
-- verdict
ok

== an index that reaches the frame's top
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u64 *)(r0 + 0)
r7 &= 24
r7 += -24
r1 = r10
r1 += r7
*(u64 *)(r1 + 0) = r6
out:
r0 = 0
exit
-- id
STACK_VAR_ABOVE
-- verdict
EINVAL invalid variable-offset write to stack R1 var_off=

== an index without bounds
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r7 = *(u64 *)(r0 + 0)
r7 &= 0x7ffffff8
r1 = r10
r1 += r7
r0 = *(u64 *)(r1 + 0)
out:
r0 = 0
exit
-- id
STACK_UNBOUNDED
-- verdict
EACCES invalid unbounded variable-offset read from stack R1

== a pointer to the stack stored in the caller's frame
-- asm
r1 = r10
r1 += -8
call f
r0 = 0
exit
f:
*(u64 *)(r1 + 0) = r10
r0 = 0
exit
-- id
SPILL_CALLER
-- verdict
EINVAL cannot spill pointers to stack into stack frame of the caller

== a number stored in the caller's frame
-- asm
r1 = r10
r1 += -8
call f
r0 = *(u64 *)(r10 - 8)
exit
f:
*(u64 *)(r1 + 0) = 7
r0 = 0
exit
-- verdict
ok

== memory that a helper fills
-- asm
r1 = r10
r1 += -16
r2 = 16
call 16
r0 = *(u64 *)(r10 - 16)
exit
-- verdict
ok

== memory that a helper reads, above the frame
-- asm
r1 = r10
r1 += -8
r2 = 16
call 6
r0 = 0
exit
-- id
STACK_ABOVE
-- verdict
EINVAL invalid read from stack R1 off=-8 size=16

== a size that may be negative
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r2 = *(u64 *)(r0 + 0)
r1 = r10
r1 += -16
if r2 s> 16 goto out
call 16
out:
r0 = 0
exit
-- id
SIZE_NEGATIVE
-- verdict
EACCES R2 min value is negative, either use unsigned or 'var &= const'

== a size without a bound
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r2 = *(u32 *)(r0 + 0)
r1 = r10
r1 += -16
if r2 == 0 goto out
call 16
out:
r0 = 0
exit
-- id
SIZE_UNBOUNDED
-- verdict
EACCES R2 unbounded memory access, use 'var &= const' or 'if (var < const)'

== a size between bounds
-- maps
array 4 64 1
-- asm
r6 = 0
*(u32 *)(r10 - 4) = r6
r2 = r10
r2 += -4
r1 = map[fd:0]
call 1
if r0 == 0 goto out
r2 = *(u32 *)(r0 + 0)
r2 &= 15
r2 += 1
r1 = r10
r1 += -16
call 16
out:
r0 = 0
exit
-- verdict
ok

== part of a spilled 0 is 0
-- asm
r2 = 0
*(u64 *)(r10 - 48) = r2
r1 = *(u16 *)(r10 - 44)
r2 = r10
r2 += r1
r0 = *(u8 *)(r2 - 1)
exit
-- verdict
ok

== a store at an unknown offset makes bytes of a spilled number
-- maps
array 4 64 1
-- asm
r1 = map[fd:0][0]+0
r7 = *(u64 *)(r1 + 0)
*(u64 *)(r10 - 8) = 3
*(u64 *)(r10 - 16) = 3
r7 &= 8
r7 += -16
r1 = r10
r1 += r7
*(u32 *)(r1 + 0) = 1
r2 = *(u64 *)(r10 - 8)
r3 = r10
r3 += r2
r0 = *(u8 *)(r3 - 16)
exit
-- id
PTR_MATH_UNBOUNDED
-- verdict
EINVAL math between fp pointer and register with unbounded min value is not allowed

== spills around a call that keeps registers need no stack
-- type
xdp
-- asm
*(u64 *)(r10 - 512) = 1
call f
r0 = 0
exit
f:
r1 = 7
*(u64 *)(r10 - 8) = r1
call 8
r1 = *(u64 *)(r10 - 8)
exit
-- verdict
ok

== slots of such spills that are used otherwise need it
-- type
xdp
-- asm
*(u64 *)(r10 - 512) = 1
call f
r0 = 0
exit
f:
r1 = 7
*(u64 *)(r10 - 8) = r1
call 8
r1 = *(u64 *)(r10 - 8)
r2 = *(u64 *)(r10 - 8)
exit
-- id
STACK_CHAIN
-- verdict
EACCES combined stack size of 2 calls is 528. Too large

== spills around a call that is not known to keep registers need it
-- type
xdp
-- asm
*(u64 *)(r10 - 512) = 1
call f
r0 = 0
exit
f:
r1 = 7
*(u64 *)(r10 - 8) = r1
call 5
r1 = *(u64 *)(r10 - 8)
exit
-- id
STACK_CHAIN
-- verdict
EACCES combined stack size of 2 calls is 528. Too large
