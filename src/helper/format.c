// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel's printf for programs, in two passes over the format as the kernel
 * makes them. The first checks every conversion and gathers its argument into
 * one buffer of 512 bytes: integers as they are, strings and addresses read
 * from memory, so that nothing can fail later. The second prints from that
 * buffer.
 *
 *	%[flags 0+- and space][width] then
 *	d i u x X, l.., ll..	integers
 *	c			one byte
 *	s pks pus		a string: anyone's, the kernel's, the task's
 *	p px pK ps pS pB	an address; no symbols are known here
 *	pI4 pi4 pI6 pi6		an IP address, read from memory
 *
 * Bytes beyond ASCII stand for themselves, as 6.18 has it.
 * %s, %p and their kin end at a space, punctuation or the end. What is more:
 * behind a printed %p every letter and digit is swallowed, and %pB, IP
 * addresses, %pks and %pus ignore the width. Addresses are printed as they
 * are, not hashed: whoever reads this traces processes of his own.
 */
#include "helper/format.h"
#include "helper/helper.h"

#define BIN_BYTES 512
#define MAX_WIDTH 8388607

enum kind {
	KIND_LITERAL, /* %% */
	KIND_INT,
	KIND_CHAR,
	KIND_STRING,  /* %s */
	KIND_READY,   /* a string that stands as it is: %pks %pus %pB and IP addresses */
	KIND_POINTER, /* %p %px %pK: 16 digits */
	KIND_SYMBOL,  /* %ps %pS: 0x and digits */
};

struct spec {
	u8 kind;
	u8 size; /* KIND_INT: bytes; addresses of IP: 4 or 16 */
	char conv;
	u8 space; /* strings: enum helper_space */
	bool left, zero, plus, blank;
	bool symbol, ip; /* KIND_READY */
	u32 width;
};

struct format {
	struct run *run;
	u8 bin[BIN_BYTES];
	u32 used, taken; /* written by the first pass, read by the second */
};

/* Character classes as the kernel has them: Latin-1. */
static bool is_space(char ch)
{
	u8 c = (u8)ch;

	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool is_alnum(char ch)
{
	u8 c = (u8)ch;

	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80) ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool is_control(char ch)
{
	u8 c = (u8)ch;

	return c < ' ' || (c >= 0x7f && c < 0xa0);
}

/* May a conversion end before this character: the end, a space, punctuation? */
static bool is_end(char c)
{
	return !c || is_space(c) || !(is_alnum(c) || is_control(c));
}

/* May this character stand in a format? What is beyond ASCII may be UTF-8. */
static bool is_text(char c)
{
	return (u8)c >= 0x80 || is_space(c) || !is_control(c);
}

static const char *parse_width(const char *f, struct spec *s)
{
	for (;; f++) {
		s->left |= *f == '-';
		s->zero |= *f == '0';
		s->plus |= *f == '+';
		s->blank |= *f == ' ';
		if (*f != '-' && *f != '0' && *f != '+' && *f != ' ')
			break;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		s->width = MIN(s->width * 10 + (*f - '0'), MAX_WIDTH);
	return f;
}

static const char *parse_string(const char *f, struct spec *s, u8 kind, enum helper_space space)
{
	s->kind = kind;
	s->space = space;
	return is_end(f[1]) ? f + 1 : NULL;
}

/* f is at the p. */
static const char *parse_pointer(const char *f, struct spec *s)
{
	if (is_end(f[1])) {
		s->kind = KIND_POINTER;
		return f + 1;
	}
	if ((f[1] == 'k' || f[1] == 'u') && f[2] == 's')
		return parse_string(f + 2, s, KIND_READY, f[1] == 'k' ? SPACE_KERNEL : SPACE_USER);
	s->conv = f[1];
	switch (f[1]) {
	case 'x':
	case 'K': s->kind = KIND_POINTER; return f + 2;
	case 's':
	case 'S': s->kind = KIND_SYMBOL; return f + 2;
	case 'B':
		s->kind = KIND_READY;
		s->symbol = true;
		return f + 2;
	case 'i':
	case 'I':
		if (f[2] != '4' && f[2] != '6')
			return NULL;
		s->kind = KIND_READY;
		s->ip = true;
		s->size = f[2] == '4' ? 4 : 16;
		return f + 3;
	}
	return NULL;
}

/* One conversion, f behind the %; what follows it, or NULL when there is no such conversion. */
static const char *parse_spec(const char *f, struct spec *s)
{
	*s = (struct spec){.size = 4};
	if (*f == '%')
		return f + 1;
	f = parse_width(f, s);
	switch (*f) {
	case 'p': return parse_pointer(f, s);
	case 's': return parse_string(f, s, KIND_STRING, SPACE_EITHER);
	case 'c': s->kind = KIND_CHAR; return f + 1;
	}
	for (int n = 0; n < 2 && *f == 'l'; n++, f++)
		s->size = 8;
	s->kind = KIND_INT;
	s->conv = *f;
	return *f == 'd' || *f == 'i' || *f == 'u' || *f == 'x' || *f == 'X' ? f + 1 : NULL;
}

/* The text of an IP address. */
static void put_ip(struct text *t, const u8 *ip, u32 size, bool separators)
{
	for (u32 i = 0; size == 4 && i < 4; i++)
		text_fmt(t, separators ? "%s%u" : "%s%03u", i ? "." : "", ip[i]);
	for (u32 i = 0; size == 16 && i < 8; i++)
		text_fmt(t, "%s%02x%02x", i && separators ? ":" : "", ip[2 * i], ip[2 * i + 1]);
}

static long gather_text(struct format *f, const struct spec *s, u64 arg)
{
	char *dst = (char *)f->bin + f->used;
	u32 room = BIN_BYTES - f->used;
	struct text t;
	u8 ip[16];
	long n;

	text_init(&t, dst, room);
	if (s->symbol) {
		text_fmt(&t, "0x%llx", (unsigned long long)arg);
	} else if (s->ip) {
		if (room < s->size)
			return -ENOSPC;
		helper_read(f->run, SPACE_KERNEL, ip, s->size, arg);
		put_ip(&t, ip, s->size, s->conv == 'I');
	} else {
		if (!room)
			return -ENOSPC;
		n = helper_read_str(f->run, s->space, dst, room, arg);
		if (n <= 0)
			*dst = 0;
		return n > 0 ? n : 1;
	}
	return MIN((long)(t.len + 1), (long)room);
}

static int gather(struct format *f, const struct spec *s, u64 arg)
{
	u32 size = s->kind == KIND_CHAR ? 1 : s->kind == KIND_INT ? s->size : 8;
	long n;

	if (s->kind == KIND_STRING || s->kind == KIND_READY) {
		n = gather_text(f, s, arg);
		if (n < 0)
			return (int)n;
		f->used += (u32)n;
		return 0;
	}
	if (s->kind != KIND_CHAR)
		f->used = ROUND_UP(f->used, 4);
	if (f->used > BIN_BYTES - size)
		return -ENOSPC;
	__builtin_memcpy(f->bin + f->used, &arg, size);
	f->used += size;
	return 0;
}

/* The first pass. */
static int prepare(struct format *f, const char *fmt, u32 fmt_size, const u64 *args, u32 num_args)
{
	u32 used = 0, len = 0;
	struct spec s;
	const char *p;
	int err;

	while (len < fmt_size && fmt[len])
		len++;
	if (len == fmt_size)
		return -EINVAL;
	for (p = fmt; *p;) {
		if (!is_text(*p))
			return -EINVAL;
		if (*p++ != '%')
			continue;
		if (*p != '%' && used >= num_args)
			return -EINVAL;
		p = parse_spec(p, &s);
		if (!p)
			return -EINVAL;
		if (s.kind == KIND_LITERAL)
			continue;
		err = gather(f, &s, args[used++]);
		if (err)
			return err;
	}
	return 0;
}

static void put_padded(struct text *t, const struct spec *s, const char *str, size_t len)
{
	size_t gap = s->width > len ? s->width - len : 0;

	if (!s->left)
		text_pad(t, ' ', gap);
	text_write(t, str, len);
	if (s->left)
		text_pad(t, ' ', gap);
}

/* The integer conversions are those of base/text.h, once the flags are spelt out. */
static void put_integer(struct text *t, const struct spec *s, u64 v)
{
	char fmt[16];
	struct text spell;
	bool is_signed = s->conv == 'd' || s->conv == 'i';

	text_init(&spell, fmt, sizeof(fmt));
	text_fmt(&spell, "%%%s%s%s%s*ll%c", s->left ? "-" : "", s->zero ? "0" : "",
		 s->plus ? "+" : "", s->blank ? " " : "", s->conv);
	if (s->size == 4)
		v = is_signed ? (u64)(s64)(s32)v : (u32)v;
	text_fmt(t, fmt, (int)s->width, v);
}

static void put_pointer(struct text *t, struct spec *s, u64 v)
{
	char digits[24];
	struct text d;

	text_init(&d, digits, sizeof(digits));
	text_fmt(&d, s->kind == KIND_SYMBOL ? "0x%llx" : "%llx", (unsigned long long)v);
	if (s->kind == KIND_SYMBOL) {
		put_padded(t, s, digits, d.len);
		return;
	}
	/* Without a width 16 digits, or as many columns. */
	if (!s->width) {
		s->width = 16;
		s->zero = true;
	}
	if (s->zero && !s->left && s->width > d.len) {
		text_pad(t, '0', s->width - d.len);
		s->width = 0;
	}
	put_padded(t, s, digits, d.len);
}

static void take(struct format *f, void *out, u32 size, bool aligned)
{
	if (aligned)
		f->taken = ROUND_UP(f->taken, 4);
	__builtin_memcpy(out, f->bin + f->taken, size);
	f->taken += size;
}

static void put_spec(struct format *f, struct text *t, struct spec *s)
{
	const char *str = (const char *)f->bin + f->taken;
	size_t len = 0;
	u64 v = 0;
	char c;

	switch ((enum kind)s->kind) {
	case KIND_LITERAL: text_putc(t, '%'); return;
	case KIND_CHAR:
		take(f, &c, 1, false);
		put_padded(t, s, &c, 1);
		return;
	case KIND_INT:
		take(f, &v, s->size, true);
		put_integer(t, s, v);
		return;
	case KIND_POINTER:
	case KIND_SYMBOL:
		take(f, &v, 8, true);
		put_pointer(t, s, v);
		return;
	case KIND_STRING:
	case KIND_READY:
		while (f->taken + len < f->used && str[len])
			len++;
		f->taken = MIN(f->taken + (u32)len + 1, f->used);
		if (s->kind == KIND_READY)
			text_write(t, str, len);
		else
			put_padded(t, s, str, len);
	}
}

long format_bpf(struct run *run, char *out, size_t size, const char *fmt, u32 fmt_size,
		const u64 *args, u32 num_args)
{
	struct format f;
	struct text t;
	struct spec s;
	int err;

	f.run = run;
	f.used = f.taken = 0;
	err = prepare(&f, fmt, fmt_size, args, num_args);
	if (err)
		return err;
	text_init(&t, out, size);
	while (*fmt) {
		const char *p = fmt;

		while (*p && *p != '%')
			p++;
		text_write(&t, fmt, p - fmt);
		fmt = p;
		if (!*p)
			break;
		fmt = parse_spec(p + 1, &s);
		put_spec(&f, &t, &s);
		if (s.kind == KIND_POINTER || s.kind == KIND_SYMBOL || s.kind == KIND_READY)
			while (is_alnum(*fmt))
				fmt++;
	}
	return (long)(t.len + t.lost);
}
