// SPDX-License-Identifier: BSD-2-Clause
/* The image of a verified program: one block of memory, laid out as core/image.h says. */
#include <errno.h>
#include <string.h>
#include "core/prog.h"
#include "vm/image.h"
#include "vm/instance.h"

/* May it run where nothing is tested, and what of it does the plain interpreter not do? */
static u32 verified_flags(const struct prog_object *p, const struct verify_output *proven)
{
	u32 all = 0;

	for (u32 i = 0; i < p->insn_count; i++)
		all |= proven->facts[i].facts;
	return IMAGE_VERIFIED | (all & (FACT_BTF_LOAD | FACT_ARENA) ? IMAGE_OBJECTS : 0);
}

static u32 lay_out(const struct prog_object *p, const struct verify_output *proven,
		   struct image *img)
{
	img->op_count = p->insn_count;
	img->op_off = ROUND_UP(sizeof(*img), 8);
	img->map_count = p->maps.len;
	img->map_off = img->op_off + img->op_count * sizeof(struct isa_op);
	img->sub_count = proven->sub_count;
	img->sub_off = ROUND_UP(img->map_off + img->map_count * sizeof(u32), 8);
	img->fact_off = ROUND_UP(img->sub_off + img->sub_count * sizeof(struct image_sub), 8);
	return img->fact_off + img->op_count * sizeof(struct image_fact);
}

int prog_image_make(struct prog_object *p, const struct isa_op *ops,
		    const struct verify_output *proven, bool trusted)
{
	const struct prog_type_ops *type = core_prog_ops(p->type);
	struct image *img, head = {
				   .magic = IMAGE_MAGIC,
				   .prog_type = p->type,
				   .attach_type = p->attach_type,
				   .prog_id = p->o.id,
				   .flags = (trusted ? verified_flags(p, proven) : 0) |
					    (p->gpl ? IMAGE_GPL : 0) |
					    (proven->speculation ? IMAGE_NOSPEC : 0) |
					    (p->prog_flags & BPF_F_SLEEPABLE ? IMAGE_SLEEPABLE : 0),
				   .ctx_size = type->ctx_size,
			   };

	core_prog_ctx_writes(type, &head.ctx_write_lo, &head.ctx_write_hi);
	head.size = lay_out(p, proven, &head);
	memcpy(head.name, p->name, sizeof(head.name));
	memcpy(head.tag, p->tag, sizeof(head.tag));
	img = base_zalloc(head.size);
	if (!img)
		return -ENOMEM;
	*img = head;
	memcpy((u8 *)img + head.op_off, ops, head.op_count * sizeof(struct isa_op));
	vec_each (&p->maps, i)
		memcpy((u8 *)img + head.map_off + i * sizeof(u32), &p->maps.data[i]->o.id,
		       sizeof(u32));
	memcpy((u8 *)img + head.sub_off, proven->subs, head.sub_count * sizeof(struct image_sub));
	memcpy((u8 *)img + head.fact_off, proven->facts, head.op_count * sizeof(struct image_fact));
	p->image = img;
	p->image_size = head.size;
	return 0;
}
