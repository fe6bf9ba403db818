// SPDX-License-Identifier: BSD-2-Clause
/* Memory that is not plain memory: kernel objects behind handles, packets, globals. */
#include "core/arena.h"
#include "core/handle.h"
#include "interp/state.h"
#include "isa/sem.h"

u64 interp_load_handle(struct interp *in, u64 addr, u32 size, bool is_signed)
{
	struct run *run = in->run;
	u64 v = 0;

	if (!run->env || !run->env->read_kernel || run->env->read_kernel(run, &v, size, addr)) {
		run->unknown++;
		in->missed = true;
		return 0;
	}
	if (!is_signed)
		return v;
	switch (size) {
	case 1: return isa_MOVSX8_64(v);
	case 2: return isa_MOVSX16_64(v);
	default: return isa_MOVSX32_64(v);
	}
}

enum interp_next interp_tail_call(struct interp *in, struct map *array, u32 index, bool plain)
{
	struct run *run = in->run;
	struct map *const *maps = NULL;
	const struct image *image;
	u32 id;

	if (index >= array->max_entries || run->tail_calls >= RUN_TAIL_CALLS)
		return NEXT_NONE;
	id = __atomic_load_n((const u32 *)array->contents + index, __ATOMIC_ACQUIRE);
	if (!id || !run->env || !run->env->program)
		return NEXT_NONE;
	image = run->env->program(run, id, &maps);
	if (!image || !image->op_count)
		return NEXT_NONE;
	run->tail_calls++;
	if (plain && !image_is_plain(image)) {
		run->image = image;
		run->maps = maps;
		return NEXT_INNER;
	}
	interp_set_image(in, image, maps);
	interp_new_frame(in, in->depth);
	in->frames[in->depth].main = true;
	return NEXT_HERE;
}

bool interp_unwind(struct interp *in, u32 bottom)
{
	u32 depth = in->depth;

	while (depth > bottom && !in->frames[depth].main)
		depth--;
	if (!in->frames[depth].main)
		return false;
	interp_new_frame(in, depth);
	return true;
}

u64 interp_user_address(const struct run *run, u64 addr)
{
	u32 index = arena_index(run->image, run->maps);

	return index == ~0u ? (u32)addr : arena_user_address(run->maps[index], addr);
}

bool interp_direct(const struct run *run, u32 index, u64 off, u64 *addr)
{
	struct map *m = index < run->image->map_count ? run->maps[index] : NULL;

	return m && m->ops->direct && !m->ops->direct(m, off, addr);
}
