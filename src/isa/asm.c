// SPDX-License-Identifier: BSD-2-Clause
/*
 * The assembler. A line is matched against the syntax of every row; the first
 * that fits to the end of the line is the instruction. When none fits, the
 * row that got furthest says what was expected there. There is no grammar
 * beside the table, so what the disassembler prints can be read back.
 *
 * A row's syntax consists of words, runs of operator characters and operands
 * ($x). White space may stand between any two of them.
 */
#include <errno.h>
#include <string.h>
#include "base/hash.h"
#include "base/vec.h"
#include "isa/asm.h"
#include "isa/decode.h"

#define MAX_INSNS 1000000u

struct label {
	const char *name;
	size_t len;
	u32 index; /* of the instruction it names */
};

/* A jump or call whose target is a label. */
struct fixup {
	const char *name;
	size_t len;
	u32 insn, line, column;
};

/* One line; `far` is how deep any row got, `want` what it asked for there. */
struct line {
	const char *start, *at, *end;
	u32 number;
	const char *far;
	const char *want;
	size_t literal; /* > 0: `want` is so many bytes of a syntax, not a description */
};

struct assembler {
	VEC(struct isa_op) ops;
	VEC(struct label) labels;
	struct hash by_name; /* number of a label + 1 */
	VEC(struct fixup) fixups;
	struct diag *diag;
	/* of the row being matched: its label operand, which registers it named */
	const char *target;
	size_t target_len;
	bool seen_dst, seen_src;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_word(c) || c == '.' || c == '$';
}

static void skip_space(struct line *l)
{
	while (l->at < l->end && is_space(*l->at))
		l->at++;
}

/* The row wants something else at `at`. Returns false. */
static bool wants(struct line *l, const char *at, const char *what, size_t literal)
{
	if (!l->far || at > l->far) {
		l->far = at;
		l->want = what;
		l->literal = literal;
	} else if (at == l->far && literal && l->literal && !is_word(*what) && !is_word(*l->want)) {
		l->want = "an operator";
		l->literal = 0;
	}
	return false;
}

/* The same, said even where other rows want something else: it is what the writer meant. */
static bool wants_instead(struct line *l, const char *at, const char *what)
{
	if (l->far == at)
		l->far = NULL;
	return wants(l, at, what, 0);
}

static bool match_register(struct line *l, bool r, bool w, u8 *reg, bool *seen)
{
	const char *p = l->at, *digits = p + 1;
	u32 n = 0;

	if (p == l->end || !((r && *p == 'r') || (w && *p == 'w')))
		return wants(l, p, !r ? "a 32-bit register, w0 to w10" : "a register, r0 to r10",
			     0);
	for (p = digits; p < l->end && is_digit(*p) && n < ISA_REGS; p++)
		n = n * 10 + (u32)(*p - '0');
	if (p == digits || n >= ISA_REGS || (*digits == '0' && p - digits > 1) ||
	    (p < l->end && is_word(*p)))
		return wants(l, digits, "a register number, 0 to 10", 0);
	if (*seen && *reg != n)
		return wants(l, l->at, "the same register as before", 0);
	*reg = (u8)n;
	*seen = true;
	l->at = p;
	return true;
}

static u32 digit_value(char c)
{
	if (is_digit(c))
		return (u32)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? (u32)(c - 'a') + 10 : 99;
}

/* The magnitude of a number, decimal or 0x. */
static bool match_digits(struct line *l, u64 *out)
{
	bool hex = l->end - l->at > 2 && l->at[0] == '0' && (l->at[1] | 0x20) == 'x';
	const char *first = l->at + (hex ? 2 : 0), *p;
	u32 base = hex ? 16 : 10;
	u64 v = 0;

	for (p = first; p < l->end && is_word(*p); p++) {
		u32 d = digit_value(*p);

		if (d >= base)
			return wants(l, p, "a digit", 0);
		if (v > (UINT64_MAX - d) / base)
			return wants_instead(l, l->at, "a number of at most 64 bits");
		v = v * base + d;
	}
	if (p == first)
		return wants(l, p, "a number", 0);
	l->at = p;
	*out = v;
	return true;
}

/* Numbers that an operand takes, -min to max; whether one may begin with '+'. */
struct range {
	u64 min, max;
	bool plus;
	const char *what;
};
static const struct range range_off = {1u << 15, INT16_MAX, true,
				       "a number of 16 bits, -32768 to 32767"};
static const struct range range_rel = {1u << 31, INT32_MAX, true, "a number of 32 bits"};
static const struct range range_imm = {1u << 31, INT32_MAX, false,
				       "a number of 32 bits, -2147483648 to 2147483647"};
static const struct range range_imm_narrow = {1u << 31, UINT32_MAX, false, "a number of 32 bits"};
static const struct range range_high = {0, UINT32_MAX, false, "a number of 32 bits"};
static const struct range range_wide = {1ull << 63, UINT64_MAX, false, "a number of 64 bits"};

static bool match_number(struct line *l, const struct range *range, s64 *out)
{
	const char *start = l->at;
	bool negative = false;
	u64 v;

	if (l->at < l->end && (*l->at == '-' || (*l->at == '+' && range->plus))) {
		negative = *l->at++ == '-';
		skip_space(l);
	}
	if (!match_digits(l, &v))
		return false;
	if (v > (negative ? range->min : range->max))
		return wants_instead(l, start, range->what);
	*out = (s64)(negative ? -v : v);
	return true;
}

static bool at_sign(const struct line *l)
{
	return l->at < l->end && (*l->at == '+' || *l->at == '-');
}

/* A memory operand's displacement: nothing, +N or -N. */
static bool match_displacement(struct line *l, s64 *out)
{
	*out = 0;
	if (l->at < l->end && (*l->at == ')' || *l->at == ','))
		return true;
	return at_sign(l) ? match_number(l, &range_off, out) : wants(l, l->at, "'+' or '-'", 0);
}

/* Where a jump or call goes: +N, -N, pc+N, pc-N or a label. */
static bool match_target(struct assembler *a, struct line *l, const struct range *range, s64 *out)
{
	const char *p = l->at;

	if (l->end - p > 2 && p[0] == 'p' && p[1] == 'c' && (p[2] == '+' || p[2] == '-'))
		l->at += 2;
	if (at_sign(l))
		return match_number(l, range, out);
	if (p == l->end || !is_name(*p) || is_digit(*p))
		return wants(l, p, "where to: +N, -N or a label", 0);
	while (p < l->end && is_name(*p))
		p++;
	a->target = l->at;
	a->target_len = (size_t)(p - l->at);
	l->at = p;
	*out = 0;
	return true;
}

/* The name that listings give a helper beside its number. */
static bool match_name(struct line *l)
{
	const char *p = l->at;

	if (p == l->end || !is_name(*p) || is_digit(*p))
		return wants(l, p, "a name", 0);
	while (p < l->end && is_name(*p))
		p++;
	l->at = p;
	return true;
}

static bool match_operand(struct assembler *a, struct line *l, char what, const struct isa_info *r,
			  struct isa_op *op)
{
	bool narrow = r->bits && r->bits <= 32;
	bool gotol = r->kind == ISA_KIND_GOTOL;
	s64 n = 0;

	switch (what) {
	case 'd': return match_register(l, true, false, &op->dst, &a->seen_dst);
	case 'D': return match_register(l, false, true, &op->dst, &a->seen_dst);
	case 'x': return match_register(l, true, narrow, &op->dst, &a->seen_dst);
	case 's': return match_register(l, true, false, &op->src, &a->seen_src);
	case 'S': return match_register(l, false, true, &op->src, &a->seen_src);
	case 'y': return match_register(l, true, narrow, &op->src, &a->seen_src);
	case 'l': return match_number(l, &range_wide, &op->imm);
	case 'i':
		return match_number(l, narrow ? &range_imm_narrow : &range_imm, &n) &&
		       (op->imm = (s32)n, true);
	case 'h':
		return match_number(l, &range_high, &n) &&
		       (op->imm = (s64)((u64)n << 32 | (u32)op->imm), true);
	case 'n': return match_name(l);
	case 'o': return match_displacement(l, &n) && (op->off = (s32)n, true);
	case 'k': return match_number(l, &range_off, &n) && (op->off = (s32)n, true);
	case 'j':
		return match_target(a, l, gotol ? &range_rel : &range_off, &n) &&
		       (op->off = (s32)n, true);
	case 'f': return match_target(a, l, &range_rel, &n) && (op->imm = (s32)n, true);
	}
	return false;
}

/* A number that stands in the syntax; 0x0 is as good as 0. */
static bool match_fixed_number(struct line *l, const char *s, size_t n)
{
	const char *start = l->at;
	u64 want = 0, v;

	for (size_t i = 0; i < n; i++)
		want = want * 10 + digit_value(s[i]);
	if (match_digits(l, &v) && v == want)
		return true;
	return wants(l, start, s, n);
}

/* A word, or a run of operator characters, of the syntax; *p moves behind it. */
static bool match_literal(struct line *l, const char **p)
{
	const char *s = *p;
	size_t n = 1;

	if (is_word(*s)) {
		while (is_word(s[n]))
			n++;
	} else if (strchr("+-*/%&|^<>=!", *s)) {
		/* a minus before an operand is the operand's own: r1 = -r1 */
		while (s[n] && strchr("+-*/%&|^<>=!", s[n]))
			n++;
	}
	*p = s + n;
	if (is_digit(*s))
		return match_fixed_number(l, s, n);
	if ((size_t)(l->end - l->at) < n || memcmp(l->at, s, n) ||
	    (is_word(*s) && l->at + n < l->end && is_word(l->at[n])))
		return wants(l, l->at, s, n);
	l->at += n;
	return true;
}

/* Whether the rest of the line is one instruction of this row, so spelled. */
static bool match_syntax(struct assembler *a, struct line *l, const char *syntax,
			 const struct isa_info *r, struct isa_op *op)
{
	a->target = NULL;
	a->seen_dst = a->seen_src = false;
	for (const char *p = syntax; *p;) {
		skip_space(l);
		if (*p == ' ') {
			p++;
		} else if (*p == '$') {
			if (!match_operand(a, l, p[1], r, op))
				return false;
			p += 2;
		} else if (!match_literal(l, &p)) {
			return false;
		}
	}
	skip_space(l);
	/* What listings append: the target's name. */
	if (l->at < l->end && *l->at == '<' && l->end[-1] == '>')
		l->at = l->end;
	return l->at == l->end || wants(l, l->at, "the end of the line", 0);
}

static u32 column(const struct line *l, const char *at)
{
	return (u32)(at - l->start) + 1;
}

/* "line 3, column 7: found 'xyz' where ... is due" */
static int reject_line(struct assembler *a, const struct line *l)
{
	const char *at = l->far ? l->far : l->at;
	const char *word = at;
	int quote = l->literal ? 1 : 0;
	int want = l->literal ? (int)l->literal : (int)strlen(l->want);

	while (word < l->end && word - at < 20 && is_name(*word))
		word++;
	if (word == at && word < l->end)
		word++;
	if (at == l->end)
		return diag_set(a->diag, -EINVAL, ISA_DIAG_SYNTAX, (s32)a->ops.len,
				"line %u, column %u: the line ends where %.*s%.*s%.*s is due",
				l->number, column(l, at), quote, "'", want, l->want, quote, "'");
	return diag_set(a->diag, -EINVAL, ISA_DIAG_SYNTAX, (s32)a->ops.len,
			"line %u, column %u: found '%.*s' where %.*s%.*s%.*s is due", l->number,
			column(l, at), (int)(word - at), at, quote, "'", want, l->want, quote, "'");
}

static int push_op(struct assembler *a, const struct line *l, const struct isa_op *op)
{
	if (a->ops.len >= MAX_INSNS - 1)
		return diag_set(a->diag, -E2BIG, ISA_DIAG_SYNTAX, -1,
				"line %u: more than %u instructions", l->number, MAX_INSNS);
	if (vec_push(&a->ops, *op))
		return -ENOMEM;
	if (isa_is_lddw(op->op) && vec_push(&a->ops, (struct isa_op){.op = ISA_OP_HIGH}))
		return -ENOMEM;
	return 0;
}

static int assemble_insn(struct assembler *a, struct line *l)
{
	const char *first = l->at;

	for (u32 i = ISA_OP_INVALID + 1; i < ISA_OP_COUNT; i++) {
		const struct isa_info *r = isa_info(i);
		const char *const spellings[2] = {r->syntax, r->alt};

		for (u32 k = 0; k < 2; k++) {
			struct isa_op op = {.op = (u16)i};

			l->at = first;
			if (!*spellings[k] || !match_syntax(a, l, spellings[k], r, &op))
				continue;
			if (a->target &&
			    vec_push(&a->fixups,
				     (struct fixup){a->target, a->target_len, (u32)a->ops.len,
						    l->number, column(l, a->target)}))
				return -ENOMEM;
			return push_op(a, l, &op);
		}
	}
	if (l->far == first) {
		l->want = "an instruction";
		l->literal = 0;
	}
	return reject_line(a, l);
}

/* Labels by the hash of their name; of two with one hash the second takes the next free key. */
static const struct label *find_label(const struct assembler *a, const char *name, size_t len,
				      u64 *key)
{
	for (*key = hash_bytes(name, len, 0);; ++*key) {
		u64 at = ptr_to_u64(hash_get(&a->by_name, *key));
		const struct label *l = at ? &a->labels.data[at - 1] : NULL;

		if (!l || (l->len == len && !memcmp(l->name, name, len)))
			return l;
	}
}

static int define_label(struct assembler *a, const struct line *l, size_t len)
{
	u64 key;

	if (find_label(a, l->at, len, &key))
		return diag_set(a->diag, -EINVAL, ISA_DIAG_SYNTAX, -1,
				"line %u, column %u: label '%.*s' is there twice", l->number,
				column(l, l->at), (int)MIN(len, 40), l->at);
	if (vec_push(&a->labels, (struct label){l->at, len, (u32)a->ops.len}))
		return -ENOMEM;
	return hash_set(&a->by_name, key, u64_to_ptr(a->labels.len));
}

/* Labels and what listings put before an instruction: "name:", "12:", "(b7)". */
static int take_prefixes(struct assembler *a, struct line *l)
{
	for (;;) {
		const char *p;

		skip_space(l);
		for (p = l->at; p < l->end && is_name(*p); p++)
			;
		if (l->end - l->at > 3 && l->at[0] == '(' && l->at[3] == ')' &&
		    digit_value(l->at[1]) < 16 && digit_value(l->at[2]) < 16) {
			l->at += 4;
			continue;
		}
		if (p == l->at || p == l->end || *p != ':')
			return 0;
		if (!is_digit(*l->at)) {
			int err = define_label(a, l, (size_t)(p - l->at));

			if (err)
				return err;
		}
		l->at = p + 1;
	}
}

static int assemble_line(struct assembler *a, struct line *l)
{
	int err;

	for (const char *p = l->start; p < l->end; p++)
		if (*p == ';' || (*p == '/' && p + 1 < l->end && p[1] == '/')) {
			l->end = p;
			break;
		}
	skip_space(l);
	if (l->at < l->end && *l->at == '#')
		return 0;
	while (l->end > l->at && is_space(l->end[-1]))
		l->end--;
	err = take_prefixes(a, l);
	if (err || l->at == l->end)
		return err;
	return assemble_insn(a, l);
}

/* Fills in what labels stand for, once all are known. */
static int resolve_labels(struct assembler *a)
{
	vec_each (&a->fixups, i) {
		const struct fixup *f = &a->fixups.data[i];
		u64 key;
		const struct label *l = find_label(a, f->name, f->len, &key);
		struct isa_op *op = &a->ops.data[f->insn];
		const struct isa_info *r = isa_info(op->op);
		s64 rel;

		if (!l)
			return diag_set(a->diag, -EINVAL, ISA_DIAG_SYNTAX, (s32)f->insn,
					"line %u, column %u: no label '%.*s'", f->line, f->column,
					(int)MIN(f->len, 40), f->name);
		rel = (s64)l->index - (f->insn + 1);
		if (r->cls != ISA_CLASS_JUMP)
			op->imm = rel;
		else
			op->off = (s32)rel;
		if (r->off == ISA_ANY && rel != (s16)rel)
			return diag_set(a->diag, -EINVAL, ISA_DIAG_SYNTAX, (s32)f->insn,
					"line %u, column %u: '%.*s' is too far for 16 bits (use "
					"gotol)",
					f->line, f->column, (int)MIN(f->len, 40), f->name);
	}
	return 0;
}

int isa_assemble(const char *text, size_t len, struct isa_op **ops, u32 *count, struct diag *diag)
{
	struct assembler a = {.diag = diag};
	const char *end = text + len;
	u32 number = 0;
	int err = 0;

	for (const char *p = text; p < end && !err;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		struct line l = {.start = p, .at = p, .end = eol ? eol : end, .number = ++number};

		err = assemble_line(&a, &l);
		p = eol ? eol + 1 : end;
	}
	if (!err)
		err = resolve_labels(&a);
	if (!err) {
		*ops = a.ops.data;
		*count = (u32)a.ops.len;
	} else {
		vec_fini(&a.ops);
	}
	vec_fini(&a.labels);
	hash_fini(&a.by_name);
	vec_fini(&a.fixups);
	return err;
}
