/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed-width names and the few macros everything uses. Freestanding. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a)                 (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, memb) ((type *)((char *)(ptr)-offsetof(type, memb)))
#define likely(x)                     __builtin_expect(!!(x), 1)
#define unlikely(x)                   __builtin_expect(!!(x), 0)
#define MIN(a, b)                     ((a) < (b) ? (a) : (b))
#define MAX(a, b)                     ((a) > (b) ? (a) : (b))
/* Rounds `x` up to a multiple of `a`, a power of two. */
#define ROUND_UP(x, a)      (((x) + (__typeof__(x))(a)-1) & ~((__typeof__(x))(a)-1))
#define IS_POW2(x)          ((x) && !((x) & ((x)-1)))
#define ptr_to_u64(p)       ((u64)(uintptr_t)(p))
#define u64_to_ptr(v)       ((void *)(uintptr_t)(v))
#define __printf_like(f, a) __attribute__((format(printf, f, a)))
#define PAGE_BYTES          4096u

#endif
