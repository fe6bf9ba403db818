# SPDX-License-Identifier: BSD-2-Clause
# classic packet loads

== abs8 at 0
-- asm
r0 = *(u8 *)skb[0]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x0

== abs8 at 12
-- asm
r0 = *(u8 *)skb[12]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8

== abs8 at 19
-- asm
r0 = *(u8 *)skb[19]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x34

== abs8 one byte too far ends with 0
-- asm
r0 = 5
r0 = *(u8 *)skb[20]
r0 = 6
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0

== ind8
-- asm
r7 = 10
r0 = *(u8 *)skb[r7 + 2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8

== ind8 with a negative immediate
-- asm
r7 = 14
r0 = *(u8 *)skb[r7 + -2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8

== abs16 at 0
-- asm
r0 = *(u16 *)skb[0]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x1

== abs16 at 12
-- asm
r0 = *(u16 *)skb[12]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x800

== abs16 at 18
-- asm
r0 = *(u16 *)skb[18]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x1234

== abs16 one byte too far ends with 0
-- asm
r0 = 5
r0 = *(u16 *)skb[19]
r0 = 6
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0

== ind16
-- asm
r7 = 10
r0 = *(u16 *)skb[r7 + 2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x800

== ind16 with a negative immediate
-- asm
r7 = 14
r0 = *(u16 *)skb[r7 + -2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x800

== abs32 at 0
-- asm
r0 = *(u32 *)skb[0]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x10203

== abs32 at 12
-- asm
r0 = *(u32 *)skb[12]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8004500

== abs32 at 16
-- asm
r0 = *(u32 *)skb[16]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x541234

== abs32 one byte too far ends with 0
-- asm
r0 = 5
r0 = *(u32 *)skb[17]
r0 = 6
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0

== ind32
-- asm
r7 = 10
r0 = *(u32 *)skb[r7 + 2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8004500

== ind32 with a negative immediate
-- asm
r7 = 14
r0 = *(u32 *)skb[r7 + -2]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x8004500

== from the network header
-- asm
r0 = *(u8 *)skb[-1048576]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x45

== from the link header
-- asm
r0 = *(u16 *)skb[-2097140]
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0x800

== no packet
-- asm
r0 = 5
r0 = *(u8 *)skb[0]
r0 = 6
exit
-- result
0

== outside the packet ends a subprogram only
-- asm
call f
r0 += 3
exit
f: r0 = *(u8 *)skb[1000]
r0 = 6
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
3

== far negative offsets are outside
-- asm
r0 = *(u8 *)skb[-2147483648]
r0 = 6
exit
-- packet
00 01 02 03 04 05 06 07 08 09 0a 0b 08 00 45 00 00 54 12 34
-- result
0
