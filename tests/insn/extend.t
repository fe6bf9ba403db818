# SPDX-License-Identifier: BSD-2-Clause
# sign extension and byte order

== movsx8 to 64
-- asm
r1 = 0x1122334485868788 ll
r0 = (s8)r1
exit
-- result
0xffffffffffffff88

== movsx8 of a positive number
-- asm
r1 = 0xffffffff0000003f ll
r0 = (s8)r1
exit
-- result
0x3f

== movsx8 to 32
-- asm
r1 = 0x1122334485868788 ll
w0 = (s8)w1
exit
-- result
0xffffff88

== movsx16 to 64
-- asm
r1 = 0x1122334485868788 ll
r0 = (s16)r1
exit
-- result
0xffffffffffff8788

== movsx16 of a positive number
-- asm
r1 = 0xffffffff0000003f ll
r0 = (s16)r1
exit
-- result
0x3f

== movsx16 to 32
-- asm
r1 = 0x1122334485868788 ll
w0 = (s16)w1
exit
-- result
0xffff8788

== movsx32 to 64
-- asm
r1 = 0x1122334485868788 ll
r0 = (s32)r1
exit
-- result
0xffffffff85868788

== movsx32 of a positive number
-- asm
r1 = 0xffffffff0000003f ll
r0 = (s32)r1
exit
-- result
0x3f

== le16
-- asm
r0 = 0x1122334455667788 ll
r0 = le16 r0
exit
-- result
0x7788

== be16
-- asm
r0 = 0x1122334455667788 ll
r0 = be16 r0
exit
-- result
0x8877

== bswap16
-- asm
r0 = 0x1122334455667788 ll
r0 = bswap16 r0
exit
-- result
0x8877

== le32
-- asm
r0 = 0x1122334455667788 ll
r0 = le32 r0
exit
-- result
0x55667788

== be32
-- asm
r0 = 0x1122334455667788 ll
r0 = be32 r0
exit
-- result
0x88776655

== bswap32
-- asm
r0 = 0x1122334455667788 ll
r0 = bswap32 r0
exit
-- result
0x88776655

== le64
-- asm
r0 = 0x1122334455667788 ll
r0 = le64 r0
exit
-- result
0x1122334455667788

== be64
-- asm
r0 = 0x1122334455667788 ll
r0 = be64 r0
exit
-- result
0x8877665544332211

== bswap64
-- asm
r0 = 0x1122334455667788 ll
r0 = bswap64 r0
exit
-- result
0x8877665544332211

== a cast to the address space of programs keeps the low half
-- asm
r1 = 0x123456789abcdef0 ll
r0 = addr_space_cast(r1, 0, 1)
exit
-- result
0x9abcdef0
