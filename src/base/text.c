// SPDX-License-Identifier: BSD-2-Clause
/* The text writer and its formatter; the growing buffer is in text_grow.c. */
#include "base/text.h"

/* Own, as run-time code may call nothing but the mem functions. */
static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

void text_write(struct text *t, const char *s, size_t n)
{
	size_t room;

	if (t->cap - t->len <= n && t->grow && n < SIZE_MAX - t->len)
		t->grow(t, t->len + n + 1);
	room = t->cap > t->len ? t->cap - t->len - 1 : 0;
	if (n > room) {
		t->lost += n - room;
		n = room;
	}
	if (!n)
		return;
	__builtin_memcpy(t->buf + t->len, s, n);
	t->len += n;
	t->buf[t->len] = 0;
}

void text_putc(struct text *t, char c)
{
	text_write(t, &c, 1);
}

void text_puts(struct text *t, const char *s)
{
	text_write(t, s, length(s));
}

void text_pad(struct text *t, char c, size_t n)
{
	char run[32];

	__builtin_memset(run, c, sizeof(run));
	for (; n > sizeof(run); n -= sizeof(run))
		text_write(t, run, sizeof(run));
	text_write(t, run, n);
}

/* One conversion: %[flags][width][.precision][length]conversion. */
struct spec {
	bool left, zero, plus, space, alt, upper;
	int width, precision; /* precision -1: none given */
	int length;           /* enum */
};

enum {
	LENGTH_INT,
	LENGTH_CHAR,
	LENGTH_SHORT,
	LENGTH_LONG
};

static const char *parse_number(const char *f, int *out)
{
	int n = 0;

	for (; *f >= '0' && *f <= '9'; f++)
		n = n < 100000 ? n * 10 + (*f - '0') : n;
	*out = n;
	return f;
}

static const char *parse_flags(const char *f, struct spec *s)
{
	for (;; f++)
		switch (*f) {
		case '-': s->left = true; break;
		case '0': s->zero = true; break;
		case '+': s->plus = true; break;
		case ' ': s->space = true; break;
		case '#': s->alt = true; break;
		default: return f;
		}
}

static const char *parse_length(const char *f, struct spec *s)
{
	s->length = LENGTH_INT;
	if (*f == 'h') {
		s->length = *++f == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
		return f + (s->length == LENGTH_CHAR);
	}
	for (; *f == 'l' || *f == 'z'; f++)
		s->length = LENGTH_LONG;
	return f;
}

static void put_field(struct text *t, const struct spec *s, const char *prefix, size_t zeros,
		      const char *body, size_t len)
{
	size_t head = length(prefix), total = head + zeros + len;
	size_t gap = s->width > 0 && (size_t)s->width > total ? s->width - total : 0;

	if (!s->left)
		text_pad(t, ' ', gap);
	text_write(t, prefix, head);
	text_pad(t, '0', zeros);
	text_write(t, body, len);
	if (s->left)
		text_pad(t, ' ', gap);
}

static void put_integer(struct text *t, const struct spec *s, u64 v, u32 base, const char *prefix)
{
	const char *digits = s->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24], *p = buf + sizeof(buf);
	size_t len, head, zeros = 0;

	if (base == 16 && !v)
		prefix = "";
	for (u64 x = v; x; x /= base)
		*--p = digits[x % base];
	len = buf + sizeof(buf) - p;
	if (s->precision >= 0)
		zeros = (size_t)s->precision > len ? s->precision - len : 0;
	else if (!len)
		zeros = 1;
	if (base == 8 && s->alt && !zeros)
		zeros = 1;
	head = length(prefix);
	if (s->zero && !s->left && s->precision < 0 && s->width > 0 &&
	    (size_t)s->width > head + zeros + len)
		zeros = s->width - head - len;
	put_field(t, s, prefix, zeros, p, len);
}

static void put_signed(struct text *t, const struct spec *s, s64 v)
{
	u64 magnitude = v < 0 ? -(u64)v : (u64)v;

	put_integer(t, s, magnitude, 10, v < 0 ? "-" : s->plus ? "+" : s->space ? " " : "");
}

static void put_string(struct text *t, const struct spec *s, const char *str)
{
	size_t len = 0;

	if (!str)
		str = "(null)";
	while ((s->precision < 0 || len < (size_t)s->precision) && str[len])
		len++;
	put_field(t, s, "", 0, str, len);
}

static s64 cut_signed(u64 v, int length)
{
	switch (length) {
	case LENGTH_CHAR: return (s8)v;
	case LENGTH_SHORT: return (s16)v;
	case LENGTH_INT: return (s32)v;
	default: return (s64)v;
	}
}

static u64 cut_unsigned(u64 v, int length)
{
	switch (length) {
	case LENGTH_CHAR: return (u8)v;
	case LENGTH_SHORT: return (u16)v;
	case LENGTH_INT: return (u32)v;
	default: return v;
	}
}

/* va_list in a struct, so that functions may take its address on every ABI. */
struct args {
	va_list ap;
};

static void put_conversion(struct text *t, struct spec *s, char c, struct args *a)
{
	u64 v = 0;
	char ch;

	if (c == 'd' || c == 'i' || c == 'u' || c == 'x' || c == 'X' || c == 'o')
		v = s->length == LENGTH_LONG ? va_arg(a->ap, u64) : (u64)va_arg(a->ap, u32);
	s->upper = c == 'X';
	switch (c) {
	case 'd':
	case 'i': put_signed(t, s, cut_signed(v, s->length)); break;
	case 'u': put_integer(t, s, cut_unsigned(v, s->length), 10, ""); break;
	case 'o': put_integer(t, s, cut_unsigned(v, s->length), 8, ""); break;
	case 'x':
	case 'X':
		put_integer(t, s, cut_unsigned(v, s->length), 16,
			    !s->alt    ? ""
			    : s->upper ? "0X"
				       : "0x");
		break;
	case 'p':
		v = ptr_to_u64(va_arg(a->ap, void *));
		text_puts(t, v ? "" : "0x");
		put_integer(t, s, v, 16, "0x");
		break;
	case 'c':
		ch = (char)va_arg(a->ap, int);
		put_field(t, s, "", 0, &ch, 1);
		break;
	case 's': put_string(t, s, va_arg(a->ap, const char *)); break;
	default: text_putc(t, c);
	}
}

static const char *parse_spec(const char *f, struct spec *s, struct args *a)
{
	f = parse_flags(f, s);
	if (*f == '*') {
		s->width = va_arg(a->ap, int);
		if (s->width < 0) {
			s->left = true;
			s->width = s->width > INT32_MIN ? -s->width : 0;
		}
		f++;
	} else {
		f = parse_number(f, &s->width);
	}
	if (*f == '.') {
		if (*++f == '*') {
			/* not MAX(): it would take two arguments */
			s->precision = va_arg(a->ap, int);
			if (s->precision < 0)
				s->precision = -1;
			f++;
		} else {
			f = parse_number(f, &s->precision);
		}
	}
	return parse_length(f, s);
}

void text_vfmt(struct text *t, const char *fmt, va_list ap)
{
	struct args a;

	va_copy(a.ap, ap);
	while (*fmt) {
		struct spec s = {.precision = -1};
		const char *p = fmt;

		while (*p && *p != '%')
			p++;
		text_write(t, fmt, p - fmt);
		if (!*p)
			break;
		p = parse_spec(p + 1, &s, &a);
		if (!*p)
			break;
		put_conversion(t, &s, *p, &a);
		fmt = p + 1;
	}
	va_end(a.ap);
}

void text_fmt(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(t, fmt, ap);
	va_end(ap);
}
