# SPDX-License-Identifier: BSD-2-Clause
# what the checked interpreter ends a run for, and what it lets pass

== a load from NULL
-- asm
r2 = 0
r0 = *(u8 *)(r2 +0)
exit
-- fault
read 1

== a store to NULL
-- asm
r2 = 0
*(u64 *)(r2 +8) = 1
exit
-- fault
write 1

== above the stack
-- asm
r0 = *(u8 *)(r10 +0)
exit
-- fault
read 0

== across the top of the stack
-- asm
r0 = *(u64 *)(r10 -7)
exit
-- fault
read 0

== below the stack
-- asm
r0 = *(u8 *)(r10 -513)
exit
-- fault
read 0

== across the bottom of the stack
-- asm
*(u64 *)(r10 -513) = 0
exit
-- fault
write 0

== a dead frame
-- asm
call f
r0 = *(u64 *)(r0 +0)
exit
f: r0 = r10
r0 += -8
exit
-- fault
read 1

== behind the context
-- asm
r0 = *(u8 *)(r1 +4)
exit
-- mem
01 02 03 04
-- fault
read 0

== across the end of the context
-- asm
r0 = *(u32 *)(r1 +1)
exit
-- mem
01 02 03 04
-- fault
read 0

== before the context
-- asm
r0 = *(u8 *)(r1 -1)
exit
-- mem
01 02 03 04
-- fault
read 0

== an address that wraps
-- asm
r2 = -4
r0 = *(u64 *)(r2 +0)
exit
-- fault
read 1

== an atomic that is not aligned
-- asm
r2 = 1
lock *(u64 *)(r10 -12) += r2
exit
-- fault
write 1

== a load_acquire that is not aligned
-- asm
r0 = load_acquire((u32 *)(r10 -6))
exit
-- fault
read 0

== the end of the program
-- asm
r0 = 0
-- fault
jump 1

== a jump behind the program
-- asm
goto +5
exit
-- fault
jump 0

== a jump before the program
-- asm
goto -5
exit
-- fault
jump 0

== a jump into the middle of a 16-byte instruction
-- asm
goto +1
r0 = 1 ll
exit
-- fault
jump 2

== an endless loop
-- asm
again: goto again
exit
-- fault
budget 0

== a program address
-- asm
r2 = 0x1234567812345678 ll
r0 = *(u8 *)(r2 +0)
exit
-- fault
read 2

== a map pointer is not memory
-- asm
r2 = map[fd:0]
r0 = *(u64 *)(r2 +0)
exit
-- fault
read 2

== kernel variables are not here yet
-- asm
r1 = btf[id:1,fd:0]
exit
-- fault
insn 0

== an unknown map
-- asm
r1 = map[fd:9]
exit
-- fault
insn 0

== outside a map value
-- asm
r1 = map[fd:0][0]+24
exit
-- fault
insn 0

== the last byte of a map value
-- asm
r1 = map[fd:0][0]+23
*(u8 *)(r1 +0) = 9
r0 = *(u8 *)(r1 +0)
exit
-- result
9

== across the end of a map value
-- asm
r1 = map[fd:0][0]+23
r0 = *(u16 *)(r1 +0)
exit
-- fault
read 2

== a read-only map value can be read
-- asm
r1 = map[fd:1][0]+0
r0 = *(u8 *)(r1 +1)
exit
-- result
0x65

== a read-only map value cannot be written
-- asm
r1 = map[fd:1][0]+0
*(u8 *)(r1 +1) = 0
exit
-- fault
write 2

== a handle is read through the environment
-- only
interp
-- asm
r1 = 0x00c6010000000000 ll
r0 = *(u16 *)(r1 +2)
exit
-- result
0x0403

== a handle is read with sign
-- only
interp
-- asm
r1 = 0x00c6010000000000 ll
r0 = *(s8 *)(r1 +0)
exit
-- result
0xffffffffffffff80

== an unknown field reads 0, and so does what hangs from it
-- asm
r1 = 0x00c6010000000000 ll
r0 = *(u64 *)(r1 +100)
r0 = *(u32 *)(r0 +8)
exit
-- only
checked
-- result
0

== a handle cannot be written
-- asm
r1 = 0x00c6010000000000 ll
*(u8 *)(r1 +0) = 1
exit
-- fault
write 2
