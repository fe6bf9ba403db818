// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linking code into this process.
 *
 *	| code | table | whole pages
 *
 * Written while nobody may execute it; then read-execute.
 */
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include "base/alloc.h"
#include "core/map.h"
#include "jit/backend.h"
#include "jit/fault.h"
#include "jit/pages.h"

struct jit_linked {
	struct native_prog prog;
	struct jit_pages *pages; /* borrowed; NULL: pages of its own */
	u8 *at;
	u32 size; /* of code and table */
	struct native_line *lines;
	struct native_fixup *fixups;
	u32 subs[];
};

void jit_place(const struct jit_code *code, s64 table, u8 *out)
{
	const struct jit_backend *b = jit_backend(code->options.target);

	memcpy(out, code->bytes, code->size);
	for (u32 i = 0; i < code->ref_count; i++)
		b->patch_ref(out, code->refs[i].offset, table + code->refs[i].slot * 8);
}

static int fill(const struct jit_code *code, struct map *const *maps, u8 *at, u32 table_at)
{
	u64 *table = (u64 *)(at + table_at);
	int err = 0;

	for (u32 i = 0; i < code->slot_count && !err; i++)
		err = native_resolve(&code->slots[i], maps, &table[i]);
	if (err)
		return err;
	jit_place(code, table_at, at);
	memset(at + code->size, 0xcc, table_at - code->size);
	__builtin___clear_cache((char *)at, (char *)at + code->size);
	return 0;
}

static int place(const struct jit_code *code, struct map *const *maps, struct jit_linked *l)
{
	u32 table_at = ROUND_UP(code->size, 64u);
	int err;

	l->size = table_at + code->slot_count * 8;
	err = jit_pages_take(l->pages, l->size, &l->at);
	err = err ?: fill(code, maps, l->at, table_at);
	return err ?: jit_pages_seal(l->at, l->size);
}

/* What of the code outlives it. */
static int keep(const struct jit_code *code, const struct image *image, struct map *const *maps,
		struct jit_linked *l)
{
	l->lines = base_memdup(code->lines, code->line_count * sizeof(*l->lines));
	l->fixups = base_memdup(code->fixups, code->fixup_count * sizeof(*l->fixups));
	if ((code->line_count && !l->lines) || (code->fixup_count && !l->fixups))
		return -ENOMEM;
	memcpy(l->subs, code->subs, code->sub_count * sizeof(u32));
	l->prog = (struct native_prog){.image = image,
				       .maps = maps,
				       .code = ptr_to_u64(l->at),
				       .size = code->size,
				       .entry = code->entry,
				       .start = ptr_to_u64(l->at) + code->entry,
				       .subs = l->subs,
				       .sub_count = code->sub_count,
				       .lines = l->lines,
				       .line_count = code->line_count,
				       .fixups = l->fixups,
				       .fixup_count = code->fixup_count};
	return 0;
}

int jit_link_in(struct jit_pages *pages, const struct jit_code *code, const struct image *image,
		struct map *const *maps, struct jit_linked **out)
{
	struct jit_linked *l;
	int err;

	if (code->options.target != jit_host().target)
		return -EOPNOTSUPP;
	l = base_zalloc(sizeof(*l) + code->sub_count * sizeof(u32));
	if (!l)
		return -ENOMEM;
	l->pages = pages;
	err = place(code, maps, l);
	err = err ?: keep(code, image, maps, l);
	err = err ?: jit_fault_watch(&l->prog);
	if (err) {
		jit_linked_free(l);
		return err;
	}
	*out = l;
	return 0;
}

int jit_link(const struct jit_code *code, const struct image *image, struct map *const *maps,
	     struct jit_linked **out)
{
	return jit_link_in(NULL, code, image, maps, out);
}

void jit_linked_free(struct jit_linked *l)
{
	if (!l)
		return;
	jit_fault_forget(&l->prog);
	if (l->at)
		jit_pages_give(l->pages, l->at, l->size);
	base_free(l->lines);
	base_free(l->fixups);
	base_free(l);
}

const struct native_prog *jit_prog(const struct jit_linked *l)
{
	return &l->prog;
}

struct jit_options jit_host(void)
{
	struct jit_options o = {.target = JIT_AARCH64, .flags = JIT_FENCE};

#ifdef __x86_64__
	o.target = JIT_X86_64;
	__builtin_cpu_init();
	o.features |= __builtin_cpu_supports("bmi2") ? JIT_X86_BMI2 : 0;
	o.features |= __builtin_cpu_supports("popcnt") ? JIT_X86_POPCNT : 0;
	o.features |= __builtin_cpu_supports("avx2") ? JIT_X86_AVX2 : 0;
#elif defined(__aarch64__)
	o.features |= getauxval(AT_HWCAP) & HWCAP_ATOMICS ? JIT_A64_LSE : 0;
#endif
	return o;
}
