# SPDX-License-Identifier: BSD-2-Clause
# what the decoder refuses

== opcode 0
-- raw
00 00 00 00 00 00 00 00
-- error
unknown opcode 0x00

== callx is in the plain ISA, 0x8d with an immediate is not
-- raw
8d 00 00 00 01 00 00 00
-- error
0x8d

== jmp32 exit
-- raw
96 00 00 00 00 00 00 00
-- error
unknown opcode 0x96

== register 11
-- raw
bf b0 00 00 00 00 00 00
-- error
R11 is invalid

== register 11 as destination
-- raw
b7 0b 00 00 00 00 00 00
-- error
R11 is invalid

== mov with offset 2
-- raw
bf 10 02 00 00 00 00 00
-- error
undefined value 2 in field off

== movsx32 on 32 bits
-- raw
bc 10 20 00 00 00 00 00
-- error
undefined value 32 in field off

== add with offset
-- raw
0f 10 01 00 00 00 00 00
-- error
undefined value 1 in field off

== neg with immediate
-- raw
87 00 00 00 01 00 00 00
-- error
undefined value 0x1 in field imm

== neg of a register operand
-- raw
8f 00 00 00 00 00 00 00
-- error
unknown opcode 0x8f

== byte order of 8 bits
-- raw
dc 00 00 00 08 00 00 00
-- error
undefined value 0x8 in field imm

== bswap from the 64-bit class with source bit
-- raw
df 00 00 00 10 00 00 00
-- error
unknown opcode 0xdf

== ldsx of 64 bits
-- raw
99 10 00 00 00 00 00 00
-- error
unknown opcode 0x99

== atomic on 8 bits
-- raw
d3 21 00 00 00 00 00 00
-- error
undefined value 0x0 in field imm

== atomic of an unknown operation
-- raw
db 21 00 00 10 00 00 00
-- error
undefined value 0x10 in field imm

== cmpxchg without fetch
-- raw
db 21 00 00 f0 00 00 00
-- error
undefined value 0xf0 in field imm

== ja with a register
-- raw
05 10 00 00 00 00 00 00
-- error
undefined value 1 in field src

== gotol with an offset
-- raw
06 00 01 00 00 00 00 00
-- error
undefined value 1 in field off

== may_goto without its source
-- raw
e5 10 00 00 00 00 00 00
-- error
undefined value 1 in field src

== exit with an immediate
-- raw
95 00 00 00 01 00 00 00
-- error
undefined value 0x1 in field imm

== call of an unknown kind
-- raw
85 30 00 00 01 00 00 00
-- error
undefined value 3 in field src

== helper call with an offset
-- raw
85 00 01 00 01 00 00 00
-- error
undefined value 1 in field off

== lddw cut off
-- raw
18 00 00 00 01 00 00 00
-- error
cut off

== lddw whose second half is an instruction
-- raw
18 00 00 00 01 00 00 00 95 00 00 00 00 00 00 00
-- error
non-zero fields

== lddw whose second half has a register
-- raw
18 00 00 00 01 00 00 00 00 01 00 00 00 00 00 00
-- error
non-zero fields

== lddw whose second half has an offset
-- raw
18 00 00 00 01 00 00 00 00 00 01 00 00 00 00 00
-- error
non-zero fields

== map load with upper half
-- raw
18 10 00 00 01 00 00 00 00 00 00 00 01 00 00 00
-- error
reserved field imm is 0x1

== lddw of an unknown kind
-- raw
18 70 00 00 01 00 00 00 00 00 00 00 00 00 00 00
-- error
undefined value 7 in field src

== abs of 64 bits
-- raw
38 00 00 00 00 00 00 00
-- error
unknown opcode 0x38

== abs with a source
-- raw
30 10 00 00 00 00 00 00
-- error
undefined value 1 in field src

== ldx with an immediate
-- raw
79 10 00 00 01 00 00 00
-- error
undefined value 0x1 in field imm

== st with a source
-- raw
7a 10 00 00 01 00 00 00
-- error
undefined value 1 in field src
