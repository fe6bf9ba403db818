// SPDX-License-Identifier: BSD-2-Clause
/*
 * The verifier log of BTF_LOAD: one line per type as it is checked, and the line
 * that says what is wrong. Tools show and parse it, so the text is the kernel's.
 */
#include "btf/check.h"

static const char *const kind_words[NR_BTF_KINDS] = {
	"UNKNOWN", "INT",     "PTR",      "ARRAY",    "STRUCT",   "UNION",  "ENUM",
	"FWD",     "TYPEDEF", "VOLATILE", "CONST",    "RESTRICT", "FUNC",   "FUNC_PROTO",
	"VAR",     "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64",
};

const char *btf_kind_word(u32 kind)
{
	return kind_words[kind < NR_BTF_KINDS ? kind : 0];
}

static const char *name_of(const struct btf_checker *c, u32 off)
{
	if (!off)
		return "(anon)";
	return btf_str_ok(c->b, off) ? btf_str(c->b, off) : "(invalid-name-offset)";
}

static const char *encoding_word(u32 encoding)
{
	switch (encoding) {
	case 0: return "(none)";
	case BTF_INT_SIGNED: return "SIGNED";
	case BTF_INT_CHAR: return "CHAR";
	case BTF_INT_BOOL: return "BOOL";
	}
	return "UNKN";
}

static void prototype(struct btf_checker *c, const struct btf_type *t)
{
	const struct btf_param *p = btf_tail(t);
	u32 n = BTF_INFO_VLEN(t->info);

	text_fmt(c->log, "return=%u args=(", t->type);
	if (!n)
		text_puts(c->log, "void");
	else if (n == 1 && !p[0].type)
		text_puts(c->log, "vararg");
	for (u32 i = 0; i < n && !(n == 1 && !p[0].type); i++) {
		if (i)
			text_puts(c->log, ", ");
		if (i && i == n - 1 && !p[i].type)
			text_puts(c->log, "vararg");
		else
			text_fmt(c->log, "%u %s", p[i].type, name_of(c, p[i].name_off));
	}
	text_puts(c->log, ")");
}

static void details(struct btf_checker *c, const struct btf_type *t)
{
	const void *tail = btf_tail(t);
	const struct btf_array *a = tail;
	struct text *log = c->log;
	u32 data;

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		data = *(const u32 *)tail;
		text_fmt(log, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size,
			 BTF_INT_OFFSET(data), BTF_INT_BITS(data),
			 encoding_word(BTF_INT_ENCODING(data)));
		break;
	case BTF_KIND_ARRAY:
		text_fmt(log, "type_id=%u index_type_id=%u nr_elems=%u", a->type, a->index_type,
			 a->nelems);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		text_fmt(log, "size=%u vlen=%u", t->size, BTF_INFO_VLEN(t->info));
		break;
	case BTF_KIND_FWD: text_puts(log, BTF_INFO_KFLAG(t->info) ? "union" : "struct"); break;
	case BTF_KIND_FUNC_PROTO: prototype(c, t); break;
	case BTF_KIND_VAR:
		text_fmt(log, "type_id=%u linkage=%u", t->type,
			 ((const struct btf_var *)tail)->linkage);
		break;
	case BTF_KIND_FLOAT: text_fmt(log, "size=%u", t->size); break;
	case BTF_KIND_DECL_TAG:
		text_fmt(log, "type=%u component_idx=%d", t->type,
			 ((const struct btf_decl_tag *)tail)->component_idx);
		break;
	default: text_fmt(log, "type_id=%u", t->type);
	}
}

static void head(struct btf_checker *c, const struct btf_type *t, bool full)
{
	text_fmt(c->log, "[%u] %s %s%s", c->log_id, kind_words[BTF_INFO_KIND(t->info)],
		 name_of(c, t->name_off), full ? " " : "");
	if (full)
		details(c, t);
}

static void tail_line(struct btf_checker *c, const char *fmt, va_list ap)
{
	if (fmt) {
		text_puts(c->log, " ");
		text_vfmt(c->log, fmt, ap);
	}
	text_puts(c->log, "\n");
}

int btf_log(struct btf_checker *c, int err, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return err;
	va_start(ap, fmt);
	text_vfmt(c->log, fmt, ap);
	va_end(ap);
	return err;
}

int btf_log_type(struct btf_checker *c, const struct btf_type *t, int err, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return err;
	head(c, t, true);
	va_start(ap, fmt);
	tail_line(c, fmt, ap);
	va_end(ap);
	return err;
}

int btf_log_basic(struct btf_checker *c, const struct btf_type *t, int err, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return err;
	head(c, t, false);
	va_start(ap, fmt);
	tail_line(c, fmt, ap);
	va_end(ap);
	return err;
}

int btf_log_member(struct btf_checker *c, const struct btf_type *s, const struct btf_member *m,
		   int err, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return err;
	if (c->graph)
		btf_log_type(c, s, 0, NULL);
	if (BTF_INFO_KFLAG(s->info))
		text_fmt(c->log, "\t%s type_id=%u bitfield_size=%u bits_offset=%u",
			 name_of(c, m->name_off), m->type, BTF_MEMBER_BITFIELD_SIZE(m->offset),
			 BTF_MEMBER_BIT_OFFSET(m->offset));
	else
		text_fmt(c->log, "\t%s type_id=%u bits_offset=%u", name_of(c, m->name_off), m->type,
			 m->offset);
	va_start(ap, fmt);
	tail_line(c, fmt, ap);
	va_end(ap);
	return err;
}

int btf_log_secinfo(struct btf_checker *c, const struct btf_type *s,
		    const struct btf_var_secinfo *v, int err, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return err;
	if (c->graph)
		btf_log_type(c, s, 0, NULL);
	text_fmt(c->log, "\t type_id=%u offset=%u size=%u", v->type, v->offset, v->size);
	va_start(ap, fmt);
	tail_line(c, fmt, ap);
	va_end(ap);
	return err;
}
