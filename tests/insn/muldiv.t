# SPDX-License-Identifier: BSD-2-Clause
# multiplication, division, remainder: x / 0 = 0, x % 0 = x

== r0 *= r1 of 0xffffffff and 0xffffffff
-- asm
r0 = 0xffffffff ll
r1 = 0xffffffff ll
r0 *= r1
exit
-- result
0xfffffffe00000001

== r0 *= r1 of 0xffffffffffffffff and 0x3
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x3 ll
r0 *= r1
exit
-- result
0xfffffffffffffffd

== r0 *= r1 of 0x100000001 and 0x100000001
-- asm
r0 = 0x100000001 ll
r1 = 0x100000001 ll
r0 *= r1
exit
-- result
0x200000001

== r0 *= -3
-- asm
r0 = 0xfedcba9876543210 ll
r0 *= -3
exit
-- result
0x369d0369d0369d0

== r0 /= r1 of 0xffffffffffffffff and 0x2
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x2 ll
r0 /= r1
exit
-- result
0x7fffffffffffffff

== r0 /= r1 of 0x7 and 0x0
-- asm
r0 = 0x7 ll
r1 = 0x0 ll
r0 /= r1
exit
-- result
0x0

== r0 /= r1 of 0x5 and 0x100000000
-- asm
r0 = 0x5 ll
r1 = 0x100000000 ll
r0 /= r1
exit
-- result
0x0

== r0 /= r1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
r0 /= r1
exit
-- result
0x0

== r0 /= -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 /= -1
exit
-- result
0x0

== r0 /= 3
-- asm
r0 = 0xfedcba9876543210 ll
r0 /= 3
exit
-- result
0x54f43e32d21c10b0

== r0 %= r1 of 0xffffffffffffffff and 0xa
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0xa ll
r0 %= r1
exit
-- result
0x5

== r0 %= r1 of 0xffffffff00000007 and 0x0
-- asm
r0 = 0xffffffff00000007 ll
r1 = 0x0 ll
r0 %= r1
exit
-- result
0xffffffff00000007

== r0 %= r1 of 0x5 and 0x100000000
-- asm
r0 = 0x5 ll
r1 = 0x100000000 ll
r0 %= r1
exit
-- result
0x5

== r0 %= -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 %= -1
exit
-- result
0xfedcba9876543210

== r0 %= 7
-- asm
r0 = 0xfedcba9876543210 ll
r0 %= 7
exit
-- result
0x2

== r0 s/= r1 of 0xfffffffffffffff9 and 0x2
-- asm
r0 = 0xfffffffffffffff9 ll
r1 = 0x2 ll
r0 s/= r1
exit
-- result
0xfffffffffffffffd

== r0 s/= r1 of 0x7 and 0xfffffffffffffffe
-- asm
r0 = 0x7 ll
r1 = 0xfffffffffffffffe ll
r0 s/= r1
exit
-- result
0xfffffffffffffffd

== r0 s/= r1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
r0 s/= r1
exit
-- result
0x8000000000000000

== r0 s/= r1 of 0x80000000 and 0xffffffff
-- asm
r0 = 0x80000000 ll
r1 = 0xffffffff ll
r0 s/= r1
exit
-- result
0x0

== r0 s/= r1 of 0x9 and 0x0
-- asm
r0 = 0x9 ll
r1 = 0x0 ll
r0 s/= r1
exit
-- result
0x0

== r0 s/= -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 s/= -1
exit
-- result
0x123456789abcdf0

== r0 s/= -3
-- asm
r0 = 0xfedcba9876543210 ll
r0 s/= -3
exit
-- result
0x611722833944a5

== r0 s%= r1 of 0xfffffffffffffff9 and 0x2
-- asm
r0 = 0xfffffffffffffff9 ll
r1 = 0x2 ll
r0 s%= r1
exit
-- result
0xffffffffffffffff

== r0 s%= r1 of 0x7 and 0xfffffffffffffffe
-- asm
r0 = 0x7 ll
r1 = 0xfffffffffffffffe ll
r0 s%= r1
exit
-- result
0x1

== r0 s%= r1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
r0 s%= r1
exit
-- result
0x0

== r0 s%= r1 of 0xffffffff80000000 and 0xffffffff
-- asm
r0 = 0xffffffff80000000 ll
r1 = 0xffffffff ll
r0 s%= r1
exit
-- result
0xffffffff80000000

== r0 s%= r1 of 0xffffffff00000009 and 0x0
-- asm
r0 = 0xffffffff00000009 ll
r1 = 0x0 ll
r0 s%= r1
exit
-- result
0xffffffff00000009

== r0 s%= -1
-- asm
r0 = 0xfedcba9876543210 ll
r0 s%= -1
exit
-- result
0x0

== r0 s%= -3
-- asm
r0 = 0xfedcba9876543210 ll
r0 s%= -3
exit
-- result
0xffffffffffffffff

== w0 *= w1 of 0xffffffff and 0xffffffff
-- asm
r0 = 0xffffffff ll
r1 = 0xffffffff ll
w0 *= w1
exit
-- result
0x1

== w0 *= w1 of 0xffffffffffffffff and 0x3
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x3 ll
w0 *= w1
exit
-- result
0xfffffffd

== w0 *= w1 of 0x100000001 and 0x100000001
-- asm
r0 = 0x100000001 ll
r1 = 0x100000001 ll
w0 *= w1
exit
-- result
0x1

== w0 *= -3
-- asm
r0 = 0xfedcba9876543210 ll
w0 *= -3
exit
-- result
0x9d0369d0

== w0 /= w1 of 0xffffffffffffffff and 0x2
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0x2 ll
w0 /= w1
exit
-- result
0x7fffffff

== w0 /= w1 of 0x7 and 0x0
-- asm
r0 = 0x7 ll
r1 = 0x0 ll
w0 /= w1
exit
-- result
0x0

== w0 /= w1 of 0x5 and 0x100000000
-- asm
r0 = 0x5 ll
r1 = 0x100000000 ll
w0 /= w1
exit
-- result
0x0

== w0 /= w1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
w0 /= w1
exit
-- result
0x0

== w0 /= -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 /= -1
exit
-- result
0x0

== w0 /= 3
-- asm
r0 = 0xfedcba9876543210 ll
w0 /= 3
exit
-- result
0x27716605

== w0 %= w1 of 0xffffffffffffffff and 0xa
-- asm
r0 = 0xffffffffffffffff ll
r1 = 0xa ll
w0 %= w1
exit
-- result
0x5

== w0 %= w1 of 0xffffffff00000007 and 0x0
-- asm
r0 = 0xffffffff00000007 ll
r1 = 0x0 ll
w0 %= w1
exit
-- result
0x7

== w0 %= w1 of 0x5 and 0x100000000
-- asm
r0 = 0x5 ll
r1 = 0x100000000 ll
w0 %= w1
exit
-- result
0x5

== w0 %= -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 %= -1
exit
-- result
0x76543210

== w0 %= 7
-- asm
r0 = 0xfedcba9876543210 ll
w0 %= 7
exit
-- result
0x5

== w0 s/= w1 of 0xfffffffffffffff9 and 0x2
-- asm
r0 = 0xfffffffffffffff9 ll
r1 = 0x2 ll
w0 s/= w1
exit
-- result
0xfffffffd

== w0 s/= w1 of 0x7 and 0xfffffffffffffffe
-- asm
r0 = 0x7 ll
r1 = 0xfffffffffffffffe ll
w0 s/= w1
exit
-- result
0xfffffffd

== w0 s/= w1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
w0 s/= w1
exit
-- result
0x0

== w0 s/= w1 of 0x80000000 and 0xffffffff
-- asm
r0 = 0x80000000 ll
r1 = 0xffffffff ll
w0 s/= w1
exit
-- result
0x80000000

== w0 s/= w1 of 0x9 and 0x0
-- asm
r0 = 0x9 ll
r1 = 0x0 ll
w0 s/= w1
exit
-- result
0x0

== w0 s/= -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 s/= -1
exit
-- result
0x89abcdf0

== w0 s/= -3
-- asm
r0 = 0xfedcba9876543210 ll
w0 s/= -3
exit
-- result
0xd88e99fb

== w0 s%= w1 of 0xfffffffffffffff9 and 0x2
-- asm
r0 = 0xfffffffffffffff9 ll
r1 = 0x2 ll
w0 s%= w1
exit
-- result
0xffffffff

== w0 s%= w1 of 0x7 and 0xfffffffffffffffe
-- asm
r0 = 0x7 ll
r1 = 0xfffffffffffffffe ll
w0 s%= w1
exit
-- result
0x1

== w0 s%= w1 of 0x8000000000000000 and 0xffffffffffffffff
-- asm
r0 = 0x8000000000000000 ll
r1 = 0xffffffffffffffff ll
w0 s%= w1
exit
-- result
0x0

== w0 s%= w1 of 0xffffffff80000000 and 0xffffffff
-- asm
r0 = 0xffffffff80000000 ll
r1 = 0xffffffff ll
w0 s%= w1
exit
-- result
0x0

== w0 s%= w1 of 0xffffffff00000009 and 0x0
-- asm
r0 = 0xffffffff00000009 ll
r1 = 0x0 ll
w0 s%= w1
exit
-- result
0x9

== w0 s%= -1
-- asm
r0 = 0xfedcba9876543210 ll
w0 s%= -1
exit
-- result
0x0

== w0 s%= -3
-- asm
r0 = 0xfedcba9876543210 ll
w0 s%= -3
exit
-- result
0x1
