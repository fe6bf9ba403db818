// SPDX-License-Identifier: BSD-2-Clause
/*
 * Machine code for people. The code is laid at address 0 with its table behind it;
 * so every address in it is one of three: a word of the table, the start of a
 * subprogram, or a place that some jump leads to, and each has a name:
 *
 *	; if (data + 14 > end) @ drop.bpf.c:12
 *	   4: if r2 > r1 goto +5
 *	      1c      lea     rax, [rdi+0x0e]
 *	      20      cmp     rax, rsi
 *	      23      jnbe    L2
 *
 * An optimising compiler moves, shares and drops instructions: the line above says
 * what the code that follows comes from, and one instruction may come up again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/vec.h"
#include "btf/btf.h"
#include "cli/machine.h"
#include "cli/native_listing.h"
#include "core/helper.h"
#include "core/kfunc.h"
#include "isa/disasm.h"
#include "vm/instance.h"
#include "vm/load.h"

struct native_view {
	const struct prog_object *p;
	const struct jit_code *code;
	const struct native_listing_opts *opts;
	struct text *out;
	u8 *bytes;
	u32 table;                      /* its address */
	u32 *labels;                    /* by byte: number of the label; 0: none */
	struct text about;              /* the name being asked for */
	const struct line_record *line; /* printed last */
	u32 insn;                       /* printed last */
	const char *function;
};

/* names -------------------------------------------------------------------------------------- */

static const char *sub_name(struct native_view *v, u32 sub)
{
	char name[64];

	prog_sub_name(v->p, sub, name);
	text_cut(&v->about, 0);
	text_puts(&v->about, name);
	return v->about.buf;
}

static const char *sub_at(struct native_view *v, u32 start)
{
	const struct image *image = v->p->image;

	for (u32 s = 0; s < image->sub_count; s++)
		if (image_subs(image)[s].start == start)
			return sub_name(v, s);
	return NULL;
}

static const char *map_name(const struct native_view *v, u64 index)
{
	const struct map_object *m = index < v->p->image->map_count && index < v->p->maps.len
					     ? v->p->maps.data[index]
					     : NULL;

	return m && *m->name ? m->name : "?";
}

static const char *call_name(u32 which)
{
	switch (which) {
	case NATIVE_TAIL: return "tail_call";
	case NATIVE_THROW: return "throw";
	case NATIVE_STOP: return "stop";
	case NATIVE_LD_ABS: return "load_packet";
	case NATIVE_LOAD: return "load_kernel";
	default: return "runtime";
	}
}

static void put_offset(struct text *t, s64 offset)
{
	if (offset)
		text_fmt(t, "%s%lld", offset < 0 ? "" : "+", (long long)offset);
}

/* What the word of the table holds, into v->about. */
static const char *slot_name(struct native_view *v, const struct native_slot *s)
{
	const struct helper_proto *h;
	const struct kfunc_body *k;
	struct text *t = &v->about;

	text_cut(t, 0);
	switch (s->kind) {
	case NATIVE_MAP: text_fmt(t, "map %s", map_name(v, s->index)); break;
	case NATIVE_MAP_VALUE:
	case NATIVE_MAP_MEMORY:
		text_fmt(t, "%s %s", s->kind == NATIVE_MAP_VALUE ? "value of" : "memory of",
			 map_name(v, s->index));
		put_offset(t, s->addend);
		break;
	case NATIVE_HELPER:
		h = core_helper(s->index);
		text_puts(t, h ? h->name : "helper");
		break;
	case NATIVE_KFUNC:
		k = core_kfunc_body(s->index);
		text_puts(t, k ? k->name : "kfunc");
		break;
	case NATIVE_CALL: text_puts(t, call_name(s->index)); break;
	default: text_fmt(t, "word of kind %u", s->kind);
	}
	return t->buf ? t->buf : "?";
}

static const char *name_address(void *data, u64 address)
{
	struct native_view *v = data;

	if (address >= v->table && address < v->table + 8ull * v->code->slot_count)
		return slot_name(v, &v->code->slots[(address - v->table) / 8]);
	for (u32 s = 0; s < v->code->sub_count; s++)
		if (v->code->subs[s] == address)
			return sub_name(v, s);
	if (address >= v->code->size || !v->labels[address])
		return NULL;
	text_cut(&v->about, 0);
	text_fmt(&v->about, "L%u", v->labels[address]);
	return v->about.buf;
}

static const char *name_operand(void *data, u32 index, const struct isa_op *op)
{
	struct native_view *v = data;
	const struct helper_proto *h;
	const struct kfunc_body *k;

	switch (op->op) {
	case ISA_OP_LDDW_MAP:
		text_cut(&v->about, 0);
		text_fmt(&v->about, "map[%s]", map_name(v, (u64)op->imm));
		return v->about.buf;
	case ISA_OP_LDDW_MAP_VALUE:
		text_cut(&v->about, 0);
		text_fmt(&v->about, "&%s", map_name(v, (u64)op->off));
		put_offset(&v->about, op->imm);
		return v->about.buf;
	case ISA_OP_LDDW_FUNC:
	case ISA_OP_CALL_SUB: return sub_at(v, (u32)op->imm);
	case ISA_OP_CALL_HELPER: h = core_helper((u32)op->imm); return h ? h->name : NULL;
	case ISA_OP_CALL_KFUNC: k = core_kfunc_body((u32)op->off); return k ? k->name : NULL;
	default: return NULL;
	}
}

/* source ------------------------------------------------------------------------------------- */

static const struct line_record *line_of(const struct native_view *v, u32 insn)
{
	const struct line_record *best = NULL;

	vec_each (&v->p->lines, i) {
		if (v->p->lines.data[i].insn > insn)
			break;
		best = &v->p->lines.data[i];
	}
	return v->p->btf ? best : NULL;
}

static const char *file_of(const struct native_view *v, const struct line_record *l)
{
	const char *file = btf_str(v->p->btf->btf, l->file_off), *slash = strrchr(file, '/');

	return slash && !v->opts->json ? slash + 1 : file;
}

static const char *text_of(const struct native_view *v, const struct line_record *l)
{
	const char *s = btf_str(v->p->btf->btf, l->line_off);

	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static void format_insn(struct native_view *v, u32 insn, struct text *t)
{
	const struct isa_names names = {name_operand, v};

	isa_format(t, &image_ops(v->p->image)[insn], insn, &names);
}

/* The source line and the instruction that the code from here on comes from, when they are new. */
static void put_origin(struct native_view *v, u32 insn)
{
	const struct line_record *l = line_of(v, insn);

	if (insn == v->insn)
		return;
	v->insn = insn;
	if (l && v->opts->source && l->line_col >> 10 &&
	    (!v->line || v->line->line_col >> 10 != l->line_col >> 10 ||
	     v->line->file_off != l->file_off))
		text_fmt(v->out, "; %s @ %s:%u\n", text_of(v, l), file_of(v, l), l->line_col >> 10);
	v->line = l;
	text_fmt(v->out, "%6u: ", insn);
	format_insn(v, insn, v->out);
	text_putc(v->out, '\n');
}

/* lines -------------------------------------------------------------------------------------- */

static void put_bytes(struct text *t, const u8 *p, u32 n, const char *between)
{
	for (u32 i = 0; i < n; i++)
		text_fmt(t, "%s%02x", i ? between : "", p[i]);
}

static void put_json(struct native_view *v, u32 at, u32 insn, const struct machine_insn *m)
{
	const struct line_record *l = insn < v->p->image->op_count ? line_of(v, insn) : NULL;
	struct text hex, bpf;
	struct json j;

	text_init_grow(&hex);
	text_init_grow(&bpf);
	put_bytes(&hex, v->bytes + at, m->size, "");
	json_init(&j, v->out);
	json_object(&j);
	json_key(&j, "section");
	json_str(&j, v->opts->section);
	json_key(&j, "program");
	json_str(&j, v->p->name);
	json_key(&j, "function");
	json_str(&j, v->function);
	json_key(&j, "machine");
	json_str(&j, machine_name(v->opts->jit.target));
	json_key(&j, "offset");
	json_u64(&j, at);
	json_key(&j, "bytes");
	json_str(&j, hex.buf ? hex.buf : "");
	json_key(&j, "text");
	json_str(&j, m->text);
	if (v->labels[at]) {
		json_key(&j, "label");
		text_cut(&bpf, 0);
		text_fmt(&bpf, "L%u", v->labels[at]);
		json_str(&j, bpf.buf ? bpf.buf : "");
	}
	if (insn < v->p->image->op_count) {
		text_cut(&bpf, 0);
		format_insn(v, insn, &bpf);
		json_key(&j, "index");
		json_u64(&j, insn);
		json_key(&j, "instruction");
		json_str(&j, bpf.buf ? bpf.buf : "");
	}
	if (l) {
		json_key(&j, "file");
		json_str(&j, file_of(v, l));
		json_key(&j, "line");
		json_u64(&j, l->line_col >> 10);
		json_key(&j, "source");
		json_str(&j, text_of(v, l));
	}
	json_end_object(&j);
	text_putc(v->out, '\n');
	text_fini(&hex);
	text_fini(&bpf);
}

#define BYTES_SHOWN 10 /* on a line; few instructions are longer */

static void put_machine(struct native_view *v, u32 at, u32 insn, const struct machine_insn *m)
{
	u32 word = (u32)strcspn(m->text, " ");
	const char *operands = m->text + word + (m->text[word] == ' ');

	if (v->opts->json) {
		put_json(v, at, insn, m);
		return;
	}
	text_fmt(v->out, "%14x  ", at);
	if (v->opts->bytes) {
		size_t start = v->out->len;

		put_bytes(v->out, v->bytes + at, m->size, " ");
		text_pad(v->out, ' ', MAX(1, BYTES_SHOWN * 3 - (int)(v->out->len - start)));
	}
	if (*operands)
		text_fmt(v->out, "%.*s%*s%s", (int)word, m->text, MAX(1, 8 - (int)word), "",
			 operands);
	else
		text_puts(v->out, m->text);
	text_putc(v->out, '\n');
}

/* functions ---------------------------------------------------------------------------------- */

static const struct native_line *line_at(const struct native_view *v, u32 at)
{
	const struct native_line *best = NULL;
	u32 lo = 0, hi = v->code->line_count;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (v->code->lines[mid].offset <= at) {
			best = &v->code->lines[mid];
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return best;
}

/* Where the code of the subprogram ends: at the next one, less what only fills up. */
static u32 end_of(const struct native_view *v, u32 sub)
{
	u32 start = v->code->subs[sub], end = v->code->size;

	for (u32 s = 0; s < v->code->sub_count; s++)
		if (v->code->subs[s] > start)
			end = MIN(end, v->code->subs[s]);
	while (v->opts->jit.target == JIT_X86_64 && end < v->code->size && end > start + 1 &&
	       v->bytes[end - 1] == 0xcc && v->bytes[end - 2] == 0xcc)
		end--;
	return end;
}

/* A step of the walk: the next instruction or stretch of data, and what it comes from. */
static void step(const struct native_view *v, u32 at, u32 start, u32 end,
		 const struct machine_names *names, struct machine_insn *m, u32 *insn)
{
	const struct native_line *l = line_at(v, at);

	*insn = l && l->offset >= start ? l->insn : RUN_INSN_HERE;
	if (l && l->offset >= start && l->insn == RUN_INSN_HERE) {
		struct text t;

		memset(m, 0, sizeof(*m));
		m->size = MIN(4 - at % 4, end - at);
		text_init(&t, m->text, sizeof(m->text));
		text_puts(&t, m->size == 4 ? ".long 0x" : ".fill 0x");
		for (u32 i = m->size; i-- > 0;)
			text_fmt(&t, "%02x", v->bytes[at + i]);
	} else {
		machine_decode(v->opts->jit.target, v->bytes, end, at, names, m);
	}
}

static void find_labels(struct native_view *v)
{
	u32 number = 0;

	for (u32 s = 0; s < v->code->sub_count; s++)
		for (u32 start = v->code->subs[s], end = end_of(v, s), at = start; at < end;) {
			struct machine_insn m;
			u32 insn;

			step(v, at, start, end, NULL, &m, &insn);
			if (m.leads && m.to < v->code->size && name_address(v, m.to) == NULL)
				v->labels[m.to] = 1;
			at += m.size;
		}
	for (u32 i = 0; i < v->code->size; i++)
		if (v->labels[i])
			v->labels[i] = ++number;
}

/* aarch64: the word of the table that the instruction refers to: [name] in place of its distance,
 * which one instruction holds, or a note where two hold it. */
static void name_word(struct native_view *v, u32 at, struct machine_insn *m)
{
	char *distance = strncmp(m->text, "ldr ", 4) ? NULL : strrchr(m->text, '#');
	size_t n = distance ? (size_t)(distance - m->text) : strlen(m->text);
	struct text t;

	for (u32 i = 0; v->opts->jit.target == JIT_AARCH64 && i < v->code->ref_count; i++) {
		const char *name;

		if (v->code->refs[i].offset != at)
			continue;
		name = slot_name(v, &v->code->slots[v->code->refs[i].slot]);
		text_init(&t, m->text + n, sizeof(m->text) - n);
		text_fmt(&t, distance ? "[%s]" : " // %s", name);
		return;
	}
}

static void put_function(struct native_view *v, u32 sub)
{
	const struct machine_names names = {name_address, v};
	u32 start = v->code->subs[sub], end = end_of(v, sub);
	char name[64];

	snprintf(name, sizeof(name), "%s", sub_name(v, sub));
	v->function = name;
	v->insn = RUN_INSN_HERE;
	v->line = NULL;
	if (!v->opts->json)
		text_fmt(v->out, "\n%s: %u bytes\n", name, end - start);
	for (u32 at = start; at < end;) {
		struct machine_insn m;
		u32 insn;

		step(v, at, start, end, &names, &m, &insn);
		if (v->labels[at] && !v->opts->json)
			text_fmt(v->out, "L%u:\n", v->labels[at]);
		if (insn < v->p->image->op_count && !v->opts->json)
			put_origin(v, insn);
		name_word(v, at, &m);
		put_machine(v, at, insn, &m);
		at += m.size;
	}
}

static void put_head(struct native_view *v)
{
	const struct image *image = v->p->image;
	u32 insns = 0;

	for (u32 i = 0; i < image->op_count; i++)
		insns += image_ops(image)[i].op != ISA_OP_HIGH;
	text_fmt(v->out, "%s %s: %s, %s: %u instructions, %u bytes of code, table of %u word%s\n",
		 v->opts->section, v->p->name, machine_name(v->opts->jit.target),
		 v->opts->jit.tier == JIT_TIER_BASELINE ? "baseline" : "jit", insns, v->code->size,
		 v->code->slot_count, v->code->slot_count == 1 ? "" : "s");
}

int native_listing(const struct prog_object *p, const struct jit_code *code,
		   const struct native_listing_opts *opts, struct text *out)
{
	struct native_view v = {.p = p, .code = code, .opts = opts, .out = out};
	int err = 0;

	v.table = ROUND_UP(code->size, 64u);
	v.bytes = base_zalloc(v.table);
	v.labels = base_calloc(v.table, sizeof(u32));
	text_init_grow(&v.about);
	text_puts(&v.about, "?");
	if (!v.bytes || !v.labels || !v.about.buf)
		err = -ENOMEM;
	if (!err) {
		jit_place(code, v.table, v.bytes);
		find_labels(&v);
		if (!opts->json)
			put_head(&v);
		for (u32 s = 0; s < code->sub_count; s++)
			put_function(&v, s);
	}
	base_free(v.bytes);
	base_free(v.labels);
	text_fini(&v.about);
	return err ?: out->lost ? -ENOMEM : 0;
}
