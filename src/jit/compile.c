// SPDX-License-Identifier: BSD-2-Clause
/* Compiling an image: each subprogram through the passes, into one piece of code. */
#include <errno.h>
#include <string.h>
#include "jit/backend.h"

#ifdef JIT_CHECK
#include <stdio.h>
#include <stdlib.h>

/* Debug builds: a pass that breaks the form ends the process, with the form. */
static void checked(const struct ir_function *f, const char *pass)
{
	struct text t;
	ir_ref where = 0;
	const char *wrong = ir_check(f, &where);

	if (!wrong)
		return;
	text_init_grow(&t);
	ir_print(f, &t);
	fprintf(stderr, "%s\nafter %s: %s at v%u\n", t.buf, pass, wrong, where);
	abort();
}
#else
static void checked(const struct ir_function *f, const char *pass)
{
	(void)f;
	(void)pass;
}
#endif

int ir_optimise(struct ir_function *f)
{
	static const struct {
		const char *name;
		int (*run)(struct ir_function *f);
	} passes[] = {
		{"build", ir_clean},   {"clean", ir_fold},    {"fold", ir_number},
		{"number", ir_memory}, {"memory", ir_decide}, {"decide", ir_thread},
		{"thread", ir_gather}, {"gather", ir_fold},   {"fold", ir_switch},
		{"switch", ir_divide}, {"divide", ir_number}, {"number", ir_idiom},
		{"idiom", ir_vector},  {"vector", ir_range},  {"range", ir_edges},
		{"edges", ir_blind},
	};
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(passes) && !err; i++) {
		checked(f, passes[i].name);
		err = passes[i].run(f);
	}
	if (!err)
		checked(f, "blind");
	return err;
}

static int compile_sub(const struct image *image, u32 sub, struct map *const *maps,
		       const struct jit_options *opts, struct jit_buffer *code, struct diag *diag)
{
	const struct jit_backend *b = jit_backend(opts->target);
	struct ir_function f;
	struct mach_function m = {0};
	struct arena arena = {0};
	int err = ir_build(image, sub, maps, &arena, &f);

	if (err == -EOPNOTSUPP)
		diag_set(diag, 0, 1, (s32)image_subs(image)[sub].start,
			 "subprogram %u has what only the interpreter does", sub);
	f.opts = opts;
	err = err ?: ir_optimise(&f);
	err = err ?: b->lower(&f, opts, &m);
	err = err ?: mach_allocate(&m, b->registers);
	err = err ?: mach_merge(&m, b->registers);
	err = err ?: b->emit(&m, opts, code);
	mach_fini(&m);
	ir_fini(&f);
	arena_fini(&arena);
	return err;
}

static int compile(const struct image *image, struct map *const *maps,
		   const struct jit_options *opts, struct jit_buffer *code, struct diag *diag)
{
	const struct jit_backend *b = jit_backend(opts->target);
	int err = 0;

	if (opts->tier == JIT_TIER_BASELINE)
		return b->baseline ? b->baseline(image, maps, opts, code) : -EOPNOTSUPP;
	for (u32 s = 0; s < image->sub_count && !err; s++)
		err = compile_sub(image, s, maps, opts, code, diag);
	return err;
}

static int take(struct jit_buffer *from, const struct jit_options *opts, u32 sub_count,
		struct jit_code **out)
{
	struct jit_code *c = base_zalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	for (u32 i = 0; i < from->calls.len; i++)
		jit_backend(opts->target)
			->patch_call(from->bytes.data, from->calls.data[i].at,
				     from->subs[from->calls.data[i].sub]);
	c->options = *opts;
	c->bytes = from->bytes.data;
	c->size = (u32)from->bytes.len;
	c->slots = from->slots.data;
	c->slot_count = (u32)from->slots.len;
	c->refs = from->refs.data;
	c->ref_count = (u32)from->refs.len;
	c->lines = from->lines.data;
	c->line_count = (u32)from->lines.len;
	c->fixups = from->fixups.data;
	c->fixup_count = (u32)from->fixups.len;
	c->subs = from->subs;
	c->sub_count = sub_count;
	c->entry = from->subs[0];
	vec_fini(&from->calls);
	*out = c;
	return 0;
}

#define SLOTS_BACK 64 /* so far back a word is looked for before another is made */

int jit_slot(struct jit_buffer *code, u32 kind, u32 index, s64 addend, u32 *slot)
{
	struct native_slot s = {kind, index, addend};
	u32 n = (u32)code->slots.len;

	for (u32 i = n; i-- > 0 && n - i <= SLOTS_BACK;)
		if (!memcmp(&code->slots.data[i], &s, sizeof(s)))
			return *slot = i, 0;
	if (vec_push(&code->slots, s))
		return -ENOMEM;
	*slot = n;
	return 0;
}

const struct jit_backend *jit_backend(enum jit_target target)
{
	return target == JIT_X86_64 ? &jit_x86 : &jit_a64;
}

static void drop(struct jit_buffer *code)
{
	vec_fini(&code->bytes);
	vec_fini(&code->slots);
	vec_fini(&code->refs);
	vec_fini(&code->lines);
	vec_fini(&code->fixups);
	vec_fini(&code->calls);
	base_free(code->subs);
}

/* Is the end of the table, behind the code, out of reach of near references? */
static bool out_of_reach(const struct jit_buffer *code, const struct jit_options *opts)
{
	u32 reach = jit_backend(opts->target)->reach;

	return reach && !code->far && code->bytes.len + code->slots.len * 8 + JIT_TABLE_GAP > reach;
}

int jit_compile(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		struct jit_code **out, struct diag *diag)
{
	struct jit_buffer code;
	bool far = false;
	int err;

	if (!(image->flags & IMAGE_VERIFIED))
		return -EOPNOTSUPP;
	for (;;) {
		code = (struct jit_buffer){.far = far};
		code.subs = base_calloc(image->sub_count, sizeof(u32));
		err = code.subs ? compile(image, maps, opts, &code, diag) : -ENOMEM;
		far = !err && out_of_reach(&code, opts);
		if (!far)
			break;
		drop(&code);
	}
	err = err ?: take(&code, opts, image->sub_count, out);
	if (err)
		drop(&code);
	return err;
}

void jit_code_free(struct jit_code *c)
{
	if (!c)
		return;
	base_free(c->bytes);
	base_free(c->slots);
	base_free(c->refs);
	base_free(c->lines);
	base_free(c->fixups);
	base_free(c->subs);
	base_free(c);
}
