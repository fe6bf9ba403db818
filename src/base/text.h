/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text writer over a fixed or a growing buffer. The fixed form is
 * freestanding; output that does not fit is cut and `lost` counts it. The
 * buffer is always NUL-terminated when it has room for one byte.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include "base/types.h"

struct text {
	char *buf;
	size_t len, cap; /* cap counts the NUL */
	size_t lost;     /* bytes that did not fit (or could not be allocated) */
	size_t peak;     /* kept by who cuts: the most there was before a cut; 0: never cut */
	int (*grow)(struct text *t, size_t need); /* NULL: fixed */
};

/* A fixed writer over buf[cap]. */
static inline void text_init(struct text *t, char *buf, size_t cap)
{
	*t = (struct text){.buf = buf, .cap = cap};
	if (cap)
		buf[0] = 0;
}

/* A growing writer (not freestanding): text_fini() frees it, text_take() hands the buffer over. */
void text_init_grow(struct text *t);
void text_fini(struct text *t);
char *text_take(struct text *t); /* base_free() it; NULL when memory ran out */

/* Cuts it back to `len` bytes. */
static inline void text_cut(struct text *t, size_t len)
{
	t->peak = MAX(t->peak, t->len);
	t->len = len;
	if (len < t->cap)
		t->buf[len] = 0;
}

void text_putc(struct text *t, char c);
void text_puts(struct text *t, const char *s);
void text_write(struct text *t, const char *s, size_t n);
void text_pad(struct text *t, char c, size_t n); /* n times c */
/*
 * Own formatter, no libc: flags - 0 + space #, width and precision (also *),
 * length hh h l ll z, conversions d i u x X o c s p %. Nothing else.
 */
void text_fmt(struct text *t, const char *fmt, ...) __printf_like(2, 3);
void text_vfmt(struct text *t, const char *fmt, va_list ap);

#endif
