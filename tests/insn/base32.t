# SPDX-License-Identifier: BSD-2-Clause
# 32-bit arithmetic: the upper half of the result is zero

== w0 += w1 of 0x1 and 0x2
-- asm
r0 = 0x1 ll
r1 = 0x2 ll
w0 += w1
exit
-- result
0x3

== w0 += w1 of 0xffffffffffffffff and 0x1
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x1 ll
w0 += w1
exit
-- result
0x0

== w0 += w1 of 0x7fffffffffffffff and 0x1
-- asm
r0 = 0x7fffffffffffffff ll
r1 = 0x1 ll
w0 += w1
exit
-- result
0x0

== w0 += w1 of 0x1ffffffff and 0xffffffff00000001
-- asm
r0 = 0x1ffffffff ll
r1 = 0xffffffff00000001 ll
w0 += w1
exit
-- result
0x0

== w0 += -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 += -1
exit
-- result
0x7654320f

== w0 += 2147483647
-- asm
r0 = 0xfedcba9876543210 ll
w0 += 2147483647
exit
-- result
0xf654320f

== w0 -= w1 of 0x1 and 0x2
-- asm
r0 = 0x1 ll
r1 = 0x2 ll
w0 -= w1
exit
-- result
0xffffffff

== w0 -= w1 of 0x0 and 0xffffffffffffffff
-- asm
r0 = 0x0 ll
r1 = 0xffffffffffffffff ll
w0 -= w1
exit
-- result
0x1

== w0 -= w1 of 0x8000000000000000 and 0x1
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x1 ll
w0 -= w1
exit
-- result
0xffffffff

== w0 -= -2147483648
-- asm
r0 = 0xfedcba9876543210 ll
w0 -= -2147483648
exit
-- result
0xf6543210

== w0 |= w1 of 0xf0f0f0f0f0f0f0f0 and 0xf0f00000000000f
-- asm
r0 = 0xf0f0f0f0f0f0f0f0 ll
r1 = 0xf0f00000000000f ll
w0 |= w1
exit
-- result
0xf0f0f0ff

== w0 |= -256
-- asm
r0 = 0xfedcba9876543210 ll
w0 |= -256
exit
-- result
0xffffff10

== w0 &= w1 of 0xfffff0f0f0f0f0f0 and 0xffff0000ffff00f0
-- asm
r0 = 0xfffff0f0f0f0f0f0 ll
r1 = 0xffff0000ffff00f0 ll
w0 &= w1
exit
-- result
0xf0f000f0

== w0 &= -16
-- asm
r0 = 0xfedcba9876543210 ll
w0 &= -16
exit
-- result
0x76543210

== w0 &= 2147418112
-- asm
r0 = 0xfedcba9876543210 ll
w0 &= 2147418112
exit
-- result
0x76540000

== w0 ^= w1 of 0xaaaaaaaa55555555 and 0xffffffffffffffff
-- asm
r0 = 0xaaaaaaaa55555555 ll
r1 = 0xffffffffffffffff ll
w0 ^= w1
exit
-- result
0xaaaaaaaa

== w0 ^= -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 ^= -1
exit
-- result
0x89abcdef

== w0 <<= w1 of 0x1 and 0x3f
-- asm
r0 = 0x1 ll
r1 = 0x3f ll
w0 <<= w1
exit
-- result
0x80000000

== w0 <<= w1 of 0x1 and 0x40
-- asm
r0 = 0x1 ll
r1 = 0x40 ll
w0 <<= w1
exit
-- result
0x1

== w0 <<= w1 of 0x3 and 0x21
-- asm
r0 = 0x3 ll
r1 = 0x21 ll
w0 <<= w1
exit
-- result
0x6

== w0 <<= w1 of 0xffffffffffffffff and 0xff
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0xff ll
w0 <<= w1
exit
-- result
0x80000000

== w0 <<= 31
-- asm
r0 = 0xfedcba9876543210 ll
w0 <<= 31
exit
-- result
0x0

== w0 >>= w1 of 0x8000000000000000 and 0x3f
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x3f ll
w0 >>= w1
exit
-- result
0x0

== w0 >>= w1 of 0x8000000000000000 and 0x40
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x40 ll
w0 >>= w1
exit
-- result
0x0

== w0 >>= w1 of 0xffffffffffffffff and 0x21
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x21 ll
w0 >>= w1
exit
-- result
0x7fffffff

== w0 >>= 31
-- asm
r0 = 0xfedcba9876543210 ll
w0 >>= 31
exit
-- result
0x0

== w0 s>>= w1 of 0x8000000000000000 and 0x3f
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x3f ll
w0 s>>= w1
exit
-- result
0x0

== w0 s>>= w1 of 0x8000000000000000 and 0x40
-- asm
r0 = 0x8000000000000000 ll
r1 = 0x40 ll
w0 s>>= w1
exit
-- result
0x0

== w0 s>>= w1 of 0x80000000 and 0x1f
-- asm
r0 = 0x80000000 ll
r1 = 0x1f ll
w0 s>>= w1
exit
-- result
0xffffffff

== w0 s>>= w1 of 0x7fffffffffffffff and 0x20
-- asm
r0 = 0x7fffffffffffffff ll
r1 = 0x20 ll
w0 s>>= w1
exit
-- result
0xffffffff

== w0 s>>= 31
-- asm
r0 = 0xfedcba9876543210 ll
w0 s>>= 31
exit
-- result
0x0

== mov imm clears the upper half
-- asm
r0 = -1
w0 = -1
exit
-- result
0xffffffff

== mov of a register clears the upper half
-- asm
r1 = 0x123456789abcdef0 ll
w0 = w1
exit
-- result
0x9abcdef0

== neg
-- asm
r0 = 0xffffffff00000001 ll
w0 = -w0
exit
-- result
0xffffffff

== neg of the least number is itself
-- asm
r0 = 0x80000000 ll
w0 = -w0
exit
-- result
0x80000000
