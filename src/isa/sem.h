/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What instructions compute, once: the interpreter runs these, constant
 * folding evaluates them. Named isa_ + the sem column of insn.def. Operands
 * and results are whole registers; 32-bit operations return the upper half
 * zero. Total functions: no operand makes them trap or undefined. Freestanding.
 */
#ifndef ISA_SEM_H
#define ISA_SEM_H

#include "base/types.h"

#define SEM2(name, expr)                           \
	static inline u64 isa_##name(u64 a, u64 b) \
	{                                          \
		return expr;                       \
	}
#define SEM1(name, expr)                    \
	static inline u64 isa_##name(u64 a) \
	{                                   \
		return expr;                \
	}
#define TEST(name, expr)                            \
	static inline bool isa_##name(u64 a, u64 b) \
	{                                           \
		return expr;                        \
	}

SEM2(ADD64, a + b)
SEM2(SUB64, a - b)
SEM2(MUL64, a *b)
SEM2(OR64, a | b)
SEM2(AND64, a &b)
SEM2(XOR64, a ^ b)
SEM2(ADD32, (u32)(a + b))
SEM2(SUB32, (u32)(a - b))
SEM2(MUL32, (u32)a *(u32)b)
SEM2(OR32, (u32)(a | b))
SEM2(AND32, (u32)(a &b))
SEM2(XOR32, (u32)(a ^ b))

/* Shift counts are taken modulo the width. */
SEM2(LSH64, a << (b & 63))
SEM2(RSH64, a >> (b & 63))
SEM2(ARSH64, (u64)((s64)a >> (b & 63)))
SEM2(LSH32, (u32)a << (b & 31))
SEM2(RSH32, (u32)a >> (b & 31))
SEM2(ARSH32, (u32)((s32)a >> (b & 31)))

/* x / 0 is 0, x % 0 is x; signed: the least number divided by -1 is itself, remainder 0. */
SEM2(DIV64, b ? a / b : 0)
SEM2(MOD64, b ? a % b : a)
SEM2(DIV32, (u32)b ? (u32)a / (u32)b : 0)
SEM2(MOD32, (u32)b ? (u32)a % (u32)b : (u32)a)
SEM2(SDIV64, b == 0 ? 0 : b == ~0ull ? -a : (u64)((s64)a / (s64)b))
SEM2(SMOD64, b == 0 ? a : b == ~0ull ? 0 : (u64)((s64)a % (s64)b))
SEM2(SDIV32, (u32)b == 0 ? 0 : (u32)b == ~0u ? (u32)-a : (u32)((s32)a / (s32)b))
SEM2(SMOD32, (u32)b == 0 ? (u32)a : (u32)b == ~0u ? 0 : (u32)((s32)a % (s32)b))

SEM1(MOV64, a)
SEM1(MOV32, (u32)a)
SEM1(MOVSX8_64, (u64)(s64)(s8)a)
SEM1(MOVSX16_64, (u64)(s64)(s16)a)
SEM1(MOVSX32_64, (u64)(s64)(s32)a)
SEM1(MOVSX8_32, (u32)(s32)(s8)a)
SEM1(MOVSX16_32, (u32)(s32)(s16)a)
SEM1(NEG64, -a)
SEM1(NEG32, (u32)-a)

/* Hosts are little-endian: le only cuts. */
SEM1(LE16, (u16)a)
SEM1(LE32, (u32)a)
SEM1(LE64, a)
SEM1(BE16, __builtin_bswap16((u16)a))
SEM1(BE32, __builtin_bswap32((u32)a))
SEM1(BE64, __builtin_bswap64(a))
SEM1(BSWAP16, __builtin_bswap16((u16)a))
SEM1(BSWAP32, __builtin_bswap32((u32)a))
SEM1(BSWAP64, __builtin_bswap64(a))

#define JUMP(name, op)            \
	TEST(J##name##64, a op b) \
	TEST(J##name##32, (u32)a op(u32) b)
#define JUMP_SIGNED(name, op)                \
	TEST(JS##name##64, (s64)a op(s64) b) \
	TEST(JS##name##32, (s32)a op(s32) b)

JUMP(EQ, ==)
JUMP(NE, !=)
JUMP(GT, >)
JUMP(GE, >=)
JUMP(LT, <)
JUMP(LE, <=)
JUMP_SIGNED(GT, >)
JUMP_SIGNED(GE, >=)
JUMP_SIGNED(LT, <)
JUMP_SIGNED(LE, <=)
TEST(JSET64, (a & b) != 0)
TEST(JSET32, ((u32)a & (u32)b) != 0)

/* Memory: any alignment. */
#define MEMORY(bits)                                                          \
	static inline u64 isa_load_U##bits(const void *p)                     \
	{                                                                     \
		u##bits v;                                                    \
                                                                              \
		__builtin_memcpy(&v, p, sizeof(v));                           \
		return v;                                                     \
	}                                                                     \
	static inline u64 isa_load_S##bits(const void *p)                     \
	{                                                                     \
		return (u64)(s64)(s##bits)isa_load_U##bits(p);                \
	}                                                                     \
	static inline void isa_store_U##bits(void *p, u64 v)                  \
	{                                                                     \
		u##bits x = (u##bits)v;                                       \
                                                                              \
		__builtin_memcpy(p, &x, sizeof(x));                           \
	}                                                                     \
	static inline u64 isa_acquire_U##bits(const void *p)                  \
	{                                                                     \
		return __atomic_load_n((const u##bits *)p, __ATOMIC_ACQUIRE); \
	}                                                                     \
	static inline void isa_release_U##bits(void *p, u64 v)                \
	{                                                                     \
		__atomic_store_n((u##bits *)p, (u##bits)v, __ATOMIC_RELEASE); \
	}

MEMORY(8)
MEMORY(16)
MEMORY(32)
MEMORY(64)

/*
 * Atomics on naturally aligned memory. The plain forms are relaxed; those that
 * fetch are sequentially consistent and return the old value, zero-extended.
 */
#define ATOMIC(bits)                                                                    \
	ATOMIC_OP(ADD, add, bits)                                                       \
	ATOMIC_OP(OR, or, bits)                                                         \
	ATOMIC_OP(AND, and, bits)                                                       \
	ATOMIC_OP(XOR, xor, bits)                                                       \
	static inline u64 isa_fetch_XCHG##bits(void *p, u64 v)                          \
	{                                                                               \
		return __atomic_exchange_n((u##bits *)p, (u##bits)v, __ATOMIC_SEQ_CST); \
	}                                                                               \
	static inline u64 isa_CMPXCHG##bits(void *p, u64 expect, u64 v)                 \
	{                                                                               \
		u##bits old = (u##bits)expect;                                          \
                                                                                        \
		__atomic_compare_exchange_n((u##bits *)p, &old, (u##bits)v, false,      \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);        \
		return old;                                                             \
	}
#define ATOMIC_OP(name, fn, bits)                                                       \
	static inline void isa_atomic_##name##bits(void *p, u64 v)                      \
	{                                                                               \
		__atomic_fetch_##fn((u##bits *)p, (u##bits)v, __ATOMIC_RELAXED);        \
	}                                                                               \
	static inline u64 isa_fetch_##name##bits(void *p, u64 v)                        \
	{                                                                               \
		return __atomic_fetch_##fn((u##bits *)p, (u##bits)v, __ATOMIC_SEQ_CST); \
	}

ATOMIC(32)
ATOMIC(64)

#undef SEM1
#undef SEM2
#undef TEST
#undef JUMP
#undef JUMP_SIGNED
#undef MEMORY
#undef ATOMIC
#undef ATOMIC_OP

#endif
