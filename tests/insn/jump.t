# SPDX-License-Identifier: BSD-2-Clause
# jumps

== if r1 == ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 == r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 == r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 == r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 == r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 == r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 == r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 == r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 == 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 == -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 == 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x301

== if r1 != ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 != r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 != r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 != r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 != r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 != r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 != r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 != r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 != 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 != -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 != 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x47e

== if r1 > ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 > r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 > r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 > r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 > r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 > r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 > r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 > r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 > 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 > -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 > 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x47c

== if r1 >= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 >= r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 >= r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 >= r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 >= r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 >= r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 >= r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 >= r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 >= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 >= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 >= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x77d

== if r1 < ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 < r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 < r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 < r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 < r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 < r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 < r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 < r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 < 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 < -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 < 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x2

== if r1 <= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 <= r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 <= r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 <= r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 <= r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 <= r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 <= r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 <= r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 <= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 <= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 <= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x303

== if r1 s> ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 s> r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 s> r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 s> r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 s> r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 s> r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 s> r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 s> r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 s> 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 s> -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 s> 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x78

== if r1 s>= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 s>= r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 s>= r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 s>= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 s>= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 s>= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x379

== if r1 s< ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 s< r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 s< r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 s< r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 s< r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 s< r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 s< r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 s< r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 s< 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 s< -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 s< 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x406

== if r1 s<= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 s<= r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 s<= r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 s<= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 s<= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 s<= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x707

== if r1 & ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if r1 & r2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if r1 & r2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if r1 & r2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if r1 & r2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if r1 & r2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if r1 & r2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if r1 & r2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if r1 & 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if r1 & -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if r1 & 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x76f

== if w1 == ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 == w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 == w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 == w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 == w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 == w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 == w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 == w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 == 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 == -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 == 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x349

== if w1 != ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 != w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 != w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 != w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 != w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 != w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 != w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 != w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 != 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 != -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 != 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x436

== if w1 > ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 > w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 > w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 > w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 > w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 > w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 > w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 > w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 > 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 > -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 > 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x434

== if w1 >= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 >= w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 >= w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 >= w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 >= w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 >= w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 >= w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 >= w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 >= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 >= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 >= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x77d

== if w1 < ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 < w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 < w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 < w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 < w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 < w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 < w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 < w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 < 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 < -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 < 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x2

== if w1 <= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 <= w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 <= w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 <= w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 <= w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 <= w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 <= w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 <= w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 <= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 <= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 <= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x34b

== if w1 s> ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 s> w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 s> w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 s> w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 s> w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 s> w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 s> w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 s> w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 s> 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 s> -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 s> 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x20

== if w1 s>= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 s>= w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 s>= w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 s>= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 s>= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 s>= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x369

== if w1 s< ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 s< w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 s< w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 s< w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 s< w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 s< w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 s< w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 s< w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 s< 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 s< -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 s< 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x416

== if w1 s<= ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 s<= w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 s<= w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 s<= 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 s<= -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 s<= 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x75f

== if w1 & ...
-- asm
r0 = 0
r1 = 0x5 ll
r2 = 0x5 ll
if w1 & w2 goto +1
goto +1
r0 |= 1
r1 = 0x4 ll
r2 = 0x5 ll
if w1 & w2 goto +1
goto +1
r0 |= 2
r1 = 0xffffffffffffffff ll
r2 = 0x1 ll
if w1 & w2 goto +1
goto +1
r0 |= 4
r1 = 0x100000005 ll
r2 = 0x5 ll
if w1 & w2 goto +1
goto +1
r0 |= 8
r1 = 0x80000000 ll
r2 = 0x7fffffff ll
if w1 & w2 goto +1
goto +1
r0 |= 16
r1 = 0x100000002 ll
r2 = 0x100000001 ll
if w1 & w2 goto +1
goto +1
r0 |= 32
r1 = 0x500000001 ll
r2 = 0x100000001 ll
if w1 & w2 goto +1
goto +1
r0 |= 64
r1 = 0x5 ll
if w1 & 5 goto +1
goto +1
r0 |= 256
r1 = 0xffffffffffffffff ll
if w1 & -1 goto +1
goto +1
r0 |= 512
r1 = 0xffffffffffffffff ll
if w1 & 2147483647 goto +1
goto +1
r0 |= 1024
exit
-- result
0x74f

== goto over
-- asm
r0 = 1
goto over
r0 = 2
over: exit
-- result
1

== gotol over
-- asm
r0 = 1
gotol over
r0 = 2
over: exit
-- result
1

== a loop
-- asm
r0 = 0
r1 = 1000
again: r0 += r1
r1 += -1
if r1 != 0 goto again
exit
-- result
500500

== jumping to the next instruction
-- asm
r0 = 3
if r0 == 3 goto +0
goto +0
exit
-- result
3

== may_goto goes on
-- asm
r0 = 1
may_goto out
r0 = 2
out: exit
-- result
2

== may_goto ends a loop
-- asm
r0 = 0
again: may_goto out
r0 += 1
if r0 < 10000000 goto again
r0 = 1
out: exit
-- result
0x400000

== exit in the middle
-- asm
r0 = 7
if r0 s> 6 goto out
r0 = 8
exit
out:
r0 = 9
exit
-- result
9

== may_goto once over is over for the loop around, too
-- asm
r0 = 0
outer: may_goto out
inner: may_goto next
goto inner
next: r0 += 1
if r0 < 3 goto outer
r0 += 100
out:
exit
-- result
1
