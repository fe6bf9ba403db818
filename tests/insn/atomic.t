# SPDX-License-Identifier: BSD-2-Clause
# atomics

== load_acquire8
-- asm
r0 = load_acquire((u8 *)(r1 +0))
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x11

== store_release8
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
store_release((u8 *)(r1 +8), r2)
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 a8 aa bb cc dd ee ff 80
-- result
0

== load_acquire16
-- asm
r0 = load_acquire((u16 *)(r1 +0))
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x2211

== store_release16
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
store_release((u16 *)(r1 +8), r2)
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 a8 a7 bb cc dd ee ff 80
-- result
0

== load_acquire32
-- asm
r0 = load_acquire((u32 *)(r1 +0))
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== store_release32
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
store_release((u32 *)(r1 +8), r2)
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 a8 a7 a6 a5 dd ee ff 80
-- result
0

== load_acquire64
-- asm
r0 = load_acquire((u64 *)(r1 +0))
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== store_release64
-- asm
r2 = 0xa1a2a3a4a5a6a7a8 ll
store_release((u64 *)(r1 +8), r2)
r0 = 0
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 a8 a7 a6 a5 a4 a3 a2 a1
-- result
0

== add64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u64 *)(r1 +0) += r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
08 19 29 39 49 59 69 79 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_add64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
r2 = atomic_fetch_add((u64 *)(r1 +0), r2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
08 19 29 39 49 59 69 79 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== or64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u64 *)(r1 +0) |= r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f7 f4 f7 f6 f7 f8 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_or64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
r2 = atomic_fetch_or((u64 *)(r1 +0), r2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f7 f4 f7 f6 f7 f8 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== and64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u64 *)(r1 +0) &= r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 31 44 51 62 71 80 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_and64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
r2 = atomic_fetch_and((u64 *)(r1 +0), r2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 31 44 51 62 71 80 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== xor64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u64 *)(r1 +0) ^= r2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
e6 d4 c6 b0 a6 94 86 78 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_xor64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
r2 = atomic_fetch_xor((u64 *)(r1 +0), r2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
e6 d4 c6 b0 a6 94 86 78 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== xchg64
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
r2 = xchg_64(r1 +0, r2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f5 f4 f3 f2 f1 f0 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== cmpxchg64 that succeeds
-- asm
r0 = 0x8877665544332211 ll
r2 = 0xf0f1f2f3f4f5f6f7 ll
r0 = cmpxchg_64(r1 +0, r0, r2)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f5 f4 f3 f2 f1 f0 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== cmpxchg64 that fails
-- asm
r0 = 0x8877665544332210 ll
r2 = 0xf0f1f2f3f4f5f6f7 ll
r0 = cmpxchg_64(r1 +0, r0, r2)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x8877665544332211

== add64 on the stack
-- asm
*(u64 *)(r10 -8) = 40
r2 = 2
lock *(u64 *)(r10 -8) += r2
r0 = *(u64 *)(r10 -8)
exit
-- result
42

== add32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u32 *)(r1 +0) += w2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
08 19 29 39 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_add32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
w2 = atomic_fetch_add((u32 *)(r1 +0), w2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
08 19 29 39 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== or32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u32 *)(r1 +0) |= w2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f7 f4 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_or32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
w2 = atomic_fetch_or((u32 *)(r1 +0), w2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f7 f4 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== and32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u32 *)(r1 +0) &= w2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 31 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_and32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
w2 = atomic_fetch_and((u32 *)(r1 +0), w2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 31 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== xor32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
lock *(u32 *)(r1 +0) ^= w2
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
e6 d4 c6 b0 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0xf0f1f2f3f4f5f6f7

== fetch_xor32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
w2 = atomic_fetch_xor((u32 *)(r1 +0), w2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
e6 d4 c6 b0 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== xchg32
-- asm
r2 = 0xf0f1f2f3f4f5f6f7 ll
w2 = xchg32_32(r1 +0, w2)
r0 = r2
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f5 f4 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== cmpxchg32 that succeeds
-- asm
r0 = 0xabcd44332211 ll
r2 = 0xf0f1f2f3f4f5f6f7 ll
w0 = cmpxchg32_32(r1 +0, w0, w2)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
f7 f6 f5 f4 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== cmpxchg32 that fails
-- asm
r0 = 0xabcd44332210 ll
r2 = 0xf0f1f2f3f4f5f6f7 ll
w0 = cmpxchg32_32(r1 +0, w0, w2)
exit
-- mem
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- after
11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 80
-- result
0x44332211

== add32 on the stack
-- asm
*(u32 *)(r10 -8) = 40
r2 = 2
lock *(u32 *)(r10 -8) += w2
r0 = *(u32 *)(r10 -8)
exit
-- result
42
