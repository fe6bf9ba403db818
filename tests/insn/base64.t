# SPDX-License-Identifier: BSD-2-Clause
# 64-bit arithmetic and constants

== r0 += r1 of 0x1 and 0x2
-- asm
r0 = 0x1 ll
r1 = 0x2 ll
r0 += r1
exit
-- result
0x3

== r0 += r1 of 0xffffffffffffffff and 0x1
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x1 ll
r0 += r1
exit
-- result
0x0

== r0 += r1 of 0x7fffffffffffffff and 0x1
-- asm
r0 = 0x7fffffffffffffff ll
r1 = 0x1 ll
r0 += r1
exit
-- result
0x8000000000000000

== r0 += r1 of 0x1ffffffff and 0xffffffff00000001
-- asm
r0 = 0x1ffffffff ll
r1 = 0xffffffff00000001 ll
r0 += r1
exit
-- result
0x100000000

== r0 += -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 += -1
exit
-- result
0xfedcba987654320f

== r0 += 2147483647
-- asm
r0 = 0xfedcba9876543210 ll
r0 += 2147483647
exit
-- result
0xfedcba98f654320f

== r0 -= r1 of 0x1 and 0x2
-- asm
r0 = 0x1 ll
r1 = 0x2 ll
r0 -= r1
exit
-- result
0xffffffffffffffff

== r0 -= r1 of 0x0 and 0xffffffffffffffff
-- asm
r0 = 0x0 ll
r1 = 0xffffffffffffffff ll
r0 -= r1
exit
-- result
0x1

== r0 -= r1 of 0x8000000000000000 and 0x1
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x1 ll
r0 -= r1
exit
-- result
0x7fffffffffffffff

== r0 -= -2147483648
-- asm
r0 = 0xfedcba9876543210 ll
r0 -= -2147483648
exit
-- result
0xfedcba98f6543210

== r0 |= r1 of 0xf0f0f0f0f0f0f0f0 and 0xf0f00000000000f
-- asm
r0 = 0xf0f0f0f0f0f0f0f0 ll
r1 = 0xf0f00000000000f ll
r0 |= r1
exit
-- result
0xfffff0f0f0f0f0ff

== r0 |= -256
-- asm
r0 = 0xfedcba9876543210 ll
r0 |= -256
exit
-- result
0xffffffffffffff10

== r0 &= r1 of 0xfffff0f0f0f0f0f0 and 0xffff0000ffff00f0
-- asm
r0 = 0xfffff0f0f0f0f0f0 ll
r1 = 0xffff0000ffff00f0 ll
r0 &= r1
exit
-- result
0xffff0000f0f000f0

== r0 &= -16
-- asm
r0 = 0xfedcba9876543210 ll
r0 &= -16
exit
-- result
0xfedcba9876543210

== r0 &= 2147418112
-- asm
r0 = 0xfedcba9876543210 ll
r0 &= 2147418112
exit
-- result
0x76540000

== r0 ^= r1 of 0xaaaaaaaa55555555 and 0xffffffffffffffff
-- asm
r0 = 0xaaaaaaaa55555555 ll
r1 = 0xffffffffffffffff ll
r0 ^= r1
exit
-- result
0x55555555aaaaaaaa

== r0 ^= -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 ^= -1
exit
-- result
0x123456789abcdef

== r0 <<= r1 of 0x1 and 0x3f
-- asm
r0 = 0x1 ll
r1 = 0x3f ll
r0 <<= r1
exit
-- result
0x8000000000000000

== r0 <<= r1 of 0x1 and 0x40
-- asm
r0 = 0x1 ll
r1 = 0x40 ll
r0 <<= r1
exit
-- result
0x1

== r0 <<= r1 of 0x3 and 0x21
-- asm
r0 = 0x3 ll
r1 = 0x21 ll
r0 <<= r1
exit
-- result
0x600000000

== r0 <<= r1 of 0xffffffffffffffff and 0xff
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0xff ll
r0 <<= r1
exit
-- result
0x8000000000000000

== r0 <<= 31
-- asm
r0 = 0xfedcba9876543210 ll
r0 <<= 31
exit
-- result
0x3b2a190800000000

== r0 >>= r1 of 0x8000000000000000 and 0x3f
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x3f ll
r0 >>= r1
exit
-- result
0x1

== r0 >>= r1 of 0x8000000000000000 and 0x40
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x40 ll
r0 >>= r1
exit
-- result
0x8000000000000000

== r0 >>= r1 of 0xffffffffffffffff and 0x21
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x21 ll
r0 >>= r1
exit
-- result
0x7fffffff

== r0 >>= 31
-- asm
r0 = 0xfedcba9876543210 ll
r0 >>= 31
exit
-- result
0x1fdb97530

== r0 s>>= r1 of 0x8000000000000000 and 0x3f
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x3f ll
r0 s>>= r1
exit
-- result
0xffffffffffffffff

== r0 s>>= r1 of 0x8000000000000000 and 0x40
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x40 ll
r0 s>>= r1
exit
-- result
0x8000000000000000

== r0 s>>= r1 of 0x80000000 and 0x1f
-- asm
r0 = 0x80000000 ll
r1 = 0x1f ll
r0 s>>= r1
exit
-- result
0x1

== r0 s>>= r1 of 0x7fffffffffffffff and 0x20
-- asm
r0 = 0x7fffffffffffffff ll
r1 = 0x20 ll
r0 s>>= r1
exit
-- result
0x7fffffff

== r0 s>>= 31
-- asm
r0 = 0xfedcba9876543210 ll
r0 s>>= 31
exit
-- result
0xfffffffffdb97530

== mov imm is sign-extended
-- asm
r0 = -1
exit
-- result
0xffffffffffffffff

== mov of a register
-- asm
r1 = 0x123456789abcdef0 ll
r0 = r1
exit
-- result
0x123456789abcdef0

== neg
-- asm
r0 = 0x8000000000000001 ll
r0 = -r0
exit
-- result
0x7fffffffffffffff

== neg of the least number is itself
-- asm
r0 = 0x8000000000000000 ll
r0 = -r0
exit
-- result
0x8000000000000000

== a 64-bit constant
-- asm
r0 = 0xfedcba9876543210 ll
exit
-- result
0xfedcba9876543210

== the second slot is skipped
-- asm
r0 = 1 ll
r1 = 2 ll
r0 += r1
exit
-- result
3

== registers start at zero
-- asm
r0 += r2
r0 += r3
r0 += r4
r0 += r5
r0 += r6
r0 += r7
r0 += r8
r0 += r9
exit
-- result
0

== all registers hold their own value
-- asm
r1 = 1
r2 = 2
r3 = 4
r4 = 8
r5 = 16
r6 = 32
r7 = 64
r8 = 128
r9 = 256
r0 = 512
r0 |= r1
r0 |= r2
r0 |= r3
r0 |= r4
r0 |= r5
r0 |= r6
r0 |= r7
r0 |= r8
r0 |= r9
exit
-- result
0x3ff
