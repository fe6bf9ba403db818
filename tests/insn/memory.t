# SPDX-License-Identifier: BSD-2-Clause
# loads and stores

== ldx8 at 0
-- asm
r0 = *(u8 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x11

== ldsx8 at 0
-- asm
r0 = *(s8 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x11

== ldx8 at 15
-- asm
r0 = *(u8 *)(r1 +15)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x80

== ldsx8 at 15
-- asm
r0 = *(s8 *)(r1 +15)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xffffffffffffff80

== ldx8 at 3
-- asm
r0 = *(u8 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44

== ldsx8 at 3
-- asm
r0 = *(s8 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44

== ldx8 at a negative displacement
-- asm
r1 += 16
r0 = *(u8 *)(r1 -8)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x99

== stx8
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
*(u8 *)(r1 +5) = r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 a8 77 88 99 aa bb cc dd ee ff 80
-- result
0xa1a2a3a4a5a6a7a8

== st8 is sign-extended
-- asm
*(u8 *)(r1 +4) = -2
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 fe 66 77 88 99 aa bb cc dd ee ff 80
-- result
0

== ldx16 at 0
-- asm
r0 = *(u16 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x2211

== ldsx16 at 0
-- asm
r0 = *(s16 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x2211

== ldx16 at 14
-- asm
r0 = *(u16 *)(r1 +14)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x80ff

== ldsx16 at 14
-- asm
r0 = *(s16 *)(r1 +14)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xffffffffffff80ff

== ldx16 at 3
-- asm
r0 = *(u16 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x5544

== ldsx16 at 3
-- asm
r0 = *(s16 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x5544

== ldx16 at a negative displacement
-- asm
r1 += 16
r0 = *(u16 *)(r1 -8)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xaa99

== stx16
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
*(u16 *)(r1 +5) = r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 a8 a7 88 99 aa bb cc dd ee ff 80
-- result
0xa1a2a3a4a5a6a7a8

== st16 is sign-extended
-- asm
*(u16 *)(r1 +4) = -2
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 fe ff 77 88 99 aa bb cc dd ee ff 80
-- result
0

== ldx32 at 0
-- asm
r0 = *(u32 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== ldsx32 at 0
-- asm
r0 = *(s32 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== ldx32 at 12
-- asm
r0 = *(u32 *)(r1 +12)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x80ffeedd

== ldsx32 at 12
-- asm
r0 = *(s32 *)(r1 +12)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xffffffff80ffeedd

== ldx32 at 3
-- asm
r0 = *(u32 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x77665544

== ldsx32 at 3
-- asm
r0 = *(s32 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x77665544

== ldx32 at a negative displacement
-- asm
r1 += 16
r0 = *(u32 *)(r1 -8)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xccbbaa99

== stx32
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
*(u32 *)(r1 +5) = r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 a8 a7 a6 a5 aa bb cc dd ee ff 80
-- result
0xa1a2a3a4a5a6a7a8

== st32 is sign-extended
-- asm
*(u32 *)(r1 +4) = -2
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 fe ff ff ff 99 aa bb cc dd ee ff 80
-- result
0

== ldx64 at 0
-- asm
r0 = *(u64 *)(r1 +0)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== ldx64 at 8
-- asm
r0 = *(u64 *)(r1 +8)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x80ffeeddccbbaa99

== ldx64 at 3
-- asm
r0 = *(u64 *)(r1 +3)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xbbaa998877665544

== ldx64 at a negative displacement
-- asm
r1 += 16
r0 = *(u64 *)(r1 -8)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x80ffeeddccbbaa99

== stx64
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
*(u64 *)(r1 +5) = r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 a8 a7 a6 a5 a4 a3 a2 a1 ee ff 80
-- result
0xa1a2a3a4a5a6a7a8

== st64 is sign-extended
-- asm
*(u64 *)(r1 +4) = -2
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 fe ff ff ff ff ff ff ff dd ee ff 80
-- result
0

== the stack starts at zero
-- only
interp
-- asm
r0 = *(u64 *)(r10 -512)
r1 = *(u64 *)(r10 -8)
r0 |= r1
exit
-- result
0

== the stack keeps what is stored
-- asm
*(u64 *)(r10 -512) = 7
*(u32 *)(r10 -8) = 5
r0 = *(u64 *)(r10 -512)
r1 = *(u32 *)(r10 -8)
r0 += r1
exit
-- result
12

== one register as address and destination
-- asm
r1 = *(u16 *)(r1 +2)
r0 = r1
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x4433

== stores overlap
-- asm
*(u64 *)(r10 -8) = 0
*(u8 *)(r10 -7) = 0xff
*(u16 *)(r10 -4) = -1
r0 = *(u64 *)(r10 -8)
exit
-- result
0xffff0000ff00

== a subprogram writes what its caller stored
-- asm
*(u64 *)(r10 -8) = 1
r1 = r10
r1 += -8
call put
r0 = *(u64 *)(r10 -8)
exit
put: r2 = *(u64 *)(r1 +0)
r2 += 41
*(u64 *)(r1 +0) = r2
r0 = 0
exit
-- result
42

== a subprogram reads what its caller stores before a call only
-- asm
*(u64 *)(r10 -16) = 40
r1 = r10
r1 += -16
call get
*(u64 *)(r10 -16) = 2
r6 = r0
r1 = r10
r1 += -16
call get
r0 += r6
exit
get: r0 = *(u64 *)(r1 +0)
exit
-- result
42

== a pointer to the stack, chosen
-- asm
r6 = r1
r0 = *(u8 *)(r6 +0)
*(u64 *)(r10 -8) = 1
*(u64 *)(r10 -16) = 2
r2 = r10
r2 += -8
if r0 != 0 goto l
r2 += -8
l: *(u64 *)(r2 +0) = 21
r3 = *(u64 *)(r10 -8)
r4 = *(u64 *)(r10 -16)
r0 = r3
r0 *= r4
exit
-- mem
01
-- result
42

== a pointer to the stack, from the stack
-- asm
r2 = r10
r2 += -8
*(u64 *)(r10 -16) = r2
*(u64 *)(r10 -8) = 1
r3 = *(u64 *)(r10 -16)
*(u32 *)(r3 +0) = 42
r0 = *(u64 *)(r10 -8)
exit
-- result
42

== parts of what was stored
-- asm
r2 = 0x8899aabbccddeeff ll
*(u64 *)(r1 +0) = r2
r0 = *(s8 *)(r1 +0)
r3 = *(u16 *)(r1 +0)
r0 += r3
r3 = *(u8 *)(r1 +1)
r0 += r3
*(u8 *)(r1 +0) = 1
r3 = *(u16 *)(r1 +0)
r0 += r3
exit
-- mem
00 00 00 00 00 00 00 00
-- result
0x1dded
