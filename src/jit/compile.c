// SPDX-License-Identifier: BSD-2-Clause
/* Compiling an image: each subprogram through the passes, into one piece of code. */
#include <errno.h>
#include <string.h>
#include "jit/x86.h"

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
		{"number", ir_memory}, {"memory", ir_fold},   {"fold", ir_switch},
		{"switch", ir_divide}, {"divide", ir_number},
	};
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(passes) && !err; i++) {
		checked(f, passes[i].name);
		err = passes[i].run(f);
	}
	if (!err)
		checked(f, "number");
	return err;
}

static int compile_sub(const struct image *image, u32 sub, struct map *const *maps,
		       const struct jit_options *opts, struct x86_code *code, struct diag *diag)
{
	struct ir_function f;
	struct mach_function m = {0};
	struct arena arena = {0};
	int err = ir_build(image, sub, maps, &arena, &f);

	if (err == -EOPNOTSUPP)
		diag_set(diag, 0, 1, (s32)image_subs(image)[sub].start,
			 "subprogram %u has what only the interpreter does", sub);
	err = err ?: ir_optimise(&f);
	err = err ?: x86_lower(&f, opts, &m);
	err = err ?: mach_allocate(&m, &x86_target);
	err = err ?: x86_emit(&m, opts, code);
	mach_fini(&m);
	ir_fini(&f);
	arena_fini(&arena);
	return err;
}

static int take(struct x86_code *from, const struct jit_options *opts, u32 sub_count,
		struct jit_code **out)
{
	struct jit_code *c = base_zalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	x86_patch_calls(from);
	c->options = *opts;
	c->bytes = from->bytes.data;
	c->size = (u32)from->bytes.len;
	c->relocs = from->relocs.data;
	c->reloc_count = (u32)from->relocs.len;
	c->lines = from->lines.data;
	c->line_count = (u32)from->lines.len;
	c->subs = from->subs;
	c->sub_count = sub_count;
	c->entry = from->subs[0];
	vec_fini(&from->calls);
	*out = c;
	return 0;
}

int jit_compile(const struct image *image, struct map *const *maps, const struct jit_options *opts,
		struct jit_code **out, struct diag *diag)
{
	struct x86_code code = {0};
	int err = 0;

	if (!(image->flags & IMAGE_VERIFIED) || opts->target != JIT_X86_64)
		return -EOPNOTSUPP;
	code.subs = base_calloc(image->sub_count, sizeof(u32));
	if (!code.subs)
		return -ENOMEM;
	for (u32 s = 0; s < image->sub_count && !err; s++)
		err = compile_sub(image, s, maps, opts, &code, diag);
	err = err ?: take(&code, opts, image->sub_count, out);
	if (err) {
		vec_fini(&code.bytes);
		vec_fini(&code.relocs);
		vec_fini(&code.lines);
		vec_fini(&code.calls);
		base_free(code.subs);
	}
	return err;
}

void jit_code_free(struct jit_code *c)
{
	if (!c)
		return;
	base_free(c->bytes);
	base_free(c->relocs);
	base_free(c->lines);
	base_free(c->subs);
	base_free(c);
}
